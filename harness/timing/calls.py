"""Calls timed one by one, after a warm-up that ends by a rule."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from harness.setting.plans import Plan, WarmUpRule

Clock = Callable[[], int]  # nanoseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmUp:
    """The calls before the clock starts, and whether they settled."""

    calls: int
    seconds: float  # of all of them together
    first_ns: int  # the first call, apart
    pace_ns: float  # the median of the last window
    medians_ns: tuple[float, ...]  # of every window
    settled: bool
    ended: str  # in words

    def recorded(self) -> dict[str, Any]:
        """What a result keeps of it, as JSON."""
        return {
            "calls": self.calls, "seconds": self.seconds, "settled": self.settled, "ended": self.ended,
            "window_medians_ns": list(self.medians_ns[-_WINDOWS_KEPT:]),
        }  # fmt: skip


_WINDOWS_KEPT = 20


def warm_up(
    call: Callable[[], object], rule: WarmUpRule | None = None, clock: Clock = time.perf_counter_ns
) -> WarmUp:
    """Call until `rule` is met or one of its bounds is reached; at least one call is made."""
    rule = rule or WarmUpRule()
    made = time_calls(call, 1, clock)
    medians: list[float] = []
    window: list[int] = []
    ended = ""
    while not ended:
        if sum(made) >= rule.longest_s * 1e9:
            ended = "longest time of a warm-up"
        elif len(made) >= rule.most_calls:
            ended = "most calls of a warm-up"
        else:
            window += time_calls(call, 1, clock)
            made.append(window[-1])
            if len(window) >= rule.calls and sum(window) >= rule.window_s * 1e9:
                medians.append(median(window))
                window = []
                ended = "settled" if settled(medians, rule.tolerance) else ""
    return WarmUp(
        calls=len(made),
        seconds=sum(made) / 1e9,
        first_ns=made[0],
        pace_ns=median(window) if not medians and window else (medians or made)[-1],
        medians_ns=tuple(medians),
        settled=ended == "settled",
        ended=ended,
    )


def settled(medians_ns: Sequence[float], tolerance: float) -> bool:
    """Whether the last window is faster than the one before it by no more than `tolerance` of that."""
    return len(medians_ns) > 1 and medians_ns[-1] >= medians_ns[-2] * (1 - tolerance)


def timed_calls(
    call: Callable[[], object], plan: Plan, clock: Clock = time.perf_counter_ns
) -> tuple[list[int], str]:
    """The latency of each call in nanoseconds until `plan` says why it ends, and that."""
    latencies: list[int] = []
    return latencies, top_up(latencies, call, plan, clock)


def top_up(
    latencies: list[int], call: Callable[[], object], plan: Plan, clock: Clock = time.perf_counter_ns
) -> str:
    """Add calls to `latencies` until `plan` says why there are enough, and return that."""
    total = sum(latencies)
    while not (ended := plan.ended(len(latencies), total / 1e9) if latencies else None):
        latencies += time_calls(call, 1, clock)
        total += latencies[-1]
    return ended


def time_calls(call: Callable[[], object], calls: int, clock: Clock = time.perf_counter_ns) -> list[int]:
    """The latency of each of `calls` calls, in nanoseconds, by the performance counter."""
    latencies = []
    for _ in range(calls):
        start = clock()
        call()
        latencies.append(clock() - start)
    return latencies
