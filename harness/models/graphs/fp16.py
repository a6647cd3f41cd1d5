"""The numerics of an fp16 chip on a CPU: fp16 values, fp32 accumulation inside each operator."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from harness.errors import GraphError
from harness.models.graphs import values
from harness.models.graphs.reading import subgraphs

_WIDE = "__fp32"  # the fp32 copy of an fp16 value that an operator reads
_RAW = "__unrounded"  # an operator's fp32 result before it is rounded to fp16
_HALF = "__fp16"  # a graph's fp32 input or output as an fp16 value
_TWIN = "__narrow"  # the fp16 copy of an fp32 value that shapes alone decide, or of a parameter
# Operators that only move values: they read and write fp16 as it is, with nothing to round.
MOVES = frozenset(
    {"Flatten", "Gather", "Identity", "Reshape", "Slice", "Split", "Squeeze", "Transpose", "Unsqueeze"}
)
# What keeps a state from step to step inside: that stays in fp32, and only what comes out is rounded.
RECURRENT = ("GRU", "LSTM", "RNN")
FP16_HIGHEST = float(np.finfo(np.float16).max)


def to_fp16(model: onnx.ModelProto) -> onnx.ModelProto:
    """A graph whose every floating value is fp16, each operator computing in fp32 between casts.

    That is how the documented chips multiply matrices: fp16 operands, fp32 accumulators, one rounding
    at the end. Every weight is rounded once, every operator's result once; graph inputs and outputs stay
    fp32, so that the I/O contract does not change, and are rounded behind and in front of it. onnxruntime's
    own converter is not used: it clamps what overflows without a word, and leaves the accumulation to the
    kernel.

    What is computed of shapes alone is so in fp32, and rounded once where something else reads it: a compiler
    knows the shape, and has constants there. That is relative positions, and the angles of rotary ones. What
    operators are told (`values.PARAMETERS`) stays as it is. Inside the branches of an ``If`` and the bodies
    of loops each result is rounded where it is made. What else stays in fp32 the graph tells (`values.told`).

    Raises `GraphError` for constants that fp16 does not hold (an unfixed attention mask, say), each with its
    size; an infinity is one that it holds. Raises `NotApplicable` for a graph that is quantised already,
    whose scales would be rounded.
    """
    values.require_not_quantised(model, "fp16")
    return _Narrowing(values.copy_of(model)).done()


class _Narrowing:
    """One graph on its way to fp16."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self._model = model
        self._graph = model.graph
        values.constants_as_tensors(self._graph)
        self._types = values.element_types(model)
        self._outputs = {item.name for item in self._graph.output}
        self._sizes = values.computed_of_shapes(self._graph)
        self._half: set[str] = set()  # values that are fp16 now
        self._widened: set[str] = set()
        self._nodes: list[onnx.NodeProto] = []

    def done(self) -> onnx.ModelProto:
        """The whole graph, rounded."""
        exact, rounded = uses(self._graph, self._sizes)
        _require_held(self._graph, rounded)
        for name, tensor in [*values.constants(self._graph)]:
            if not values.floating(tensor) or name not in rounded:
                continue
            narrow = _rounded(values.array_of(tensor))
            if name not in exact:
                values.store(tensor, narrow)
                self._half.add(name)
            else:
                self._add_twin(name, narrow)
        self._round_inputs()
        for node in self._graph.node:
            self._add(node)
        del self._graph.node[:]
        self._graph.node.extend(self._nodes)
        del self._graph.value_info[:]
        self._tell()
        return self._model

    def _add(self, node: onnx.NodeProto) -> None:
        """A node with what has to stand before and behind it."""
        if node.op_type == "Constant" or self._sizes.issuperset(node.output):
            self._nodes.append(node)
            return
        self._nodes.extend(self._narrowed(node))
        moves = node.op_type in MOVES and node.input[0] in self._half
        if not moves:
            self._nodes.extend(self._casts_before(node))
            for inner in subgraphs(node):
                self._round_inside(inner)
        self._nodes.append(node)
        self._nodes.extend(self._casts_after(node, already_fp16=moves))

    def _narrowed(self, node: onnx.NodeProto) -> list[onnx.NodeProto]:
        """Round every fp32 value that shapes decide and `node` reads, once, and point `node` there."""
        places = values.PARAMETERS.get(node.op_type, ())
        read = dict.fromkeys(
            name
            for at, name in enumerate((*node.input, *values.captured(node)))
            if name in self._sizes and self._is_fp32(name) and at not in places
        )
        casts = [
            helper.make_node("Cast", [name], [name + _TWIN], to=TensorProto.FLOAT16)
            for name in read
            if name + _TWIN not in self._half
        ]
        for name in read:
            self._half.add(name + _TWIN)
            self._types[name + _TWIN] = int(TensorProto.FLOAT)
        values.rename(node, {name: name + _TWIN for name in read})
        return casts

    def _is_fp32(self, name: str) -> bool:
        return self._types.get(name) == int(TensorProto.FLOAT)

    def _casts_before(self, node: onnx.NodeProto) -> list[onnx.NodeProto]:
        """Widen every fp16 value that `node` reads, once a value, and point `node` at the wide copies."""
        read = dict.fromkeys(name for name in (*node.input, *values.captured(node)) if name in self._half)
        casts = [
            helper.make_node("Cast", [name], [name + _WIDE], to=TensorProto.FLOAT)
            for name in read
            if name not in self._widened
        ]
        self._widened.update(read)
        values.rename(node, {name: name + _WIDE for name in read})
        return casts

    def _casts_after(self, node: onnx.NodeProto, *, already_fp16: bool) -> list[onnx.NodeProto]:
        """Round every fp32 result of `node` to fp16; a graph output is widened again."""
        casts = []
        for at, name in enumerate(node.output):
            if not name or not self._is_fp32(name):
                continue
            half = name + _HALF if name in self._outputs else name
            if already_fp16:
                node.output[at] = half
            else:
                node.output[at] = name + _RAW
                casts.append(helper.make_node("Cast", [name + _RAW], [half], to=TensorProto.FLOAT16))
            if name in self._outputs:
                casts.append(helper.make_node("Cast", [half], [name], to=TensorProto.FLOAT))
            else:
                self._half.add(name)
        return casts

    def _round_inputs(self) -> None:
        """What comes in as fp32 is rounded first, and read from there."""
        given = {name for name, _ in values.constants(self._graph)}
        renamed = {
            item.name: item.name + _HALF
            for item in self._graph.input
            if self._is_fp32(item.name) and item.name not in given
        }
        for name, half in renamed.items():
            self._nodes.append(helper.make_node("Cast", [name], [half], to=TensorProto.FLOAT16))
            self._types[half] = int(TensorProto.FLOAT)
            self._half.add(half)
        for node in self._graph.node:
            values.rename(node, renamed)

    def _add_twin(self, name: str, narrow: values.Array) -> None:
        """A constant that is read as it is stays; a rounded twin is there for whoever computes with it."""
        twin = name + _TWIN
        self._graph.initializer.append(numpy_helper.from_array(narrow, twin))
        self._types[twin] = int(TensorProto.FLOAT)
        self._half.add(twin)
        for node in self._graph.node:
            if self._sizes.issuperset(node.output):
                continue
            exact = values.PARAMETERS.get(node.op_type, ())
            kept = {at: node.input[at] for at in exact if at < len(node.input)}
            values.rename(node, {name: twin})
            for at, was in kept.items():
                node.input[at] = was

    def _round_inside(self, graph: onnx.GraphProto) -> None:
        """A branch or a body: its values stay fp32 by type, and are rounded to fp16 where they are made."""
        sizes = values.computed_of_shapes(graph)
        exact, rounded = uses(graph, sizes)
        for name, tensor in values.constants(graph):
            if values.floating(tensor) and name in rounded - exact:
                values.store(tensor, _rounded(values.array_of(tensor)).astype(np.float32))
        nodes: list[onnx.NodeProto] = []
        for node in graph.node:
            for inner in subgraphs(node):
                self._round_inside(inner)
            nodes.append(node)
            if node.op_type not in MOVES and node.op_type != "Constant" and not sizes.issuperset(node.output):
                nodes.extend(self._rounded_in_place(node))
        del graph.node[:]
        graph.node.extend(nodes)

    def _rounded_in_place(self, node: onnx.NodeProto) -> list[onnx.NodeProto]:
        """Round every fp32 result of `node` to fp16 and widen it again, under its name."""
        casts = []
        for at, name in enumerate(node.output):
            if name and self._is_fp32(name):
                node.output[at] = name + _RAW
                casts += [
                    helper.make_node("Cast", [name + _RAW], [name + _HALF], to=TensorProto.FLOAT16),
                    helper.make_node("Cast", [name + _HALF], [name], to=TensorProto.FLOAT),
                ]
        return casts

    def _tell(self) -> None:
        """What stays in fp32, by the operator's name."""
        statistics = sorted(_statistics_beyond(self._graph))
        if statistics:
            values.tell(
                self._model,
                f"{len(statistics)} BatchNormalization behind no convolution keep their statistics in fp32, "
                f"which fp16 does not hold: {', '.join(statistics[:3])}",
            )
        for kind, count in values.operators(self._model, RECURRENT).items():
            values.tell(self._model, f"{count} {kind}: the state stays in fp32 from step to step")
        wide = {name for name, kind in self._types.items() if kind == int(TensorProto.DOUBLE)}
        makers = sorted({node.op_type for node in self._nodes if wide.intersection(node.output)})
        if makers:
            values.tell(self._model, f"float64 stays as it is: {', '.join(makers)}")


def _statistics_beyond(graph: onnx.GraphProto) -> Iterator[str]:
    """The batch normalisations with statistics that fp16 does not hold, by name, or by their output's."""
    held = dict(values.constants(graph))
    for node in graph.node:
        if node.op_type == "BatchNormalization":
            arrays = [values.array_of(held[name]) for name in node.input[1:] if name in held]
            if any(_unheld(array) is not None for array in arrays):
                yield node.name or node.output[0]


def _rounded(array: values.Array) -> values.Array:
    with np.errstate(over="ignore"):
        rounded: values.Array = array.astype(np.float16)
    return rounded


def _require_held(graph: onnx.GraphProto, read: set[str]) -> None:
    """Raise `GraphError` that names every constant which fp16 does not hold, before anything is rounded."""
    found = [
        (name, worst, tensor)
        for name, tensor in _all_constants(graph, read)
        if (worst := _unheld(values.array_of(tensor))) is not None
    ]
    if not found:
        return
    told = "; ".join(
        f"constant {name!r} holds {worst:g}"
        + (f" ({' x '.join(map(str, tensor.dims))} values)" if tensor.dims else "")
        for name, worst, tensor in found[:5]
    )
    more = f" and {len(found) - 5} constants more" if len(found) > 5 else ""
    # A mask's constant holds its value, and zeros at most.
    masks = all(len(np.unique(values.array_of(tensor))) <= 2 and worst < 0 for _, worst, tensor in found)
    raise GraphError(
        f"{told}{more}, which fp16 turns into infinity (its limit is ±{FP16_HIGHEST:g})",
        remedy="limit the attention mask first (harness.models.graphs.mask)" if masks
        else "scale these weights down in the network, or run it in fp32 or bf16",
    )  # fmt: skip


def _unheld(array: values.Array) -> float | None:
    """The largest value that fp16 makes infinite, or what is no number; None where it holds all of them."""
    with np.errstate(over="ignore"):
        lost = np.isnan(array) | (np.isfinite(array) & ~np.isfinite(array.astype(np.float16)))
    if not lost.any():
        return None
    candidates = array[lost]
    return float(candidates[np.argmax(np.abs(np.nan_to_num(candidates)))])


def _all_constants(graph: onnx.GraphProto, read: set[str]) -> Iterator[tuple[str, onnx.TensorProto]]:
    """The fp32 constants of a graph and of the graphs inside it that are rounded."""
    for name, tensor in values.constants(graph):
        if values.floating(tensor) and name in read:
            yield name, tensor
    for node in graph.node:
        for inner in subgraphs(node):
            yield from _all_constants(inner, uses(inner, values.computed_of_shapes(inner))[1])


def uses(graph: onnx.GraphProto, sizes: set[str]) -> tuple[set[str], set[str]]:
    """The names that are read as they are, for a size or as a parameter; and those that are not."""
    exact: set[str] = set()
    rounded: set[str] = {item.name for item in graph.output}
    for node in graph.node:
        of_sizes = node.op_type != "Constant" and sizes.issuperset(node.output)
        places = values.PARAMETERS.get(node.op_type, ())
        for at, name in enumerate(node.input):
            (exact if of_sizes or at in places else rounded).add(name)
        rounded.update(values.captured(node))
    return exact, rounded
