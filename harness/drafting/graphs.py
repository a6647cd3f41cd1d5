"""What an ONNX file is: its inputs with a size for every axis, and what their samples are drawn from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.domain.graphs import BATCH, DTYPES, FLOATS
from harness.errors import GraphError, UsageError
from harness.models.graphs import reading
from harness.models.graphs.reading import Declared, GraphOnDisk

if TYPE_CHECKING:
    import onnx

Shape = tuple[int, ...]
ONLY = ""  # what `shapes` calls the one input that is meant where no name is given
_ONES = "uniform(1, 1)"  # of a mask: all that is there counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A graph that can be run: its inputs as a table says them, and what was guessed of them."""

    found: GraphOnDisk
    inputs: tuple[Mapping[str, Any], ...]
    batch_size: int | None  # that its user or its file gives the axis of the batch; None: any
    notes: tuple[str, ...]


def shapes(texts: Sequence[str]) -> dict[str, Shape]:
    """What ``--shape`` says, ``images=1x3x224x224`` once an input; without a name of the only one.

    Raises `UsageError` for anything else.
    """
    said: dict[str, Shape] = {}
    for text in texts:
        name, _, sizes = text.rpartition("=")
        if not re.fullmatch(r"[1-9]\d{0,8}([x,][1-9]\d{0,8})*", sizes.strip(), re.ASCII):
            raise UsageError(
                f"--shape {text}: found {sizes!r}, expected the sizes of all axes, as images=1x3x224x224"
            )
        said[name.strip()] = tuple(int(size) for size in re.split("[x,]", sizes.strip()))
    return said


def look(path: Path, said: Mapping[str, Shape]) -> Graph:
    """What the graph at `path` is fed, with `said` of ``--shape``.

    The batch is the first axis of any size, else a first axis of size 1. Raises as `reading.read`;
    `UsageError` for a shape that does not fit, and for axes of any size that nobody gives one.
    """
    found = reading.read(path)
    unfed = [item for item in found.inputs if item.dtype not in DTYPES or item.shape is None]
    if unfed:
        raise GraphError(
            f"{path}: the inputs {'; '.join(map(str, unfed))} cannot be fed: tensors of numbers can, whose "
            "number of axes the file tells",
            remedy="cut the graph so that its inputs are such tensors",
        )
    given = _by_name(path, found, said)
    open_ones = [text for item in found.inputs for text in _lacking(item, given.get(item.name))]
    if open_ones:
        raise UsageError(
            f"{path}: {'; '.join(open_ones)}",
            remedy="say by --shape, once for each such input, as NAME=1x3x224x224",
        )
    rows, axes = _looked_up(path), _batch_axes(found)
    inputs = tuple(_input(item, given.get(item.name), axes[item.name], rows) for item in found.inputs)
    sizes = {_size(item, given.get(item.name), axes[item.name]) for item in found.inputs} - {None}
    return Graph(
        found=found, inputs=inputs, batch_size=sizes.pop() if len(sizes) == 1 else None,
        notes=tuple(_notes(inputs)),
    )  # fmt: skip


def _by_name(path: Path, found: GraphOnDisk, said: Mapping[str, Shape]) -> dict[str, Shape]:
    """The shapes by the names of inputs. Raises `UsageError` where one is of none, or does not fit it."""
    names = {item.name: item for item in found.inputs}
    given: dict[str, Shape] = {}
    for name, shape in said.items():
        meant = next(iter(names)) if name == ONLY and len(names) == 1 else name
        if meant not in names:
            there = "; ".join(map(str, found.inputs))
            raise UsageError(f"--shape {name or 'without a name'}: {path} has no such input, but {there}")
        declared = names[meant].shape or ()
        fits = len(declared) == len(shape) and all(
            size == wanted or not isinstance(wanted, int) or (at == 0 and wanted == 1)
            for at, (size, wanted) in enumerate(zip(shape, declared, strict=False))
        )
        if not fits:
            raise UsageError(
                f"--shape {meant}={'x'.join(map(str, shape))}: does not fit the graph's own, {names[meant]}"
            )
        given[meant] = shape
    return given


def _batch_axes(found: GraphOnDisk) -> dict[str, int | None]:
    """The axis of the batch of each input, by name; of a graph where all sizes are fixed the first axes."""
    axes = {item.name: _batch_axis(item) for item in found.inputs}
    if all(axis is None for axis in axes.values()):
        return {item.name: 0 if item.shape else None for item in found.inputs}
    return axes


def _batch_axis(item: Declared) -> int | None:
    """The first axis of any size, else a first axis of 1; None where a batch shares the input."""
    if item.open_axes:
        return item.open_axes[0]
    return 0 if item.shape and item.shape[0] == 1 and len(item.shape) > 1 else None


def _lacking(item: Declared, given: Shape | None) -> Iterator[str]:
    """What is to be said of an input with axes of any size beside the batch, which nobody gave one."""
    if given is None and len(item.open_axes) > 1:
        yield f"the input {item} has axes of any size beside the batch"


def _size(item: Declared, given: Shape | None, axis: int | None) -> int | None:
    """How many samples an input is of, by its user or its file; None where any number is, or none."""
    if axis is None:
        return None
    size = (given or item.shape or ())[axis]
    return size if isinstance(size, int) else None


def _input(
    item: Declared, given: Shape | None, axis: int | None, rows: Mapping[str, int]
) -> Mapping[str, Any]:
    """An input as a table says it."""
    sizes: list[Any] = list(given or item.shape or ())
    if axis is not None:
        sizes[axis] = BATCH
    said: dict[str, Any] = {"name": item.name, "dtype": item.dtype, "shape": sizes}
    return said if item.dtype in FLOATS else said | {"range": _range(item, rows)}


def _range(item: Declared, rows: Mapping[str, int]) -> str:
    """Whole numbers: below the rows that they look up, ones for a mask, else 0 and 1."""
    if item.name in rows:
        return f"integers({rows[item.name]})"
    return _ONES if "mask" in item.name.lower() else "integers(2)"


def _looked_up(path: Path) -> dict[str, int]:
    """How many rows the table has that an input's values choose from, by the input's name."""
    model = reading.load(path)
    tables = {item.name: tuple(item.dims) for item in model.graph.initializer}
    sources = {item.name: item.name for item in model.graph.input}
    found: dict[str, int] = {}
    for node in model.graph.node:
        if node.op_type == "Cast" and node.input[0] in sources:
            sources[node.output[0]] = sources[node.input[0]]
        elif node.op_type == "Gather" and node.input[1] in sources and node.input[0] in tables:
            name, size = sources[node.input[1]], tables[node.input[0]][_axis(node)]
            found[name] = min(size, found.get(name, size))
    return found


def _axis(node: onnx.NodeProto) -> int:
    return next((int(item.i) for item in node.attribute if item.name == "axis"), 0)


def _notes(inputs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for item in inputs:
        sizes = ", ".join(map(str, item["shape"]))
        yield f"input {item['name']}: {item['dtype']} [{sizes}], drawn from {item.get('range', 'normal')}"
