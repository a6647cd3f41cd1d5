"""The end of a run on a terminal: a table of verdicts, and their counts in one line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from harness.domain.cases import Kind
from harness.domain.details import Sequential
from harness.domain.measurements import VerdictKind
from reports.details import measured
from reports.folding import Row, rows
from reports.likeness import label
from reports.numbers import NOTHING, one_line
from reports.outcomes import MARKS, NOT_JUDGED, WORDS, case_by_case
from reports.page import Selection, select, summary
from reports.tested import sentence

if TYPE_CHECKING:
    from harness.store.results import Result

MOST_OPEN = 5  # that are told in words
_NAMED = 5  # results in a line

STYLES = {
    VerdictKind.FALLS_SHORT: "bold red",
    VerdictKind.ERROR: "bold magenta",
    NOT_JUDGED: "yellow",
    VerdictKind.KNOWN_GAP: "yellow",
    VerdictKind.EXCEEDS: "cyan",
    VerdictKind.REPRODUCED: "bold green",
    VerdictKind.SURVIVES: "green",
    VerdictKind.NO_REFERENCE: "dim",
    VerdictKind.NOT_COMPARABLE: "dim",
}


def verdict_table(results: Sequence[Result] | Selection) -> Table:
    """A row a result, the latest of each claim; the good checks of a case share one.

    Of more than a page holds, those that it has; `not_shown_line` says of the others.

    Raises `NoSamples` for no results.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("case", overflow="fold")
    table.add_column("kind")
    table.add_column("documented", justify="right")
    table.add_column("measured", justify="right", overflow="fold")
    table.add_column("verdict", overflow="fold")
    table.add_column("origin", overflow="fold")
    for row in rows(select(results).case_by_case):
        table.add_row(*_row(row))
    return table


def not_shown_line(results: Sequence[Result] | Selection, file: Path) -> str:
    """How many results the table leaves out, and that `file` has them; nothing where it leaves out none."""
    selected = select(results)
    left = len(selected.every) - len(selected.found)
    return f"{left} more results, none worse than these: {file} has all, one a line" if left else ""


def counts_line(results: Sequence[Result] | Selection) -> str:
    """How many results have which verdict, on one line. Raises `NoSamples` for no results."""
    found = select(results).every
    return f"{len(found)} {'result' if len(found) == 1 else 'results'}: {summary(found)}"


def open_lines(results: Sequence[Result] | Selection) -> list[str]:
    """What checks of artifacts leave open, a line each with its case; behind `MOST_OPEN` they are counted.

    A check that is neither good nor a failure is a dot among a session's tests: its words come at the end.
    """
    selected = select(results)
    left = [
        outcome.place
        for outcome in case_by_case(selected.every)
        if outcome.series.kind is Kind.CONFORMANCE and outcome.brief.kind is VerdictKind.NOT_COMPARABLE
    ]
    more = len(left) - MOST_OPEN
    return [
        *(f"left open: {one_line(told.message)}" for told in selected.results.told(left[:MOST_OPEN])),
        *([f"left open: {more} more"] if more > 0 else []),
    ]


def documented_line(results: Sequence[Result] | Selection) -> str:
    """Which documented numbers were tested, on one line. Raises `NoSamples` for no results."""
    return sentence(select(results).every)


def drawn_lines(results: Sequence[Result]) -> list[str]:
    """Of how many samples each verdict is that did not wait for all of them; of very many the first ones."""
    made = [item.measurement for item in results if item.measurement.kind is Kind.ACCURACY]
    told = {f"{item.case} by {part}": None for item in made if (part := Sequential.of_part(item.detail))}
    more = len(told) - _NAMED
    return [
        *(f"drawn until sure: {said}" for said in list(told)[:_NAMED]),
        *([f"drawn until sure: {more} more"] if more > 0 else []),
    ]


def unjudged_line(results: Sequence[Result] | Selection) -> str:
    """Which results have no verdict, on one line; nothing where all have. Raises as `outcomes`."""
    every = case_by_case(select(results).every)
    found = [outcome.series for outcome in every if outcome.brief.kind is None]
    if not found:
        return ""
    named = ", ".join(f"{made.case} {made.claimed}" for made in found[:_NAMED])
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    has = "1 result has" if len(found) == 1 else f"{len(found)} results have"
    return (
        f"{has} no verdict, because the run ended before it was written: {named}{more}; "
        "neither good nor bad is said of it until the same is measured again"
    )


def _row(row: Row) -> list[Text]:
    outcome = row.outcome
    measurement, verdict = outcome.measurement, outcome.verdict
    reference = None if verdict is None else verdict.reference
    status = outcome.status
    basis = "" if verdict is None or verdict.basis is None else f" ({verdict.basis})"
    cells = [
        measurement.case,
        str(measurement.kind) if row.folded else measurement.claim,
        NOTHING if reference is None else reference.cell,
        row.said or measured(outcome),
        f"{MARKS[status]} {WORDS[status]}{basis}",
        label(outcome.likeness),
    ]
    # `Text`, because what came from outside must not be read as rich's markup.
    made = [Text(one_line(cell)) for cell in cells]
    made[4].stylize(STYLES[status])
    return made
