"""A case bisected: its reference graph, its artifact or another file, and one batch for both."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from harness.artifacts.cache import ArtifactCache
from harness.conformance.bisection import cutting
from harness.conformance.bisection.comparing import compare
from harness.conformance.bisection.findings import Suspicion
from harness.conformance.subject import in_order, probe_of
from harness.domain.cases import Case
from harness.domain.models import InputRole
from harness.domain.precisions import Precision
from harness.errors import BadInput, GraphError, NotThere, NotYet, UsageError
from harness.models.graphs import int8, values
from harness.models.graphs.export import run_torch
from harness.models.graphs.numerics import STAND_IN_OPSET, documented
from harness.running import building
from harness.running.bounds import explained
from harness.running.materials import Materials, inputs_in_order
from harness.running.predictions import batched
from harness.running.valid import counted
from harness.toolchains.loading import STAND_IN
from harness.toolchains.onnxruntime.backend import GRAPH, DocumentedGraph
from harness.toolchains.place import Place

Array = npt.NDArray[Any]


def bisect(
    materials: Materials, case: Case, file: Path | None = None, *, documented_graph: bool = False
) -> Suspicion:
    """Hold the case's artifact, or the ONNX graph in `file`, against the checkpoint's fp32 graph, by value.

    The reference is the exported graph with what the document's build changes before rounding: the mask's
    constant, and the tanh GELU where it is asked for. It is itself held against torch, by parity's bound. Of
    the samples that parity looks at, both run on the batch in which the artifact is furthest from torch.
    With `documented_graph` both graphs are those at the documented opset, LayerNorm spelt out.
    Raises `UsageError` where the artifact is a toolchain's, whose inner values nothing shows, or the
    documented graph is asked for of a document that exports none below opset 17; `BadInput` or
    `GraphError` for a file that is no such graph; `NotYet` for a precision without a stand-in; and as
    `Materials` does.
    """
    if case.model.graph is not None:
        raise NotYet(
            f"{case.id}: bisect has bounds for the operators of encoders only, not for those of any graph",
            remedy="hold parts of the graph against each other: cut it with onnx.utils.extract_model",
        )
    source = building.graph_source(materials, case)
    opset = _documented_opset(case) if documented_graph else STAND_IN_OPSET
    reference = source.export(opset=opset).graph
    for _, step in documented(case, gelus=source.gelus):
        reference = step(reference)
    artifact = _artifact(materials, case, documented_graph) if file is None else _from_file(case, file)
    shown = batches(materials, case)
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
            remedy="leave --documented-graph away",
        )
    return case.model.opset


def batches(materials: Materials, case: Case) -> list[dict[str, Array]]:
    """The samples that parity holds the case by (`conformance.subject.probe_of`), by batch and input name.

    For int8 as many of its calibration, where there is one: each quantiser is held to its range, and scales
    say nothing of the range of what they were not chosen on.
    """
    probe, _ = probe_of(materials, case)
    arrays = in_order(case, probe.inputs)
    if case.precision is Precision.INT8:
        with suppress(NotThere):
            chosen = inputs_in_order(case.model, materials.calibration(case.model, int8.SAMPLES))
            rows = np.resize(np.arange(len(chosen[0])), len(arrays[0]))
            arrays = [array[rows] for array in chosen]
    names = [item.name for item in case.model.inputs]
    return [dict(zip(names, some, strict=True)) for some, _ in batched(arrays, case.batch_size)]


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


def _artifact(materials: Materials, case: Case, documented_graph: bool) -> onnx.ModelProto:
    target = materials.target(case)
    if target.backend_name != STAND_IN:
        raise UsageError(
            f"{case.id}: the artifact of {target.backend_name} shows no inner values",
            remedy="bisect its stand-in with --target stand-in, or a graph that the toolchain writes "
            "as ONNX with --artifact FILE",
        )
    if documented_graph:
        target = replace(target, backend=DocumentedGraph())
    place = Place(
        folder=materials.home.work / "bisect" / case.id, toolchain=target.toolchain, facts=target.facts
    )
    built = building.artifact(ArtifactCache(materials.home.artifacts), materials, case, target, place)
    return onnx.load(built.path(GRAPH))


_GRAPH_REMEDY = "give an ONNX file that onnx.checker takes, whole and with its external data beside it"


def _from_file(case: Case, file: Path) -> onnx.ModelProto:
    """A graph made elsewhere, with the case's inputs at its batch size and length."""
    try:
        if not file.stat().st_size:
            raise BadInput("an empty file, expected an ONNX graph", path=file, remedy=_GRAPH_REMEDY)
        model = onnx.load(file)
        onnx.checker.check_model(model)
        types = values.element_types(model)
    except FileNotFoundError as problem:
        raise BadInput("no such file", path=file) from problem
    except IsADirectoryError as problem:
        raise BadInput("a folder, expected an ONNX file", path=file) from problem
    except (OSError, BadInput):
        raise
    except Exception as problem:  # onnx's, protobuf's and the checker's have no common base
        reason = str(problem).strip().partition("\n")[0]
        raise BadInput(f"onnx cannot read the graph: {reason}", path=file, remedy=_GRAPH_REMEDY) from problem
    given = {item.name for item in model.graph.initializer}
    found = {
        item.name: tuple(size.dim_value for size in item.type.tensor_type.shape.dim)
        for item in model.graph.input
        if item.name not in given
    }
    wanted = (case.batch_size, case.model.length)
    expected = {item.name: item.dtype for item in case.model.inputs}
    if set(found) != set(expected):
        raise GraphError(f"{file}: the graph's inputs are {sorted(found)}, expected {sorted(expected)}")
    for name, shape in found.items():
        if len(shape) != 2 or any(size not in (0, asked) for size, asked in zip(shape, wanted, strict=True)):
            raise GraphError(
                f"{file}: input {name} is {list(shape)}, expected {list(wanted)}",
                remedy="name the case of its batch size",
            )
        dtype = onnx.helper.tensor_dtype_to_np_dtype(types[name]).name
        if dtype != expected[name]:
            raise GraphError(f"{file}: input {name} is {dtype}, expected {expected[name]}")
    return model
