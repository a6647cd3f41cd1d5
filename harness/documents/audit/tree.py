"""One README or a whole tree of them, audited file by file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from harness.documents.audit.accuracies import Count, reconstructed
from harness.documents.audit.across import speeds
from harness.documents.audit.findings import Finding, Rule, Severity, Speeds
from harness.documents.audit.rules import audit, audit_all, in_order
from harness.documents.many import File, Unreadable, each
from harness.documents.readme import blocks
from harness.documents.readme.reading import Note, Reading
from harness.documents.readme.understand import understand
from harness.domain.catalog import Catalog
from harness.errors import BadInput

READABLE = "readable"  # the rule that a file is text at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What came of one README: findings, the counts behind its accuracies, and what was not read.

    That no table has its model is no part of `unread`: a zoo's models mostly are in none, and its numbers are
    read all the same.
    """

    file: str
    model: str | None
    findings: tuple[Finding, ...]
    counts: tuple[Count, ...]
    unread: tuple[Note, ...]
    speeds: Speeds | None = None  # what is held against the other READMEs, where a rule asks for it


def audit_files(
    files: Sequence[File], catalog: Catalog, rules: Sequence[Rule], jobs: int = 1
) -> list[Audited]:
    """Each README held against itself, by at most `jobs` processes; the order is that of the files.

    One that cannot be read is a finding, not the end of it.
    """
    return together(each(partial(audited, catalog=catalog, rules=rules), files, jobs), rules)


def together(audited: Sequence[Audited], rules: Sequence[Rule]) -> list[Audited]:
    """Each README with what holding it against the others finds in it."""
    beside: dict[str, list[Finding]] = {}
    for finding in audit_all([item.speeds for item in audited if item.speeds is not None], rules):
        beside.setdefault(finding.file, []).append(finding)
    return [
        replace(item, findings=in_order((*item.findings, *beside[item.file])))
        if item.file in beside
        else item
        for item in audited
    ]


def audited(file: File, *, catalog: Catalog, rules: Sequence[Rule]) -> Audited:
    """One README, read and held against itself."""
    path, shown = file
    try:
        reading = understand(blocks.read(path, shown), catalog)
    except (BadInput, OSError) as problem:
        return unreadable(shown, Unreadable.of(problem))
    return of_reading(reading, rules)


def unreadable(shown: str, unread: Unreadable) -> Audited:
    """What there is to say of a file that is no text, or cannot be opened."""
    finding = Finding(
        rule=READABLE, severity=Severity.ERROR, file=shown, line=unread.line, sentence=unread.why, numbers={}
    )
    return Audited(file=shown, model=None, findings=(finding,), counts=(), unread=())


def of_reading(reading: Reading, rules: Sequence[Rule]) -> Audited:
    """A README that was read, held against itself."""
    return Audited(
        file=reading.readme.shown,
        model=None if reading.model is None else reading.model.name,
        findings=audit(reading, rules),
        counts=tuple(reconstructed(reading)),
        unread=reading.unread,
        speeds=speeds(reading) if any(rule.across is not None for rule in rules) else None,
    )
