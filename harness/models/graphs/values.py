"""What the graph steps share: reading constants and types of an ONNX graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, numpy_helper

from harness.errors import GraphError

Array = npt.NDArray[Any]


# A protobuf message is at most 2^31 - 1 bytes; the structure around a graph's constants is some of them.
MOST_BYTES = 2**31 - 2**24


def require_one_file(model: onnx.ModelProto, what: str) -> None:
    """Raise `GraphError` where a graph's constants are more than a protobuf message holds.

    Neither the simplifier nor the checker nor onnxruntime takes such a graph from memory, and each says so
    in words of its own. The steps behind the export add no weights.
    """
    size = sum(len(tensor.raw_data) for _, tensor in constants(model.graph))
    if size > MOST_BYTES:
        raise GraphError(
            f"{what}: the graph's constants are {size / 1e9:.2f} GB, above the {MOST_BYTES / 1e9:.2f} "
            "GB that a graph of one file holds",
            remedy="take a smaller checkpoint: zoocheck keeps no weights beside a graph",
        )


def copy_of(model: onnx.ModelProto) -> onnx.ModelProto:
    """A deep copy, so that a step leaves its argument as it was."""
    twin = onnx.ModelProto()
    twin.CopyFrom(model)
    return twin


def constants(graph: onnx.GraphProto) -> Iterator[tuple[str, onnx.TensorProto]]:
    """Every constant tensor by the name it is used under: initializers, then Constant nodes."""
    for tensor in graph.initializer:
        yield tensor.name, tensor
    for node in graph.node:
        if node.op_type == "Constant":
            for attribute in node.attribute:
                if attribute.name == "value":
                    yield node.output[0], attribute.t


def computed_of_shapes(graph: onnx.GraphProto) -> set[str]:
    """Every value that nodes compute of shapes and constants alone, whatever the inputs hold.

    At a fixed shape there is none: onnxsim makes constants of them, as a compiler does.
    """
    fixed = {name for name, _ in constants(graph)}
    made: set[str] = set()
    for node in graph.node:
        if node.op_type == "Constant":
            continue
        if node.op_type in ("Shape", "Size") or all(name in fixed for name in node.input if name):
            fixed.update(node.output)
            made.update(node.output)
    return made


def floating(tensor: onnx.TensorProto) -> bool:
    """Whether a tensor holds fp32 values."""
    return bool(tensor.data_type == TensorProto.FLOAT)


def array_of(tensor: onnx.TensorProto) -> Array:
    """The tensor's values as a numpy array."""
    array: Array = numpy_helper.to_array(tensor)
    return array


def store(tensor: onnx.TensorProto, values: Array) -> None:
    """Put `values` into `tensor`, keeping its name."""
    # Not np.ascontiguousarray, which gives a scalar an axis.
    tensor.CopyFrom(numpy_helper.from_array(np.asarray(values, order="C"), tensor.name))


def element_types(model: onnx.ModelProto) -> dict[str, int]:
    """The element type of every named value, by ONNX shape inference."""
    inferred = onnx.shape_inference.infer_shapes(model).graph
    types = {
        value.name: int(value.type.tensor_type.elem_type)
        for value in (*inferred.value_info, *inferred.input, *inferred.output)
    }
    types.update((name, int(tensor.data_type)) for name, tensor in constants(model.graph))
    return types
