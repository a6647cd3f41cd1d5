"""A claim over time: its results, where they changed for good, and what else changed there."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from harness.comparing.spreads import repetition_of
from harness.domain.cases import Kind
from harness.domain.details import Stamped, Watched
from harness.domain.measurements import Measurement
from harness.domain.metrics import Metric
from harness.domain.series import Repetition
from harness.store.results import Result
from harness.verdicts.effects import LEAST_CHANGE, neighbours_degrees, spread_of_neighbours
from harness.verdicts.plain import SLACK

FEWEST = 3  # results on each side of a change: one odd night is no change, two may be a coincidence
SIGNIFICANCE = 0.01  # of the test of two levels, for a whole series
_NO_SPREAD = 1e-9  # of a series of one value or two: any step is a shift


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


def histories(results: Sequence[Result]) -> tuple[History, ...]:
    """The histories of results in the order of writing; results without a number are in none."""
    groups: dict[tuple[Repetition, Metric], list[Measurement]] = {}
    for result in results:
        measurement = result.measurement
        metric = _metric(result)
        if metric is not None and metric in measurement.metrics:
            groups.setdefault((repetition_of(measurement), metric), []).append(measurement)
    return tuple(
        _history(repeated, metric, measurements) for (repeated, metric), measurements in groups.items()
    )


def _metric(result: Result) -> Metric | None:
    if result.measurement.kind is Kind.THROUGHPUT:
        return Metric.THROUGHPUT
    return None if result.verdict is None else result.verdict.metric


def _history(repeated: Repetition, metric: Metric, results: Sequence[Measurement]) -> History:
    ordered = sorted(results, key=lambda item: item.created)  # a copied store's rows are not in this order
    last, limit = ordered[-1], repeated.series.limit
    points = tuple(_point(item, metric) for item in ordered)
    return History(
        claim=last.claim,
        metric=metric,
        made=last.made + ("" if limit is None else f", first {limit} samples"),
        machine=repeated.machine,
        points=points,
        changes=_steps(points) if metric.is_score else _shifts(points),
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


def _shifts(points: Sequence[Point]) -> tuple[Change, ...]:
    """Shifts of the level of a throughput that lasts.

    Candidates are where PELT (R. Killick and others, 2012; ruptures) splits the logarithms by their means, at
    a penalty of ``2 log n`` in units of the variance from one result to the next. Each is kept where the
    medians of its two sides differ by `LEAST_CHANGE`, and by Student's test, with that variance for both, at
    `SIGNIFICANCE` shared out among all places where a split could have been found. One odd night moves no
    median. Results of a disturbed machine do not count.
    """
    steady = [(at, point) for at, point in enumerate(points) if not point.noisy]
    if len(steady) < 2 * FEWEST:
        return ()
    values = [math.log(point.value) for _, point in steady]
    spread = spread_of_neighbours([point.value for _, point in steady]) or _NO_SPREAD
    changes = []
    for start, split, stop in _splits(values, spread):
        before, after = values[start:split], values[split:stop]
        p = _p_value(before, after, spread, len(values))
        low, high = math.exp(median(before)), math.exp(median(after))
        if p > SIGNIFICANCE / len(values) or abs(high / low - 1) < LEAST_CHANGE:
            continue
        old, new = steady[split - 1][1], steady[split][1]
        changes.append(
            Change(at=steady[split][0], before=low, after=high, p_value=p, differs=_differs(old, new))
        )
    return tuple(changes)


def _splits(values: Sequence[float], spread: float) -> list[tuple[int, int, int]]:
    """Start, split and stop of neighbouring segments."""
    import numpy as np
    import ruptures

    signal = (np.asarray(values) - values[0]) / spread
    found = ruptures.Pelt(model="l2", min_size=FEWEST, jump=1).fit(signal.reshape(-1, 1))
    ends = [0, *found.predict(pen=2 * math.log(len(values)))]
    return list(zip(ends, ends[1:], ends[2:], strict=False))


def _p_value(before: Sequence[float], after: Sequence[float], spread: float, count: int) -> float:
    """Student's test of two medians, with a spread known from `count` neighbours."""
    from scipy import stats

    error = 1.2533 * spread * math.sqrt(1 / len(before) + 1 / len(after))  # sqrt(pi / 2): of medians
    distance = abs(median(after) - median(before)) / error
    return float(2 * stats.t.sf(distance, neighbours_degrees(count)))


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
