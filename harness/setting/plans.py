"""How many calls a stamp asks for, and when a model counts as warm."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.setting.stamps import DEMANDS, Stamp

MARGIN = 1.02  # of the calls planned by the pace, so that few have to be added one by one
# A million latencies are 8 MB of JSON in the store; twice that is where to stop: 600 s of calls of 0.3 ms.
MOST_CALLS = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmUpRule:
    """When a model is warm: the newer of two consecutive windows of calls is no faster than the older.

    Whatever warms up (allocation, choice of kernels, caches, a clock frequency that rises) makes calls
    faster, so only that goes on; a call that becomes slower later is drift, which `harness.verdicts.stats`
    tests over the timed calls. A window is at least `calls` calls and `window_s` long, told by its median,
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
