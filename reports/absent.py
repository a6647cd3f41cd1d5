"""What a run did not run, by its reasons: a section of each report, and a line of the terminal's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from harness.domain.cases import Kind
from harness.store.briefs import in_brief
from reports.language import Both, say
from reports.numbers import one_line
from reports.view import Absence

if TYPE_CHECKING:
    from harness.store.notrun import NotRun
    from harness.store.results import Result

LONGEST_REASON = 120  # characters on a terminal; the report has all of them


def still_missing(not_run: Iterable[NotRun], results: Sequence[Result]) -> tuple[NotRun, ...]:
    """Those that no result stands for: another session of the run may have measured them."""
    not_run = tuple(not_run)
    if not not_run:
        return ()
    there = {(of.case, of.kind, of.check) for of in (brief.series for brief in in_brief(results).briefs)}
    return tuple(item for item in not_run if item.partly or item.claim not in there)


def absences(not_run: Sequence[NotRun]) -> tuple[Absence, ...]:
    """One a reason, the most claims first. A reason that begins with its case is the same for all cases."""
    groups: dict[str, list[NotRun]] = {}
    for item in not_run:
        reason = item.reason.strip().removeprefix(f"{item.case}: ") or say("no reason given")
        groups.setdefault(reason, []).append(item)
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    return tuple(Absence(reason=reason, count=len(items), cases=_folded(items)) for reason, items in ordered)


def _folded(items: Iterable[NotRun]) -> tuple[str, ...]:
    """The cases, those that differ in their batch size alone as one: ``mite-abacus-bs{1,4} (accuracy)``."""
    kinds: dict[str, set[Kind]] = {}
    for item in items:
        kinds.setdefault(item.case, set()).add(item.kind)
    sizes: dict[tuple[str, str], list[str]] = {}
    for case, found in kinds.items():
        stem, separator, size = case.rpartition("-bs")
        key = (f"{stem}{separator}", ", ".join(kind for kind in Kind if kind in found))
        sizes.setdefault(key, []).append(size)
    return tuple(f"{stem}{_braces(found)} ({what})" for (stem, what), found in sorted(sizes.items()))


def _braces(sizes: Sequence[str]) -> str:
    if len(sizes) == 1:
        return sizes[0]
    return f"{{{','.join(sorted(sizes, key=lambda size: (len(size), size)))}}}"


def claims(count: int) -> Both:
    """A number of claims in words: ``1 claim was not run``."""
    return say("1 claim was not run") if count == 1 else say("{count} claims were not run", count=count)


def terminal_line(not_run: Sequence[NotRun]) -> str:
    """All of it on one line, or nothing: ``not run: 14 claims; 9: no checkpoint ...; 5: ...``."""
    if not not_run:
        return ""
    parts = [f"{item.count}: {_short(item.reason)}" for item in absences(not_run)]
    return f"{claims(len(not_run))} ({'; '.join(parts)})"


def _short(reason: str) -> str:
    text = one_line(reason)
    return text if len(text) <= LONGEST_REASON else f"{text[: LONGEST_REASON - 1]}…"
