"""bert-squad's files: a raw file an input, many windows each; results as the arrays of one npz file."""

from __future__ import annotations

import tempfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

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
_UNREADABLE = (ValueError, OSError, EOFError, BadZipFile, zlib.error)


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
        first: list[Array] = [np.empty((0, model.length), np.int64) for _ in model.inputs]
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
                content = raw(np.resize(some[:batch], (batch, model.length)), _DTYPE)
                yield Piece(path=f"{item.folder}_{batch}_{model.length}.bin", content=content)
            spool.seek(0)
            while block := spool.read(_BLOCK):
                yield Piece(path=f"{item.folder}_{windows}_{model.length}.bin", content=block, grows=True)


def read(results: Path, model: Model, samples: int) -> list[Array]:
    """Start and end logits, float32 ``[samples, length]``: the arrays of `RESULTS`, called as the outputs.

    The file lies in `results`, or in the one sub-folder of it that has it; several are an error. Raises
    `BadResults` with everything that is wrong: an array missing or too many, truncated, of another
    shape or dtype, with a NaN or an infinity; another npz file beside it.
    """
    names = " and ".join(output.name for output in model.outputs)
    remedy = f"save {names}, float32 [{samples}, {model.length}] each, with numpy.savez"
    folder, tool = find(results, TOOLS, remedy=remedy)
    path = folder / RESULTS
    faults: dict[str, list[str]] = defaultdict(list)
    arrays = []
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            expected = [output.name for output in model.outputs]
            for name in sorted({*archive.files} - {*expected}):
                faults["of no output"].append(name)
            for name in expected:
                kind, array = _array(archive, name, (samples, model.length))
                arrays.append(array)
                if kind:
                    faults[kind].append(name)
    except (*_UNREADABLE, AttributeError, TypeError):  # the last two: an npy file under this name
        faults["truncated, or no npz file"].append(RESULTS)
    beside = sorted(item.name for item in folder.iterdir() if item.is_file() and item != path)
    if others := [name for name in beside if foreign(name, tool, TOOLS)]:
        faults[f"beside {RESULTS}"] = others
    if faults:
        raise BadResults(folder, dict(faults))
    return arrays


def _array(archive: Mapping[str, Array], name: str, shape: tuple[int, int]) -> tuple[str, Array]:
    """An array of `archive`, and what is wrong with it; nothing where nothing is."""
    nothing = np.empty((0, 0), np.float32)
    if name not in archive:
        return "missing", nothing
    try:
        array = archive[name]
    except _UNREADABLE:  # a wrong checksum, a cut, or Python objects
        return "truncated or damaged", nothing
    if array.shape != shape:
        return f"shape {list(array.shape)} instead of {list(shape)}: windows, length", nothing
    if array.dtype != np.float32:
        return f"{array.dtype} instead of float32", nothing
    return "" if np.isfinite(array).all() else "with a NaN or an infinity", array
