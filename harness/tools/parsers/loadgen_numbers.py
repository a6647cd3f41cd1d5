"""What of the numbers of one LoadGen run cannot be true together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.tools.parsers.consistency import at_most, disorder, same

TWO_CLOCKS = 0.01  # relative, between two rates that are counted from different moments


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """A run's, latencies in nanoseconds; None is what the scenario does not have."""

    scenario: str
    samples_per_s: float
    queries: int
    samples_per_query: int
    least_ns: int
    most_ns: int
    mean_ns: int
    percentiles_ns: Mapping[float, float]  # by percent
    scheduled_per_s: float | None
    over_latency: int | None  # queries over the bound


def contradiction(run: Numbers) -> tuple[str, str] | None:
    """What was found and what was expected, in words with both numbers; None where all can be true."""
    wrong = disorder(run.least_ns, run.most_ns, {"mean": run.mean_ns}, run.percentiles_ns, last_digit=1)
    if wrong is not None:
        return f"latencies of {wrong[0]} ns", f"{wrong[1]} ns"
    rate = run.samples_per_s
    if run.scenario == "SingleStream" and run.mean_ns and not at_most(rate, 1e9 / run.mean_ns):
        most = f"at most {1e9 / run.mean_ns:g}, one at a time of {run.mean_ns} ns each"
        return f"{rate:g} queries a second", most
    if run.scenario == "Offline" and run.queries == 1 and run.most_ns:
        whole = run.samples_per_query * 1e9 / run.most_ns
        if not same(rate, whole):
            why = f"{run.samples_per_query} samples in {run.most_ns / 1e9:g} s gives"
            return f"{rate:g} samples a second", f"{whole:g}, which {why}"
    if run.scheduled_per_s is not None and not at_most(rate, run.scheduled_per_s, rel=TWO_CLOCKS):
        most = f"at most {run.scheduled_per_s:g}, as many as were scheduled"
        return f"{rate:g} completed samples a second", most
    if run.over_latency is not None and run.over_latency > run.queries:
        return f"{run.over_latency} queries over the bound", f"at most {run.queries}, all queries"
    return None
