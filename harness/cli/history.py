"""`zoocheck history`: one case over time, and where it changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.opening import open_store
from harness.cli.output import Json, counted, print_json, print_table
from harness.cli.parameters import CaseId, Results
from harness.domain.cases import Kind
from harness.domain.metrics import Metric
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.comparing.history import Change, History, LeftOut, Point

NAMED = 5  # runs of what is not shown
SHOWN = 20  # of the latest points; --json has all


def history(
    case: CaseId,
    kind: Annotated[str | None, typer.Option(help="Only this kind of claim, as throughput.")] = None,
    results: Results = None,
    as_json: Json = False,
) -> None:
    """Every series of a case, oldest first, with its change points and what else changed there."""
    from harness.comparing.history import histories, left_out
    from harness.comparing.spreads import machines_of, throughputs_before
    from harness.records import to_json

    if kind is not None and kind not in list(Kind):
        raise UsageError(f"--kind: found {kind!r}, expected {', '.join(Kind)}")
    store = open_store(results)
    try:
        found = store.numbers(case=case)
        known = [] if found else store.cases()
        others = throughputs_before(store, machines_of(item.repeated for item in found))
    finally:
        store.close()
    if not found:
        near = ", ".join(known[:8]) or "none yet"
        raise UsageError(f"{case!r} has no results; cases with results: {near}")
    shown = [item for item in histories(found, others) if kind in (None, item.claim.partition(" ")[0])]
    without = [item for item in left_out(found) if kind in (None, item.claim.partition(" ")[0])]
    if as_json:
        print_json({
            "case": case, "series": [to_json(item) for item in shown],
            "left_out": [to_json(item) for item in without],
        })  # fmt: skip
        return
    for item in shown:
        _print(case, item)
    for line in _left_out(case, without):
        typer.echo(line)
    if not shown and not without:
        kinds = ", ".join(dict.fromkeys(item.repeated.series.kind for item in found))
        raise UsageError(f"{case} has no results of kind {kind}; it has some of {kinds}")


def _left_out(case: str, without: Sequence[LeftOut]) -> Iterator[str]:
    """A line for what should have a number and has none; one for all that never has."""
    from harness.comparing.history import NO_NUMBER

    yield from (_left(case, item) for item in without if item.why != NO_NUMBER)
    never = [item.claim for item in without if item.why == NO_NUMBER]
    if never:
        yield f"{case}: {NO_NUMBER}: {', '.join(never)}"


def _left(case: str, item: LeftOut) -> str:
    """``NAME accuracy: not shown: 2 errors: ... (runs a, b)``; of many runs the latest are named."""
    runs = list(dict.fromkeys(item.runs))
    named = ", ".join(runs[-NAMED:])
    before = f"{len(runs) - NAMED} before, " if len(runs) > NAMED else ""
    return f"{case} {item.claim}: not shown: {len(item.runs)} {item.why} (run {before}{named})"


def _print(case: str, item: History) -> None:
    changed = {change.at: change for change in item.changes}
    first = max(0, len(item.points) - SHOWN)
    rows = [_row(item, at, point, changed.get(at)) for at, point in enumerate(item.points) if at >= first]
    left = f", the latest {SHOWN}" if first else ""
    count = counted(len(item.points), "result")
    print_table(
        f"{case} {item.claim} ({item.made}) on machine {item.machine}: {count}{left}",
        ("created", "run", str(item.metric), "stamp", "commit", ""),
        rows,
    )
    if unjudged := [point.run for point in item.points if not point.judged]:
        typer.echo(
            f"  not judged: the run ended before its verdict was written ({', '.join(unjudged)}); "
            "its number is good or bad only by what the same comes to when it is measured again"
        )
    for change in item.changes:
        typer.echo(f"  {_sentence(item, change)}")
    if not item.changes:
        typer.echo("  no change point")


def _row(item: History, at: int, point: Point, change: Change | None) -> tuple[str, ...]:
    commit = (point.git_revision or "")[:12] + ("+dirty" if "+" in (point.git_revision or "") else "")
    marks = ["changed"] if change is not None else []
    marks += ["noisy"] if point.noisy else []
    marks += [] if point.judged else ["not judged"]
    return (
        point.created[:19], point.run, _number(item, point.value), point.stamp, commit, ", ".join(marks)
    )  # fmt: skip


def _number(item: History, value: float) -> str:
    if item.metric is Metric.LATENCY:
        return f"{value:.4g} ms"
    return f"{value * 100:.4f} %" if item.metric.is_score else f"{value:.4g}/s"


def _sentence(item: History, change: Change) -> str:
    """``changed at RUN: 120.1/s -> 110.2/s, 8.2 % lower (p = 3e-05); onnxruntime 1.22.0 -> 1.23.0``."""
    point = item.points[change.at]
    by = abs(change.relative) * 100
    direction = "lower" if change.after < change.before else "higher"
    sure = "" if change.p_value is None else f" (p = {change.p_value:.1g})"
    differs = "; " + ", ".join(change.differs) if change.differs else "; same libraries, same commit"
    levels = f"{_number(item, change.before)} -> {_number(item, change.after)}"
    return f"changed at {point.run}, {point.created[:10]}: {levels}, {by:.1f} % {direction}{sure}{differs}"
