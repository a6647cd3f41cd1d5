"""Which axis of a graph's inputs and outputs is the batch: guessed of what its file says, and of what moves.

An axis is the batch where samples lie along it whose order does not matter. A file does not say which one
that is: an open axis may be a width, a sequence or a batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.domain.graphs import ANY, BATCH, REST
from harness.models.graphs.reading import Declared

Axes = Mapping[str, int | None]  # of each input by name; None where it has no axis of the batch


def guesses(inputs: Sequence[Declared]) -> Iterator[Axes]:
    """Where the batch may lie, the likeliest first; the last is nowhere: a call is one sample.

    An open first axis is the batch; then one behind it is the batch of another input, as of a state that
    goes in and out (``[2, batch, 128]``). Where no first axis is open, a first one of 1 is the batch, of one
    sample, whatever is open behind it: ``[1, 1, 64, width]``. Where none is 1 either, the first one of all.
    A single axis of a fixed size is a sample's own.
    """
    opened = {item.name: 0 if 0 in item.open_axes else None for item in inputs}
    if any(axis == 0 for axis in opened.values()):
        behind = {item.name: _open_axis(item, inputs) for item in inputs}
        if behind != opened:
            yield behind
        yield opened
    else:
        ones = {item.name: 0 if _first(item) == 1 else None for item in inputs}
        if any(axis == 0 for axis in ones.values()):
            yield ones
        elif len(first := {_first(item) for item in inputs} - {None}) == 1:
            yield {item.name: 0 if _first(item) in first else None for item in inputs}
    yield {item.name: None for item in inputs}


def _open_axis(item: Declared, inputs: Sequence[Declared]) -> int | None:
    """The open axis that is called as another input's first one, else its own first one."""
    named = {other.shape[0] for other in inputs if other.shape and 0 in other.open_axes} - {None}
    alike = [axis for axis in item.open_axes if item.shape and item.shape[axis] in named]
    return next(iter((*alike, *item.open_axes)), None) if 0 not in item.open_axes else 0


def _first(item: Declared) -> int | None:
    """The fixed size of the first of several axes."""
    size = item.shape[0] if item.shape and len(item.shape) > 1 else None
    return size if isinstance(size, int) else None


def moving(shapes: Sequence[tuple[int, ...]], sizes: Sequence[int]) -> tuple[str | int, ...]:
    """The axes of an output whose shape is `shapes` where so many samples go in as `sizes` say.

    The batch is the first that moves with them by the same amount; without `sizes` there is none. What does
    not move is of that size, anything else of any.
    """
    if len({len(shape) for shape in shapes}) > 1:
        return (REST,)
    axes: list[str | int] = []
    for seen in zip(*shapes, strict=True):
        if sizes and list(seen) == list(sizes) and BATCH not in axes:
            axes.append(BATCH)
        else:
            axes.append(seen[0] if len(set(seen)) == 1 else ANY)
    return tuple(axes)
