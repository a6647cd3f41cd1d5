"""The operations of an ONNX graph, counted node by node from the shapes that its values have."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import onnx

from harness.errors import GraphError
from harness.models.graphs import values

Shape = tuple[int, ...]

# A product of matrices, by the places of its two operands among the node's inputs. The quantised forms take
# scales and zero points between them: QLinearMatMul a, a_scale, a_zero_point, b, ...; QGemm likewise.
PRODUCTS: Mapping[str, tuple[int, int]] = {
    "MatMul": (0, 1), "Gemm": (0, 1), "FusedMatMul": (0, 1), "FusedGemm": (0, 1),
    "MatMulInteger": (0, 1), "MatMulIntegerToFloat": (0, 1), "DynamicQuantizeMatMul": (0, 1),
    "QLinearMatMul": (0, 3), "QGemm": (0, 3),
}  # fmt: skip
# What multiplies by weights as often as its shapes say.
_BY_WEIGHTS = ("Conv", "ConvTranspose", "GRU", "LSTM", "RNN")
# What moves, names or makes values and computes none; conversions of type are among them.
MOVES = frozenset(
    {
        "Cast", "Concat", "Constant", "ConstantOfShape", "DequantizeLinear", "Expand", "Flatten", "Gather",
        "GatherElements", "GatherND", "Identity", "QuantizeLinear", "Range", "Reshape", "Shape", "Slice",
        "Split", "Squeeze", "Tile", "Transpose", "Unsqueeze",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Operations of one call of a graph.

    `products` counts two (multiply, add) for each product in a matrix product; `elementwise` one for each
    value that any other computing operator gives, which is the least that it takes. `by_operator` has both.
    """

    products: int
    elementwise: int
    by_operator: Mapping[str, int]


def count(graph: onnx.ModelProto, *, batch: int | None = None, length: int | None = None) -> Counted:
    """Count the operations of `graph`; large constants are not read.

    Where its inputs ``[batch, length]`` leave a size open, it is `batch` or `length`.

    Raises `GraphError` for a graph of which the shapes of a computing operator cannot be inferred.
    """
    light = values.without_weights(graph)
    del light.graph.value_info[:]  # of the sizes that are open, which no longer hold either
    own = len(graph.graph.input)  # the weights come behind them
    opened = [_set_shape(item, (batch, length)) for item in light.graph.input[:own]]
    for item in light.graph.output:  # an open dimension there is named like the input's, and no longer holds
        for dimension in item.type.tensor_type.shape.dim:
            dimension.ClearField("dim_param")
    if any(opened):
        light = _folded(light)
    try:
        inferred = onnx.shape_inference.infer_shapes(light, strict_mode=True, data_prop=True).graph
    except onnx.shape_inference.InferenceError as problem:
        raise GraphError(f"the graph's shapes cannot be inferred: {problem}") from problem
    shapes = {
        value.name: _shape(value) for value in (*inferred.value_info, *inferred.input, *inferred.output)
    }
    shapes |= {name: tuple(tensor.dims) for name, tensor in values.constants(graph.graph)}
    by_operator: Counter[str] = Counter()
    products = 0
    for node in inferred.node:
        if node.op_type in MOVES:
            continue
        if node.op_type in _BY_WEIGHTS:
            work = _by_weights(shapes, node)
            products += work
            by_operator[node.op_type] += work
            continue
        work = math.prod(_known(shapes, node.output[0], node))
        if node.op_type in PRODUCTS:
            inner = _known(shapes, node.input[PRODUCTS[node.op_type][0]], node)
            turned = any(item.name == "transA" and item.i for item in node.attribute)
            work *= 2 * inner[-2 if turned else -1]
            products += work
        by_operator[node.op_type] += work
    return Counted(
        products=products, elementwise=by_operator.total() - products, by_operator=dict(by_operator)
    )


def _by_weights(shapes: Mapping[str, Shape | None], node: onnx.NodeProto) -> int:
    """The operations of a convolution, or of a recurrent layer's products: its weights, as often as used.

    A convolution of weights ``[out, in / group, ...]`` uses those of one channel for each value that it
    gives, a transposed one ``[in, out / group, ...]`` for each that it reads. A recurrent layer uses all of
    both its weights ``[directions, gates x hidden, ...]`` at each of ``[length, batch]``.
    """
    x, weights = (_known(shapes, name, node) for name in node.input[:2])
    if node.op_type == "Conv":
        return 2 * math.prod(_known(shapes, node.output[0], node)) * math.prod(weights[1:])
    if node.op_type == "ConvTranspose":
        return 2 * math.prod(x) * math.prod(weights[1:])
    recurrent = _known(shapes, node.input[2], node)
    return 2 * math.prod(x[:2]) * (math.prod(weights) + math.prod(recurrent))


def _folded(light: onnx.ModelProto) -> onnx.ModelProto:
    """The graph with what it computes of its inputs' sizes as constants: inference does not get there."""
    import onnxsim

    try:
        folded: onnx.ModelProto = onnxsim.simplify(light, check_n=0, perform_optimization=False)[0]
    except RuntimeError as problem:
        raise GraphError(
            f"the shapes inside the graph cannot be computed from its inputs' sizes: {problem}"
        ) from problem
    return folded


def _set_shape(item: onnx.ValueInfoProto, wanted: tuple[int | None, ...]) -> bool:
    """Give the open dimensions of an input their sizes; whether there was any to give one to."""
    found = False
    for dimension, size in zip(item.type.tensor_type.shape.dim, wanted, strict=False):
        if size is not None and not dimension.dim_value:
            dimension.dim_value = size
            found = True
    return found


def _shape(value: onnx.ValueInfoProto) -> Shape | None:
    """A value's shape; None where any of it is open."""
    kind = value.type.tensor_type
    if not kind.HasField("shape") or not all(item.HasField("dim_value") for item in kind.shape.dim):
        return None
    return tuple(item.dim_value for item in kind.shape.dim)


def _known(shapes: Mapping[str, Shape | None], name: str, node: onnx.NodeProto) -> Shape:
    found = shapes.get(name)
    if found is None:
        raise GraphError(
            f"{node.op_type} {node.name or node.output[0]}: the shape of {name} is not known",
            remedy="give the batch and the length that the graph leaves open",
        )
    return found


def facts_of(graph: onnx.ModelProto, *, batch: int, length: int | None = None) -> dict[str, Any]:
    """What an artifact keeps of the operations of one batch of its graph, or why they could not be counted.

    That is no reason to have no artifact.
    """
    try:
        found = count(graph, batch=batch, length=length)
    except GraphError as problem:
        return {"flops_not_counted": str(problem)}
    return counted_facts(found.products, found.elementwise, batch)


def counted_facts(products: int, elementwise: int, batch_size: int) -> dict[str, Any]:
    """What an artifact keeps of a count of its graph at `batch_size`."""
    return {"flops": {"products": products, "elementwise": elementwise, "batch_size": batch_size}}
