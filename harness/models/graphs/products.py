"""Dense layers of a graph of any shape in the form that they have at a fixed one: as a Gemm."""

from __future__ import annotations

import onnx
from onnx import TensorProto, helper

from harness.models.graphs import values

_PARTS_OF_SHAPES = 15  # Shape's start and end


def as_gemm(model: onnx.ModelProto) -> onnx.ModelProto:
    """A graph in which each ``MatMul(x, weight) + bias`` with constants of 2 and 1 axes is one Gemm.

    onnxsim makes that of a dense layer wherever it can tell the shape of `x`, which with open axes is not
    everywhere. Below fp32 the form is part of the numerics: a Gemm rounds once where a product and a sum
    round twice, and int8 quantises them otherwise. `x` is ``[batch, length, k]``; where it is known to have
    other axes, and below the opset whose Shape gives a part, nothing is changed.
    """
    if values.opset_of(model) < _PARTS_OF_SHAPES:
        return values.copy_of(model)
    changed = values.copy_of(model)
    graph = changed.graph
    axes = {name: len(tensor.dims) for name, tensor in values.constants(graph)}
    sizes = {name: tuple(tensor.dims) for name, tensor in values.constants(graph)}
    readers: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    known = _axes(model)
    replaced: dict[str, list[onnx.NodeProto]] = {}
    dropped: set[str] = set()
    for node in graph.node:
        if node.op_type != "MatMul" or axes.get(node.input[1]) != 2 or known.get(node.input[0], 3) != 3:
            continue
        [product] = node.output
        after = readers.get(product, [])
        if len(after) != 1 or after[0].op_type != "Add":
            continue
        [bias] = [name for name in after[0].input if name != product]
        if axes.get(bias) != 1:
            continue
        [total] = after[0].output
        replaced[total] = _gemm(node.input[0], node.input[1], bias, total, sizes[node.input[1]])
        dropped.add(product)
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.output[0] not in dropped:
            nodes.extend(replaced.get(node.output[0], [node]))
    del graph.node[:]
    graph.node.extend(nodes)
    return changed


def _axes(model: onnx.ModelProto) -> dict[str, int]:
    """How many axes each value has, as far as shape inference can tell."""
    inferred = onnx.shape_inference.infer_shapes(values.without_weights(model)).graph
    return {
        item.name: len(item.type.tensor_type.shape.dim)
        for item in (*inferred.input, *inferred.value_info, *inferred.output)
        if item.type.tensor_type.HasField("shape")
    }


def _gemm(x: str, weight: str, bias: str, total: str, size: tuple[int, ...]) -> list[onnx.NodeProto]:
    """The nodes from `x` ``[batch, length, k]`` to `total` ``[batch, length, n]``."""
    k, n = size

    def ints(name: str, content: list[int]) -> onnx.NodeProto:
        tensor = helper.make_tensor(f"{total}_{name}", TensorProto.INT64, [len(content)], content)
        return helper.make_node("Constant", [], [f"{total}_{name}"], value=tensor)

    return [
        ints("rows", [-1, k]),
        ints("columns", [n]),
        helper.make_node("Shape", [x], [f"{total}_where"], start=0, end=2),
        helper.make_node("Concat", [f"{total}_where", f"{total}_columns"], [f"{total}_shape"], axis=0),
        helper.make_node("Reshape", [x, f"{total}_rows"], [f"{total}_flat"]),
        helper.make_node("Gemm", [f"{total}_flat", weight, bias], [f"{total}_product"], name=f"{total}_gemm"),
        helper.make_node("Reshape", [f"{total}_product", f"{total}_shape"], [total]),
    ]
