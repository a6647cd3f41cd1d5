"""Pure statistics over recorded samples."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist, median, variance

from harness.domain.measurements import Interval
from harness.errors import NoSamples

# A percentile is stated only from enough calls. MLPerf Inference's early stopping at confidence 0.99
# asks for the fewest queries n with P(Binomial(n, 1 - p) <= 1) <= 0.01: 64 for p90, 662 for p99 (its
# loadgen). p50 from 20 is ours.
CALLS_FOR_PERCENTILE: Mapping[float, int] = {50.0: 20, 90.0: 64, 95.0: 130, 99.0: 662, 99.9: 6636}

# The interval and the drift of a series of calls stand on the means of batches of consecutive calls: 32
# batches, half as many of twice the length for as long as neighbouring means go together, but never below 8,
# where a variance is hardly known any more. What this covers is simulated in tests/verdicts/test_series.py.
MOST_BATCHES, FEWEST_BATCHES = 32, 8
FEWEST_CALLS = 64  # for an interval or a drift: of 40 that follow each other closely neither holds
MOST_DEPENDENT = 0.97  # what a series of calls can say of its autocorrelation at most
UNSEEN = (
    3.0  # an event that n calls do not show happens in up to 3 of n, with 95 % confidence (rule of three)
)
RARE_CALL = 1.0  # of a call's time: how much longer a call is taken to be that was not seen, an assumption
MOST_FREEDOM = 1e9  # degrees of freedom of Student's t that differ from infinitely many by nothing
DRIFT_P, DRIFT_CHANGE = 0.01, 0.01  # drift is significant at 1 %, and more than 1 % of a call's time


def wilson(correct: int, samples: int, confidence: float = 0.95) -> Interval:
    """Wilson's score interval of a share (E. B. Wilson, 1927), as fractions.

    Raises `NoSamples` for no samples and `ValueError` for a count outside ``0..samples``.
    """
    if samples == 0:
        raise NoSamples("found no samples; the interval of a share needs at least one")
    if not 0 <= correct <= samples:
        raise ValueError(f"{correct} of {samples} is not a share")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = correct / samples
    scale = 1 + z * z / samples
    centre = (share + z * z / (2 * samples)) / scale
    half = z * math.sqrt(share * (1 - share) / samples + z * z / (4 * samples * samples)) / scale
    # The bounds are exactly 0 and 1 at the ends; subtraction alone leaves a rounding error there.
    return Interval(
        low=0.0 if correct == 0 else centre - half,
        high=1.0 if correct == samples else centre + half,
        confidence=confidence,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencySummary:
    """What a series of timed calls comes to. Times are nanoseconds of one call, that is one batch."""

    calls: int
    batch_size: int
    samples_per_s: float  # batch x calls / total time
    median_ns: float
    minimum_ns: int
    maximum_ns: int
    percentiles_ns: Mapping[str, float]  # "p50" ...: only those that the number of calls allows


def summarise(latencies_ns: Sequence[int], batch_size: int) -> LatencySummary:
    """Throughput, median and the percentiles that the number of calls allows.

    Raises `NoSamples` for no calls and `ValueError` for a latency that is not positive.
    """
    if not latencies_ns:
        raise NoSamples("found no timed calls; a throughput needs at least one")
    if min(latencies_ns) <= 0:
        raise ValueError(f"a call of {min(latencies_ns)} ns: the clock did not move, or ran backwards")
    ordered = sorted(latencies_ns)
    calls = len(ordered)
    return LatencySummary(
        calls=calls,
        batch_size=batch_size,
        samples_per_s=batch_size * calls / (sum(ordered) / 1e9),
        median_ns=median(ordered),
        minimum_ns=ordered[0],
        maximum_ns=ordered[-1],
        percentiles_ns={
            f"p{rank:g}": percentile(ordered, rank)
            for rank, needed in CALLS_FOR_PERCENTILE.items()
            if calls >= needed
        },
    )


def percentile(ordered: Sequence[int], rank: float) -> float:
    """The `rank`-th percentile of ascending values, by linear interpolation as numpy's default.

    Raises `NoSamples` for no values and `ValueError` for a rank outside 0 to 100.
    """
    if not ordered:
        raise NoSamples(f"found no values; percentile {rank:g} needs at least one")
    if not 0 <= rank <= 100:
        raise ValueError(f"rank {rank:g} of a percentile, expected 0 to 100")
    position = (len(ordered) - 1) * rank / 100
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def lag_1(values: Sequence[float]) -> float:
    """The lag-1 autocorrelation of a series; 0 for one that does not vary."""
    mean = sum(values) / len(values)
    apart = [value - mean for value in values]
    squares = sum(value * value for value in apart)
    if squares == 0:
        return 0.0
    return sum(a * b for a, b in pairwise(apart)) / squares


def lag_1_about_a_line(values: Sequence[float]) -> float:
    """The lag-1 autocorrelation of what a least-squares line leaves of a series: a trend is none of it."""
    middle = (len(values) - 1) / 2
    spread = sum((at - middle) ** 2 for at in range(len(values)))
    slope = sum((at - middle) * value for at, value in enumerate(values)) / spread
    return lag_1([value - slope * at for at, value in enumerate(values)])


def batch_means(
    latencies_ns: Sequence[int], dependence: Callable[[Sequence[float]], float] = lag_1
) -> list[float]:
    """Means of consecutive calls in batches of equal length, in nanoseconds, by the rule above.

    The first calls are left out where the batches do not divide the series. Two neighbours go together while
    the `dependence` of the means is positive: their lag-1 autocorrelation, which is von Neumann's ratio.
    """
    length = max(1, len(latencies_ns) // MOST_BATCHES)
    while True:
        count = len(latencies_ns) // length
        start = len(latencies_ns) - count * length
        means = [
            sum(latencies_ns[at : at + length]) / length for at in range(start, len(latencies_ns), length)
        ]
        if len(latencies_ns) // (2 * length) < FEWEST_BATCHES or dependence(means) <= 0:
            return means
        length *= 2


def autocorrelation(values: Sequence[float], of: Callable[[Sequence[float]], float] = lag_1) -> float:
    """The lag-1 autocorrelation of the process behind a series, 0 to `MOST_DEPENDENT`.

    A short series shows less than there is: by ``(1 + 3 r) / n`` (M. G. Kendall, 1954; F. Marriott and J.
    Pope), which is solved for r.
    """
    shown, count = of(values), len(values)
    return min(MOST_DEPENDENT, (count * shown + 1) / max(1, count - 3)) if shown > 0 else 0.0


def throughput_interval(latencies_ns: Sequence[int], batch_size: int) -> Interval | None:
    """The 95 % interval of a run's throughput in samples/s; None for fewer than `FEWEST_CALLS` calls.

    Of the mean call, in relative terms, so that it is never negative. Its variance is the larger of two: by
    batch means, and of the calls themselves; an autocorrelation r widens each by sqrt((1 + r) / (1 - r)), as
    it does for an AR(1) series. Student's t has as many degrees of freedom as the calls are worth independent
    ones. The lower end leaves room for rare slow calls that so few calls may not show: `UNSEEN` of n, each
    `RARE_CALL` longer. It holds for this run: how far two runs differ, minutes or processes apart, is not
    in it.
    """
    calls = len(latencies_ns)
    if calls < FEWEST_CALLS:
        return None
    means, mean = batch_means(latencies_ns), sum(latencies_ns) / calls
    left, dependent = min(0.9, max(0.0, lag_1(means))), autocorrelation(latencies_ns)
    by_batches = variance(means) / len(means) * (1 + left) / (1 - left)
    by_calls = variance(latencies_ns) / calls * (1 + dependent) / (1 - dependent)
    worth = min(len(means), calls * (1 - dependent) / (1 + dependent))
    half = student_t(0.975, max(1.0, worth - 1)) * math.sqrt(max(by_batches, by_calls)) / mean
    rate = batch_size * calls / (sum(latencies_ns) / 1e9)
    rare = UNSEEN * RARE_CALL / calls
    return Interval(low=rate * math.exp(-half - rare), high=rate * math.exp(half))


def student_t(probability: float, freedom: float) -> float:
    """The quantile of Student's t; the normal one for infinitely many degrees of freedom."""
    from scipy import special

    return float(special.stdtrit(min(freedom, MOST_FREEDOM), probability))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Whether calls became slower or faster from the first to the last."""

    change: float  # of a call's time from the first batch to the last, relative: 0.02 is 2 % slower
    p: float  # how likely a series without a trend shows one as clear
    batches: int

    @property
    def found(self) -> bool:
        """Significant, and large enough to mind."""
        return self.p < DRIFT_P and abs(self.change) > DRIFT_CHANGE


def drift(latencies_ns: Sequence[int]) -> Drift | None:
    """Mann and Kendall's test for a trend of the batch means; None for fewer than `FEWEST_CALLS` calls.

    Batches, because the test takes its values for independent, which calls are not; what autocorrelation r
    the batches keep multiplies its variance by ``(1 + r) / (1 - r)``. The change is the median of the slopes
    between any two batches (Theil and Sen's), over the whole series.
    """
    if len(latencies_ns) < FEWEST_CALLS:
        return None
    means = batch_means(latencies_ns, lag_1_about_a_line)
    count = len(means)
    pairs = [(i, j) for j in range(count) for i in range(j)]
    score = sum((means[j] > means[i]) - (means[j] < means[i]) for i, j in pairs)
    of_calls = autocorrelation(latencies_ns, lag_1_about_a_line) ** (len(latencies_ns) // count)
    left = max(of_calls, autocorrelation(means, lag_1_about_a_line))
    deviation = math.sqrt(count * (count - 1) * (2 * count + 5) / 18 * (1 + left) / (1 - left))
    z = max(0, abs(score) - 1) / deviation
    slope = median((means[j] - means[i]) / (j - i) for i, j in pairs)
    return Drift(change=slope * (count - 1) / median(means), p=2 * (1 - NormalDist().cdf(z)), batches=count)
