"""What an ONNX file is: its inputs with a size for every axis, and what their samples are drawn from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.domain.graphs import BATCH, DTYPES, FLOATS, USUAL, GraphFile, GraphInput
from harness.domain.models import Model
from harness.drafting import looked_up, said
from harness.drafting.said import AXIS, Said, Shape
from harness.errors import GraphError, UsageError
from harness.models.graphs import batch_axes, originals, preparing, reading
from harness.models.graphs.batch_axes import Axes
from harness.models.graphs.reading import Declared, GraphOnDisk

_ONES = "uniform(1, 1)"  # of a mask: all that is there counts
_EITHER = "integers(2)"  # of whole numbers of which nothing tells what they mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A graph that can be run: its inputs as a table says them, and what was guessed of them."""

    found: GraphOnDisk
    inputs: tuple[GraphInput, ...]
    only: int | None  # the samples of a call, where it takes no other number
    batch_size: int | None  # that its user or its file gives the axis of the batch; None: any
    notes: tuple[str, ...]


def look(path: Path, told: Said, name: str) -> Graph:
    """What the graph at `path` is fed, with what its user `told`; `name` is what messages call the model.

    The batch is where `told` has it, else the first of `batch_axes.guesses` that running the file bears out.
    Raises as `reading.load` and `originals.why_no_batch`; `UsageError` for a shape or a range that does not
    fit, and for axes of any size that nobody gives one; `NotApplicable` for a graph that draws numbers.
    """
    found = reading.read(path)
    _require_fed(found)
    loaded = reading.load(path)
    preparing.require_no_draws(str(path), loaded)
    given, ranges = said.shapes_of(found, told), _ranges(found, told, looked_up.below(loaded))
    why, notes = "", []
    for axes in _axes(found, given):
        inputs = _inputs(found, given, axes, ranges, why)
        model = Model(name=name, title=name, graph=GraphFile(file=str(path), inputs=inputs))
        why = "" if _marked(given) else originals.why_no_batch(model)
        if not why:
            break
        notes += [f"batch: not along {_where(axes)}: {why}; an {AXIS} in --shape says where it is"]
    size = _one_size(path, {x.name: _batch_size(x, given.get(x.name), axes[x.name]) for x in found.inputs})
    return Graph(
        found=found, inputs=inputs, notes=(*notes, *_notes(inputs, told)),
        only=originals.fixed_batch(model), batch_size=size,
    )  # fmt: skip


def _require_fed(found: GraphOnDisk) -> None:
    """Raise `GraphError` for a graph without inputs, and for inputs that nothing can be fed to."""
    if not found.inputs:
        raise GraphError(
            f"{found.path}: the graph has no inputs, and so computes the same each time",
            remedy="export it with the inputs that it is meant to have",
        )
    unfed = [item for item in found.inputs if item.dtype not in DTYPES or item.shape is None]
    if unfed:
        raise GraphError(
            f"{found.path}: the inputs {'; '.join(map(str, unfed))} cannot be fed: tensors of numbers can, "
            "whose number of axes the file tells",
            remedy="cut the graph so that its inputs are such tensors",
        )
    if empty := [item for item in found.inputs if 0 in (item.shape or ())]:
        raise GraphError(
            f"{found.path}: the inputs {'; '.join(map(str, empty))} hold nothing: an axis is of size 0",
            remedy="export it with the sizes that it is meant to have, or with open ones",
        )


def _marked(given: Mapping[str, Shape]) -> bool:
    """Whether the user says which axis is the batch."""
    return any(None in shape for shape in given.values())


def _axes(found: GraphOnDisk, given: Mapping[str, Shape]) -> Iterator[Axes]:
    """Where the batch may lie: where the user says, else as guessed; inputs of no such shape share theirs."""
    guesses = batch_axes.guesses(found.inputs)
    if not _marked(given):
        yield from guesses
        return
    said_ones = {name: shape.index(None) if None in shape else None for name, shape in given.items()}
    yield {**next(guesses), **said_ones}


def _where(axes: Axes) -> str:
    return " and ".join(f"axis {axis} of {name}" for name, axis in axes.items() if axis is not None)


def _inputs(
    found: GraphOnDisk, given: Mapping[str, Shape], axes: Axes, ranges: Mapping[str, str], why: str
) -> tuple[GraphInput, ...]:
    """The inputs with the batch along `axes`; `why` it was not along others.

    Raises `UsageError` for open axes beside the batch, which nobody gave a size. Where only one sample can be
    run at a time, a first axis is of one.
    """
    inputs, lacking = [], []
    for item in found.inputs:
        sizes: list[int | str] = []
        for at, size in enumerate(given.get(item.name, item.shape or ())):
            if at == axes[item.name]:
                sizes.append(BATCH)
            elif isinstance(size, int):
                sizes.append(size)
            elif at == 0 and why == originals.ALONE:
                sizes.append(1)
            else:
                lacking.append(str(item))
                break
        shape = tuple(sizes)
        inputs.append(GraphInput(name=item.name, dtype=item.dtype, shape=shape, range=ranges[item.name]))
    if lacking:
        them = "; ".join(f"the input {item} has axes of any size beside the batch" for item in lacking)
        raise UsageError(
            f"{found.path}: {them}{f' (the first open one is none: {why})' if why else ''}",
            remedy="say by --shape, once for each such input, as NAME=1x3x224x224",
        )
    return tuple(inputs)


def _batch_size(item: Declared, given: Shape | None, axis: int | None) -> int | None:
    """How many samples an input is of, by its user or its file; None where any number is, or none."""
    if axis is None:
        return None
    size = (given or item.shape or ())[axis]
    if size is None and item.shape:
        size = item.shape[axis]  # the user says only that it is the batch
    return size if isinstance(size, int) else None


def _one_size(path: Path, sizes: Mapping[str, int | None]) -> int | None:
    """The samples of a call by those of its inputs; raises `UsageError` where they differ."""
    told = {name: size for name, size in sizes.items() if size is not None}
    if len(set(told.values())) > 1:
        said_sizes = ", ".join(f"{name} of {size}" for name, size in told.items())
        raise UsageError(
            f"{path}: its inputs have batches of several sizes ({said_sizes}), and a call has one",
            remedy="give them the same size along that axis in --shape",
        )
    return next(iter(told.values()), None)


def _ranges(found: GraphOnDisk, told: Said, below: Mapping[str, int]) -> dict[str, str]:
    """What each input is drawn from: what the user says, else by what its values mean."""
    guessed = {item.name: _range(item, below.get(item.name)) for item in found.inputs}
    return guessed | said.ranges_of(found, told)


def _range(item: Declared, below: int | None) -> str:
    """Whole numbers: below what they look up, ones for a mask, else 0 and 1."""
    if item.dtype in FLOATS:
        return USUAL
    if below is not None:
        return f"integers({below})"
    return _ONES if "mask" in item.name.lower() else _EITHER


def _notes(inputs: tuple[GraphInput, ...], told: Said) -> Iterator[str]:
    for item in inputs:
        sizes = ", ".join(map(str, item.shape))
        guess = "; --range says what it means" if item.range == _EITHER and not told.ranges else ""
        yield f"input {item.name}: {item.dtype} [{sizes}], drawn from {item.range}{guess}"
    if not any(item.batch_axis is not None for item in inputs):
        yield f"no batch: a call is one sample; an {AXIS} in --shape says where samples lie"
