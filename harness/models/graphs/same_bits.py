"""An fp16 stand-in's graph in operators that take onnxruntime less time, to the very same bits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, defs, helper, numpy_helper

from harness.models.graphs import values
from harness.models.graphs.fp16 import MOVES
from harness.models.graphs.reading import nodes

BITS_OPSET = 26  # whose BitCast reads an fp16 value as a whole number
_NAMED = "same_bits/"  # what the names of all that is added begin with
# What keeps the order of elements, and costs onnxruntime nothing.
_VIEWS = frozenset({"Flatten", "Reshape", "Squeeze", "Unsqueeze"})
# Operators whose every element is decided by that of each input in its place.
_ELEMENTWISE = frozenset(
    {
        "Abs", "Add", "Cast", "Clip", "Cos", "Div", "Elu", "Erf", "Exp", "HardSigmoid", "HardSwish",
        "LeakyRelu", "Log", "Max", "Min", "Mul", "Neg", "Pow", "Reciprocal", "Relu", "Sigmoid", "Sin",
        "Softplus", "Softsign", "Sqrt", "Sub", "Tanh",
    }
)  # fmt: skip
# Operators that a table stands for at least. It takes as long as one of them with its roundings, but bits
# are made numbers by one thread, however many there are: with eight of them four take as long.
_FEWEST = 4
_SHORTEST, _LANES = 24, 8  # a row that both kernels of LayerNormalization add up in one order
_ROWS = 16  # of equal tables, at most, among which threads divide the look-ups


def cheaper(graph: Path | bytes) -> bytes:
    """A graph of `fp16.to_fp16`, by its file or its bytes, as onnxruntime computes it in less time.

    No bit of any value changes, but those of a NaN. LayerNormalization, between whose casts onnxruntime's own
    fp16 kernel does what they do, a row at a time, loses them, where its rows are of a width that both add up
    alike. What one fp16 value decides through several operators, a GELU
    say, has 65,536 results: the same operators make a table of them, which onnxruntime folds into a constant
    when it loads the graph, and each value is looked up there by its bits. That needs an operator of
    `BITS_OPSET`; a graph with operators that this opset reads otherwise keeps its own, and goes without.
    """
    model = onnx.load(graph) if isinstance(graph, Path) else onnx.load_model_from_string(graph)
    del model.graph.value_info[:]
    _normalise_in_fp16(model.graph)
    if _reads_alike(model) and _Tables(model.graph, _last_axes(model)).added():
        _own_import(model).version = BITS_OPSET
    _drop_unread(model.graph)
    content: bytes = model.SerializeToString()
    return content


def _halves(graph: onnx.GraphProto) -> set[str]:
    """The names of the values that are fp16 by type."""
    half = TensorProto.FLOAT16
    found = {item.name for item in graph.input if item.type.tensor_type.elem_type == half}
    found.update(name for name, tensor in values.constants(graph) if tensor.data_type == half)
    for node in graph.node:
        if _casts(node, half) or (node.op_type in MOVES and node.input[0] in found):
            found.update(node.output)
    return found


def _casts(node: onnx.NodeProto, to: int) -> bool:
    return node.op_type == "Cast" and any(item.name == "to" and item.i == to for item in node.attribute)


def _makers(graph: onnx.GraphProto) -> dict[str, onnx.NodeProto]:
    """The node that makes each value."""
    return {name: node for node in graph.node for name in node.output}


def _readers(graph: onnx.GraphProto) -> dict[str, list[onnx.NodeProto]]:
    """The nodes that read each value, themselves or in a graph inside."""
    found: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in dict.fromkeys((*node.input, *values.captured(node))):
            found.setdefault(name, []).append(node)
    return found


def _normalise_in_fp16(graph: onnx.GraphProto) -> None:
    """Let each LayerNormalization between casts read and write fp16 itself, where that changes no bit.

    onnxruntime's fp16 kernel adds up a row whose width is no multiple of 8, or is small, in another order
    than its fp32 kernel: of 8, 12, 31, 100 and 300 up to one value in 1,200 rounds otherwise (1.31.1), of
    those that are let through none of 2,000,000.
    """
    halves, readers = _halves(graph), _readers(graph)
    widths = {name: tensor.dims[-1] for name, tensor in values.constants(graph) if len(tensor.dims) == 1}
    outputs = {item.name for item in graph.output}
    widened = {
        node.output[0]: node.input[0]
        for node in graph.node
        if _casts(node, TensorProto.FLOAT) and node.input[0] in halves
    }
    for node in graph.node:
        if node.op_type != "LayerNormalization" or len(node.output) != 1:
            continue
        [wide] = node.output
        after = readers.get(wide, [])
        rounded = wide not in outputs and len(after) == 1 and _casts(after[0], TensorProto.FLOAT16)
        if rounded and all(name in widened for name in node.input):
            width = widths.get(widened[node.input[1]], 0)
            if width < _SHORTEST or width % _LANES:
                continue
            node.input[:] = [widened[name] for name in node.input]
            node.output[:] = after[0].output
            after[0].input[:], after[0].output[:] = node.output, [wide]  # which nothing reads


class _Tables:
    """What one fp16 value decides, on its way into tables."""

    def __init__(self, graph: onnx.GraphProto, last_axes: Mapping[str, int]) -> None:
        self._graph = graph
        self._last_axes = last_axes
        self._makers = _makers(graph)
        self._scalars = {name: tensor for name, tensor in values.constants(graph) if not tensor.dims}
        self._deciding = self._decided()
        self._widen_before_views()
        self._deciding = self._decided()
        self._roots = set(self._deciding.values())
        self._indexed: dict[str, tuple[str, str]] = {}  # a deciding value: its indices, and its shape
        self._made: dict[tuple[object, ...], str] = {}  # what is made for tables, by what it is
        self._added: list[onnx.NodeProto] = []

    def added(self) -> bool:
        """Put a table wherever it stands for enough operators; whether there is any."""
        for node in self._graph.node:
            if node.op_type == "Shape":  # that of what decides a value is its own
                node.input[0] = self._deciding.get(node.input[0], node.input[0])
        ends = {name for name in self._demanded() if self._operators(name) >= _FEWEST}
        rest: list[onnx.NodeProto] = []
        for node in self._graph.node:
            if ends.isdisjoint(node.output):
                rest.append(node)
                continue
            self._look_up(node.output[0])
            rest.extend(self._added)
            self._added.clear()
        del self._graph.node[:]
        self._graph.node.extend(rest)
        return bool(ends)

    def _widen_before_views(self) -> None:
        """Swap a view and the cast to fp32 behind it, so that what a table gives is that of the cast."""
        readers = _readers(self._graph)
        outputs = {item.name for item in self._graph.output}
        for view in reversed(self._graph.node):
            if view.op_type not in _VIEWS or self._operators(view.input[0]) < _FEWEST:
                continue
            [moved] = view.output
            after = readers.get(moved, [])
            if moved in outputs or len(after) != 1 or not _casts(after[0], TensorProto.FLOAT):
                continue
            [cast] = after
            narrow, [wide] = view.input[0], cast.output
            kept = onnx.NodeProto()
            kept.CopyFrom(view)
            view.CopyFrom(helper.make_node("Cast", [narrow], [moved], to=TensorProto.FLOAT))
            cast.CopyFrom(kept)
            cast.input[0], cast.output[0] = moved, wide
        self._makers = _makers(self._graph)

    def _decided(self) -> dict[str, str]:
        """Values by the first fp16 value that alone decides them, element by element."""
        given = {name for name, _ in values.constants(self._graph)}
        halves = _halves(self._graph) - given
        found: dict[str, str] = {}
        for node in self._graph.node:
            if node.op_type not in _ELEMENTWISE or node.domain:
                continue
            read = [name for name in node.input if name and not self._fixed(name)]
            by = {found.get(name, name if name in halves else "") for name in read}
            if len(by) == 1 and "" not in by:
                found[node.output[0]] = by.pop()
        return found

    def _fixed(self, name: str) -> bool:
        """Whether a value is one number, whatever comes in."""
        maker = self._makers.get(name)
        return name in self._scalars or (
            maker is not None and maker.op_type == "Cast" and self._fixed(maker.input[0])
        )

    def _demanded(self) -> Iterator[str]:
        """The decided values that are read by something else than another of them, in the graph's order."""
        outputs = {item.name for item in self._graph.output}
        readers = _readers(self._graph)
        for name in self._deciding:
            beyond = any(node.output[0] not in self._deciding for node in readers.get(name, ()))
            if beyond or name in outputs:
                yield name

    def _operators(self, name: str) -> int:
        """How many operators lie between a decided value and the one that decides it, casts aside."""
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            one = waiting.pop()
            if one in self._deciding and one not in seen:
                seen.add(one)
                waiting.extend(self._makers[one].input)
        return sum(self._makers[one].op_type != "Cast" for one in seen)

    def _look_up(self, name: str) -> None:
        """Make `name` by its table."""
        deciding = self._deciding[name]
        rows = math.gcd(_ROWS, self._last_axes.get(self._viewed(deciding), 1))
        table = self._made_once(
            helper.make_node("Expand", [self._results(name), self._constant(f"rows{rows}", [rows, 1])], [""]),
            f"{name}/table",
        )
        indices, shape = self._indices(deciding, rows)
        found = f"{_NAMED}{name}/found"
        self._add("GatherElements", [table, indices], found, axis=1)
        self._add("Reshape", [found, shape], name, allowzero=1)

    def _indices(self, name: str, rows: int) -> tuple[str, str]:
        """An fp16 value's bits, in so many rows, as numbers from -32768 to 32767; and its shape."""
        if name not in self._indexed:
            bits, number, indices, shape = (
                f"{_NAMED}{name}/{part}" for part in ("bits", "number", "indices", "shape")
            )
            self._add("BitCast", [self._viewed(name)], bits, to=TensorProto.INT16)
            self._add("Cast", [bits], number, to=TensorProto.INT32)
            self._add("Reshape", [number, self._constant(f"in{rows}", [rows, -1])], indices)
            self._add("Shape", [name], shape)
            self._indexed[name] = (indices, shape)
        return self._indexed[name]

    def _viewed(self, name: str) -> str:
        """What a value is a view of; most often the product of a layer, whose width is known."""
        maker = self._makers.get(name)
        return self._viewed(maker.input[0]) if maker is not None and maker.op_type in _VIEWS else name

    def _results(self, name: str) -> str:
        """What is between a decided value and the one that decides it, of each fp16 value by its bits."""
        if name in self._roots:
            return self._constant("every", np.arange(2**16, dtype=np.uint16).view(np.float16))
        if name in self._scalars:
            tensor = self._scalars[name]
            return self._made.setdefault((tensor.data_type, values.array_of(tensor).tobytes()), name)
        if name not in self._makers:  # an input that is left out
            return name
        node = onnx.NodeProto()
        node.CopyFrom(self._makers[name])
        node.input[:] = [self._results(one) for one in node.input]
        node.name = node.output[0] = ""
        return self._made_once(node, f"{name}/results")

    def _made_once(self, node: onnx.NodeProto, name: str) -> str:
        """What `node` makes, under the name of the first that does the same."""
        key = (node.SerializeToString(deterministic=True),)
        if key not in self._made:
            node.output[0] = self._made[key] = f"{_NAMED}{name}"
            self._added.append(node)
        return self._made[key]

    def _constant(self, what: str, content: values.Array | list[int]) -> str:
        key, name = (what,), f"{_NAMED}{what}"
        if key not in self._made:
            self._made[key] = name
            self._graph.initializer.append(numpy_helper.from_array(np.asarray(content), name))
        return name

    def _add(self, kind: str, inputs: list[str], output: str, **attributes: int) -> None:
        self._added.append(helper.make_node(kind, inputs, [output], name=output, **attributes))


def _last_axes(model: onnx.ModelProto) -> dict[str, int]:
    """The size of the last axis of each value for which it is known.

    Of a product shape inference does not tell it unless it knows both factors; it is that of the second.
    """
    inferred = onnx.shape_inference.infer_shapes(values.without_weights(model)).graph
    shapes = {
        item.name: [axis.dim_value for axis in item.type.tensor_type.shape.dim]
        for item in (*inferred.input, *inferred.value_info)
    }
    for node in model.graph.node:
        if node.op_type in ("Cast", "MatMul") and not any(shapes.get(node.output[0], ())[-1:]):
            shapes[node.output[0]] = shapes.get(node.input[-1], [])[-2:]
    return {name: axes[-1] for name, axes in shapes.items() if len(axes) > 1 and axes[-1]}


def _own_import(model: onnx.ModelProto) -> onnx.OperatorSetIdProto:
    [found] = [item for item in model.opset_import if item.domain in ("", "ai.onnx")]
    return found


def _reads_alike(model: onnx.ModelProto) -> bool:
    """Whether `BITS_OPSET` means the same by every operator of a graph as the graph's own opset."""
    opset = values.opset_of(model)
    kinds = {node.op_type for node in nodes(model.graph) if node.domain in ("", "ai.onnx")}
    return not model.functions and all(_read_alike(kind, opset) for kind in kinds)


def _read_alike(kind: str, opset: int) -> bool:
    """Whether an operator takes more types at `BITS_OPSET`, and is else the same.

    A Cast is told there how it rounds to eight bits.
    """
    return kind == "Cast" or _form(kind, opset) == _form(kind, max(opset, BITS_OPSET))


def _form(kind: str, opset: int) -> tuple[object, ...]:
    schema = defs.get_schema(kind, opset, "")
    places = [[item.option for item in side] for side in (schema.inputs, schema.outputs)]
    told = {
        name: (item.type, item.required, item.default_value.SerializeToString())
        for name, item in schema.attributes.items()
    }
    return (places, told, schema.deprecated)


def _drop_unread(graph: onnx.GraphProto) -> None:
    """Remove what made only values that nothing reads any more, and constants of that kind."""
    read = {item.name for item in graph.output}
    kept = []
    for node in reversed(graph.node):
        if not read.isdisjoint(node.output):
            kept.append(node)
            read.update((*node.input, *values.captured(node)))
    del graph.node[:]
    graph.node.extend(reversed(kept))
    for at in reversed(range(len(graph.initializer))):
        if graph.initializer[at].name not in read:
            del graph.initializer[at]
