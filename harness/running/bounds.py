"""How far an artifact's outputs may be from the checkpoint's fp32 outputs, by what its precision explains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from harness.domain.cases import Case
from harness.domain.precisions import Gelu, PrecisionSpec
from harness.running.materials import Materials
from harness.running.valid import spread
from harness.verdicts import checks

Array = npt.NDArray[Any]


def parity_bounds(spec: PrecisionSpec, case: Case, layers: int) -> checks.ParityBounds:
    """By how much the outputs of a checkpoint of `layers` may differ from torch's, in spreads.

    Its model's bounds at its precision, else the precision's; and more where the document's build computes
    GELU's tanh form, which torch's reference does not. A model's own bounds are of the documented network:
    the errors of its layers add up at most, so that a checkpoint of fewer layers has its share of them.
    """
    more = spec.tanh_gelu.most if case.gelu is Gelu.TANH else 0.0
    own = next((item for item in case.model.parity if item.precision is case.precision), None)
    if own is None:
        largest, rms, reason = spec.largest.most, spec.rms.most, spec.largest.reason
    else:
        share = min(1.0, layers / case.model.architecture.layers)
        largest, rms, reason = own.largest.most * share, own.rms.most * share, own.largest.reason
        if share < 1:
            reason += f"; of {own.largest.most:g} the share of {layers} of the documented layers, {share:.3g}"
    return checks.ParityBounds(largest=largest + more, rms=rms + more, reason=reason)


def explained(materials: Materials, case: Case, reference: Sequence[Array], mask: Array) -> float:
    """The largest difference from the fp32 `reference` that the case's precision explains, in logits."""
    spec = materials.catalog.precisions[case.precision]
    layers = materials.checkpoint(case.model).architecture.layers
    return parity_bounds(spec, case, layers).largest * spread(reference, mask, case.model.outputs)
