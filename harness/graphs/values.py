"""What the graph steps share: reading constants and types of an ONNX graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, numpy_helper

Array = npt.NDArray[Any]


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
