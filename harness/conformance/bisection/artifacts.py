"""The artifact that is bisected: the case's own, or an ONNX graph that was made elsewhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import onnx

from harness.artifacts.cache import ArtifactCache
from harness.domain.cases import Case
from harness.errors import BadInput, GraphError, UsageError
from harness.models.graphs import reading, values
from harness.running import building
from harness.running.materials import Materials
from harness.toolchains.compiled import sizes_of
from harness.toolchains.loading import STAND_IN
from harness.toolchains.onnxruntime.backend import GRAPH, DocumentedGraph
from harness.toolchains.place import Place


def of_case(materials: Materials, case: Case, *, documented_graph: bool = False) -> onnx.ModelProto:
    """The case's own, built or taken from the cache; at the documented opset where that is asked for.

    Raises `UsageError` where it is a toolchain's, whose inner values nothing shows, and as `building` does.
    """
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


def from_file(case: Case, file: Path) -> onnx.ModelProto:
    """A graph made elsewhere, with the case's inputs at its batch size and length.

    Raises `BadInput` for a file that is no graph, `GraphError` for one of other inputs.
    """
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
    found = {
        item.name: tuple(size.dim_value for size in item.type.tensor_type.shape.dim)
        for item in reading.fed(model.graph)
    }
    wanted = sizes_of(case)
    expected = {item.name: item.dtype for item in case.model.fed}
    if set(found) != set(expected):
        raise GraphError(f"{file}: the graph's inputs are {sorted(found)}, expected {sorted(expected)}")
    for name, shape in found.items():
        asked = wanted[name]
        if len(shape) != len(asked) or any(a not in (0, b) for a, b in zip(shape, asked, strict=True)):
            raise GraphError(
                f"{file}: input {name} is {list(shape)}, expected {list(asked)}",
                remedy="name the case of its batch size",
            )
        dtype = onnx.helper.tensor_dtype_to_np_dtype(types[name]).name
        if dtype != expected[name]:
            raise GraphError(
                f"{file}: input {name} is {dtype}, expected {expected[name]}",
                remedy="convert it with the dtypes of its inputs kept",
            )
    return model
