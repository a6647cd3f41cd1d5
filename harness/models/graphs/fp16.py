"""The numerics of an fp16 chip on a CPU: fp16 values, fp32 accumulation inside each operator."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from harness.errors import GraphError
from harness.models.graphs import values

_WIDE = "__fp32"  # the fp32 copy of an fp16 value that an operator reads
_TWIN = "__narrow"  # the fp16 copy of an fp32 value that shapes alone decide
_RAW = "__unrounded"  # an operator's fp32 result before it is rounded to fp16
# Operators that only move values: they read and write fp16 as it is, with nothing to round.
_MOVES = frozenset(
    {"Flatten", "Gather", "Identity", "Reshape", "Slice", "Split", "Squeeze", "Transpose", "Unsqueeze"}
)
FP16_HIGHEST = float(np.finfo(np.float16).max)


def to_fp16(model: onnx.ModelProto) -> onnx.ModelProto:
    """A graph whose every floating value is fp16, each operator computing in fp32 between casts.

    That is how the documented chips multiply matrices: fp16 operands, fp32 accumulators, one rounding
    at the end. Every weight is rounded once, every operator's result once; graph outputs are fp16
    values widened to fp32 again, so the I/O contract does not change. onnxruntime's own converter is
    not used: it clamps what overflows without a word, and leaves the accumulation to the kernel.

    What is computed of shapes alone is so in fp32, and rounded once where something else reads it: a compiler
    knows the shape, and has constants there. That is relative positions, and the angles of rotary ones.

    Raises `GraphError` for a constant that fp16 does not hold (an unfixed attention mask, say).
    """
    narrow = values.copy_of(model)
    graph = narrow.graph
    types = values.element_types(narrow)
    fixed = values.computed_of_shapes(graph)
    _round_constants(graph, fixed, types)
    outputs = {item.name for item in graph.output}
    widened: set[str] = set()
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type == "Constant" or fixed.issuperset(node.output):
            nodes.append(node)
            continue
        nodes.extend(_narrowed(node, types, fixed))
        moves = node.op_type in _MOVES
        if not moves:
            nodes.extend(_casts_before(node, types, widened))
        nodes.append(node)
        nodes.extend(_casts_after(node, types, outputs, already_fp16=moves))
    del graph.node[:]
    graph.node.extend(nodes)
    del graph.value_info[:]
    return narrow


def _round_constants(graph: onnx.GraphProto, fixed: set[str], types: dict[str, int]) -> None:
    """Round every constant; one that `fixed` values are computed of stays, a rounded twin beside it."""
    kept = {name for node in graph.node if fixed.issuperset(node.output) for name in node.input}
    for name, tensor in [*values.constants(graph)]:
        if not values.floating(tensor):
            continue
        rounded = _rounded(name, values.array_of(tensor))
        if name not in kept:
            values.store(tensor, rounded)
            continue
        twin = numpy_helper.from_array(rounded, name + _TWIN)
        graph.initializer.append(twin)
        types[twin.name] = int(TensorProto.FLOAT)
        for node in graph.node:
            if not fixed.issuperset(node.output):
                node.input[:] = [twin.name if read == name else read for read in node.input]


def _narrowed(node: onnx.NodeProto, types: dict[str, int], fixed: set[str]) -> list[onnx.NodeProto]:
    """Round every fp32 value of those in `fixed` that `node` reads, once a value, and point `node` there."""
    casts = []
    for at, name in enumerate(node.input):
        if name not in fixed or not _is_fp32(name, types):
            continue
        narrow = name + _TWIN
        if narrow not in types:
            types[narrow] = int(TensorProto.FLOAT)
            casts.append(helper.make_node("Cast", [name], [narrow], to=TensorProto.FLOAT16))
        node.input[at] = narrow
    return casts


def _rounded(name: str, array: values.Array) -> values.Array:
    with np.errstate(over="ignore"):
        rounded = array.astype(np.float16)
    if not np.isfinite(rounded).all():
        worst = float(array.reshape(-1)[np.argmax(np.abs(array))])
        raise GraphError(
            f"constant {name!r} holds {worst:g}, which fp16 turns into infinity (its limit is "
            f"±{FP16_HIGHEST:g})",
            remedy="limit the attention mask first (harness.models.graphs.mask)",
        )
    return rounded


def _is_fp32(name: str, types: dict[str, int]) -> bool:
    return types.get(name) == int(TensorProto.FLOAT)


def _casts_before(node: onnx.NodeProto, types: dict[str, int], widened: set[str]) -> list[onnx.NodeProto]:
    """Widen every fp16 value that `node` reads, once a value, and point `node` at the wide copies."""
    casts = []
    for at, name in enumerate(node.input):
        if not name or not _is_fp32(name, types):
            continue
        if name not in widened:
            widened.add(name)
            casts.append(helper.make_node("Cast", [name], [name + _WIDE], to=TensorProto.FLOAT))
        node.input[at] = name + _WIDE
    return casts


def _casts_after(
    node: onnx.NodeProto, types: dict[str, int], graph_outputs: set[str], *, already_fp16: bool
) -> list[onnx.NodeProto]:
    """Round every fp32 result of `node` to fp16; a graph output is widened again."""
    casts = []
    for at, name in enumerate(node.output):
        if not name or not _is_fp32(name, types):
            continue
        half = name + "__fp16" if name in graph_outputs else name
        if already_fp16:
            node.output[at] = half
        else:
            node.output[at] = name + _RAW
            casts.append(helper.make_node("Cast", [name + _RAW], [half], to=TensorProto.FLOAT16))
        if name in graph_outputs:
            casts.append(helper.make_node("Cast", [half], [name], to=TensorProto.FLOAT))
    return casts
