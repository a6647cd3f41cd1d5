"""How many calls are timed, and after how many that are not."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

WARM_UP_CALLS = 5  # first calls allocate and choose kernels; later ones repeat
TIMED_S = 2.0  # what a quick run spends on one case
FEWEST_CALLS = 20  # a median is stated from 20 calls (harness.stats)
MOST_CALLS = 2000
LONGEST_S = 60.0  # a slow model gets fewer calls rather than minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingPlan:
    """Calls before the clock starts, and calls under it."""

    warm_up_calls: int
    calls: int


def plan(call: Callable[[], object]) -> TimingPlan:
    """Warm up, and choose as many calls as fill `TIMED_S` at the pace of the last warm-up calls.

    The warm-up has been done when this returns; one more is made when the plan is carried out.
    """
    start = time.perf_counter()
    call()
    spent = time.perf_counter() - start
    made = 1
    pace = spent
    while made < WARM_UP_CALLS and spent < LONGEST_S / 4:
        start = time.perf_counter()
        call()
        pace = time.perf_counter() - start
        spent += pace
        made += 1
    wanted = min(max(int(TIMED_S / pace), FEWEST_CALLS), MOST_CALLS)
    return TimingPlan(warm_up_calls=made, calls=max(1, min(wanted, int(LONGEST_S / pace))))


def time_calls(call: Callable[[], object], calls: int) -> list[int]:
    """The latency of each of `calls` calls, in nanoseconds, by the performance counter."""
    latencies = []
    for _ in range(calls):
        start = time.perf_counter_ns()
        call()
        latencies.append(time.perf_counter_ns() - start)
    return latencies
