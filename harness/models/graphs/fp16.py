"""The numerics of an fp16 chip on a CPU: fp16 values, fp32 accumulation inside each operator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import onnx
from onnx import TensorProto, helper

from harness.errors import GraphError
from harness.models.graphs import values
from harness.models.graphs.reading import subgraphs

_WIDE = "__fp32"  # the fp32 copy of an fp16 value that an operator reads
_RAW = "__unrounded"  # an operator's fp32 result before it is rounded to fp16
_HALF = "__fp16"  # a graph's fp32 input or output as an fp16 value
_EXACT = "__exact"  # a constant as it is, beside its rounded self
# Operators that only move values: they read and write fp16 as it is, with nothing to round.
_MOVES = frozenset(
    {"Flatten", "Gather", "Identity", "Reshape", "Slice", "Split", "Squeeze", "Transpose", "Unsqueeze"}
)
# What an operator is told rather than given, by the places among its inputs: sizes, bounds, thresholds, and the
# statistics of a batch normalisation, which chips keep in fp32 where they do not fold them. They are not rounded.
PARAMETERS: Mapping[str, tuple[int, ...]] = {
    "BatchNormalization": (1, 2, 3, 4), "Clip": (1, 2), "Dropout": (1,), "NonMaxSuppression": (3, 4),
    "Pad": (2,), "Range": (0, 1, 2), "Resize": (1, 2), "Upsample": (1,),
}  # fmt: skip
# What keeps a state from step to step inside: that stays in fp32, and only what comes out is rounded.
RECURRENT = ("GRU", "LSTM", "RNN")
FP16_HIGHEST = float(np.finfo(np.float16).max)


def to_fp16(model: onnx.ModelProto) -> onnx.ModelProto:
    """A graph whose every floating value is fp16, each operator computing in fp32 between casts.

    That is how the documented chips multiply matrices: fp16 operands, fp32 accumulators, one rounding
    at the end. Every weight is rounded once, every operator's result once; graph inputs and outputs stay fp32,
    so that the I/O contract does not change, and are rounded behind and in front of it. onnxruntime's own
    converter is not used: it clamps what overflows without a word, and leaves the accumulation to the kernel.

    Inside the branches of an ``If`` and the bodies of loops each result is rounded where it is made. What is
    computed of shapes alone, and what operators are told (`PARAMETERS`), stays as it is: no chip rounds a
    size. What else stays in fp32 the graph tells (`values.told`). Raises `NotApplicable` for a graph that is
    quantised already, whose scales would be rounded.

    Raises `GraphError` for constants that fp16 does not hold (an unfixed attention mask, say), each with its
    size; an infinity is one that it holds. Raises it, too, where the type of a value is not known.
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
        self._sizes = _of_shapes(self._graph)
        self._half: set[str] = set()  # values that are fp16 now
        self._widened: set[str] = set()
        self._nodes: list[onnx.NodeProto] = []

    def done(self) -> onnx.ModelProto:
        """The whole graph, rounded."""
        parameters = _parameters(self._graph, self._sizes)
        _require_held(self._graph, parameters)
        self._set_parameters_apart(parameters)
        for name, tensor in values.constants(self._graph):
            if values.floating(tensor) and name not in parameters:
                values.store(tensor, _rounded(values.array_of(tensor)))
                self._half.add(name)
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
        if node.op_type == "Constant" or self._sizes.intersection(node.output):
            self._nodes.append(node)
            return
        moves = node.op_type in _MOVES and node.input[0] in self._half
        if not moves:
            self._nodes.extend(self._casts_before(node))
            for inner in subgraphs(node):
                self._round_inside(inner)
        self._nodes.append(node)
        self._nodes.extend(self._casts_after(node, already_fp16=moves))

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
        _rename(node, {name: name + _WIDE for name in read})
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
            _rename(node, renamed)

    def _set_parameters_apart(self, parameters: set[str]) -> None:
        """A constant that is a parameter of one operator and a value of another is there twice."""
        known = dict(values.constants(self._graph))
        for node in self._graph.node:
            places = _places(node, self._sizes)
            for at in places:
                name = node.input[at] if at < len(node.input) else ""
                if name in known and name not in parameters and values.floating(known[name]):
                    twin = known[name + _EXACT] if name + _EXACT in known else None
                    if twin is None:
                        twin = self._graph.initializer.add()
                        twin.CopyFrom(known[name])
                        twin.name = name + _EXACT
                        known[twin.name] = twin
                        parameters.add(twin.name)
                    node.input[at] = twin.name

    def _round_inside(self, graph: onnx.GraphProto) -> None:
        """A branch or a body: its values stay fp32 by type, and are rounded to fp16 where they are made."""
        sizes = _of_shapes(graph)
        parameters = _parameters(graph, sizes)
        for name, tensor in values.constants(graph):
            if values.floating(tensor) and name not in parameters:
                values.store(tensor, _rounded(values.array_of(tensor)).astype(np.float32))
        nodes: list[onnx.NodeProto] = []
        for node in graph.node:
            for inner in subgraphs(node):
                self._round_inside(inner)
            nodes.append(node)
            if node.op_type in _MOVES or node.op_type == "Constant" or sizes.intersection(node.output):
                continue
            for at, name in enumerate(node.output):
                if name and self._is_fp32(name):
                    node.output[at] = name + _RAW
                    nodes += [
                        helper.make_node("Cast", [name + _RAW], [name + _HALF], to=TensorProto.FLOAT16),
                        helper.make_node("Cast", [name + _HALF], [name], to=TensorProto.FLOAT),
                    ]
        del graph.node[:]
        graph.node.extend(nodes)

    def _tell(self) -> None:
        """What stays in fp32, by the operator's name."""
        statistics = sorted(_statistics_beyond(self._graph))
        if statistics:
            values.tell(
                self._model,
                f"{len(statistics)} BatchNormalization that follow no convolution keep their statistics in fp32, "
                f"which fp16 does not hold: {', '.join(statistics[:3])}",
            )
        for kind, count in values.operators(self._model, RECURRENT).items():
            values.tell(self._model, f"{count} {kind}: the state stays in fp32 from step to step")
        wide = {name for name, kind in self._types.items() if kind == int(TensorProto.DOUBLE)}
        makers = sorted({node.op_type for node in self._nodes if wide.intersection(node.output)})
        if makers:
            values.tell(self._model, f"float64 stays as it is: {', '.join(makers)}")


def _statistics_beyond(graph: onnx.GraphProto) -> Iterator[str]:
    """The batch normalisations with statistics that fp16 does not hold: the nodes' names, or their outputs'."""
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


def _require_held(graph: onnx.GraphProto, parameters: set[str]) -> None:
    """Raise `GraphError` that names every constant which fp16 does not hold, before anything is rounded."""
    found = [
        (name, worst, list(tensor.dims))
        for name, tensor in _all_constants(graph, parameters)
        if (worst := _unheld(values.array_of(tensor))) is not None
    ]
    if not found:
        return
    told = "; ".join(
        f"constant {name!r} holds {worst:g}"
        + (f" ({' x '.join(map(str, dims))} values)" if dims else "")
        for name, worst, dims in found[:5]
    )
    more = f" and {len(found) - 5} constants more" if len(found) > 5 else ""
    masks = all(worst < -FP16_HIGHEST for _, worst, _ in found)
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


def _all_constants(graph: onnx.GraphProto, parameters: set[str]) -> Iterator[tuple[str, onnx.TensorProto]]:
    """The fp32 constants of a graph and of the graphs inside it that are rounded."""
    for name, tensor in values.constants(graph):
        if values.floating(tensor) and name not in parameters:
            yield name, tensor
    for node in graph.node:
        for inner in subgraphs(node):
            yield from _all_constants(inner, _parameters(inner, _of_shapes(inner)))


def _parameters(graph: onnx.GraphProto, sizes: set[str]) -> set[str]:
    """The constants that are parameters of operators, and nothing else."""
    told: set[str] = set()
    read: set[str] = {item.name for item in graph.output}
    for node in graph.node:
        places = _places(node, sizes)
        for at, name in enumerate(node.input):
            (told if at in places else read).add(name)
        read.update(values.captured(node))
    return told - read


def _places(node: onnx.NodeProto, sizes: set[str]) -> tuple[int, ...]:
    """Which inputs of a node are not rounded: what it is told; all of a node that computes a size."""
    if sizes.intersection(node.output):
        return tuple(range(len(node.input)))
    return PARAMETERS.get(node.op_type, ())


def _of_shapes(graph: onnx.GraphProto) -> set[str]:
    """The values that are computed of shapes and constants alone."""
    constant = {name for name, _ in values.constants(graph)}
    found: set[str] = set()
    for node in graph.node:
        given = [name for name in (*node.input, *values.captured(node)) if name]
        from_shapes = given and all(name in found or name in constant for name in given)
        if node.op_type in ("Shape", "Size") or (from_shapes and found.intersection(given)):
            found.update(node.output)
    return found


def _rename(node: onnx.NodeProto, names: Mapping[str, str]) -> None:
    """Let a node, and the graphs inside it, read other names."""
    for at, name in enumerate(node.input):
        if name in names:
            node.input[at] = names[name]
    for inner in subgraphs(node):
        own = {item.name for item in (*inner.input, *inner.initializer)}
        own |= {name for made in inner.node for name in made.output}
        outer = {name: other for name, other in names.items() if name not in own}
        for made in inner.node:
            _rename(made, outer)
        for item in inner.output:
            item.name = outer.get(item.name, item.name)
