"""Where an operator of any graph stands: its number, and a block that its name or its number tells."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import onnx

MOST_BLOCKS = 24  # lines of a table
_OF_POSITIONS = 12  # blocks of a graph whose names tell none
_SEPARATOR = "/"  # between the modules that exporters of torch and TensorFlow write into names


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePlace:
    """An operator, by its number in the graph's order from 1, and the block that it is of."""

    block: str
    number: int
    count: int  # of operators in the graph
    kind: str

    @property
    def layer(self) -> None:
        """None: nobody knows the layers of any graph."""

    @property
    def part(self) -> str:
        """What it is within its block."""
        return f"{self.number} {self.kind}"

    @property
    def stretch(self) -> str:
        """What it is told together with in a table."""
        return self.block

    @property
    def aside(self) -> bool:
        """Whether nothing passes through it to what follows: of no operator is that known."""
        return False

    def __str__(self) -> str:
        return f"operator {self.number} of {self.count}"


def places(graph: onnx.GraphProto) -> Mapping[str, NodePlace]:
    """Value -> place, for every value that a node of the graph makes.

    A block is what the names of its operators begin with, up to a slash, without what all of them begin with:
    as many parts as make no more than `MOST_BLOCKS`. An operator without such a name is of the block before
    it. In a graph whose names tell no two blocks they are equal numbers of operators, one behind the other.
    """
    made = [node for node in graph.node if node.op_type != "Constant"]
    blocks = _by_names(made) or _by_numbers(len(made))
    return {
        name: NodePlace(block=block, number=at, count=len(made), kind=node.op_type)
        for at, (node, block) in enumerate(zip(made, blocks, strict=True), start=1)
        for name in node.output
        if name
    }


def _by_names(made: Sequence[onnx.NodeProto]) -> list[str]:
    """The block of each operator; empty where most names are no paths, or tell no two blocks."""
    paths = [_path(node) for node in made]
    if 2 * sum(1 for path in paths if path) < len(paths):
        return []
    shared = _shared(paths)
    found: list[str] = []
    for depth in range(shared + 1, max((len(path) for path in paths), default=0) + 1):
        blocks = [_SEPARATOR.join(path[shared:depth] or path[-1:]) for path in paths]
        if len(set(filter(None, blocks))) > MOST_BLOCKS:
            break
        found = blocks
    if len(set(filter(None, found))) < 2:
        return []
    last = next(filter(None, found))
    for at, block in enumerate(found):
        last = found[at] = block or last
    return found


def _shared(paths: Sequence[Sequence[str]]) -> int:
    """How many parts all paths begin with alike."""
    known = [path for path in paths if path]
    alike = [len(set(parts)) == 1 for parts in zip(*known, strict=False)]
    return alike.index(False) if False in alike else len(alike)


def _path(node: onnx.NodeProto) -> list[str]:
    """The modules in a node's name, or in that of what it makes, without the operator's own."""
    for name in (node.name, *node.output):
        parts = [part for part in name.split(_SEPARATOR) if part]
        if len(parts) > 1:
            return parts[:-1]
    return []


def _by_numbers(count: int) -> list[str]:
    size = max(1, math.ceil(count / _OF_POSITIONS))
    ends = [min(at - at % size + size, count) for at in range(count)]
    return [f"operators {at - at % size + 1} to {end}" for at, end in enumerate(ends)]
