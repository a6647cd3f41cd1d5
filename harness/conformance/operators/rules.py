"""For each operator of the exported graphs: its value in float64, and a bound on what fp32 makes of it.

A rule takes the operands with their errors and returns the result with its own: what the operands' errors
become, and what the operator adds. Bounds are worst cases, by the standard model
``fl(a op b) = (a op b)(1 + d)``, ``|d| <= u`` (Higham, Accuracy and Stability of Numerical Algorithms, ch. 2
and 3); second-order terms are kept, so that a bound holds for large errors too. Rounding to fp16 is not here
but in `harness.conformance.operators.arithmetic`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from harness.conformance.operators.arithmetic import (
    ERF_ULPS,
    EXP_ULPS,
    EXP_UNDERFLOW,
    TANH_ULPS,
    TINY32,
    U32,
    gamma,
)
from harness.conformance.operators.bounded import Array, Bounded, exact, within
from harness.errors import GraphError

Attributes = Mapping[str, Any]
Rule = Callable[[Attributes, Sequence[Bounded]], list[Bounded]]

_erf = np.frompyfunc(math.erf, 1, 1)


def _fp32(value: Array, error: Array) -> Bounded:
    """One rounding to fp32 of a result whose operands are `error` off."""
    return within(value, error + U32 * (np.abs(value) + error) + TINY32)


def add(_: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """``a + b``: the errors add up, and one rounding."""
    a, b = operands
    return [_fp32(a.value + b.value, a.error + b.error)]


def sub(_: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """``a - b``: the errors add up, and one rounding."""
    a, b = operands
    return [_fp32(a.value - b.value, a.error + b.error)]


def power(_: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """``x^n`` for the n that these graphs raise to, 2 and 3: ``(|x| + e)^n - |x|^n``, and n - 1 roundings."""
    x, exponent = operands
    n = exponent.value.reshape(-1)[0]
    if n not in (2, 3) or not (exponent.value == n).all():
        raise GraphError(
            "a Pow that is neither square nor cube",
            remedy="add its rule to harness/conformance/operators/rules.py",
        )
    once = _fp32(x.value**2, 2 * np.abs(x.value) * x.error + x.error**2)
    return [once] if n == 2 else mul({}, [once, x])


def sqrt(_: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """``sqrt(x)``: the root of the ends of what x may be, the lower at least 0, and one rounding."""
    [x] = operands
    value = np.sqrt(x.value)
    off = np.maximum(np.sqrt(x.value + x.error) - value, value - np.sqrt(np.maximum(x.value - x.error, 0)))
    return [_fp32(value, off)]


def reduce_mean(attributes: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """A mean of n terms, in whatever order: the mean of their errors, and ``gamma_n mean|x|``."""
    [x] = operands
    axes, kept = tuple(attributes["axes"]), bool(attributes.get("keepdims", 1))
    n = math.prod(x.value.shape[axis] for axis in axes)
    mean, error, most = (array.mean(axis=axes, keepdims=kept) for array in (x.value, x.error, x.most))
    return [within(mean, error + gamma(n) * most + TINY32)]


def mul(_: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """``a b``: ``|a| eb + ea |b| + ea eb``, and one rounding."""
    a, b = operands
    return [_fp32(a.value * b.value, np.abs(a.value) * b.error + a.error * b.most)]


def div(_: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """``a / b``: ``(ea + |a/b| eb) / (|b| - eb)``, and one rounding."""
    a, b = operands
    value = a.value / b.value
    return [_fp32(value, (a.error + np.abs(value) * b.error) / np.maximum(np.abs(b.value) - b.error, 0))]


def matmul(_: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """A dot product of length n: ``gamma_n |a|.|b|``, in whatever order it is summed (Higham, (3.5))."""
    a, b = operands
    return [_product(a, b, None)]


def gemm(attributes: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """As `matmul`, with one more term where there is a bias; alpha and beta are 1 in these graphs."""
    if attributes.get("alpha", 1.0) != 1.0 or attributes.get("beta", 1.0) != 1.0:
        raise NotImplementedError("a Gemm that scales")
    a, b = (
        _turned(item) if attributes.get(name, 0) else item
        for item, name in zip(operands, ("transA", "transB"), strict=False)
    )
    return [_product(a, b, operands[2] if len(operands) > 2 else None)]


def _turned(item: Bounded) -> Bounded:
    return Bounded(value=item.value.T, error=item.error.T)


def _product(a: Bounded, b: Bounded, bias: Bounded | None) -> Bounded:
    n = a.value.shape[-1]
    value = a.value @ b.value
    largest = a.most @ b.most
    error = np.zeros(value.shape)
    if b.error.any():
        error = error + np.abs(a.value) @ b.error
    if a.error.any():
        error = error + a.error @ b.most
    if bias is not None:
        value, largest, error, n = value + bias.value, largest + bias.most, error + bias.error, n + 1
    return within(value, error + gamma(n) * largest + n * TINY32)


def softmax(attributes: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """``exp(x_i - m) / sum_j exp(x_j - m)`` over the last axis, m the maximum.

    Operands' errors: ``x_i + e_i`` against all others at ``x_j - e_j`` is the most that s_i can be, and the
    other way round the least. The operator: ``x_i - m`` is rounded, which is ``u |x_i - m|`` in the exponent;
    exp adds `EXP_ULPS`; both hold for the terms of the sum as well, weighted by s_j; the sum of n terms adds
    ``gamma_n``, the division u. What is below `EXP_UNDERFLOW` may be 0.
    """
    [x] = operands
    axis = attributes.get("axis", -1)
    n = x.value.shape[axis]
    total = _log_sum(x.value, axis)
    value = np.exp(x.value - total)
    most = np.exp(x.value + x.error - _log_sum(x.value - x.error, axis))
    least = np.exp(x.value - x.error - _log_sum(x.value + x.error, axis))
    inherited = np.minimum(np.maximum(most - value, value - least), 1.0)
    below = np.abs(x.value - x.value.max(axis=axis, keepdims=True)) + x.error
    term = np.minimum(U32 * below, 1.0) + EXP_ULPS * U32
    relative = term + (value * term).sum(axis=axis, keepdims=True) + gamma(n) + U32
    error = inherited + relative / (1 - np.minimum(relative, 0.5)) * (value + inherited) + EXP_UNDERFLOW
    return [within(value, error)]


def _log_sum(x: Array, axis: int) -> Array:
    """``log(sum(exp(x)))``, without overflow; x at the lowest fp32 value is no exception."""
    highest = x.max(axis=axis, keepdims=True)
    return np.asarray(highest + np.log(np.exp(x - highest).sum(axis=axis, keepdims=True)))


def layer_normalization(attributes: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """``(x - mean) / s * scale + bias`` over the last axis of n, ``s = sqrt(variance + epsilon)``.

    Operands' errors e: a centred value moves by at most ``e_i + mean(e)``, and s by at most ``rms(e)``,
    because it is a norm; so with ``eta = rms(e) / s`` the quotient moves by
    ``(e_i + mean(e)) / (s (1 - eta)) + |y| eta / (1 - eta)``. The operator: the mean is ``gamma_n mean|x|``
    off, which moves every centred value and, being their common part, s only in second order; centring rounds
    once; the sum of squares of n terms, its root and the quotient are ``gamma_(n+4)`` relative.
    """
    x, scale = operands[0], operands[1]
    n = x.value.shape[-1]
    centred = x.value - x.value.mean(axis=-1, keepdims=True)
    s = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + attributes.get("epsilon", 1e-5))
    y = centred / s
    mean_off = gamma(n) * x.most.mean(axis=-1, keepdims=True)
    error = x.error + U32 * (np.abs(centred) + mean_off)
    eta = np.sqrt((error**2).mean(axis=-1, keepdims=True)) / s + (mean_off / s) ** 2
    left = np.maximum(1 - eta, 0)
    moved = (error + x.error.mean(axis=-1, keepdims=True) + mean_off) / (s * left) + np.abs(y) * eta / left
    moved = moved + gamma(n + 4) * (np.abs(y) + moved) + TINY32
    [scaled] = mul({}, [within(y, moved), scale])
    return add({}, [scaled, operands[2]]) if len(operands) > 2 else [scaled]


def erf(_: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """Its slope is ``2 / sqrt(pi) exp(-x^2)``, largest where the operand may be nearest to 0."""
    [x] = operands
    nearest = np.maximum(np.abs(x.value) - x.error, 0)
    inherited = np.minimum(2 / math.sqrt(math.pi) * np.exp(-(nearest**2)) * x.error, 2.0)
    value = np.asarray(_erf(x.value), dtype=np.float64)
    return [within(value, inherited + ERF_ULPS * U32 * (np.abs(value) + inherited) + TINY32)]


def tanh(_: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """Its slope is ``1 / cosh(x)^2``, largest where the operand may be nearest to 0."""
    [x] = operands
    nearest = np.maximum(np.abs(x.value) - x.error, 0)
    slope = 1 - np.tanh(nearest) ** 2
    # Where the operand is certain to rounding the slope may come out as 0, and its error with it: at 1.
    inherited = np.minimum(np.maximum(slope, 2.0**-50) * x.error, 2.0)
    value = np.tanh(x.value)
    return [within(value, inherited + TANH_ULPS * U32 * (np.abs(value) + inherited) + 64 * TINY32)]


def relu(_: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """``max(x, 0)``: exact, and no error grows."""
    [x] = operands
    return [within(np.maximum(x.value, 0), x.error)]


def where(_: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """One of two values: exact."""
    condition, a, b = operands
    chosen = condition.value.astype(bool)
    return [within(np.where(chosen, a.value, b.value), np.where(chosen, a.error, b.error))]


def logical_and(_: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """Of booleans."""
    a, b = operands
    return [exact(np.logical_and(a.value, b.value))]


def cast(attributes: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """Of whole numbers to booleans, which the graphs do with the mask; other casts keep their value."""
    [x] = operands
    return [exact(x.value.astype(bool))] if attributes["to"] == 9 else [x]  # TensorProto.BOOL


def gather(attributes: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """Rows by their numbers: exact. Raises `IndexError` out of range."""
    data, rows = operands[0], operands[1].value.astype(np.int64)
    axis = attributes.get("axis", 0)
    return [_moved(data, lambda array: np.take(array, rows, axis=axis))]


def reshape(_: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """A 0 in the shape copies the operand's size."""
    item, wanted = operands[0], operands[1].value.tolist()
    shape = [item.value.shape[at] if size == 0 else size for at, size in enumerate(wanted)]
    return [_moved(item, lambda array: array.reshape(shape))]


def transpose(attributes: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """Axes in the order of ``perm``; reversed without."""
    return [_moved(operands[0], lambda array: array.transpose(attributes.get("perm")))]


def flatten(attributes: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """To two axes."""
    axis = attributes.get("axis", 1)
    rows = math.prod(operands[0].value.shape[:axis])
    return [_moved(operands[0], lambda array: array.reshape(rows, -1))]


def squeeze(attributes: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """Without the axes named (an operand from opset 13 on, before that an attribute), or all of size 1."""
    axes = operands[1].value.tolist() if len(operands) > 1 else attributes.get("axes")
    return [_moved(operands[0], lambda array: np.squeeze(array, None if axes is None else tuple(axes)))]


def split(attributes: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """Into parts of the sizes given, along an axis; without sizes into two.

    The sizes are an operand from opset 13 on, before that an attribute.
    """
    axis = attributes.get("axis", 0)
    size = operands[0].value.shape[axis]
    halves = [size - size // 2, size // 2]
    sizes = operands[1].value.tolist() if len(operands) > 1 else attributes.get("split", halves)
    places = np.cumsum(sizes)[:-1]
    values, errors = (np.split(array, places, axis) for array in (operands[0].value, operands[0].error))
    return [Bounded(value=value, error=error) for value, error in zip(values, errors, strict=True)]


def unsqueeze(attributes: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """With axes of size 1 at the places named: an operand from opset 13 on, before that an attribute."""
    axes = operands[1].value.tolist() if len(operands) > 1 else attributes["axes"]
    return [_moved(operands[0], lambda array: np.expand_dims(array, tuple(axes)))]


def cut(_: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """Slice: along the axes named, from starts to ends in steps."""
    item, *given = operands
    starts, ends, *more = (part.value.reshape(-1).tolist() for part in given)
    axes = more[0] if more else range(len(starts))
    steps = more[1] if len(more) > 1 else [1] * len(starts)
    places: list[slice] = [slice(None)] * item.value.ndim
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        places[axis] = slice(start, end if step > 0 or end >= 0 else None, step)
    return [_moved(item, lambda array: array[tuple(places)])]


def concat(attributes: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """One behind the other along an axis."""
    axis = attributes["axis"]
    return [
        Bounded(
            value=np.concatenate([item.value for item in operands], axis),
            error=np.concatenate([item.error for item in operands], axis),
        )
    ]


def expand(_: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """To a larger shape, as numpy broadcasts."""
    item, wanted = operands
    shape = np.broadcast_shapes(item.value.shape, tuple(wanted.value.tolist()))
    return [_moved(item, lambda array: np.broadcast_to(array, shape))]


def gather_elements(attributes: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """Single elements by their numbers along an axis: exact. Raises `IndexError` out of range."""
    data, numbers = operands[0], operands[1].value.astype(np.int64)
    axis = attributes.get("axis", 0)
    return [_moved(data, lambda array: np.take_along_axis(array, numbers, axis))]


def negate(_: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """``-x``: exact."""
    return [Bounded(value=-operands[0].value, error=operands[0].error)]


def logical_not(_: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """Of booleans."""
    return [exact(np.logical_not(operands[0].value))]


def equal(_: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """Of whole numbers, which are exact."""
    a, b = operands
    return [exact(np.equal(a.value, b.value))]


def cumulative_sum(attributes: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """Of whole numbers, forwards, each with its own: RoBERTa's positions."""
    if attributes.get("exclusive", 0) or attributes.get("reverse", 0):
        raise NotImplementedError("a CumSum backwards, or without its own term")
    return [exact(np.cumsum(operands[0].value, axis=int(operands[1].value)))]


def convolution(attributes: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """Along one axis, ``[batch, channels, length]``: a dot product of channels times kernel, as `matmul`."""
    x, weights = operands[:2]
    kernel = weights.value.shape[-1]
    plain = {"strides": [1], "dilations": [1], "group": 1}
    if weights.value.ndim != 3 or any(attributes.get(name, value) != value for name, value in plain.items()):
        raise NotImplementedError("a Conv of more than one axis, with steps or groups")
    before, after = attributes.get("pads", [0, 0])

    def windows(array: Array) -> Array:
        padded = np.pad(array, ((0, 0), (0, 0), (before, after)))
        seen = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=-1)
        return np.asarray(seen.transpose(0, 2, 1, 3).reshape(len(array), seen.shape[2], -1))

    seen = Bounded(value=windows(x.value), error=windows(x.error))
    flat = _moved(weights, lambda array: array.reshape(len(array), -1).T)
    result = _product(seen, flat, operands[2] if len(operands) > 2 else None)
    return [_moved(result, lambda array: array.transpose(0, 2, 1))]


def identity(_: Attributes, operands: Sequence[Bounded]) -> list[Bounded]:
    """As it is."""
    return [operands[0]]


def _moved(item: Bounded, move: Callable[[Array], Array]) -> Bounded:
    return Bounded(value=move(item.value), error=move(item.error))


# Operators that compute, and those that only move or choose, so that nothing of theirs is rounded.
COMPUTING: Mapping[str, Rule] = {
    "Add": add, "Conv": convolution, "Div": div, "Erf": erf, "Gemm": gemm,
    "LayerNormalization": layer_normalization, "MatMul": matmul, "Mul": mul, "Pow": power,
    "ReduceMean": reduce_mean, "Relu": relu, "Softmax": softmax, "Sqrt": sqrt, "Sub": sub, "Tanh": tanh,
    "Where": where,
}  # fmt: skip
MOVING: Mapping[str, Rule] = {
    "And": logical_and, "Cast": cast, "Concat": concat, "CumSum": cumulative_sum, "Equal": equal,
    "Expand": expand, "Flatten": flatten, "Gather": gather, "GatherElements": gather_elements,
    "Identity": identity, "Neg": negate, "Not": logical_not, "Reshape": reshape, "Slice": cut,
    "Split": split, "Squeeze": squeeze, "Transpose": transpose, "Unsqueeze": unsqueeze,
}  # fmt: skip
