"""A claim over time: its results, where they changed for good, and what else changed there."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.comparing.spreads import by_a_tool, repetition_of, usable
from harness.domain.cases import Kind
from harness.domain.details import Stamped, Watched
from harness.domain.measurements import Measurement
from harness.domain.metrics import Metric
from harness.domain.series import Repetition
from harness.store.results import Result
from harness.verdicts import levels, nights
from harness.verdicts.effects import LEAST_CHANGE
from harness.verdicts.levels import Scatter
from harness.verdicts.noise import Spread
from harness.verdicts.plain import SLACK


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One result of a history."""

    run: str
    created: str
    value: float  # a fraction, or samples per second
    stamp: str
    noisy: bool
    git_revision: str | None
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Where a history changed: the first point after it, both levels, and what differs between them."""

    at: int  # index of the first point of the new level
    before: float
    after: float
    p_value: float | None  # None for a score, which does not scatter: any step is one
    differs: tuple[str, ...]  # "onnxruntime 1.22.0 -> 1.23.0", "git 1a2b -> 3c4d"

    @property
    def relative(self) -> float:
        """The change as a share of the old level."""
        return self.after / self.before - 1 if self.before else math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The results of one repetition (`domain.series`) by one metric, oldest first, and where they changed."""

    claim: str  # "throughput", or "conformance (order)"
    metric: Metric
    made: str  # "stand-in, mini weights, documented protocol"
    machine: str  # the key of its fingerprint
    points: tuple[Point, ...]
    changes: tuple[Change, ...]


def histories(results: Sequence[Result], others: Sequence[Result] = ()) -> tuple[History, ...]:
    """The histories of results in the order of writing; results without a number are in none.

    `others` are throughputs of other series, which help to know how those of their machine scatter.
    """
    groups = _groups(results)
    of_machine: dict[str, list[list[float]]] = {}
    for (repeated, metric), measurements in _groups(others).items():
        if metric is Metric.THROUGHPUT and (repeated, metric) not in groups:
            of_machine.setdefault(repeated.machine, []).append(_logs(measurements))
    return tuple(
        _history(repeated, metric, measurements, of_machine.get(repeated.machine, []))
        for (repeated, metric), measurements in groups.items()
    )


def _groups(results: Sequence[Result]) -> dict[tuple[Repetition, Metric], list[Measurement]]:
    """The measurements of each repetition by its metric, in the order in which they were made."""
    groups: dict[tuple[Repetition, Metric], list[Measurement]] = {}
    # A copied store's rows are not in this order.
    for result in sorted(results, key=lambda item: item.measurement.created):
        metric = _metric(result)
        if metric is not None and metric in result.measurement.metrics:
            groups.setdefault((repetition_of(result.measurement), metric), []).append(result.measurement)
    return groups


def _logs(results: Sequence[Measurement]) -> list[float]:
    """The logarithms of throughputs that no disturbed machine gave."""
    return [math.log(made.metrics[Metric.THROUGHPUT]) for made in results if usable(made)]


def _metric(result: Result) -> Metric | None:
    if result.measurement.kind is Kind.THROUGHPUT:
        return Metric.THROUGHPUT
    return None if result.verdict is None else result.verdict.metric


def _history(
    repeated: Repetition, metric: Metric, results: Sequence[Measurement], others: Sequence[Sequence[float]]
) -> History:
    last, limit = results[-1], repeated.series.limit
    points = tuple(_point(item, metric) for item in results)
    rates = [made.metrics[metric] for made in results if usable(made)]
    least = nights.least_spread(rates, told=by_a_tool(last))
    return History(
        claim=last.claim,
        metric=metric,
        made=", ".join(
            [last.made, *([] if limit is None else [f"first {limit} samples"]), *repeated.asked.words]
        ),
        machine=repeated.machine,
        points=points,
        changes=_steps(points) if metric.is_score else _shifts(points, others, least),
    )


def _point(measurement: Measurement, metric: Metric) -> Point:
    return Point(
        run=measurement.run,
        created=measurement.created,
        value=measurement.metrics[metric],
        stamp=Stamped.from_stored(measurement.detail).stamp or "",
        noisy=bool(Watched.from_stored(measurement.detail).noisy),
        git_revision=measurement.provenance.git_revision,
        versions=measurement.provenance.versions,
    )


def _steps(points: Sequence[Point]) -> tuple[Change, ...]:
    """Every step of a score: the same weights on the same data give the same, or something changed."""
    return tuple(
        Change(at=at, before=old.value, after=new.value, p_value=None, differs=_differs(old, new))
        for at, (old, new) in enumerate(pairwise(points), 1)
        if abs(new.value - old.value) > SLACK
    )


def _shifts(points: Sequence[Point], others: Sequence[Sequence[float]], least: float) -> tuple[Change, ...]:
    """Shifts of the level of a throughput that last (`verdicts.levels`).

    Results of a disturbed machine do not count, nor does a stored throughput of nothing.
    """
    steady = [(at, point) for at, point in enumerate(points) if not point.noisy and point.value > 0]
    values = [math.log(point.value) for _, point in steady]
    if len(values) < 2 * levels.FEWEST:
        return ()
    found = levels.shifts(values, _scatter(values, others, least), least=LEAST_CHANGE)
    return tuple(
        Change(
            at=steady[shift.at][0], before=math.exp(shift.before), after=math.exp(shift.after),
            p_value=shift.p_value, differs=_differs(steady[shift.at - 1][1], steady[shift.at][1]),
        )
        for shift in found
    )  # fmt: skip


def _scatter(values: Sequence[float], others: Sequence[Sequence[float]], least: float) -> Scatter:
    """How results of a series lie about their level: its own, and its machine's where that has others."""
    known = [values, *(item for item in others if len(item) >= 2 * levels.FEWEST)]
    spreads = [
        Spread(sd=max(levels.of_neighbours(item), least), degrees=levels.degrees(len(item))) for item in known
    ]
    spread = nights.moderated(spreads[0], nights.prior(spreads[1:]))
    return Scatter(
        of_neighbours=max(spread.sd, least), degrees=spread.degrees,
        dependence=levels.dependence(known, least=least),
    )  # fmt: skip


def _differs(old: Point, new: Point) -> tuple[str, ...]:
    """Library versions and the commit, where they are not the same before and after."""
    first = {**old.versions, "git": _short(old.git_revision)}
    second = {**new.versions, "git": _short(new.git_revision)}
    return tuple(
        f"{name} {first.get(name) or 'none'} -> {second.get(name) or 'none'}"
        for name in sorted({*first, *second})
        if first.get(name) != second.get(name)
    )


def _short(revision: str | None) -> str | None:
    """A commit as git shortens it; what was dirty stays so."""
    if revision is None:
        return None
    commit, plus, dirty = revision.partition("+")
    return f"{commit[:12]}{plus}{dirty}"
