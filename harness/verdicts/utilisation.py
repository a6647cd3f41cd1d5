"""What a throughput comes to in operations a second, and which share that is of what could be reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.domain.cases import Case
from harness.domain.chips import peak_of
from harness.domain.flops import encoder_flops
from harness.domain.measurements import Origin
from harness.domain.models import Architecture

FROM_GRAPH = "counted in the artifact's graph"
FROM_FORMULA = "by the formula for the architecture"


def work(
    case: Case,
    samples_per_s: float,
    *,
    architecture: Architecture | None,
    artifact_facts: Mapping[str, Any],
    origin: Origin,
    matmul: Mapping[str, Any] | None = None,
    threads: int | None = None,
) -> dict[str, Any]:
    """The work of a throughput, as JSON for its detail; a share is there only where its whole is known.

    * ``flops_per_sample`` are the matrix products' alone, two for each product of numbers; ``source`` says
      whether they were counted in the graph; ``elementwise_per_sample`` stands apart, where they were.
      Of a graph without an architecture, whose operations could not be counted, there is nothing.
    * ``chip_share`` is of the chip's published peak at the case's precision: only for the chip's own number,
      measured here, or told by a log that differs in nothing from the case.
    * ``matmul_share`` is of the fastest fp32 product that the same processor was seen to make right before
      and after, by as many threads. `matmul` are the facts of `watching.Watch`, None where something else
      than this processor computed.
    """
    counted = artifact_facts.get("flops")
    if counted is None:
        if architecture is None:
            return {}
        found: dict[str, Any] = {
            "flops_per_sample": encoder_flops(architecture, case.model.tokens), "source": FROM_FORMULA,
        }  # fmt: skip
    else:
        size = counted["batch_size"]
        found = {
            "flops_per_sample": counted["products"] / size, "source": FROM_GRAPH,
            "elementwise_per_sample": counted["elementwise"] / size,
        }  # fmt: skip
    achieved = found["flops_per_sample"] * samples_per_s
    found["flop_per_s"] = achieved
    own = origin in (Origin.CHIP, Origin.IMPORTED)
    peak = peak_of(case.chip, case.precision) if own else None
    if peak is not None:
        found["chip_share"] = achieved / (peak.tera_per_s * 1e12)
        found["chip_peak_per_s"] = peak.tera_per_s * 1e12
        found["chip_peak_source"] = peak.source
    if matmul is not None and threads in (None, matmul["threads"]):
        found["matmul_share"] = achieved / matmul["peak_per_s"]
        found["matmul_peak_per_s"] = matmul["peak_per_s"]
    return found
