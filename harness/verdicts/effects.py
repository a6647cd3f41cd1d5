"""What two measurements of one claim differ by, with an interval, and what that comes to.

Pure: no store, no machine. A change is positive where the later is better: relative for a throughput (0.05 is
5 % more samples a second), a fraction of all samples for a score.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from statistics import fmean, stdev

from harness.errors import NoSamples
from harness.verdicts.noise import ASSUMED, NOTHING, Noise, Spread
from harness.verdicts.stats import lag_1, student_t

PARTS = 10  # into which a run's calls are cut, in the order of time
FEWEST_CALLS = 20  # two a part
LEAST_CHANGE = 0.01  # of a throughput: two processes of one program differ by as much, and less is no news
UNSTEADY = math.log(1.5)  # of the machine's own speed: beyond it a factor is told, and no percentage
MOST_CORRELATED = 0.9  # what ten parts can say of their correlation at most
UNKNOWN = Noise(
    own=ASSUMED, shared=NOTHING, words=f"an assumed spread of {ASSUMED.sd * 100:g} % from run to run",
    assumed=True,
)  # fmt: skip


class Finding(StrEnum):
    """The result of a comparison. A rule's finding on a README is another: `documents.audit.findings`."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    TOO_NOISY = "too noisy to tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A change and its interval, positive where the later is better, and how the interval was made."""

    change: float
    low: float
    high: float
    confidence: float
    basis: str

    @property
    def half_width(self) -> float:
        """Half of the interval of a throughput's change, as a difference of logarithms."""
        return (math.log1p(self.high) - math.log1p(self.low)) / 2

    def finding(self, *, margin: float, least: float = 0.0) -> Finding:
        """Worse or better where the interval leaves out "no change" and the change is `least` or more.

        Same where all of the interval is within `margin` of no change. Else the measurements are too noisy
        to tell: neither a difference nor its absence is shown.
        """
        if abs(self.change) >= least and not self.low <= 0 <= self.high:
            return Finding.WORSE if self.change < 0 else Finding.BETTER
        if -margin <= self.low and self.high <= margin:
            return Finding.SAME
        return Finding.TOO_NOISY


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """One measured throughput: calls in the order of time, or the number alone where a tool gave it."""

    samples_per_s: float
    latencies_ns: Sequence[int] = ()
    machine: Sequence[float] = ()  # how fast the machine itself was before and after, in any one unit


def throughput_change(
    before: Timed,
    after: Timed,
    noise: Noise | None = None,
    *,
    confidence: float = 0.99,
    together: float | None = None,
) -> Effect:
    """The relative change of a throughput from one run to another, by Student's t on its logarithm.

    The interval stands on the spread from run to run (`verdicts.nights`), which the calls of one run
    understate: two processes of one program differ by more, and a disturbance that outlasts the run is in all
    of its calls alike. Where it is not known of earlier runs it is assumed, and said to be; the interval is
    then at least as wide as the spread of each run's own tenths (`PARTS`) makes it.

    `confidence` is that of this interval, `together` that of all intervals of the night (the same by
    default). `Timed.machine` says how fast the machine did the same fixed work in each run. The interval is
    at least as wide as the difference of the two, and wider by it where a spread is assumed: a change of
    that size cannot be told from the machine's.

    Raises `NoSamples` for a throughput that is not above 0.
    """
    for timed in (before, after):
        if not 0 < timed.samples_per_s < math.inf:
            raise NoSamples(
                f"found a throughput of {timed.samples_per_s} samples/s, expected more: nothing to compare"
            )
    noise = noise or UNKNOWN
    half, words = noise.half_width(confidence, together or confidence), [noise.words]
    drift = _drift([*before.machine, *after.machine])
    if noise.assumed:
        within = _within(before, after, confidence)
        if within > half:
            words.append(f"the calls of each run scatter more, in its {PARTS} parts")
        half = max(half, within) + drift
    else:
        half = max(half, drift)
    if drift > UNSTEADY:
        words.append(
            f"the machine's own speed, right before and after the calls, differed {math.exp(drift):.1f}-fold"
        )
    elif drift:
        words.append(f"the machine's own speed differed by {math.expm1(drift) * 100:.1f} %")
    middle = math.log(after.samples_per_s / before.samples_per_s)
    return Effect(
        change=math.expm1(middle),
        low=math.expm1(middle - half),
        high=_expm1(middle + half),
        confidence=confidence,
        basis="; ".join(words),
    )


def _drift(speeds: Sequence[float]) -> float:
    """By how much the machine's own speed differed at most, as a difference of logarithms; 0 if not told."""
    known = [math.log(speed) for speed in speeds if speed > 0]
    return max(known) - min(known) if known else 0.0


def _expm1(value: float) -> float:
    """``math.expm1``, at most 1e9: an interval that wide says nothing more by being wider."""
    return math.expm1(min(value, math.log(1e9)))


def _within(before: Timed, after: Timed, confidence: float) -> float:
    """Half of the interval by the calls of the two runs alone; 0 for runs without, or with few."""
    if min(len(before.latencies_ns), len(after.latencies_ns)) < FEWEST_CALLS:
        return 0.0
    first, second = (_from_parts(timed.latencies_ns) for timed in (before, after))
    both = _both(first, second)
    return student_t(0.5 + confidence / 2, both.degrees) * both.sd


def _from_parts(latencies_ns: Sequence[int]) -> Spread:
    """From the logarithms of the mean latencies of equal parts of a run.

    Parts that follow each other closely are few draws that look like many: their variance is multiplied by
    ``(1 + r) / (1 - r)``, as the variance of a mean is for a first-order autoregression, r being their first
    autocorrelation where it is positive.
    """
    edges = [len(latencies_ns) * part // PARTS for part in range(PARTS + 1)]
    means = [math.log(fmean(latencies_ns[start:stop])) for start, stop in pairwise(edges)]
    spread = stdev(means)
    r = min(max(lag_1(means), 0.0), MOST_CORRELATED)
    return Spread(sd=spread * math.sqrt((1 + r) / (1 - r)), degrees=PARTS - 1)


def _both(first: Spread, second: Spread) -> Spread:
    """Of the difference of two, with Welch's and Satterthwaite's degrees of freedom."""
    a, b = first.sd**2, second.sd**2
    if a + b == 0:
        return Spread(sd=0.0, degrees=math.inf)
    degrees = (a + b) ** 2 / (a**2 / first.degrees + b**2 / second.degrees)
    return Spread(sd=math.sqrt(a + b), degrees=degrees)
