"""Which axes of a value are the batch and the length: by what the operators do to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from harness.conformance.operators.rules import MOVING

Array = npt.NDArray[Any]

BATCH, LENGTH, BOTH = "batch", "length", "batch and length"  # BOTH: one axis that runs over all tokens
Tags = tuple[str | None, ...]


def tags(
    graph: onnx.GraphProto,
    shapes: Mapping[str, Sequence[int]],
    inputs: Sequence[str],
    fixed: Mapping[str, Array],
) -> dict[str, Tags]:
    """Value -> what each of its axes is; None for what is neither batch nor length.

    Sizes cannot tell: TinyBERT's heads are 64 wide, and its samples 64 long. `inputs` are
    ``[batch, length]``. `shapes` are those of every value, `fixed` the constants.
    """
    found: dict[str, Tags] = dict.fromkeys(inputs, (BATCH, LENGTH))

    def of(name: str) -> Tags:
        return found.get(name) or (None,) * len(shapes.get(name, np.shape(fixed.get(name, 0))))

    for node in graph.node:
        attributes = {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}
        operands = [of(name) for name in node.input]
        for output in node.output:
            made = _made(node, attributes, operands, shapes, output)
            size = len(shapes.get(output, ()))
            found[output] = made if len(made) == size else (None,) * size
    return found


def _made(
    node: onnx.NodeProto,
    attributes: Mapping[str, Any],
    operands: Sequence[Tags],
    shapes: Mapping[str, Sequence[int]],
    output: str,
) -> Tags:
    kind = node.op_type
    if kind == "Gemm":
        return (operands[0][0], None)
    if kind == "MatMul":
        return (*operands[0][:-1], operands[1][-1])
    if kind == "Transpose":
        return tuple(operands[0][at] for at in attributes["perm"])
    if kind in ("Reshape", "Flatten"):
        return _reshaped(operands[0], shapes[node.input[0]], shapes[output])
    if kind == "Gather":
        axis = attributes.get("axis", 0)
        return (*operands[0][:axis], *operands[1], *operands[0][axis + 1 :])
    if kind == "Squeeze":
        kept = [tag for tag, size in zip(operands[0], shapes[node.input[0]], strict=True) if size != 1]
        return operands[0][: len(shapes[output])] if len(kept) != len(shapes[output]) else tuple(kept)
    if kind in MOVING and kind != "And":
        return operands[0]
    return _broadcast(operands) if operands else ()


def _broadcast(operands: Sequence[Tags]) -> Tags:
    size = max(len(item) for item in operands)
    aligned = [(None,) * (size - len(item)) + tuple(item) for item in operands]
    return tuple(next((tag for tag in axis if tag), None) for axis in zip(*aligned, strict=True))


def _reshaped(old: Tags, before: Sequence[int], after: Sequence[int]) -> Tags:
    """Axes that are joined or parted; batch and length joined are `BOTH`, and parted again the two."""
    made: list[str | None] = []
    source, target = list(zip(old, before, strict=True)), list(after)
    while target:
        group: list[str | None] = []
        sizes = [target.pop(0)]
        total, wanted = 1, sizes[0]
        while (total != wanted or not group) and (source or target):
            if total < wanted or not group:
                if not source:
                    break
                tag, size = source.pop(0)
                group.append(tag)
                total *= size
            else:
                sizes.append(target.pop(0))
                wanted *= sizes[-1]
        made += _regrouped([tag for tag in group if tag], len(sizes), group)
    return tuple(made)


def _regrouped(named: list[str], count: int, group: Sequence[str | None]) -> list[str | None]:
    if named == [BATCH, LENGTH]:
        return [BOTH] if count == 1 else [BATCH, LENGTH, *[None] * (count - 2)]
    if named == [BOTH]:
        return [BOTH] if count == 1 else [BATCH, LENGTH, *[None] * (count - 2)]
    if len(group) == count:
        return list(group)
    return [*named, *[None] * (count - len(named))][:count]


def valid(tag: Tags, shape: Sequence[int], mask: Array) -> Array:
    """Which elements of a value are of tokens, not of padding, as booleans that broadcast to `shape`.

    `mask` is ``[batch, length]``. Where two axes are the length, as in attention, the first is the token that
    looks; what it looks at is part of what is to be compared, hidden or not.
    """
    kept = mask.astype(bool)
    if BOTH in tag:
        return _along(kept.reshape(-1), tag.index(BOTH), len(shape))
    if LENGTH not in tag:
        return np.ones((1,) * len(shape), bool)
    at = tag.index(LENGTH)
    if BATCH not in tag or shape[tag.index(BATCH)] != kept.shape[0]:
        return _along(np.asarray(kept.any(axis=0)), at, len(shape))
    places = [1] * len(shape)
    places[tag.index(BATCH)], places[at] = kept.shape
    return kept.reshape(places) if tag.index(BATCH) < at else kept.T.reshape(places)


def _along(kept: Array, axis: int, axes: int) -> Array:
    return kept.reshape([-1 if at == axis else 1 for at in range(axes)])
