"""What two measurements of one claim differ by, with an interval, and what that comes to.

Pure: no store, no machine. A change is positive where the later is better: relative for a throughput (0.05 is
5 % more samples a second), a fraction of all samples for a score.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from statistics import fmean, median, stdev

from harness.errors import NoSamples
from harness.verdicts.stats import lag_1, student_t

PARTS = 10  # into which a run's calls are cut, in the order of time
FEWEST_CALLS = 20  # two a part
LEAST_CHANGE = 0.01  # of a throughput: two processes of one program differ by as much, and less is no news
MOST_FOURS = 400  # whose means of pairs are all looked at; more are averaged with their neighbours
MOST_CORRELATED = 0.9  # what ten parts can say of their correlation at most
FEWEST_EARLIER = 5  # results of a series from which its spread from run to run is known
LEAST_SPREAD = 0.002  # relative: no machine repeats itself more closely for months
LEAST_TOLD = 0.005  # of numbers that a tool told
MOST_DEGREES = 60.0
ASSUMED_SPREAD = 0.015  # relative, of a number without calls or earlier results; a guess, and called one

_MEDIAN_OF_NORMAL = 0.6745  # of the absolute value of a standard normal variable


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A standard deviation of the logarithm of a throughput, and how well it is known."""

    sd: float
    degrees: float  # of freedom
    words: str = ""  # which results or calls it is from


def throughput_change(
    before: Timed, after: Timed, known: Spread | None = None, *, confidence: float = 0.99
) -> Effect:
    """The relative change of a throughput from one run to another, by Student's t on its logarithm.

    The interval stands on the spread from run to run, which the calls of one run understate: a disturbance
    that outlasts the run is in all of its calls alike. The spread is therefore

    * the one `known` from earlier results (`spread_of_results`), where there are enough of them;
    * else that of each run's own tenths (`PARTS`): too wide an interval for independent calls, about right
      for noise of equal strength on every scale of time;
    * else `ASSUMED_SPREAD`, for numbers without calls.

    `Timed.machine` says how fast the machine did the same fixed work in each run. The interval is at least as
    wide as the difference of the two, and wider by it where the spread is of the two runs alone: a change of
    that size cannot be told from the machine's.

    Raises `NoSamples` for a throughput that is not above 0.
    """
    for timed in (before, after):
        if not 0 < timed.samples_per_s < math.inf:
            raise NoSamples(
                f"found a throughput of {timed.samples_per_s} samples/s, expected more: nothing to compare"
            )
    drift = _drift([*before.machine, *after.machine])
    if known is not None:
        spread = Spread(sd=known.sd * math.sqrt(2), degrees=known.degrees, words=known.words)
        half = max(student_t(0.5 + confidence / 2, spread.degrees) * spread.sd, drift)
    else:
        spread = _of_the_runs(before, after)
        half = student_t(0.5 + confidence / 2, spread.degrees) * spread.sd + drift
    basis = spread.words
    if drift:
        basis += f"; the machine's own speed differed by {math.expm1(drift) * 100:.1f} %"
    middle = math.log(after.samples_per_s / before.samples_per_s)
    return Effect(
        change=math.expm1(middle),
        low=math.expm1(middle - half),
        high=_expm1(middle + half),
        confidence=confidence,
        basis=basis,
    )


def _drift(speeds: Sequence[float]) -> float:
    """By how much the machine's own speed differed at most, as a difference of logarithms; 0 if not told."""
    known = [math.log(speed) for speed in speeds if speed > 0]
    return max(known) - min(known) if known else 0.0


def _expm1(value: float) -> float:
    """``math.expm1``, at most 1e9: an interval that wide says nothing more by being wider."""
    return math.expm1(min(value, math.log(1e9)))


def _of_the_runs(before: Timed, after: Timed) -> Spread:
    """The standard deviation of the difference of two logarithms, from nothing but the two runs."""
    if min(len(before.latencies_ns), len(after.latencies_ns)) < FEWEST_CALLS:
        words = f"an assumed spread of {ASSUMED_SPREAD * 100:g} % from run to run"
        return Spread(sd=ASSUMED_SPREAD * math.sqrt(2), degrees=math.inf, words=words)
    first, second = (_from_parts(timed.latencies_ns) for timed in (before, after))
    return replace(_both(first, second), words=f"the spread of each run's {PARTS} parts")


def spread_of_results(throughputs: Sequence[float], *, counted: bool) -> Spread | None:
    """From run to run, of earlier results of one series on one machine, oldest first; None for too few.

    The larger of two: of neighbours, which a step or a slow drift hardly moves, and of all from their median,
    because runs that are compared may lie far apart. No less than `LEAST_SPREAD`, or `LEAST_TOLD` for numbers
    that a tool told (not `counted` from calls), which may be rounded.
    """
    if len(throughputs) < FEWEST_EARLIER:
        return None
    logs = [math.log(value) for value in throughputs]
    middle = median(logs)
    of_all = median(abs(value - middle) for value in logs) / _MEDIAN_OF_NORMAL
    sd = max(spread_of_neighbours(throughputs), of_all, LEAST_SPREAD if counted else LEAST_TOLD)
    words = f"the spread of {len(throughputs)} earlier results"
    return Spread(sd=sd, degrees=neighbours_degrees(len(throughputs)), words=words)


def pooled(own: Spread, others: Sequence[Spread]) -> Spread:
    """`own` spread, or that of all series of its machine where that is larger, with what all of them know.

    A series of a few nights knows its spread badly; that of a machine is much the same for all of them.
    Degrees of freedom are added up, to `MOST_DEGREES`: the series of one night are not independent.
    """
    known = [own, *others]
    degrees = sum(item.degrees for item in known)
    shared = math.sqrt(sum(item.degrees * item.sd**2 for item in known) / degrees)
    words = f"{own.words}, with {len(others)} other series of this machine" if others else own.words
    return Spread(sd=max(own.sd, shared), degrees=min(degrees, MOST_DEGREES), words=words)


def spread_of_neighbours(throughputs: Sequence[float]) -> float:
    """The standard deviation of the logarithm from one result to the next, by the median difference.

    The median of ``|N(0, 2 s^2)|`` is ``0.6745 sqrt(2) s``; a step or a slow drift hardly moves it. Raises
    `NoSamples` for fewer than two.
    """
    if len(throughputs) < 2:
        raise NoSamples(
            f"found {len(throughputs)} results, expected two or more: a spread is that of neighbours"
        )
    steps = [abs(math.log(b / a)) for a, b in pairwise(throughputs)]
    return median(steps) / (_MEDIAN_OF_NORMAL * math.sqrt(2))


def neighbours_degrees(count: int) -> float:
    """The degrees of freedom of `spread_of_neighbours` of so many results.

    A median of absolute deviations is 37 % as efficient as a standard deviation.
    """
    return max(2.0, 0.37 * (count - 1))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Flips:
    """How two runs differ on the same samples."""

    samples: int
    lost: int  # right before, wrong after
    gained: int  # wrong before, right after
    p_value: float  # McNemar's exact test, two-sided

    @property
    def change(self) -> float:
        """The change of the share of right samples."""
        return (self.gained - self.lost) / self.samples


def mcnemar(before: str, after: str) -> Flips:
    """McNemar's exact test of two runs' marks, a ``1`` for each right sample and a ``0`` for each wrong one.

    Only samples that are right in one run alone tell the two apart; by chance alone each of these would be
    lost or gained like a coin (Q. McNemar, 1947; here the binomial test, not its approximation).
    Raises `NoSamples` where there are none, or not the same number.
    """
    if not before or len(before) != len(after):
        raise NoSamples(
            f"the first run scored {len(before)} samples and the second {len(after)}; "
            "both need the same samples, at least one"
        )
    from scipy import stats

    lost = sum(a == "1" and b == "0" for a, b in zip(before, after, strict=True))
    gained = sum(a == "0" and b == "1" for a, b in zip(before, after, strict=True))
    p = 1.0 if lost + gained == 0 else float(stats.binomtest(gained, lost + gained).pvalue)
    return Flips(samples=len(before), lost=lost, gained=gained, p_value=p)


def score_change(flips: Flips, *, confidence: float = 0.99) -> Effect:
    """The change of the share of right samples, with the exact interval that goes with McNemar's test.

    Given how many samples changed sides, the share of those gained has Clopper's and Pearson's interval.
    """
    from scipy import stats

    changed = flips.lost + flips.gained
    low = high = 0.0
    if changed:
        share = stats.binomtest(flips.gained, changed).proportion_ci(confidence, method="exact")
        low, high = ((2 * float(edge) - 1) * changed / flips.samples for edge in (share.low, share.high))
    return Effect(
        change=flips.change,
        low=low,
        high=high,
        confidence=confidence,
        basis=f"{flips.lost} lost, {flips.gained} gained of {flips.samples}, McNemar p = {flips.p_value:.2g}",
    )


def turns_change(rounds: Sequence[Sequence[float]], *, confidence: float = 0.99) -> Effect:
    """The relative change from A to B of turns that were taken A B B A or B A A B.

    `rounds` holds, for each time that both processes were started, the logarithm of B's throughput over A's
    in each four turns: what lasts longer than four turns is in both alike. The estimate is the median of all
    pairs' means (J. L. Hodges and E. L. Lehmann, 1963), which a few disturbed turns do not move. Its interval
    is the wider of two: that of Wilcoxon's signed ranks, and Student's of the rounds' medians, as two arms of
    the same program may differ a little for as long as they are loaded. Raises `NoSamples` for fewer than 6
    fours in all.
    """
    count = sum(map(len, rounds))
    if count < 6:
        raise NoSamples(f"found {count} times A B B A, expected 6 or more: fewer give no interval")
    each = math.ceil(count / MOST_FOURS)
    fours = [value for turns in rounds for value in _averaged(turns, each)]
    middle, low, high = _signed_ranks(fours, confidence)
    wide = _between_rounds(rounds, confidence)
    low, high = min(low, middle - wide), max(high, middle + wide)
    basis = f"{count} times A B B A in {len(rounds)} rounds"
    return Effect(
        change=math.expm1(middle),
        low=math.expm1(low),
        high=math.expm1(high),
        confidence=confidence,
        basis=basis,
    )


def _averaged(turns: Sequence[float], each: int) -> list[float]:
    """Neighbours averaged, `each` at a time; a rest that is shorter stays one by itself."""
    return [fmean(turns[at : at + each]) for at in range(0, len(turns), each)]


def _signed_ranks(values: Sequence[float], confidence: float) -> tuple[float, float, float]:
    """The Hodges-Lehmann estimate and its interval by Wilcoxon's signed ranks, normal approximation.

    The approximation is good from about 15 values on; for fewer the ends are the smallest and largest mean.
    """
    import numpy as np
    from scipy import stats

    x = np.asarray(values, dtype=np.float64)
    rows, columns = np.triu_indices(len(x))
    means = np.sort((x[rows] + x[columns]) / 2)
    n = len(x)
    z = float(stats.norm.ppf(0.5 + confidence / 2))
    rank = math.floor(n * (n + 1) / 4 - z * math.sqrt(n * (n + 1) * (2 * n + 1) / 24))
    rank = max(rank, 0)
    return float(np.median(means)), float(means[rank]), float(means[len(means) - 1 - rank])


def _between_rounds(rounds: Sequence[Sequence[float]], confidence: float) -> float:
    """Half of Student's interval of the rounds' own medians; nothing for fewer than three."""
    middles = [median(turns) for turns in rounds if turns]
    if len(middles) < 3:
        return 0.0
    return student_t(0.5 + confidence / 2, len(middles) - 1) * stdev(middles) / math.sqrt(len(middles))
