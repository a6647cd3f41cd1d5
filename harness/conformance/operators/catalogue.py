"""Graphs of one operator as the exported networks have it, with seeded inputs.

Some are of a few operators, because that is how the export spells them: GELU in three forms (the tanh one is
made of the erf one by the very step that makes it in a network; ALBERT has a tanh by itself), the softmax
with its mask in front (added, or chosen as DeBERTa does), a normalisation below opset 17, rotary positions,
scores by relative positions, and what only moves values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from harness.conformance.operators import NAMES
from harness.conformance.operators.bounded import Array
from harness.domain.precisions import Precision
from harness.models.graphs import gelu, mask
from harness.models.graphs.fp16 import FP16_HIGHEST
from harness.models.graphs.numerics import STAND_IN_OPSET

LOWEST = float(np.finfo(np.float32).min)  # what the exported mask adds where there is padding
IR_VERSION = 8  # of opset 17 (onnx, docs/Versioning.md)
PRODUCTS = frozenset(
    {
        "matmul-constant", "gemm", "gemm-transposed", "gemm-no-bias", "gemm-down", "matmul-batched",
        "matmul-context",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What decides an operator's shapes: sizes of a network, and how many rows of it are computed.

    Rows of a product, a softmax or a normalisation do not know of each other, so a few stand for all.
    """

    length: int  # of a sample in tokens
    hidden: int
    heads: int
    rows: int

    @property
    def head(self) -> int:
        """The width of one head, at least 1."""
        return max(1, self.hidden // self.heads)


# TinyBERT's documented sizes, BERT base at SQuAD's length, BERT large at its longest.
BERT = (
    Size(length=64, hidden=312, heads=12, rows=16),
    Size(length=384, hidden=768, heads=12, rows=8),
    Size(length=512, hidden=1024, heads=16, rows=4),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Single:
    """A graph of one operator in fp32 as exported, and inputs for it."""

    name: str
    graph: onnx.ModelProto
    inputs: Mapping[str, Array]

    @property
    def product(self) -> bool:
        """Whether int8 quantises it."""
        return self.name in PRODUCTS


Draw = Callable[..., Array]


@dataclass(slots=True, kw_only=True)
class _Parts:
    """What a graph is being put together from."""

    draw: Draw  # float32 values of a shape
    choose: np.random.Generator
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    inputs: dict[str, Array] = field(default_factory=dict)
    fixed: dict[str, Array] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=lambda: ["y"])

    def node(self, op_type: str, operands: Sequence[str], output: str = "y", **attributes: Any) -> None:
        self.nodes.append(helper.make_node(op_type, operands, [output], name=output, **attributes))


def single(name: str, size: Size, *, seed: int, precision: Precision, draw: Draw | None = None) -> Single:
    """The graph `name` (of `harness.conformance.operators.NAMES`) at `size`, with its constants and inputs.

    `draw` makes float32 values of a shape; without it they are normal numbers. Floating inputs are numbers
    that `precision` holds: a graph rounds its constants, but not what it is given. Below fp32 the mask is
    limited as in a network.
    """
    choose = np.random.default_rng(seed)

    def normal(*shape: int) -> Array:
        return choose.standard_normal(shape).astype(np.float32)

    parts = _Parts(draw=draw or normal, choose=choose)
    _BUILDERS[name](parts, size)
    if precision is Precision.FP16:
        parts.inputs = {key: _held(array) for key, array in parts.inputs.items()}
    model = _model(parts)
    if name == "gelu-tanh":
        model = gelu.tanh_gelu(model, expected=1)
    if name in ("softmax-masked", "softmax-chosen") and precision is not Precision.FP32:
        model = mask.limit_mask(model)
    return Single(name=name, graph=model, inputs=parts.inputs)


def _held(array: Array) -> Array:
    """Rounded to what fp16 holds; beyond its range its highest number, because inputs are to be finite."""
    if array.dtype != np.float32:
        return array
    highest = np.finfo(np.float16).max
    return np.clip(array, -highest, highest).astype(np.float16).astype(np.float32)


def _model(parts: _Parts) -> onnx.ModelProto:
    graph = helper.make_graph(
        parts.nodes,
        "single",
        [
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
            for name, array in parts.inputs.items()
        ],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in parts.outputs],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in parts.fixed.items()],
    )
    opsets = [helper.make_opsetid("", STAND_IN_OPSET)]
    inferred = onnx.shape_inference.infer_shapes(
        helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
    )
    onnx.checker.check_model(inferred, full_check=True)
    return inferred


def _scalar(value: float) -> Array:
    return np.array(value, np.float32)


def _embedding(parts: _Parts, size: Size) -> None:
    """Rows of the table by number, the first and the last among them."""
    vocabulary = 50
    parts.fixed["w"] = parts.draw(vocabulary, size.hidden)
    rows = parts.choose.integers(0, vocabulary, (1, size.length))
    rows[0, 0], rows[0, -1] = 0, vocabulary - 1
    parts.inputs["ids"] = rows
    parts.node("Gather", ["w", "ids"], axis=0)


def _token(parts: _Parts, size: Size) -> None:
    """The first token of each sample, as the pooler takes it."""
    parts.inputs["x"] = parts.draw(2, size.rows, size.hidden)
    parts.fixed["first"] = np.array(0)
    parts.node("Gather", ["x", "first"], axis=1)


def _add(parts: _Parts, size: Size) -> None:
    """Positions ``[1, length, hidden]`` on to every sample."""
    parts.inputs["x"] = parts.draw(2, size.rows, size.hidden)
    parts.fixed["positions"] = parts.draw(1, size.rows, size.hidden)
    parts.node("Add", ["x", "positions"])


def _normalization(parts: _Parts, size: Size) -> None:
    parts.inputs["x"] = parts.draw(1, size.rows, size.hidden)
    parts.fixed["scale"], parts.fixed["bias"] = parts.draw(size.hidden), parts.draw(size.hidden)
    parts.node("LayerNormalization", ["x", "scale", "bias"], axis=-1, epsilon=1e-12)


def _product(parts: _Parts, size: Size, op_type: str, *, bias: bool = False, turned: bool = False) -> None:
    wide = size.hidden if op_type == "MatMul" else 16
    parts.inputs["x"] = parts.draw(size.rows, size.hidden)
    parts.fixed["w"] = parts.draw(*((wide, size.hidden) if turned else (size.hidden, wide)))
    operands = ["x", "w"]
    if bias:
        parts.fixed["b"] = parts.draw(wide)
        operands.append("b")
    attributes: dict[str, Any] = {"transB": 1} if turned else {}
    parts.node(op_type, operands, **attributes)


def _down(parts: _Parts, size: Size) -> None:
    """The feed-forward part's way back to the hidden size: the longest sum of a network, of 4 x hidden."""
    parts.inputs["x"] = parts.draw(size.rows, 4 * size.hidden)
    parts.fixed["w"], parts.fixed["b"] = parts.draw(4 * size.hidden, 16), parts.draw(16)
    parts.node("Gemm", ["x", "w", "b"])


def _batched(parts: _Parts, size: Size) -> None:
    """Queries by keys of every head."""
    parts.inputs["q"] = parts.draw(1, size.heads, size.rows, size.head)
    parts.inputs["k"] = parts.draw(1, size.heads, size.head, size.length)
    parts.node("MatMul", ["q", "k"])


def _context(parts: _Parts, size: Size) -> None:
    """Probabilities, as a softmax gives them, by the values of every head."""
    scores = np.abs(parts.draw(1, size.heads, size.rows, size.length)) + np.float32(1e-3)
    parts.inputs["p"] = scores / scores.sum(axis=-1, keepdims=True)
    parts.inputs["v"] = parts.draw(1, size.heads, size.length, size.head)
    parts.node("MatMul", ["p", "v"])


def _by_scalar(parts: _Parts, size: Size, op_type: str, scalar: float) -> None:
    parts.inputs["x"] = parts.draw(1, size.heads, size.rows, size.length)
    parts.fixed["by"] = _scalar(scalar)
    parts.node(op_type, ["x", "by"])


def _where(parts: _Parts, size: Size) -> None:
    """The mask as it is chosen: 0 where a token is, else the lowest number that fp16 holds."""
    parts.inputs["kept"] = parts.choose.integers(0, 2, (1, 1, size.rows, size.length)).astype(bool)
    parts.fixed["zero"] = _scalar(0)
    parts.fixed["hide"] = _scalar(-FP16_HIGHEST)
    parts.node("Where", ["kept", "zero", "hide"])


def _softmax(parts: _Parts, size: Size) -> None:
    parts.inputs["x"] = parts.draw(1, size.heads, size.rows, size.length)
    parts.node("Softmax", ["x"], axis=-1)


def _masked(parts: _Parts, size: Size) -> None:
    """Scores with the mask added, of which each sample has at least one token."""
    parts.inputs["x"] = parts.draw(2, size.heads, size.rows, size.length)
    kept = parts.choose.integers(0, 2, (2, 1, 1, size.length)).astype(bool)
    kept[..., 0] = True
    parts.inputs["kept"] = kept
    parts.fixed["zero"] = _scalar(0)
    parts.fixed["hide"] = _scalar(LOWEST)
    parts.node("Where", ["kept", "zero", "hide"], "mask")
    parts.node("Add", ["x", "mask"], "scores")
    parts.node("Softmax", ["scores"], axis=-1)


def _function(parts: _Parts, size: Size, op_type: str) -> None:
    parts.inputs["x"] = parts.draw(size.rows, size.hidden)
    parts.node(op_type, ["x"])


def _gelu(parts: _Parts, size: Size) -> None:
    """``x (1 + erf(x / sqrt 2)) 0.5`` in the order of the export."""
    parts.inputs["x"] = parts.draw(size.rows, size.hidden)
    for name, value in (("root", np.sqrt(2)), ("one", 1), ("half", 0.5)):
        parts.fixed[name] = _scalar(value)
    parts.node("Div", ["x", "root"], "divided")
    parts.node("Erf", ["divided"], "erf")
    parts.node("Add", ["erf", "one"], "sum")
    parts.node("Mul", ["x", "sum"], "product")
    parts.node("Mul", ["product", "half"])


def _moves(parts: _Parts, size: Size) -> None:
    """Heads apart and turned, the two answers of a question apart: nothing is computed."""
    parts.inputs["x"] = parts.draw(size.rows, size.heads * size.head)
    parts.inputs["z"] = parts.draw(1, size.rows, 2)
    parts.fixed["heads"] = np.array([1, size.rows, size.heads, size.head])
    parts.fixed["last"] = np.array([2])
    parts.node("Reshape", ["x", "heads"], "apart")
    parts.node("Transpose", ["apart"], "y", perm=[0, 2, 3, 1])
    parts.fixed["halves"] = np.array([1, 1])
    split = helper.make_node("Split", ["z", "halves"], ["start", "end"], name="split", axis=-1)
    parts.nodes.append(split)
    parts.node("Squeeze", ["start", "last"], "starts")
    parts.node("Squeeze", ["end", "last"], "ends")
    parts.outputs = ["y", "starts", "ends"]


def _spelt_out(parts: _Parts, size: Size) -> None:
    """A LayerNorm as small operators, which is how DeBERTa has one, and every family below opset 17."""
    parts.inputs["x"] = parts.draw(1, size.rows, size.hidden)
    parts.fixed["scale"], parts.fixed["bias"] = parts.draw(size.hidden), parts.draw(size.hidden)
    parts.fixed["two"], parts.fixed["epsilon"] = _scalar(2), _scalar(1e-7)
    parts.node("ReduceMean", ["x"], "mean", axes=[-1], keepdims=1)
    parts.node("Sub", ["x", "mean"], "centred")
    parts.node("Pow", ["centred", "two"], "square")
    parts.node("ReduceMean", ["square"], "variance", axes=[-1], keepdims=1)
    parts.node("Add", ["variance", "epsilon"], "held")
    parts.node("Sqrt", ["held"], "deviation")
    parts.node("Div", ["centred", "deviation"], "normal")
    parts.node("Mul", ["normal", "scale"], "scaled")
    parts.node("Add", ["scaled", "bias"])


def _cubed(parts: _Parts, size: Size) -> None:
    """ALBERT's GELU: ``0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))`` in the order of the export."""
    parts.inputs["x"] = parts.draw(size.rows, size.hidden)
    for name, value in (
        ("half", 0.5), ("three", 3), ("cubic", gelu.CUBIC), ("factor", gelu.SCALE), ("one", 1),
    ):  # fmt: skip
        parts.fixed[name] = _scalar(value)
    parts.node("Mul", ["x", "half"], "halved")
    parts.node("Pow", ["x", "three"], "cube")
    parts.node("Mul", ["cube", "cubic"], "term")
    parts.node("Add", ["x", "term"], "sum")
    parts.node("Mul", ["sum", "factor"], "argument")
    parts.node("Tanh", ["argument"], "tanh")
    parts.node("Add", ["tanh", "one"], "raised")
    parts.node("Mul", ["halved", "raised"])


def _rotary(parts: _Parts, size: Size) -> None:
    """ModernBERT's positions: the two halves of a head turned by an angle a position."""
    half = max(1, size.head // 2)
    parts.inputs["x"] = parts.draw(1, size.heads, size.rows, 2 * half)
    angles = np.arange(size.rows)[:, None] / 10_000.0 ** (np.arange(half) / half)
    both = np.concatenate([angles, angles], axis=-1)[None, None]
    parts.fixed["cos"], parts.fixed["sin"] = np.cos(both).astype(np.float32), np.sin(both).astype(np.float32)
    for name, value in (("zero", 0), ("middle", half), ("end", 2 * half), ("last", 3)):
        parts.fixed[name] = np.array([value])
    parts.node("Mul", ["x", "cos"], "kept")
    parts.node("Slice", ["x", "zero", "middle", "last"], "first")
    parts.node("Slice", ["x", "middle", "end", "last"], "second")
    parts.node("Neg", ["second"], "negated")
    parts.node("Concat", ["negated", "first"], "turned", axis=-1)
    parts.node("Mul", ["turned", "sin"], "moved")
    parts.node("Add", ["kept", "moved"])


def _relative(parts: _Parts, size: Size) -> None:
    """Scores of relative positions, of which each pair of tokens takes its own, on to those of content."""
    parts.inputs["scores"] = parts.draw(1, size.heads, size.rows, size.length)
    parts.inputs["relative"] = parts.draw(1, size.heads, size.rows, 2 * size.length)
    away = (np.arange(size.rows)[:, None] - np.arange(size.length)) % (2 * size.length)
    shape = (1, size.heads, size.rows, size.length)
    parts.fixed["pairs"] = np.ascontiguousarray(np.broadcast_to(away, shape)).astype(np.int64)
    parts.node("GatherElements", ["relative", "pairs"], "chosen", axis=-1)
    parts.node("Add", ["scores", "chosen"])


def _chosen(parts: _Parts, size: Size) -> None:
    """Scores, or the lowest number where there is no token; each sample has at least one."""
    parts.inputs["x"] = parts.draw(2, size.heads, size.rows, size.length)
    kept = parts.choose.integers(0, 2, (2, 1, 1, size.length))
    kept[..., 0] = 1
    parts.inputs["mask"] = kept
    parts.fixed["hide"] = _scalar(LOWEST)
    parts.node("Cast", ["mask"], "kept", to=TensorProto.BOOL)
    parts.node("Not", ["kept"], "hidden")
    parts.node("Where", ["hidden", "hide", "x"], "scores")
    parts.node("Softmax", ["scores"], axis=-1)


def _convolution(parts: _Parts, size: Size) -> None:
    """DeBERTa's, over three tokens and all of the hidden size."""
    wide = 16
    parts.inputs["x"] = parts.draw(1, size.hidden, size.rows)
    parts.fixed["w"], parts.fixed["b"] = parts.draw(wide, size.hidden, 3), parts.draw(wide)
    parts.node("Conv", ["x", "w", "b"], kernel_shape=[3], pads=[1, 1], strides=[1], dilations=[1], group=1)


def _of_masks(parts: _Parts, size: Size) -> None:
    """DeBERTa's mask as numbers, and as wide as the hidden size."""
    parts.inputs["mask"] = parts.choose.integers(0, 2, (2, size.rows))
    parts.fixed["last"], parts.fixed["one"] = np.array([2]), _scalar(1)
    parts.fixed["wide"] = np.array([2, size.rows, size.hidden])
    parts.node("Cast", ["mask"], "kept", to=TensorProto.FLOAT)
    parts.node("Sub", ["one", "kept"], "hidden")
    parts.node("Unsqueeze", ["hidden", "last"], "apart")
    parts.node("Expand", ["apart", "wide"])


_BUILDERS: Mapping[str, Callable[[_Parts, Size], None]] = {
    "gather-embedding": _embedding,
    "gather-token": _token,
    "add-broadcast": _add,
    "layer-normalization": _normalization,
    "matmul-constant": lambda parts, size: _product(parts, size, "MatMul"),
    "gemm": lambda parts, size: _product(parts, size, "Gemm", bias=True),
    "gemm-transposed": lambda parts, size: _product(parts, size, "Gemm", bias=True, turned=True),
    "gemm-no-bias": lambda parts, size: _product(parts, size, "Gemm"),
    "gemm-down": _down,
    "matmul-batched": _batched,
    "matmul-context": _context,
    "mul-scalar": lambda parts, size: _by_scalar(parts, size, "Mul", 1 / np.sqrt(size.head)),
    "div-scalar": lambda parts, size: _by_scalar(parts, size, "Div", np.sqrt(2)),
    "where": _where,
    "softmax": _softmax,
    "softmax-masked": _masked,
    "erf": lambda parts, size: _function(parts, size, "Erf"),
    "tanh": lambda parts, size: _function(parts, size, "Tanh"),
    "relu": lambda parts, size: _function(parts, size, "Relu"),
    "gelu-erf": _gelu,
    "gelu-tanh": _gelu,
    "moves": _moves,
    "layer-normalization-spelt-out": _spelt_out,
    "gelu-cubed": _cubed,
    "rotary": _rotary,
    "relative-scores": _relative,
    "softmax-chosen": _chosen,
    "convolution": _convolution,
    "moves-of-masks": _of_masks,
}
if tuple(_BUILDERS) != NAMES:
    raise AssertionError("harness.conformance.operators.NAMES and the graphs differ")
