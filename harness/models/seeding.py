"""Seeded samples of a graph, each drawn for itself: the first ones are the same, however many there are."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from harness import arrays, hashing
from harness.domain.graphs import FLOATS, Draw, GraphInput, Range
from harness.domain.models import Model
from harness.errors import BadInput, NotThere
from harness.records import canonical
from harness.tasks.seeded import SEED, SeededFeatures

Array = npt.NDArray[Any]

MOST_SAMPLES = 32
MOST_BYTES = 64 * 2**20  # of all samples of a graph together: an image of 640 by 640 is 5 MB


def samples_of(model: Model, batch_size: int = 1) -> int:
    """How many seeded samples of a graph are drawn: two batches at least, as far as memory goes."""
    assert model.graph is not None, "an encoder's samples are its data's"
    each = sum(
        int(np.prod(item.sample_shape, dtype=np.int64)) * np.dtype(item.dtype).itemsize
        for item in model.graph.inputs
    )
    return max(2 * batch_size, min(MOST_SAMPLES, MOST_BYTES // max(each, 1)))


def drawn(model: Model, count: int, *, seed: int = SEED, first: int = 0) -> SeededFeatures:
    """`count` samples of a graph from number `first` on, by input name: ``[count, ...]``, a sample a row.

    Where an input has no axis for the batch, every sample has the same, but of a graph that takes a sample
    a call. Raises `NotThere` or `BadInput` for a folder of samples that is not there, is empty, or holds
    something else than the table says.
    """
    assert model.graph is not None, "an encoder's samples are drawn by its tokenizer's numbers"
    return SeededFeatures(
        inputs={
            item.name: _input(model, item, at, count, seed, first)
            for at, item in enumerate(model.graph.inputs)
        }
    )


def digest(model: Model, seed: int = SEED) -> str:
    """The SHA-256 of what decides the samples: the recipe, and the files that take its place."""
    assert model.graph is not None, "as `drawn`"
    recipe = [
        [
            item.name,
            item.dtype,
            list(item.shape),
            item.range,
            [hashing.sha256(file) for file in _files(model, item)],
        ]
        for item in model.graph.inputs
    ]
    return hashlib.sha256(canonical({"seed": seed, "inputs": recipe}, "recipe")).hexdigest()


def _input(model: Model, item: GraphInput, at: int, count: int, seed: int, first: int) -> Array:
    assert model.graph is not None, "as `drawn`"
    shared = item.batch_axis is None and model.graph.batched
    numbers = range(1) if shared else range(first, first + count)
    if item.folder:
        files = _files(model, item)
        rows = [_from_file(files[number % len(files)], item) for number in numbers]
    else:
        found = Range.read(item.range)
        assert found is not None, "tables are checked when they are read"
        rows = [_row(found, item, np.random.default_rng([seed, at, number])) for number in numbers]
    made = np.stack(rows)
    return np.repeat(made, count, axis=0) if shared else made


def _row(drawn_from: Range, item: GraphInput, generator: np.random.Generator) -> Array:
    """One sample of one input."""
    shape = item.sample_shape
    low, high = drawn_from.low, drawn_from.high
    if drawn_from.draw is Draw.CONSTANT:
        return np.full(shape, low).astype(item.dtype)
    if drawn_from.draw is Draw.NORMAL:
        if item.dtype == "bool":  # which has no such: either, as often
            return generator.integers(0, 2, shape).astype(np.bool_)
        return np.asarray(generator.standard_normal(shape)).astype(item.dtype)
    if item.dtype not in FLOATS:
        end = int(high) + (drawn_from.draw is Draw.UNIFORM)
        return np.asarray(generator.integers(int(low), end, shape)).astype(item.dtype)
    return np.asarray(generator.uniform(low, high, shape)).astype(item.dtype)


def _files(model: Model, item: GraphInput) -> list[Path]:
    """The .npy files of an input, in the order of their names; none where it has no folder."""
    if not item.folder:
        return []
    folder = Path(item.folder)
    if not folder.is_dir():
        raise NotThere(
            f"{model.name}: the samples of {item.name} are not there: {folder}",
            remedy="put them there, or correct folder in its table",
            option="data",
        )
    found = sorted(folder.glob("*.npy"))
    if not found:
        raise BadInput(f"no .npy file, expected a sample of {item.name} each", path=folder)
    return found


def _from_file(file: Path, item: GraphInput) -> Array:
    array = arrays.npy(file, dtype=item.dtype)
    if array.shape != item.sample_shape:
        raise BadInput(
            f"an array of shape {list(array.shape)}, expected one sample of {item.name}: "
            f"{list(item.sample_shape)}",
            path=file,
        )
    return array
