"""What a result keeps of a run of LoadGen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.setting import stamps
from harness.timing.loadgen.plan import LoadPlan
from harness.timing.loadgen.running import Answered


def detail_of(answered: Answered, plan: LoadPlan, stamp_asked: str) -> dict[str, Any]:
    """The entries of a measurement's detail, as JSON. An invalid run has earned no stamp."""
    log, system, facts = answered.log, answered.system, dict(answered.facts)
    stamp = stamps.earned(system["batches"], system["seconds"], plan.batch_size) if log.valid else None
    threads = facts.get("session", {}).get("threads")
    return {
        **facts,
        **({} if threads is None else {"threads": threads}),
        "stamp": stamp,
        "stamp_asked": stamp_asked,
        "loadgen": {
            "scenario": str(plan.ask.scenario),
            "version": log.version,
            "valid": log.valid,
            "why": list(log.why),
            "bound_met": log.bound_met,
            "asked": plan.ask.recorded(),
            "samples_per_s": log.samples_per_s,
            "definition": log.definition,
            "queries": log.queries,
            "samples_per_query": log.samples_per_query,
            "over_latency": log.over_latency,
            "scored_percentile": log.scored_percentile,
            "scored_ns": log.scored_ns,
            "early_stopping_ns": log.early_stopping_ns,
            "early_stopping": list(log.early_stopping),
            "percentiles_ns": dict(log.percentiles_ns),
            "minimum_ns": log.minimum_ns,
            "maximum_ns": log.maximum_ns,
            "mean_ns": log.mean_ns,
            "ending": log.ending,
            "errors": list(log.errors),
            "warnings": list(log.warnings),
            "seeds": dict(log.seeds),
            "settings": dict(log.settings),
            "wait_s": plan.wait_s,
            "system": dict(system),
            "logs": str(answered.folder),
            "log_sha256": dict(answered.hashes),
        },
    }


def stages_of(answered: Answered) -> Mapping[str, float]:
    """Seconds of each stage in the child."""
    facts = answered.facts
    first_s = facts["first_call_ns"] / 1e9
    return {
        "import": facts["import_s"], "load": facts["load_s"], "first call": first_s,
        "warm-up": max(0.0, facts["warm_up"]["seconds"] - first_s), "queries": answered.system["seconds"],
    }  # fmt: skip
