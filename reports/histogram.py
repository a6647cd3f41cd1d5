"""The shape of a series of latencies: counts in equal steps, with the long tail counted apart."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.verdicts.stats import percentile
from reports.view import Histogram

FEWEST_CALLS = 20  # fewer have no shape worth drawing
MOST_BARS = 48
SHOWN = 98.0  # the slowest two in a hundred would flatten all others


def histogram(latencies_ns: Sequence[int]) -> Histogram | None:
    """Counts from the fastest call to the 98th percentile; None for too few or all equal calls."""
    if len(latencies_ns) < FEWEST_CALLS:
        return None
    ordered = sorted(latencies_ns)
    low, high = ordered[0], math.ceil(percentile(ordered, SHOWN))
    if high <= low:
        return None
    bars = min(MOST_BARS, math.isqrt(len(ordered)) * 2, high - low)
    counts, beyond = [0] * bars, 0
    for latency in ordered:
        if latency > high:
            beyond += 1
        else:
            counts[min((latency - low) * bars // (high - low), bars - 1)] += 1
    return Histogram(counts=tuple(counts), low_ns=low, high_ns=high, beyond=beyond)
