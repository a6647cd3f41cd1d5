"""Known gaps: which result a dated entry excuses, and which entries have outlived their reason."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from fnmatch import fnmatchcase

from harness.domain.cases import Case, Kind
from harness.domain.catalog import Catalog
from harness.domain.gaps import Gap
from harness.domain.measurements import Origin, Verdict, VerdictKind
from harness.errors import UsageError
from harness.tables import cases

TABLE = "fixtures/tables/gaps.toml"


def of(catalog: Catalog, case: Case, kind: Kind, check: str, origin: Origin, today: date) -> Gap | None:
    """The entry that is in force today for a claim about `case`, if there is one."""
    found = (
        gap
        for gap in catalog.gaps
        if (gap.kind, gap.check) == (kind, check)
        and gap.origin in (None, origin)
        and fnmatchcase(case.id, gap.case)
        and date.fromisoformat(gap.since) <= today <= date.fromisoformat(gap.until)
    )
    return next(found, None)


def excuses(gap: Gap, verdict: Verdict) -> bool:
    """Whether a verdict is the one that the entry is about, and no worse than it allows."""
    too_low = gap.least is not None and verdict.measured is not None and verdict.measured < gap.least
    return verdict.kind is gap.verdict and not too_low


def closes(verdict: Verdict) -> bool:
    """Whether a verdict shows that there is no gap; one without a comparison does not."""
    return verdict.kind in (VerdictKind.REPRODUCED, VerdictKind.EXCEEDS, VerdictKind.SURVIVES)


def stale(catalog: Catalog, today: date, checks: Mapping[Kind, Collection[str]]) -> tuple[str, ...]:
    """A sentence for each entry that fails a run: it has expired, or it names no case or no check.

    `checks` are those that the suites have, by kind.
    """
    return tuple(_stale(catalog, today, checks))


def _stale(catalog: Catalog, today: date, checks: Mapping[Kind, Collection[str]]) -> Iterator[str]:
    for number, gap in enumerate(catalog.gaps):
        name = f"{TABLE}, gap[{number}] ({gap.case} {gap.kind})"
        if today > date.fromisoformat(gap.until):
            yield f"{name}: expired on {gap.until}; mend the failure, or give the entry a later day"
        if not _matches(catalog, gap):
            yield f"{name}: no case has an id like {gap.case!r}; correct it, or take it out"
        if gap.check not in checks.get(gap.kind, ()):
            there = ", ".join(repr(check) for check in checks.get(gap.kind, ()) if check) or "none"
            yield (
                f"{name}: no suite has the check {gap.check!r}; checks of {gap.kind}: {there}; "
                "correct it, or take it out"
            )


def _matches(catalog: Catalog, gap: Gap) -> bool:
    if any(fnmatchcase(case.id, gap.case) for case in cases.enumerate_cases(catalog)):
        return True
    try:
        return bool(cases.named(catalog, gap.case))  # of a batch size or precision that no document has
    except UsageError:
        return False


def excused(gap: Gap, message: str) -> str:
    """The message of a result that an entry excuses."""
    return f"known gap until {gap.until}: {gap.reason} ({message})"


def outlived(gap: Gap, message: str) -> str:
    """The message of a good result whose entry says that it fails."""
    return f"{TABLE}: the gap of {gap.case} {gap.kind} is closed; take the entry out ({message})"
