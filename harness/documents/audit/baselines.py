"""An audit held against an earlier one of the same READMEs: what is new, what was known, what is gone."""

from __future__ import annotations

import re
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from harness.decoding import Undecodable, json_object
from harness.documents.audit.findings import Finding, Severity
from harness.documents.audit.tree import READABLE
from harness.errors import BadInput, UsageError

FINGERPRINT = "finding/v2"  # what it is called in SARIF: another way to make it is another number
_NUMBERS = re.compile(r"\d[\d,]*(?:\.\d+)+|(?<![\w.])\d[\d,]*(?!\w)")  # 12.5 fps and batch 4, not 310P or bs4
_LINES = re.compile(r"\blines? \d+(?:(?:, | and | or |, and )\d+)*")
_REMEDY = "give what `zoocheck audit --format sarif` or `--format json` wrote"


class State(StrEnum):
    """What became of a finding since the baseline, in the words of SARIF 2.1.0, section 3.27.24."""

    NEW = "new"
    UNCHANGED = "unchanged"
    UPDATED = "updated"  # of another severity than it was, or with other numbers
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """An earlier audit: the rules that it asked, and what it found that was there then."""

    path: Path
    rules: frozenset[str]
    findings: tuple[Finding, ...]
    guid: str = ""  # of its run, where it says one


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The findings of today with their states, in their order, and those of the baseline that are gone."""

    states: tuple[State, ...]
    gone: tuple[Finding, ...]
    guid: str = ""

    def __str__(self) -> str:
        changed = self.states.count(State.UPDATED)
        others = f" ({changed} of them changed)" if changed else ""
        return f"{self.new} new, {self.known} known{others}, {len(self.gone)} gone"

    @property
    def new(self) -> int:
        """How many findings of today the baseline does not have."""
        return self.states.count(State.NEW)

    @property
    def known(self) -> int:
        """How many it has."""
        return len(self.states) - self.new


def fingerprints(findings: Sequence[Finding]) -> list[str]:
    """What tells each finding from all others, and stays as it is when its line moves or its numbers change.

    Its rule, its file, its sentence without numbers; and of what is found so several times, which time it is.
    """
    seen, made = Counter[_Key](), list[str]()
    for finding in findings:
        key = _about(finding)
        seen[key] += 1
        made.append(sha256("\n".join((*key, str(seen[key]))).encode()).hexdigest()[:32])
    return made


_Key = tuple[str, str, str]
_Sameness = Callable[[Finding], _Key]


def _exactly(finding: Finding) -> _Key:
    """A finding wherever its lines are: its rule, its file, its sentence."""
    return finding.rule, located(finding.file), _LINES.sub("line", finding.sentence)


def _about(finding: Finding) -> _Key:
    """What a finding is about, whatever its numbers are: a table measured anew has other ones."""
    rule, file, sentence = _exactly(finding)
    return rule, file, _NUMBERS.sub("#", sentence)


def _without_reasons(finding: Finding) -> _Key:
    """What a finding is about, and not why it is as grave as it is, which stands behind a semicolon."""
    rule, file, sentence = _about(finding)
    return rule, file, sentence.partition("; ")[0]


def located(file: str) -> str:
    """A README by its place below the current folder, wherever that lies; of others the whole path."""
    path = Path(file)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return path.as_posix()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which READMEs an audit was asked for: these, and all there were and will be below these folders."""

    files: frozenset[str]
    folders: tuple[str, ...]

    @classmethod
    def of(cls, paths: Sequence[Path]) -> Scope:
        """What the files and folders in `paths` ask for."""
        return cls(
            files=frozenset(located(str(path)) for path in paths if not path.is_dir()),
            folders=tuple(located(str(path)) for path in paths if path.is_dir()),
        )

    def has(self, file: str) -> bool:
        """Whether it was asked for the README that is called `file`."""
        place = Path(located(file))
        return place.as_posix() in self.files or any(map(place.is_relative_to, self.folders))


def compared(findings: Sequence[Finding], baseline: Baseline, scope: Scope) -> Compared:
    """`findings` held against `baseline`: those with the same numbers first, then those about the same thing,
    for the same reasons before others.

    One whose numbers changed, and whose severity is higher than it was, is new. What the baseline found in
    READMEs that were not asked for today is neither known nor gone.
    """
    left, states = dict(enumerate(baseline.findings)), [State.NEW] * len(findings)
    for same in (_exactly, _about, _without_reasons):
        for at, place in _pairs(findings, states, left, same):
            now, known = findings[at], left[place]
            changed = same is not _exactly
            if changed and now.severity.rank > known.severity.rank:
                continue
            changed = changed or now.severity is not known.severity
            states[at] = State.UPDATED if changed else State.UNCHANGED
            del left[place]
    gone = tuple(item for item in left.values() if scope.has(item.file))
    return Compared(states=tuple(states), gone=gone, guid=baseline.guid)


def _pairs(
    findings: Sequence[Finding], states: Sequence[State], left: Mapping[int, Finding], same: _Sameness
) -> list[tuple[int, int]]:
    """The places of today's findings that are new so far, each with that of one of `left`, in their order."""
    before = defaultdict[_Key, deque[int]](deque)
    for place, known in left.items():
        before[same(known)].append(place)
    new = [at for at, state in enumerate(states) if state is State.NEW and before[same(findings[at])]]
    return [(at, alike.popleft()) for at in new if (alike := before[same(findings[at])])]


def read(path: Path, rules: Sequence[str], scope: Scope) -> Baseline:
    """The baseline in a file, SARIF or JSON that an audit wrote: what it found by `rules`.

    Raises `BadInput` for what is neither, and `UsageError` for an audit that did not ask some of `rules`, or
    of none of the READMEs that are asked for now.
    """
    try:
        content = json_object(path.read_bytes())
    except FileNotFoundError as problem:
        raise UsageError(f"{path}: no such file; {_REMEDY}") from problem
    except Undecodable as problem:
        raise BadInput(problem.said, path=path, line=problem.line, remedy=_REMEDY) from problem
    try:
        found = _sarif(content, path) if "runs" in content else _json(content, path)
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as problem:
        said = f"no audit's SARIF and no audit's JSON ({type(problem).__name__} at {problem})"
        raise BadInput(said, path=path, remedy=_REMEDY) from problem
    unasked = [rule for rule in rules if rule not in found.rules]
    if unasked:
        raise UsageError(
            f"{path}: written without the rules {', '.join(unasked)}, whose findings would all be new; write "
            "it anew, or leave them out with --without"
        )
    if found.findings and not any(scope.has(item.file) for item in found.findings):
        raise UsageError(
            f"{path}: of other READMEs ({found.findings[0].file}); audit from the folder in which it was "
            "written, by the same paths"
        )
    return replace(found, findings=tuple(item for item in found.findings if _is_of(item, rules)))


def _is_of(finding: Finding, rules: Sequence[str]) -> bool:
    """Whether a finding is of one of `rules`, or that a file could not be read, which is always asked."""
    return finding.rule in rules or finding.rule == READABLE


def _sarif(content: Mapping[str, Any], path: Path) -> Baseline:
    run = content["runs"][0]
    _require_ours(run["tool"]["driver"]["name"], path)
    rules = frozenset(rule["id"] for rule in run["tool"]["driver"]["rules"])
    return Baseline(
        path=path,
        rules=rules,
        findings=tuple(_of_sarif(run["results"])),
        guid=run.get("automationDetails", {}).get("guid", ""),
    )


def _of_sarif(results: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    for result in results:
        if result.get("baselineState") == State.ABSENT:
            continue
        place = result["locations"][0]["physicalLocation"]
        yield Finding(
            rule=result["ruleId"],
            severity=Severity(result["level"]),
            file=_file(place["artifactLocation"]["uri"]),
            line=place["region"]["startLine"],
            sentence=result["message"]["text"],
            numbers=result.get("properties", {}).get("numbers", {}),
        )


def _file(uri: str) -> str:
    parts = urlsplit(uri)
    return unquote(parts.path if parts.scheme == "file" else uri)


def _json(content: Mapping[str, Any], path: Path) -> Baseline:
    _require_ours(content["tool"]["name"], path)
    found = [finding for file in content["files"] for finding in file["findings"]]
    return Baseline(
        path=path,
        rules=frozenset(content["rules"]),
        findings=tuple(
            Finding(
                rule=item["rule"],
                severity=Severity(item["severity"]),
                file=item["file"],
                line=item["line"],
                sentence=item["sentence"],
                numbers=item["numbers"],
            )
            for item in found
        ),
    )


def _require_ours(tool: str, path: Path) -> None:
    if tool != "zoocheck":
        raise BadInput(f"written by {tool!r}, expected an audit of zoocheck", path=path, remedy=_REMEDY)
