"""How many calls are timed, and after how many that are not."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

WARM_UP_CALLS = 5  # first calls allocate and choose kernels; later ones repeat
LONGEST_WARM_UP_S = 15.0
TIMED_S = 2.0  # what a quick run spends on one case
FEWEST_CALLS = 20  # a median is stated from 20 calls (harness.stats)
MOST_CALLS = 2000
LONGEST_S = 60.0  # a slow model gets fewer calls rather than minutes

Clock = Callable[[], int]  # nanoseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingPlan:
    """Calls before the clock starts, and calls under it."""

    warm_up_calls: int
    calls: int


def plan(call: Callable[[], object], clock: Clock = time.perf_counter_ns) -> TimingPlan:
    """Warm up, and choose as many calls as fill `TIMED_S` at the pace of the warm-up.

    The warm-up has been done when this returns. The first call does not count towards the pace where
    there are others, and of those the median does: one hiccup changes nothing. A fast model gets at
    most `MOST_CALLS`, a slow one `FEWEST_CALLS`, and fewer where those take longer than `LONGEST_S`.
    """
    warm_up: list[int] = []
    while len(warm_up) < WARM_UP_CALLS and sum(warm_up) < LONGEST_WARM_UP_S * 1e9:
        warm_up += time_calls(call, 1, clock)
    pace_s = max(1, median(warm_up[1:] or warm_up)) / 1e9  # a coarse clock may not have moved
    wanted = min(max(int(TIMED_S / pace_s), FEWEST_CALLS), MOST_CALLS)
    return TimingPlan(warm_up_calls=len(warm_up), calls=max(1, min(wanted, int(LONGEST_S / pace_s))))


def time_calls(call: Callable[[], object], calls: int, clock: Clock = time.perf_counter_ns) -> list[int]:
    """The latency of each of `calls` calls, in nanoseconds, by the performance counter."""
    latencies = []
    for _ in range(calls):
        start = clock()
        call()
        latencies.append(clock() - start)
    return latencies
