"""What parity may ask of a graph: how far storing its weights and inputs alone moves its own fp32 outputs.

A precision's bounds were measured on encoders. A graph may be worse conditioned: where rounding its weights
and inputs to fp16 once, all arithmetic left in fp32, moves its outputs as far, no fp16 of it can come closer,
however well it is computed. That is measured on the reference alone: nothing that an artifact does widens its
bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from harness.conformance import parity
from harness.conformance.graph_outputs import of_samples, unrounded
from harness.conformance.parity import Parity
from harness.domain.cases import Case
from harness.domain.precisions import Precision
from harness.errors import BadOutput
from harness.models.graphs.originals import outputs_of
from harness.models.graphs.stored import as_held, with_constants
from harness.running.bounds import parity_bounds
from harness.running.materials import Materials
from harness.tasks.seeded import mask_of
from harness.verdicts.checks import ParityBounds, Storing

Array = npt.NDArray[Any]


def explained(
    materials: Materials, case: Case, inputs: Sequence[Array], reference: Sequence[Array], found: Parity
) -> ParityBounds:
    """The bounds of `found`, in spreads: the precision's, or of a graph in fp16 that is beyond them its own.

    `inputs` and `reference`, the fp32 outputs, are ``[n, ...]`` each. What storing changes is only measured
    where the precision's bounds do not hold.
    """
    spec = materials.catalog.precisions[case.precision]
    bounds = parity_bounds(spec, case, materials.checkpoint(case.model).layers)
    beyond = bounds.exceeded(found.largest_in_spread, found.rms_in_spread)
    if case.model.graph is None or case.precision is not Precision.FP16 or not beyond:
        return bounds
    return bounds.widened(storing(materials, case, inputs, reference))


def storing(
    materials: Materials, case: Case, inputs: Sequence[Array], reference: Sequence[Array]
) -> Storing | None:
    """How far a graph's fp32 outputs move where weights and inputs are stored in the case's precision.

    None where they then hold what is no number.
    """
    graph = with_constants(unrounded(materials, case), case.precision)
    held = [as_held(array, case.precision) for array in inputs]
    stored = of_samples(case, graph, held, Precision.FP32, "the reference, stored")
    mask = mask_of({str(at): array for at, array in enumerate(inputs)})
    try:
        moved = parity.compare(stored, reference, mask, outputs_of(case.model), case=case.id)
    except BadOutput:
        return None
    return Storing(largest=moved.largest_in_spread, rms=moved.rms_in_spread)
