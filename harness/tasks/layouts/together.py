"""Many samples in one file: a raw file an input, and one npz file with every output of every sample."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from harness import arrays
from harness.domain.models import Model
from harness.tasks.layouts import Piece
from harness.tasks.layouts.files import raw
from harness.tasks.layouts.results import Array, BadResults, Names, find, foreign
from harness.tasks.text import Features

RESULTS = "results.npz"
TOOL = Names(template=RESULTS, dtype="float32")
_BLOCK = 1 << 20


def files(parts: Iterable[Features], model: Model, dtypes: Sequence[str]) -> Iterator[Piece]:
    """``<folder>_{samples}_{length}.bin`` for each input, ``[samples, length]``, in `dtypes`.

    For the first samples of each batch size that the model has, fewer samples repeated; and for all samples.
    How many those are is in the name, so they are spooled to disk first, not to memory.
    """
    most = max(model.batch_sizes)
    with ExitStack() as stack:
        spools = [stack.enter_context(tempfile.TemporaryFile()) for _ in model.inputs]
        first: list[Array] = [np.empty((0, model.tokens), np.int64) for _ in model.inputs]
        samples = 0
        for part in parts:
            for number, item in enumerate(model.inputs):
                array = part.inputs[item.role]
                spools[number].write(raw(array, dtypes[number]))
                if len(first[number]) < most:
                    first[number] = np.concatenate([first[number], array[: most - len(first[number])]])
            samples += len(part)
        for item, spool, some, dtype in zip(model.inputs, spools, first, dtypes, strict=True):
            for batch in sorted({*model.batch_sizes} - {samples}):
                content = raw(np.resize(some[:batch], (batch, model.tokens)), dtype)
                yield Piece(path=f"{item.folder}_{batch}_{model.tokens}.bin", content=content)
            spool.seek(0)
            while block := spool.read(_BLOCK):
                yield Piece(path=f"{item.folder}_{samples}_{model.tokens}.bin", content=block, grows=True)


def read(
    results: Path,
    model: Model,
    shape: Sequence[int],
    axes: str,
    *,
    tools: Sequence[Names] = (TOOL,),
    dtypes: Collection[str] = (TOOL.dtype,),
) -> list[Array]:
    """The arrays of `RESULTS` that are called as the model's outputs, in their order: `shape` each.

    `axes` says in words what `shape` is. The file lies in `results`, or in the one sub-folder of it that has
    it; several are an error, and so is what looks like a result of one of `tools` beside it. Raises
    `BadResults` with everything that is wrong: an array missing or too many, truncated, of another shape, or
    of none of `dtypes`, with a NaN or an infinity; another npz file beside it.
    """
    expected = [output.name for output in model.outputs]
    told = f"{' or '.join(dtypes)} {list(shape)} each"
    folder, tool = find(results, tools, remedy=f"save {' and '.join(expected)}, {told}, with numpy.savez")
    path = folder / RESULTS
    faults: dict[str, list[str]] = defaultdict(list)
    found: list[Array] = []
    try:
        archive = arrays.npz(path, expected)
    except arrays.BadArray as problem:
        faults[problem.kind].append(RESULTS)
    else:
        for name in sorted({*archive.names} - {*expected}):
            faults["of no output"].append(name)
        for name in expected:
            if kind := _wrong(archive, name, list(shape), axes, dtypes):
                faults[kind].append(name)
        found = list(archive.arrays.values())
    beside = sorted(item.name for item in folder.iterdir() if item.is_file() and item != path)
    if others := [name for name in beside if foreign(name, tool, tools)]:
        faults[f"beside {RESULTS}"] = others
    if faults:
        raise BadResults(folder, dict(faults))
    return found


def _wrong(archive: arrays.Archive, name: str, shape: list[int], axes: str, dtypes: Collection[str]) -> str:
    """What is wrong with an array of `archive`; nothing where nothing is."""
    if name in archive.faults:
        return archive.faults[name]
    array = archive[name]
    if list(array.shape) != shape:
        return f"shape {list(array.shape)} instead of {shape}: {axes}"
    if str(array.dtype) not in dtypes:
        return f"{array.dtype} instead of {' or '.join(dtypes)}"
    return "" if np.isfinite(array).all() else "with a NaN or an infinity"
