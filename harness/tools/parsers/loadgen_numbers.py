"""What of the numbers of one LoadGen run cannot be true together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

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


def unlike(run: LoadgenLog, values: Mapping[str, Any], lasted_ms: float) -> tuple[str, str] | None:
    """What of `run` the other entries of the detail contradict, in words with both numbers; None for nothing.

    `values` are all of them by key, `lasted_ms` is when the last was written.
    """
    return (
        _unlike_asked(run, values)
        or _unlike_early_stopping(run)
        or _unlike_time(run, values, lasted_ms)
        or _unlike_bound(run, values)
    )


def _unlike_asked(run: LoadgenLog, values: Mapping[str, Any]) -> tuple[str, str] | None:
    least = values.get("effective_min_query_count", 1) if values.get("result_min_queries_met") else 1
    if run.queries < max(1, least):
        return f"{run.queries} queries", f"at least {max(1, least)}, where the minimum was met"
    most = values.get("generated_query_count", run.queries)
    if run.queries > most:
        return f"{run.queries} queries", f"at most {most}, as many as were made"
    each = values.get("generated_samples_per_query", run.samples_per_query)
    if run.samples_per_query != each:
        return f"{run.samples_per_query} samples a query", f"{each}, of which queries were made"
    return None


def _unlike_early_stopping(run: LoadgenLog) -> tuple[str, str] | None:
    """The estimate of few queries is a latency that was measured, at the scored percentile or above."""
    estimate, scored = run.early_stopping_ns, run.scored_ns
    if estimate is None:
        return None
    if estimate > run.maximum_ns:
        return f"an early-stopping estimate of {estimate} ns", f"at most the max, {run.maximum_ns} ns"
    if scored is not None and estimate < scored:
        return f"an early-stopping estimate of {estimate} ns", f"at least the scored percentile, {scored} ns"
    return None


def _unlike_time(run: LoadgenLog, values: Mapping[str, Any], lasted_ms: float) -> tuple[str, str] | None:
    alone = values.get("result_qps_without_loadgen_overhead")
    if alone is not None and run.mean_ns and not same(alone, 1e9 / run.mean_ns):
        return f"{alone:g} queries a second", f"{1e9 / run.mean_ns:g}, which a mean of {run.mean_ns} ns gives"
    needed_s = run.queries * run.samples_per_query / run.samples_per_s
    if lasted_ms and not at_most(needed_s, lasted_ms / 1e3):
        rate = f"{run.samples_per_s:g} samples a second, {needed_s:g} s for all of them"
        return rate, f"at most {lasted_ms / 1e3:g} s, after which the log ends"
    return None


def _unlike_bound(run: LoadgenLog, values: Mapping[str, Any]) -> tuple[str, str] | None:
    """Server's bound is met where the scored percentile is within it."""
    bound, scored = values.get("effective_target_latency_ns"), run.scored_ns
    if run.bound_met is None or bound is None or scored is None:
        return None
    if run.bound_met is not (scored <= bound):
        said = "met" if run.bound_met else "not met"
        return f"a latency bound of {bound} ns that was {said}", f"what {scored} ns, the scored one, gives"
    if (run.over_latency == 0) is not (run.maximum_ns <= bound):
        return f"{run.over_latency} queries over {bound} ns", f"what the max gives, {run.maximum_ns} ns"
    return None
