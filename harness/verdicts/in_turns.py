"""The change from one arm to another that took turns with it: A B B A, B A A B.

Pure: a change is relative, and positive where the second arm is faster.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, median, stdev

from harness.errors import NoSamples
from harness.verdicts.effects import Effect
from harness.verdicts.stats import student_t

MOST_FOURS = 400  # whose means of pairs are all looked at; more are averaged with their neighbours


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
