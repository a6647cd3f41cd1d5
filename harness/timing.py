"""How many calls are timed, and after how many that are not."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from harness.stamps import DEMANDS, Stamp

Clock = Callable[[], int]  # nanoseconds

MARGIN = 1.02  # of the calls planned by the pace, so that few have to be added one by one
# A million latencies are 8 MB of JSON in the store; twice that is where to stop: 600 s of calls of 0.3 ms.
MOST_CALLS = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmUpRule:
    """When a model is warm: the newer of two consecutive windows of calls is no faster than the older.

    Whatever warms up (allocation, choice of kernels, caches, a clock frequency that rises) makes calls
    faster, so only that goes on; a call that becomes slower later is drift, which `harness.stats` tests
    over the timed calls. A window is at least `calls` calls and `window_s` long, told by its median,
    which one hiccup does not move. The first call is in no window.
    """

    calls: int = 3
    window_s: float = 0.05  # tens of times the step of a frequency governor (some milliseconds)
    tolerance: float = 0.02  # of the older median: less is the noise of a median, even on a quiet machine
    longest_s: float = 15.0
    most_calls: int = 20_000  # where a clock does not move, no time passes


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The timed calls: until `timed_s` and `calls` are both met, or one of the bounds is."""

    timed_s: float
    calls: int
    longest_s: float  # a slow model gets fewer calls rather than hours
    most_calls: int = MOST_CALLS
    warm_up: WarmUpRule = field(default_factory=WarmUpRule)

    def ended(self, calls: int, timed_s: float) -> str | None:
        """Why no more calls are made after so many of so long together, in words; None to go on."""
        if timed_s >= self.timed_s and calls >= self.calls:
            return MET
        if calls >= self.most_calls:
            return "most calls"
        return "longest time" if timed_s >= self.longest_s else None

    def at_pace(self, call_ns: float) -> int:
        """About how many calls that takes where one takes `call_ns`: at least 1."""
        pace_s = max(1.0, call_ns) / 1e9  # a coarse clock may not have moved
        wanted = max(math.ceil(self.timed_s * MARGIN / pace_s), self.calls)
        return max(1, min(wanted, self.most_calls, math.ceil(self.longest_s / pace_s)))


MET = "time and calls met"
_LONGEST_S: Mapping[Stamp, float] = {Stamp.QUICK: 60.0, Stamp.NIGHTLY: 120.0, Stamp.MLPERF_LIKE: 3600.0}
_LONGEST_WARM_UP_S: Mapping[Stamp, float] = {
    Stamp.QUICK: 15.0, Stamp.NIGHTLY: 30.0, Stamp.MLPERF_LIKE: 60.0,
}  # fmt: skip


def plan_for(stamp: Stamp, batch_size: int) -> Plan:
    """The calls of a batch of that size that are to earn `stamp`."""
    demand = DEMANDS[stamp]
    return Plan(
        timed_s=demand.timed_s,
        calls=demand.fewest_calls(batch_size),
        longest_s=_LONGEST_S[stamp],
        most_calls=demand.enough_calls or MOST_CALLS,
        warm_up=WarmUpRule(longest_s=_LONGEST_WARM_UP_S[stamp]),
    )


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
