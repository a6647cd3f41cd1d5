"""A claim over time: its results, where they changed for good, and what else changed there."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.comparing.spreads import repetitions
from harness.domain.cases import Kind
from harness.domain.measurements import VerdictKind
from harness.domain.metrics import Metric
from harness.domain.series import Repetition
from harness.store.numbers import Number
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
    judged: bool  # False: its run ended before the verdict was written
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


_SHOWN = 8  # digits of a SHA-256 that tell the samples of one file apart
NO_NUMBER = "without a number to follow"  # of what is measured as whether it holds


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Results of one claim that are in no history, and why; `runs` are theirs, oldest first."""

    claim: str
    why: str
    runs: tuple[str, ...]


def left_out(results: Sequence[Number]) -> tuple[LeftOut, ...]:
    """Every result that `histories` has no number of, by claim and reason."""
    metrics = _metrics(results)
    found: dict[tuple[str, str], list[str]] = {}
    for made in _as_made(results):
        if _metric(made, metrics) not in made.metrics:
            found.setdefault((made.repeated.series.claimed, _why_out(made)), []).append(made.run)
    return tuple(LeftOut(claim=claim, why=why, runs=tuple(runs)) for (claim, why), runs in found.items())


def _why_out(result: Number) -> str:
    if result.kind is None:
        return "without a verdict: the run ended before it was written; measure the same again"
    if result.kind is VerdictKind.ERROR:
        return "errors: nothing was measured"
    return NO_NUMBER


def histories(results: Sequence[Number], others: Sequence[Number] = ()) -> tuple[History, ...]:
    """The histories of results in the order of writing; results without a number are in none (`left_out`).

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


def _groups(results: Sequence[Number]) -> dict[tuple[Repetition, Metric], list[Number]]:
    """The measurements of each repetition by its metric, in the order in which they were made."""
    metrics = _metrics(results)
    groups: dict[tuple[Repetition, Metric], list[Number]] = {}
    made = _as_made(results)
    for repeated, result in zip(repetitions(made), made, strict=True):
        metric = _metric(result, metrics)
        if metric is not None and metric in result.metrics:
            groups.setdefault((repeated, metric), []).append(result)
    return groups


def _as_made(results: Sequence[Number]) -> list[Number]:
    """In the order in which they were made: a copied store's rows are not in this order."""
    return sorted(results, key=lambda item: item.created)


def _logs(results: Sequence[Number]) -> list[float]:
    """The logarithms of throughputs that no disturbed machine gave."""
    return [math.log(item.metrics[Metric.THROUGHPUT]) for item in results if item.usable]


_Claim = tuple[str, str]  # case, claim


def _metrics(results: Sequence[Number]) -> dict[_Claim, Metric]:
    """By which metric each claim is judged, where a result of it was."""
    return {_claim(item): item.metric for item in results if item.metric is not None}


def _claim(made: Number) -> _Claim:
    return made.repeated.series.case, made.repeated.series.claimed


def _metric(result: Number, metrics: Mapping[_Claim, Metric]) -> Metric | None:
    """What a result is followed by; without a verdict as others of its claim, or by its only number."""
    series = result.repeated.series
    if series.kind is Kind.THROUGHPUT:
        return Metric.LATENCY if series.check == Metric.LATENCY else Metric.THROUGHPUT
    if result.kind is not None:
        return result.metric
    only = next(iter(result.metrics), None) if len(result.metrics) == 1 else None
    return metrics.get(_claim(result)) or (Metric(only) if only in list(Metric) else None)


def _history(
    repeated: Repetition, metric: Metric, results: Sequence[Number], others: Sequence[Sequence[float]]
) -> History:
    last, limit = results[-1], repeated.series.limit
    points = tuple(_point(item, metric) for item in results)
    rates = [item.metrics[metric] for item in results if item.usable]
    least = nights.least_spread(rates, told=last.told.by_a_tool)
    return History(
        claim=repeated.series.claimed,
        metric=metric,
        made=", ".join(
            [
                repeated.series.made,
                *([] if repeated.samples_sha256 is None else [f"samples {repeated.samples_sha256[:_SHOWN]}"]),
                *([] if limit is None else [f"{limit} samples only"]),
                *repeated.asked.words,
            ]
        ),
        machine=repeated.machine,
        points=points,
        changes=_steps(points) if metric.is_score else _shifts(points, others, least),
    )


def _point(result: Number, metric: Metric) -> Point:
    return Point(
        run=result.run,
        created=result.created,
        value=result.metrics[metric],
        stamp=result.told.stamp,
        noisy=result.told.noisy,
        judged=result.kind is not None,
        git_revision=result.git_revision,
        versions=result.versions,
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
