"""What parity may ask of a graph: how far storing its weights and inputs alone moves its own fp32 outputs.

A precision's bounds were measured on encoders. A graph may be worse conditioned: where rounding its weights
and inputs to fp16 once, all arithmetic left in fp32, moves its outputs as far, no fp16 of it can come closer,
however well it is computed. Of fp32, which stores everything as it is, the same is asked with two bits less,
which is what the order of its sums may come to: no two right evaluations can be expected closer. Either is
measured on the reference alone: nothing that an artifact does widens its bound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from harness.conformance import parity
from harness.conformance.graph_outputs import of_samples, unrounded
from harness.conformance.parity import Parity
from harness.domain.cases import Case
from harness.domain.precisions import Precision
from harness.errors import BadOutput
from harness.models.graphs import reading
from harness.models.graphs.originals import graph_of, in_calls, outputs_of, unoptimised
from harness.models.graphs.stored import (
    OTHER_ORDER_BITS,
    as_held,
    as_in_other_order,
    in_other_order,
    with_constants,
)
from harness.running.bounds import parity_bounds
from harness.running.materials import Materials
from harness.tasks.seeded import mask_of
from harness.verdicts.checks import ParityBounds, Storing

Array = npt.NDArray[Any]


def bounds_of(
    materials: Materials, case: Case, inputs: Sequence[Array], reference: Sequence[Array], found: Parity
) -> ParityBounds:
    """The bounds of `found`, in spreads: the precision's, or of a graph that is beyond them its own.

    Those are of fp32 and fp16: what int8 loses by its scales is no property of a graph. `inputs` and
    `reference`, the fp32 outputs, are ``[n, ...]`` each. What storing changes is only measured where the
    precision's bounds do not hold.
    """
    spec = materials.catalog.precisions[case.precision]
    bounds = parity_bounds(spec, case, materials.checkpoint(case.model).layers)
    beyond = bounds.exceeded(found.largest_in_spread, found.rms_in_spread)
    if case.model.graph is None or case.precision not in _STORED or not beyond:
        return bounds
    return bounds.widened(storing(materials, case, inputs, reference))


def storing(
    materials: Materials, case: Case, inputs: Sequence[Array], reference: Sequence[Array]
) -> Storing | None:
    """How far a graph's fp32 outputs move where weights and inputs are stored as the case's precision does.

    None where they then hold what is no number.
    """
    stored = _STORED[case.precision](materials, case, inputs)
    own = reference if stored.own is None else stored.own
    mask = mask_of({str(at): array for at, array in enumerate(inputs)})
    try:
        moved = parity.compare(stored.outputs, own, mask, outputs_of(case.model), case=case.id)
    except BadOutput:
        return None
    return Storing(largest=moved.largest_in_spread, rms=moved.rms_in_spread, what=stored.what)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """A graph's fp32 outputs, ``[n, ...]`` each, of stored weights and inputs; what that was, in words.

    `own` are those of weights and inputs as they are, run alike; None where that is the reference.
    """

    outputs: Sequence[Array]
    own: Sequence[Array] | None
    what: str


def _in_fp16(materials: Materials, case: Case, inputs: Sequence[Array]) -> _Stored:
    """Of the graph that the artifact rounds: batch normalisations folded, as a chip's compiler folds them."""
    graph = with_constants(unrounded(materials, case), Precision.FP16)
    held = [as_held(array, Precision.FP16) for array in inputs]
    outputs = of_samples(case, graph, held, Precision.FP32, "the reference, stored")
    return _Stored(outputs=outputs, own=None, what="storing its weights and inputs alone in fp16")


def _in_fp32(materials: Materials, case: Case, inputs: Sequence[Array]) -> _Stored:
    """Of the file as it is, nothing simplified or fused: that may be what is wrong with the artifact.

    Both of its runs are in the case's batches: that a sample changes with those around it is no rounding.
    """
    del materials
    graph = reading.load(Path(graph_of(case.model).file))
    held = [as_in_other_order(array) for array in inputs]
    pairs = ((in_other_order(graph), held), (graph, inputs))
    outputs, own = (
        in_calls(case.model, unoptimised(one.SerializeToString()), arrays, case.batch_size)
        for one, arrays in pairs
    )
    return _Stored(
        outputs=outputs,
        own=own,
        what=f"keeping {OTHER_ORDER_BITS} of 24 bits of its weights and inputs",
    )


_STORED: Mapping[Precision, Callable[[Materials, Case, Sequence[Array]], _Stored]] = {
    Precision.FP32: _in_fp32,
    Precision.FP16: _in_fp16,
}
