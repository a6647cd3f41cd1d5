"""What of the numbers of one LoadGen run cannot be true together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.tools.parsers.consistency import at_most, disorder, same

if TYPE_CHECKING:
    from harness.tools.parsers.loadgen import LoadgenLog

TWO_CLOCKS = 0.01  # relative, between two rates that are counted from different moments


def contradiction(run: LoadgenLog, scheduled_per_s: float | None) -> tuple[str, str] | None:
    """What was found and what was expected, in words with both numbers; None where all can be true.

    `scheduled_per_s` are the samples a second that the server scenario was to get, None elsewhere.
    """
    ranks = {float(name[1:]): float(value) for name, value in run.percentiles_ns.items()}
    wrong = disorder(run.minimum_ns, run.maximum_ns, {"mean": run.mean_ns}, ranks, last_digit=1)
    if wrong is not None:
        return f"latencies of {wrong[0]} ns", f"{wrong[1]} ns"
    rate = run.samples_per_s
    if run.scenario == "SingleStream" and run.mean_ns and not at_most(rate, 1e9 / run.mean_ns):
        most = f"at most {1e9 / run.mean_ns:g}, one at a time of {run.mean_ns} ns each"
        return f"{rate:g} queries a second", most
    if run.scenario == "Offline" and run.queries == 1 and run.maximum_ns:
        whole = run.samples_per_query * 1e9 / run.maximum_ns
        if not same(rate, whole):
            why = f"{run.samples_per_query} samples in {run.maximum_ns / 1e9:g} s gives"
            return f"{rate:g} samples a second", f"{whole:g}, which {why}"
    if scheduled_per_s is not None and not at_most(rate, scheduled_per_s, rel=TWO_CLOCKS):
        return (
            f"{rate:g} completed samples a second",
            f"at most {scheduled_per_s:g}, as many as were scheduled",
        )
    if run.over_latency is not None and run.over_latency > run.queries:
        return f"{run.over_latency} queries over the bound", f"at most {run.queries}, all queries"
    return None
