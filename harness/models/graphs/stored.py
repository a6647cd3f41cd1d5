"""A graph whose constants a precision has stored, all arithmetic left as it is: what that alone changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import onnx

from harness.domain.precisions import Precision
from harness.models.graphs import int8, values
from harness.models.graphs.fp16 import uses
from harness.models.graphs.reading import subgraphs
from harness.models.graphs.values import Array

Hold = Callable[[Array], Array]

# Of fp32, which stores everything as it is, what stands for sums in another order: four bits of the 24. The
# order of a sum of n terms moves it by some sqrt(n) roundings (Higham, ch. 4), of 2^8 terms by 2^4.
FP32_BITS = 20
# What an fp32 evaluation that is as right as another may be off by: operands by 2^-23 of themselves, which is
# two roundings, one of a result and one of the sums on the way to it. fp32 kernels add in blocks and in
# vectors, which keeps the roundings of a sum far below one a term. On published graphs right evaluations
# came to 0.1 to 1.0 times what that does, and 20 bits would be five times as much.
OTHER_ORDER_BITS = 22
_STEPS = 127  # of int8 on either side of 0


def with_constants(model: onnx.ModelProto, precision: Precision) -> onnx.ModelProto:
    """`model` with each constant as `precision` stores it, as fp32 again.

    fp16 rounds all of those that are computed with, in branches and bodies too; int8 the weights of products
    alone, symmetrically, one scale a tensor; fp32 keeps `FP32_BITS`. What operators are told
    (`values.PARAMETERS`) and what sizes are made of stays as it is.
    """
    return _with(model, precision, _HOLDS[precision])


def in_other_order(model: onnx.ModelProto) -> onnx.ModelProto:
    """`model` with each constant kept to `OTHER_ORDER_BITS`; what stays is as `with_constants` has it."""
    return _with(model, Precision.FP32, partial(_in_bits, OTHER_ORDER_BITS))


def as_in_other_order(array: Array) -> Array:
    """What goes in, of `OTHER_ORDER_BITS`, in its own dtype; what is no float stays."""
    if not np.issubdtype(array.dtype, np.floating):
        return array
    return _in_bits(OTHER_ORDER_BITS, array).astype(array.dtype)


def _with(model: onnx.ModelProto, precision: Precision, hold: Hold) -> onnx.ModelProto:
    twin = values.copy_of(model)
    values.constants_as_tensors(twin.graph)
    _store(twin.graph, precision, hold)
    return twin


def as_held(array: Array, precision: Precision) -> Array:
    """What goes in as `precision` holds it, in its own dtype; what is no float stays."""
    if precision is Precision.INT8 or not np.issubdtype(array.dtype, np.floating):
        return array
    return _HOLDS[precision](array).astype(array.dtype)


def _store(graph: onnx.GraphProto, precision: Precision, hold: Hold) -> None:
    exact, read = uses(graph, values.computed_of_shapes(graph))
    chosen = _weights(graph) if precision is Precision.INT8 else read
    for name, tensor in values.constants(graph):
        if values.floating(tensor) and name in chosen - exact:
            values.store(tensor, hold(values.array_of(tensor)).astype(np.float32))
    if precision is Precision.INT8:
        return  # what stands in branches stays in fp32
    for node in graph.node:
        for inner in subgraphs(node):
            _store(inner, precision, hold)


def _weights(graph: onnx.GraphProto) -> set[str]:
    products: Sequence[str] = int8.OPERATORS
    return {name for node in graph.node if node.op_type in products for name in node.input[:2]}


def _as_fp16(array: Array) -> Array:
    with np.errstate(over="ignore"):
        rounded: Array = array.astype(np.float16)
    return rounded


def _as_int8(array: Array) -> Array:
    largest = float(np.abs(array).max(initial=0.0))
    quantum = largest / _STEPS or 1.0
    return np.asarray(np.round(array / quantum) * quantum)


def _in_bits(bits: int, array: Array) -> Array:
    fraction, exponent = np.frexp(array.astype(np.float64))
    return np.asarray(np.ldexp(np.round(np.ldexp(fraction, bits)), exponent - bits))


_HOLDS: Mapping[Precision, Hold] = {
    Precision.FP32: partial(_in_bits, FP32_BITS),
    Precision.FP16: _as_fp16,
    Precision.INT8: _as_int8,
}
