"""How far an artifact's outputs may be from the checkpoint's fp32 outputs, by what its precision explains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from harness.domain.cases import Case
from harness.domain.precisions import Gelu, ModelParity, PrecisionSpec
from harness.running.materials import Materials
from harness.running.valid import spread
from harness.verdicts import checks

Array = npt.NDArray[Any]


def parity_bounds(spec: PrecisionSpec, case: Case, layers: int | None) -> checks.ParityBounds:
    """By how much the outputs of a checkpoint of `layers` may differ from torch's, in spreads.

    The precision's, and more where the document's build computes GELU's tanh form, which torch's reference
    does not; its model's own at that precision where those are smaller. A model's own are of a network of so
    many layers, the documented ones unless it says how many, and of the documented build, its GELU included.
    The errors of layers add up at most: a checkpoint of other layers has as many times as much. A graph,
    whose layers nobody counts (None), is held to the whole of its model's own.
    """
    more = spec.tanh_gelu.most if case.gelu is Gelu.TANH else 0.0
    largest, rms, reason = spec.largest.most + more, spec.rms.most + more, spec.largest.reason
    own = next((item for item in case.model.parity if item.precision is case.precision), None)
    if own is not None:
        share = _share(case, own, layers)
        if own.largest.most * share < largest:
            largest, reason = own.largest.most * share, own.largest.reason
            if share != 1:
                of = own.layers or case.model.encoder.layers
                reason += f"; of {own.largest.most:g} of {of} layers the share of {layers}, {share:.3g}"
        rms = min(rms, own.rms.most * share)
    return checks.ParityBounds(largest=largest, rms=rms, reason=reason)


def _share(case: Case, own: ModelParity, layers: int | None) -> float:
    """The part of a model's own bounds that a checkpoint of so many layers has."""
    if layers is None:
        return 1.0
    documented = case.model.encoder.layers
    return min(layers, documented) / (own.layers or documented)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """How far outputs may be from fp32's in logits: the largest difference, and the root mean square."""

    largest: float
    rms: float


def explained(materials: Materials, case: Case, reference: Sequence[Array], mask: Array) -> Explained:
    """The differences from the fp32 `reference` that the case's precision explains."""
    spec = materials.catalog.precisions[case.precision]
    bounds = parity_bounds(spec, case, materials.checkpoint(case.model).layers)
    unit = spread(reference, mask, case.model.outputs)
    return Explained(largest=bounds.largest * unit, rms=bounds.rms * unit)
