"""What a graph's whole numbers mean: below what they are, by what the graph looks up with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from harness.models.graphs import values

if TYPE_CHECKING:
    import onnx

# Operators whose first input goes on as it is, in another shape or dtype.
_KEEPING = ("Cast", "Expand", "Flatten", "Identity", "Reshape", "Squeeze", "Tile", "Transpose", "Unsqueeze")


def below(model: onnx.ModelProto) -> dict[str, int]:
    """The first whole number that is too large for an input, by its name, of those that tell.

    The rows of a table of constants that it chooses from (``Gather``), the depth of a ``OneHot``, or the
    length of 0, 1, 2, ... that it is held against (``Equal``), which is how JAX writes one; the least of
    several.
    """
    tensors = dict(values.constants(model.graph))
    sources = {item.name: item.name for item in model.graph.input}
    found: dict[str, int] = {}
    for node in model.graph.node:
        if node.op_type in _KEEPING and node.input[0] in sources:
            sources[node.output[0]] = sources[node.input[0]]
        for name, size in _looked_up(node, tensors):
            if name in sources:
                found[sources[name]] = min(size, found.get(sources[name], size))
    return found


def _looked_up(node: onnx.NodeProto, tensors: dict[str, onnx.TensorProto]) -> Iterator[tuple[str, int]]:
    """The values that a node looks something up by, and how many of that there are."""
    if node.op_type == "Gather" and node.input[0] in tensors:
        axis = next((int(item.i) for item in node.attribute if item.name == "axis"), 0)
        yield node.input[1], tuple(tensors[node.input[0]].dims)[axis]
    elif node.op_type == "OneHot" and node.input[1] in tensors:
        yield node.input[0], int(values.array_of(tensors[node.input[1]]).reshape(-1)[0])
    elif node.op_type == "Equal":
        for one, other in (node.input, reversed(node.input)):
            held = values.array_of(tensors[other]).reshape(-1) if other in tensors else np.zeros(0)
            if held.size > 1 and np.array_equal(held, np.arange(held.size)):
                yield one, held.size
