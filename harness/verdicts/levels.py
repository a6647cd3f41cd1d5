"""Levels of a series of throughputs: how far neighbours lie apart, how much of that lasts, where it shifted.

Values are natural logarithms of throughputs, oldest first: a difference of 0.05 is 5 %.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

FEWEST = 3  # results on each side of a shift: one odd night is none, two may be a coincidence
SIGNIFICANCE = 0.01  # of the test of two levels, for a whole series
MOST_LASTING = 0.95  # what a series can say of its dependence at most
LAGS = (2, 3, 4)  # nights over which a dependence is looked for
FEWEST_PAIRS = 5  # of results that far apart

MEDIAN_OF_NORMAL = 0.6745  # of the absolute value of a standard normal variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter:
    """How results about one level lie apart.

    They are taken for an AR(1) series: `dependence` is how much of a night's difference is still there the
    night after, 0 for nights that have nothing to do with each other.
    """

    of_neighbours: float  # standard deviation of a result, from the steps between neighbours alone
    dependence: float
    degrees: float  # of freedom, of `of_neighbours`

    @property
    def of_a_level(self) -> float:
        """The standard deviation of a result from its level."""
        return self.of_neighbours / math.sqrt(1 - self.dependence)

    @property
    def worth(self) -> float:
        """How many dependent results know as much of a level as one independent one."""
        return (1 + self.dependence) / (1 - self.dependence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A change of level that lasts: the first result after it, and both levels."""

    at: int
    before: float
    after: float
    p_value: float


def of_neighbours(values: Sequence[float], *, apart: int = 1) -> float:
    """The standard deviation of one result, by the median difference of two that are so many results apart.

    The median of ``|N(0, 2 s^2)|`` is ``0.6745 sqrt(2) s``; a step or a slow drift hardly moves it. 0 for
    values that are mostly equal, or too few.
    """
    steps = [abs(later - earlier) for earlier, later in zip(values, values[apart:], strict=False)]
    return median(steps) / (MEDIAN_OF_NORMAL * math.sqrt(2)) if steps else 0.0


def degrees(count: int) -> float:
    """The degrees of freedom of `of_neighbours` of so many results.

    A median of absolute deviations is 37 % as efficient as a standard deviation.
    """
    return max(2.0, 0.37 * (count - 1))


def dependence(series: Iterable[Sequence[float]], *, least: float) -> float:
    """How much of a difference lasts until the next result, 0 to `MOST_LASTING`; of all series together.

    Of an AR(1) series with dependence f, results k apart differ in variance by ``1 + f + ... + f^(k-1)``
    times what neighbours do. That is solved for f at each of `LAGS`, and averaged, of what the likeliest
    single shift leaves of each series: a shift itself would look like a difference that lasts. `least` is a
    standard deviation below which nothing is measured. Series too short to say it say nothing; 0 where all
    are.
    """
    known = [_without_one(values) for values in series if len(values) >= min(LAGS) + FEWEST_PAIRS]
    found = []
    for lag in LAGS:
        long = [values for values in known if len(values) >= lag + FEWEST_PAIRS]
        near = sum(max(of_neighbours(values), least) ** 2 for values in long)
        far = sum(max(of_neighbours(values, apart=lag), least) ** 2 for values in long)
        if long:
            found.append(_solved(far / near, lag))
    return sum(found) / len(found) if found else 0.0


def _without_one(values: Sequence[float]) -> list[float]:
    """Values less the means on both sides of the one split that explains most of them."""
    total, best, at, before = sum(values), 0.0, 0, 0.0
    for place in range(1, len(values)):
        before += values[place - 1]
        left, right = before / place, (total - before) / (len(values) - place)
        explained = (right - left) ** 2 * place * (len(values) - place)
        if FEWEST <= place <= len(values) - FEWEST and explained > best:
            best, at = explained, place
    sides = [side for side in (values[:at], values[at:]) if side]
    return [value - sum(side) / len(side) for side in sides for value in side]


def _solved(ratio: float, lag: int) -> float:
    """f with ``1 + f + ... + f^(lag-1) = ratio``, within 0 and `MOST_LASTING`."""
    low, high = 0.0, MOST_LASTING
    for _ in range(40):
        middle = (low + high) / 2
        if sum(middle**power for power in range(lag)) < ratio:
            low = middle
        else:
            high = middle
    return low if low > 1e-9 else 0.0


def shifts(values: Sequence[float], scatter: Scatter, *, least: float) -> tuple[Shift, ...]:
    """Where the level shifts for good, by at least `least` (0.01 is 1 %).

    Candidates are where PELT (R. Killick and others, 2012; ruptures) splits the values by their means, at a
    penalty of ``2 log n`` in units of the variance of a result. Each is kept where, by Student's test of the
    medians of its two sides, with `scatter` for both, it is significant at `SIGNIFICANCE` shared out among
    all places where a split could have been found. One odd night moves no median.
    """
    if len(values) < 2 * FEWEST:
        return ()
    tested = [
        (split, values[start:split], values[split:stop])
        for start, split, stop in _splits(values, scatter.of_a_level * math.sqrt(scatter.worth))
    ]
    kept = {
        split: p_value
        for split, before, after in tested
        if (p_value := _p_value(before, after, scatter)) <= SIGNIFICANCE / len(values)
        and abs(math.expm1(median(after) - median(before))) >= least
    }
    edges = [0, *kept, len(values)]
    levels = [median(values[start:stop]) for start, stop in pairwise(edges)]
    return tuple(
        Shift(at=split, before=before, after=after, p_value=p_value)
        for (split, p_value), (before, after) in zip(kept.items(), pairwise(levels), strict=True)
    )


def without(values: Sequence[float], found: Sequence[Shift]) -> list[float]:
    """The values less the median of the level that each is of."""
    edges = [0, *(shift.at for shift in found), len(values)]
    levels = [(start, stop, median(values[start:stop])) for start, stop in pairwise(edges) if stop > start]
    return [value - level for start, stop, level in levels for value in values[start:stop]]


def _splits(values: Sequence[float], sd: float) -> list[tuple[int, int, int]]:
    """Start, split and stop of neighbouring segments."""
    ends = _segments([(value - values[0]) / sd for value in values], penalty=2 * math.log(len(values)))
    return list(zip(ends, ends[1:], ends[2:], strict=False))


def _segments(values: Sequence[float], *, penalty: float) -> list[int]:
    """The ends of the segments with the least sum of squares about their means and of a `penalty` for each.

    PELT, as `ruptures.Pelt` has it: a start that cannot win any more is not looked at again. Here it takes
    all starts at once, by running sums, and needs no import of scipy.stats, which takes longer than all else
    that is done for a history of thousands.
    """
    import numpy as np

    signal = np.asarray(values, dtype=np.float64)
    sums, squares = (np.concatenate(([0.0], np.cumsum(powers))) for powers in (signal, signal**2))
    least, before = np.full(len(signal) + 1, np.inf), np.zeros(len(signal) + 1, dtype=np.int64)
    least[0], starts = 0.0, np.empty(0, dtype=np.int64)
    for stop in range(FEWEST, len(signal) + 1):
        starts = np.append(starts, stop - FEWEST)
        apart = squares[stop] - squares[starts] - (sums[stop] - sums[starts]) ** 2 / (stop - starts)
        costs = least[starts] + apart + penalty
        best = int(np.argmin(costs))
        least[stop], before[stop] = costs[best], starts[best]
        starts = starts[costs <= least[stop] + penalty]
    ends = [len(signal)]
    while ends[-1]:
        ends.append(int(before[ends[-1]]))
    return ends[::-1]


def _p_value(before: Sequence[float], after: Sequence[float], scatter: Scatter) -> float:
    """Student's test of two medians about which results scatter so."""
    from scipy import special

    of_medians = 1.2533 * scatter.of_a_level * math.sqrt(scatter.worth)  # sqrt(pi / 2)
    error = of_medians * math.sqrt(1 / len(before) + 1 / len(after))
    t = abs(median(after) - median(before)) / error
    return float(2 * special.stdtr(scatter.degrees, -t))
