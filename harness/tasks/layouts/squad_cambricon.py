"""bert-squad's files: a raw file an input, many windows each; results as the arrays of one npz file."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from harness import arrays
from harness.domain.models import Model
from harness.tasks.layouts import Piece
from harness.tasks.layouts.files import raw
from harness.tasks.layouts.results import Array, BadResults, Names, find, foreign
from harness.tasks.text.squad_windows import Features

FORMS = {
    "mm_run": "what mm_run takes as --input_files: the first 1, 16 and 32 windows, as in benchmark/perf.sh; "
    "and all windows in one file an input, for a loop of one's own"
}
RESULTS = "results.npz"
TOOLS = (Names(template=RESULTS, dtype="float32"),)

_DTYPE = "int64"  # of the files; the device's inputs are int32
_BLOCK = 1 << 20


def files(parts: Iterable[Features], model: Model, *, form: str, out: Path) -> Iterator[Piece]:
    """``input{k}_{windows}_{length}.bin``, int64 ``[windows, length]``, k in the traced order of inputs.

    For the first windows of each documented batch size, fewer windows repeated; and for all windows. How
    many those are is in the name, so they are spooled to disk first, not to memory. The zoo has such
    files for three batch sizes (Cambricon/magicmind_cloud, bert_squad_pytorch/data) and no script that
    makes them.
    """
    most = max(model.batch_sizes)
    with ExitStack() as stack:
        spools = [stack.enter_context(tempfile.TemporaryFile()) for _ in model.inputs]
        first: list[Array] = [np.empty((0, model.tokens), np.int64) for _ in model.inputs]
        windows = 0
        for part in parts:
            for number, item in enumerate(model.inputs):
                array = part.inputs[item.role]
                spools[number].write(raw(array, _DTYPE))
                if len(first[number]) < most:
                    first[number] = np.concatenate([first[number], array[: most - len(first[number])]])
            windows += len(part)
        for item, spool, some in zip(model.inputs, spools, first, strict=True):
            for batch in sorted({*model.batch_sizes} - {windows}):
                content = raw(np.resize(some[:batch], (batch, model.tokens)), _DTYPE)
                yield Piece(path=f"{item.folder}_{batch}_{model.tokens}.bin", content=content)
            spool.seek(0)
            while block := spool.read(_BLOCK):
                yield Piece(path=f"{item.folder}_{windows}_{model.tokens}.bin", content=block, grows=True)


def read(results: Path, model: Model, samples: int) -> list[Array]:
    """Start and end logits, float32 ``[samples, length]``: the arrays of `RESULTS`, called as the outputs.

    The file lies in `results`, or in the one sub-folder of it that has it; several are an error. Raises
    `BadResults` with everything that is wrong: an array missing or too many, truncated, of another
    shape or dtype, with a NaN or an infinity; another npz file beside it.
    """
    names = " and ".join(output.name for output in model.outputs)
    remedy = f"save {names}, float32 [{samples}, {model.tokens}] each, with numpy.savez"
    folder, tool = find(results, TOOLS, remedy=remedy)
    path = folder / RESULTS
    faults: dict[str, list[str]] = defaultdict(list)
    expected = [output.name for output in model.outputs]
    found: list[Array] = []
    try:
        archive = arrays.npz(path, expected)
    except arrays.BadArray as problem:
        faults[problem.kind].append(RESULTS)
    else:
        for name in sorted({*archive.names} - {*expected}):
            faults["of no output"].append(name)
        for name in expected:
            if kind := _wrong(archive, name, (samples, model.tokens)):
                faults[kind].append(name)
        found = list(archive.arrays.values())
    beside = sorted(item.name for item in folder.iterdir() if item.is_file() and item != path)
    if others := [name for name in beside if foreign(name, tool, TOOLS)]:
        faults[f"beside {RESULTS}"] = others
    if faults:
        raise BadResults(folder, dict(faults))
    return found


def _wrong(archive: arrays.Archive, name: str, shape: tuple[int, int]) -> str:
    """What is wrong with an array of `archive`; nothing where nothing is."""
    if name in archive.faults:
        return archive.faults[name]
    array = archive[name]
    if array.shape != shape:
        return f"shape {list(array.shape)} instead of {list(shape)}: windows, length"
    if array.dtype != np.float32:
        return f"{array.dtype} instead of float32"
    return "" if np.isfinite(array).all() else "with a NaN or an infinity"
