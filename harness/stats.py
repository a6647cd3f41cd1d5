"""Pure statistics over recorded samples."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, median

from harness.domain import Interval
from harness.errors import NoSamples

# A percentile is stated only from enough calls. MLPerf Inference's early stopping at confidence 0.99
# asks for the fewest queries n with P(Binomial(n, 1 - p) <= 1) <= 0.01: 64 for p90, 662 for p99 (its
# loadgen). p50 from 20 is ours.
CALLS_FOR_PERCENTILE: Mapping[float, int] = {50.0: 20, 90.0: 64, 95.0: 130, 99.0: 662, 99.9: 6636}


def wilson(correct: int, samples: int, confidence: float = 0.95) -> Interval:
    """Wilson's score interval of a share (E. B. Wilson, 1927), as fractions.

    Raises `NoSamples` for no samples and `ValueError` for a count outside ``0..samples``.
    """
    if samples == 0:
        raise NoSamples("no samples: a share of nothing has no interval")
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
        raise NoSamples("no timed calls: nothing to summarise")
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
        raise NoSamples(f"no values: nothing has a percentile {rank:g}")
    if not 0 <= rank <= 100:
        raise ValueError(f"rank {rank:g} of a percentile, expected 0 to 100")
    position = (len(ordered) - 1) * rank / 100
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def ratio_of_medians(
    before: Sequence[int], after: Sequence[int], *, confidence: float = 0.95, resamples: int = 2000
) -> Interval:
    """The bootstrap interval of median(after) / median(before), seeded: the same samples, the same interval.

    The median of n values drawn again is the value at the rank that the median of n uniform numbers has,
    which is Beta distributed (exactly so for odd n): nothing is drawn n times. Calls are taken for
    independent, which those of one run are not quite: the interval is too narrow rather than too wide.
    Raises `NoSamples` for no values.
    """
    if not before or not after:
        raise NoSamples("no timed calls: nothing to compare")
    draw = random.Random(0)  # noqa: S311 - a resample, no secret

    def resampled(ordered: Sequence[int]) -> int:
        middle = (len(ordered) + 1) / 2
        return ordered[min(int(draw.betavariate(middle, middle) * len(ordered)), len(ordered) - 1)]

    old, new = sorted(before), sorted(after)
    ratios = sorted(resampled(new) / resampled(old) for _ in range(resamples))
    outside = int(resamples * (1 - confidence) / 2)
    return Interval(low=ratios[outside], high=ratios[-1 - outside], confidence=confidence)
