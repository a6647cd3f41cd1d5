"""Files of the general tasks, whose samples a checkpoint's own tokenizer makes: in the forms that tools take.

No zoo has a script for such a model: the forms are those that the chips' tools read and write for any.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from harness import arrays
from harness.domain.models import InputRole, Model
from harness.errors import NotYet
from harness.tasks.layouts import Piece, together
from harness.tasks.layouts.files import folders, listed, npz
from harness.tasks.layouts.results import Array, Endings, Fault, Names, find, gather, require
from harness.tasks.text import Features

FOLDERS, ARCHIVES, BATCHES = "folders", "npz", "batches"
# Vastai's operator takes them in this order and in 32 bits, whatever a model's table and its graph have:
# that of the files which vsx_ner.py of the zoo hands on.
OPERATOR = (InputRole.IDS, InputRole.SEGMENTS, InputRole.MASK)
_OPERATOR_DTYPE = "int32"
FORMS = {
    FOLDERS: "a sample a file, a folder an input: what ais_bench and msame take as --input",
    ARCHIVES: "a sample an npz, and the list of them: what vamp takes as --datalist",
    BATCHES: "a file an input with the first samples of each batch size, what mm_run takes as --input_files "
    "and trtexec as --loadInputs; and all samples in one, for a loop of one's own",
}
LIST = "npz_datalist.txt"

_BIN = tuple(Names(template=name, dtype="float32") for name in ("{i}_{o}.bin", "{i}_output_{o}.bin"))
_NPY = tuple(Names(template=name, dtype="float32") for name in ("{i}_{o}.npy", "{i}_output_{o}.npy"))
# float64: the numbers as Python reads them.
_TXT = tuple(Names(template=name, dtype="float64") for name in ("{i}_{o}.txt", "{i}_output_{o}.txt"))
_NPZ = tuple(Names(template=name, dtype="float32") for name in ("{i:06d}.npz", "output_{i:06d}.npz"))
# ais_bench by its --outfmt, each as it is called today and as msame and ais_bench of before call it; vamp and
# sample_nlp.py of Vastai's SDK 1; a loop of one's own.
TOOLS = (*_BIN, *_NPY, *_TXT, *_NPZ, together.TOOL)
_FLOATS = ("float32", "float16")


def files(parts: Iterable[Features], model: Model, *, form: str, out: Path) -> Iterator[Piece]:
    """The inputs in the dtypes that the model's graph takes them in, called as it calls them.

    `FOLDERS`: ``<folder>/{i}.bin``, ``[length]`` each. `ARCHIVES`: ``test_{i}.npz`` with int32 ``[length]``
    by the names of the inputs, as ``sequence2npz.py`` (Vastai/VastModelZOO) saves them, and `LIST` of their
    paths. `BATCHES`: as `together.files` has them. None has labels: scoring reads them from the data set.
    """
    if form == BATCHES:
        return together.files(parts, model, [item.dtype for item in model.inputs])
    return folders(parts, model, name="{at}.bin") if form == FOLDERS else _archives(parts, model, out)


def read(results: Path, model: Model, samples: int) -> list[Array]:
    """The outputs, ``[samples, ...]`` each in the order of `model.outputs`, in whichever form they lie there.

    A sample a file: ``{i}_{o}.bin`` of raw float32, or of float16 where most of them are; ``.npy`` of either,
    with or without axes of 1 before; ``.txt`` of numbers in any lines; ``{i:06d}.npz`` with ``output_0`` and
    so on. Or all samples in ``results.npz``, by the names of the outputs.
    """
    shape = _shape(model)
    folder, names = find(results, TOOLS)
    count, outputs = int(np.prod(shape)), len(model.outputs)
    if names == together.TOOL:
        axes = ", ".join(["samples", *map(str, model.outputs[0].shape[1:])])
        return together.read(results, model, (samples, *shape), axes, tools=TOOLS, dtypes=_FLOATS)
    if names in _NPZ:
        [stacked] = gather(results, TOOLS, samples, (outputs, *shape), _archive(shape, outputs))
        return [stacked[:, at] for at in range(outputs)]
    endings = Endings()
    dtype = _raw_dtype(folder, names, count)

    def load(path: Path, _: Names) -> Array:
        if names in _BIN:
            return arrays.raw(path, dtype, count).reshape(shape)
        if names in _NPY:
            return _one(arrays.npy(path), shape)
        return _numbers(path, count, endings).reshape(shape)

    return gather(results, TOOLS, samples, shape, load, outputs=outputs, check=endings.cut_short)


def _archives(parts: Iterable[Features], model: Model, out: Path) -> Iterator[Piece]:
    ordered = sorted(model.inputs, key=lambda item: OPERATOR.index(item.role))
    at = 0
    for part in parts:
        for row in range(len(part)):
            named = {item.name: part.inputs[item.role][row].astype(_OPERATOR_DTYPE) for item in ordered}
            name = f"test_{at}.npz"
            yield Piece(path=name, content=npz(named))
            yield Piece(path=LIST, content=f"{out / name}\n".encode(), grows=True, local=True)
            at += 1


def _shape(model: Model) -> tuple[int, ...]:
    """One sample of any output; raises `NotYet` where they differ, which no head's do."""
    sizes = model.sizes(1)
    shapes = {tuple(sizes.get(str(size), size) for size in output.shape[1:]) for output in model.outputs}
    if len(shapes) != 1:
        told = " and ".join(str(list(shape)) for shape in sorted(shapes))
        raise NotYet(f"{model.name}: its outputs have samples of {told}: only files of one shape are read")
    return tuple(map(int, shapes.pop()))


def _raw_dtype(folder: Path, names: Names, count: int) -> str:
    """What the raw files hold: float16 where most have two bytes a number, else float32.

    So one that was cut to half among others is no file of float16.
    """
    paths = [path for path in folder.iterdir() if names.pattern.fullmatch(path.name)]
    [(size, _)] = Counter(path.stat().st_size for path in paths).most_common(1)
    return "float16" if size == count * np.dtype("float16").itemsize else "float32"


def _archive(shape: tuple[int, ...], outputs: int) -> Callable[[Path, Names], Array]:
    """Reads one sample's outputs from an npz, ``[outputs, *shape]``."""
    names = tuple(f"output_{at}" for at in range(outputs))

    def load(path: Path, _: Names) -> Array:
        archive = arrays.npz(path, names)
        if surplus := sorted({*archive.names} - {*names}):
            raise Fault(f"with {listed(surplus)} in it, which is none of {listed(names)}")
        return np.stack([_one(archive[name], shape) for name in names])

    return load


def _one(array: Array, shape: tuple[int, ...]) -> Array:
    """The array of one sample; raises `Fault` for another shape, or what is neither float32 nor float16."""
    ahead = array.shape[: array.ndim - len(shape)]
    fits = array.shape[len(ahead) :] == shape and all(size == 1 for size in ahead)
    dtype = str(array.dtype) if str(array.dtype) in _FLOATS else _FLOATS[0]
    require(array, dtype, f"{list(shape)}, ones before it allowed", fits=fits)
    return array.reshape(shape)


def _numbers(path: Path, count: int, endings: Endings) -> Array:
    """`count` numbers of a text; raises `Fault` for another count, and for what is no number."""
    try:
        text = path.read_text(encoding="ascii")
        numbers = [float(number) for number in text.split()]
    except (ValueError, OSError):
        raise Fault("with something else than numbers") from None
    if len(numbers) != count:
        raise Fault(f"with {len(numbers)} numbers instead of {count}")
    endings.note(path.name, text)
    return np.array(numbers)
