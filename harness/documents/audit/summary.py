"""An audit in short: how many findings of each severity every rule and every README has, the worst first."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from harness.documents.audit.findings import Finding, Rule, Severity
from harness.documents.audit.tree import Audited

WORST_FIRST = tuple(reversed(Severity))
LISTED = 25  # READMEs of a text; JSON has all
_PLACE = 68  # characters of a name that a line of 100 has room for


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One rule or one README: what it is called, its findings by severity, and among how many."""

    name: str
    counts: Mapping[Severity, int]
    among: int  # of a rule the READMEs that it finds something in, of a README the rules that do

    @property
    def order(self) -> tuple[object, ...]:
        """The most errors first, then the most warnings, then the most notes."""
        return (*(-self.counts[severity] for severity in WORST_FIRST), self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What an audit comes to. `rules` are those asked, `files` all READMEs, also those without a finding."""

    counts: Mapping[Severity, int]
    rules: tuple[Line, ...]
    files: tuple[Line, ...]
    unread: int

    @property
    def clean(self) -> int:
        """How many READMEs have no finding."""
        return sum(not line.among for line in self.files)


def summary(audited: Sequence[Audited], rules: Sequence[Rule]) -> Summary:
    """The findings counted, those of a file that could not be read under their own rule."""
    findings = [finding for item in audited for finding in item.findings]
    ids = dict.fromkeys([*(rule.id for rule in rules), *(finding.rule for finding in findings)])
    by_rule = {rule: [item for item in findings if item.rule == rule] for rule in ids}
    return Summary(
        counts=_counts(findings),
        rules=_sorted(_line(rule, found, {item.file for item in found}) for rule, found in by_rule.items()),
        files=_sorted(
            _line(item.file, item.findings, {finding.rule for finding in item.findings}) for item in audited
        ),
        unread=sum(len(item.unread) for item in audited),
    )


def _line(name: str, findings: Sequence[Finding], among: set[str]) -> Line:
    return Line(name=name, counts=_counts(findings), among=len(among))


def _counts(findings: Iterable[Finding]) -> Mapping[Severity, int]:
    counted = Counter(finding.severity for finding in findings)
    return {severity: counted[severity] for severity in WORST_FIRST}


def _sorted(lines: Iterable[Line]) -> tuple[Line, ...]:
    return tuple(sorted(lines, key=lambda line: line.order))


def as_json(found: Summary) -> dict[str, Any]:
    """The same for programs, every rule and every README in it."""
    return {
        "readmes": len(found.files),
        "without_findings": found.clean,
        "counts": _plain(found.counts),
        "not_read": found.unread,
        "rules": [{"rule": line.name, **_plain(line.counts), "readmes": line.among} for line in found.rules],
        "files": [{"file": line.name, **_plain(line.counts), "rules": line.among} for line in found.files],
    }


def _plain(counts: Mapping[Severity, int]) -> dict[str, int]:
    return {str(severity): count for severity, count in counts.items()}


def as_text(found: Summary) -> Iterator[str]:
    """Two tables of at most 100 columns: the rules that found something, and the worst READMEs."""
    yield from _table("by rule", "READMEs", [(line, line.name) for line in found.rules if line.among])
    with_findings = [line for line in found.files if line.among]
    root = _root([line.name for line in found.files])
    listed = [(line, _short(line.name, root)) for line in with_findings[:LISTED]]
    yield from _table(f"by README{f', below {_cut(root, _PLACE - 20)}' if root else ''}", "rules", listed)
    if len(with_findings) > LISTED:
        yield f"{len(with_findings) - LISTED:>24} more READMEs with findings: --json lists them"
        yield ""


def _table(title: str, among: str, lines: Sequence[tuple[Line, str]]) -> Iterator[str]:
    if not lines:
        return
    yield f"{'error':>6}{'warning':>9}{'note':>6}{among:>9}  {title}"
    for line, name in lines:
        error, warning, note = (line.counts[severity] or "-" for severity in WORST_FIRST)
        yield f"{error:>6}{warning:>9}{note:>6}{line.among:>9}  {name}"
    yield ""


def _root(files: Sequence[str]) -> str:
    """The folder that all files are below, where there are several."""
    if len({str(PurePath(file).is_absolute()) for file in files}) != 1 or len(files) < 2:
        return ""
    root = os.path.commonpath([str(PurePath(file).parent) for file in files])
    return "" if root in ("", os.sep) else root


def _short(file: str, root: str) -> str:
    """A file's name below `root`."""
    return _cut(os.path.relpath(file, root) if root else file, _PLACE)


def _cut(name: str, most: int) -> str:
    """A name, or the end of one that is too long for a line."""
    return name if len(name) <= most else f"…{name[-most + 1 :]}"
