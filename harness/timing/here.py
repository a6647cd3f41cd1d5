"""One batch timed call by call in this process: warm-up, calls, and what the machine did meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from harness.machine.fingerprint import affinity
from harness.machine.watch import Watch, peak_rss_bytes
from harness.setting.plans import Plan
from harness.timing import calls
from harness.timing.calls import WarmUp
from harness.toolchains.base import Latencies

CLOCK = "time.perf_counter_ns"


def measure(call: Callable[[], object], plan: Plan, *, batch_size: int, card: int | None) -> Latencies:
    """Warm up, then call until `plan` says that it is enough. Raises what `call` raises."""
    warm = calls.warm_up(call, plan.warm_up, time.perf_counter_ns)
    with Watch(card=card) as watch:
        latencies_ns, ended = calls.timed_calls(call, plan, time.perf_counter_ns)
    return described(latencies_ns, warm, watch, ended, batch_size=batch_size, clock=CLOCK)


def described(
    latencies_ns: list[int], warm: WarmUp, watch: Watch, ended: str, *, batch_size: int, clock: str,
    further_calls: int = 0,
) -> Latencies:  # fmt: skip
    """Calls with all that is known of them. `further_calls` were watched, and not timed."""
    facts: dict[str, Any] = {
        "warm_up": warm.recorded(),
        "first_call_ns": warm.first_ns,
        "ended": ended,
        "energy": watch.energy(batch_size * (len(latencies_ns) + further_calls)),
        "memory": {"peak_rss_bytes": peak_rss_bytes(), "of": "the whole process"},
        "affinity": affinity(),
        **watch.facts,
    }
    return Latencies(
        latencies_ns=latencies_ns, warm_up_calls=warm.calls + further_calls, clock=clock, facts=facts
    )
