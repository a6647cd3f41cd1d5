"""bert-chinese-ner's files: one npz a sentence, the list of them, and the labels as lines of lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from harness.domain.models import InputRole, Model
from harness.tasks.layouts import Piece
from harness.tasks.layouts.files import npz
from harness.tasks.layouts.results import Array, Names, gather, load_npz, require
from harness.tasks.text.ner import Features

FORMS = {
    "3-inputs": "ids, token types, mask: for compilers before 1.5; for later ones vsx_ner.py adds the rest",
    "6-inputs": "for compiler 1.5 and later; inputs 3 to 5 are copies of the ids, as vsx_ner.py fills them",
    "6-inputs-mask": "the same with copies of the mask, as named_entity_recognition.py fills them",
}
LIST = "npz_datalist.txt"
LABELS = "instance_Peoples_Daily.txt"
OUTPUT = "output_0"
# vsx_ner.py, vamp and run_torchscript.py; then sample_nlp.py of SDK 1, whose outputs are fp16.
TOOLS = (
    Names(template="{i:06d}.npz", dtype="float32"),
    Names(template="output_{i:06d}.npz", dtype="float16"),
)

_FILLED_WITH = {"3-inputs": None, "6-inputs": InputRole.IDS, "6-inputs-mask": InputRole.MASK}
_SIX = 6


def files(parts: Iterable[Features], model: Model, *, form: str, out: Path) -> Iterator[Piece]:
    """``test_{i}.npz``, int32 ``[length]`` each of ``input_0`` and so on, `LIST` of their paths, `LABELS`.

    As ``sequence2npz.py`` (Vastai/VastModelZOO, nlp/named_entity_recognition/common/utils) saves and lists
    them. The zoo's own `LABELS` is not public; here a line is what ``people_daily_eval.py`` reads: ``[0,
    label of each character, 0, ...]``, `length` numbers, 0 for ``[CLS]`` and behind the characters.
    """
    filled_with = _FILLED_WITH[form]
    at = 0
    for part in parts:
        labels = np.zeros_like(part.ids)
        labels[part.rows, part.positions] = part.labels
        for row in range(len(part)):
            named = {
                item.name: part.inputs[item.role][row].astype(item.dtype, copy=False) for item in model.inputs
            }
            if filled_with is not None:
                copied = next(named[item.name] for item in model.inputs if item.role is filled_with)
                named |= {f"input_{number}": copied for number in range(len(named), _SIX)}
            name = f"test_{at}.npz"
            yield Piece(path=name, content=npz(named))
            yield Piece(path=LIST, content=f"{out / name}\n".encode(), grows=True, local=True)
            yield Piece(path=LABELS, content=f"{labels[row].tolist()}\n".encode(), grows=True)
            at += 1


def read(results: Path, model: Model, samples: int) -> list[Array]:
    """The logits, ``[samples, length, labels]``, from ``{i:06d}.npz``: float32, or float16 of SDK 1.

    ``people_daily_eval.py`` sorts the names and pairs by position; these names sort by sample.
    """
    shape = (model.tokens, model.encoder.labels)

    def load(path: Path, names: Names) -> Array:
        array = load_npz(path, OUTPUT)
        fits = array.shape[-2:] == shape and all(size == 1 for size in array.shape[:-2])
        require(array, names.dtype, f"[{shape[0]}, {shape[1]}], ones before it allowed", fits=fits)
        return array.reshape(shape)

    return gather(results, TOOLS, samples, shape, load)
