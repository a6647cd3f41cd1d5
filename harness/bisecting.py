"""A case bisected: its reference graph, its artifact or another file, and one batch for both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from harness import building
from harness.artifacts import ArtifactCache
from harness.backends import STAND_IN
from harness.backends.onnxruntime import GRAPH
from harness.bisection.comparing import compare
from harness.bisection.findings import Finding
from harness.conformance.measuring import explained
from harness.domain import Case, InputRole, Precision, Protocol
from harness.errors import BadInput, GraphError, NotThere, UsageError
from harness.graphs import int8, values
from harness.graphs.export import example_inputs, run_torch
from harness.graphs.numerics import STAND_IN_OPSET, documented
from harness.materials import Materials, inputs_in_order
from harness.place import Place

Array = npt.NDArray[Any]


def bisect(materials: Materials, case: Case, file: Path | None = None) -> Finding:
    """Hold the case's artifact, or the ONNX graph in `file`, against the checkpoint's fp32 graph, by value.

    The reference is the exported graph with what the document's build changes before rounding: the mask's
    constant, and the tanh GELU where it is asked for. Raises `UsageError` where the artifact is a
    toolchain's, whose inner values nothing shows; `BadInput` or `GraphError` for a file that is no such
    graph; `NotYet` for a precision without a stand-in; and as `Materials` does.
    """
    source = building.graph_source(materials, case)
    reference = source.export(opset=STAND_IN_OPSET).graph
    for _, step in documented(case, layers=source.layers):
        reference = step(reference)
    artifact = _artifact(materials, case) if file is None else _from_file(case, file)
    inputs = batch(materials, case)
    [mask] = [inputs[item.name] for item in case.model.inputs if item.role is InputRole.MASK]
    compared = compare(reference, artifact, inputs, mask, case.precision, ours=file is None)
    outputs = run_torch(materials.network(case.model), case.model, inputs)
    bound = explained(materials, case, outputs, mask)
    return Finding(case=case.id, compared=compared, parity_bound=bound)


def batch(materials: Materials, case: Case) -> dict[str, Array]:
    """The case's batch by input name: the first samples of its data, repeated where they are too few.

    For int8 the first of its calibration, because scales say nothing of what they were not chosen on. Seeded
    ids where there is no data or vocabulary.
    """
    model = case.model
    try:
        if case.precision is Precision.INT8:
            features = materials.calibration(model, int8.SAMPLES)
        else:
            features = materials.samples(model, Protocol.DOCUMENTED).features
    except NotThere:
        vocabulary = materials.checkpoint(model).architecture.vocabulary
        return dict(example_inputs(model, vocabulary=vocabulary, batch_size=case.batch_size))
    arrays = inputs_in_order(model, features)
    rows = np.resize(np.arange(len(arrays[0])), case.batch_size)
    return {item.name: array[rows] for item, array in zip(model.inputs, arrays, strict=True)}


def _artifact(materials: Materials, case: Case) -> onnx.ModelProto:
    target = materials.target(case)
    if target.backend_name != STAND_IN:
        raise UsageError(
            f"{case.id}: the artifact of {target.backend_name} shows no inner values",
            remedy="bisect its stand-in with --target stand-in, or a graph that the toolchain writes "
            "as ONNX with --artifact FILE",
        )
    place = Place(
        folder=materials.home.work / "bisect" / case.id, toolchain=target.toolchain, facts=target.facts
    )
    built = building.artifact(ArtifactCache(materials.home.artifacts), materials, case, target, place)
    return onnx.load(built.path(GRAPH))


def _from_file(case: Case, file: Path) -> onnx.ModelProto:
    """A graph made elsewhere, with the case's inputs at its batch size and length."""
    try:
        model = onnx.load(file)
        onnx.checker.check_model(model)
        types = values.element_types(model)
    except FileNotFoundError as problem:
        raise BadInput("no such file", path=file) from problem
    except IsADirectoryError as problem:
        raise BadInput("a folder, expected an ONNX file", path=file) from problem
    except OSError:
        raise
    except Exception as problem:  # onnx's, protobuf's and the checker's have no common base
        reason = str(problem).strip().partition("\n")[0]
        raise BadInput(f"onnx cannot read the graph: {reason}", path=file) from problem
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
