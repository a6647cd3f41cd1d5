"""A case bisected: its reference graph, its artifact or another file, and one batch for both."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from harness.conformance.bisection import artifacts, cutting, graph_case, samples
from harness.conformance.bisection.comparing import compare
from harness.conformance.bisection.findings import Suspicion
from harness.domain.cases import Case
from harness.domain.models import InputRole
from harness.domain.precisions import Precision
from harness.errors import UsageError
from harness.models.graphs.export import run_torch
from harness.models.graphs.numerics import STAND_IN_OPSET, documented
from harness.running import building
from harness.running.bounds import explained
from harness.running.materials import Materials
from harness.running.valid import counted

Array = npt.NDArray[Any]

_WITHOUT = "leave --documented-graph away"


def bisect(
    materials: Materials, case: Case, file: Path | None = None, *, documented_graph: bool = False
) -> Suspicion:
    """Hold the case's artifact, or the ONNX graph in `file`, against the checkpoint's fp32 graph, by value.

    The reference is the exported graph with what the document's build changes before rounding: the mask's
    constant, and the tanh GELU where it is asked for. It is itself held against torch, by parity's bound. Of
    the samples that parity looks at, both run on the batch in which the artifact is furthest from torch.
    With `documented_graph` both graphs are those at the documented opset, LayerNorm spelt out. A model that
    is a graph is bisected by `graph_case`.
    Raises `UsageError` where the artifact is a toolchain's, whose inner values nothing shows, or the
    documented graph is asked for of a document that exports none below opset 17; `BadInput` or
    `GraphError` for a file that is no such graph; `NotYet` for a precision without a stand-in; and as
    `Materials` does.
    """
    if case.model.graph is not None:
        if documented_graph:
            raise UsageError(f"{case.id}: a graph as it is has no document", remedy=_WITHOUT)
        return graph_case.bisect(materials, case, file)
    source = building.graph_source(materials, case)
    opset = _documented_opset(case) if documented_graph else STAND_IN_OPSET
    reference = source.export(opset=opset).graph
    for _, step in documented(case, gelus=source.gelus):
        reference = step(reference)
    if file is None:
        artifact = artifacts.of_case(materials, case, documented_graph=documented_graph)
    else:
        artifact = artifacts.from_file(case, file)
    shown = samples.batches(materials, case)
    outputs = _outputs_by_torch(materials, case, shown)
    inputs, theirs = _worst_first(case, artifact, shown, outputs)
    mask = _mask(case, inputs)
    compared = compare(reference, artifact, inputs, mask, case.precision, ours=file is None)
    whole = [np.concatenate(parts) for parts in zip(*outputs, strict=True)]
    bound = explained(materials, case, whole, np.concatenate([_mask(case, one) for one in shown])).largest
    names = [item.name for item in reference.graph.output]
    exported = cutting.run(reference, inputs, names, Precision.FP32, "the reference")
    off = _away(case, [exported[name] for name in names], theirs, mask)
    return Suspicion(case=case.id, compared=compared, parity_bound=bound, export_off=off)


def _documented_opset(case: Case) -> int:
    if not case.model.spells_out_layer_norm:
        raise UsageError(
            f"{case.id}: its document exports no graph below opset {STAND_IN_OPSET}, and so none that spells "
            "LayerNorm out",
            remedy=_WITHOUT,
        )
    return case.model.opset


def _outputs_by_torch(
    materials: Materials, case: Case, shown: Sequence[dict[str, Array]]
) -> list[list[Array]]:
    network = materials.network(case.model)
    return [list(run_torch(network, case.model, inputs)) for inputs in shown]


def _worst_first(
    case: Case, artifact: onnx.ModelProto, shown: Sequence[dict[str, Array]], outputs: Sequence[list[Array]]
) -> tuple[dict[str, Array], list[Array]]:
    """The batch in which the artifact is furthest from torch, and torch's outputs; of equals the first."""
    names = [item.name for item in artifact.graph.output]
    furthest, off = 0, -1.0
    for at, (inputs, theirs) in enumerate(zip(shown, outputs, strict=True)):
        found = cutting.run(artifact, inputs, names, case.precision, "the artifact")
        away = _away(case, [found[name] for name in names], theirs, _mask(case, inputs))
        if away > off:
            furthest, off = at, away
    return shown[furthest], outputs[furthest]


def _mask(case: Case, inputs: Mapping[str, Array]) -> Array:
    [mask] = [inputs[item.name] for item in case.model.inputs if item.role is InputRole.MASK]
    return mask


def _away(case: Case, ours: Sequence[Array], theirs: Sequence[Array], mask: Array) -> float:
    """The largest difference where there is no padding; infinite where it is no number or of other shape."""
    if [array.shape for array in ours] != [array.shape for array in theirs]:
        return math.inf
    found = 0.0
    for one, other, spec in zip(ours, theirs, case.model.outputs, strict=True):
        off = np.abs(one.astype(np.float64) - other)[counted(other, spec, mask)]
        found = max(found, float(np.where(np.isfinite(off), off, math.inf).max(initial=0.0)))
    return found
