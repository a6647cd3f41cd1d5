"""bert-large-ner's files: a folder an input, one sentence a file, and the labels as lines of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from harness import arrays
from harness.domain.models import Model
from harness.tasks.layouts import Piece
from harness.tasks.layouts.files import in_folders
from harness.tasks.layouts.results import Array, Names, gather, require
from harness.tasks.text.ner import Features

FORMS = {"ais_bench": "what ais_bench takes as --input, three folders in the order of the model's inputs"}
LABELS = "labels.anno"
TOOLS = (Names(template="input_ids_{i}_{i}_0.npy", dtype="float32"),)


def files(parts: Iterable[Features], model: Model, *, form: str, out: Path) -> Iterator[Piece]:
    """``<folder>/<folder>_{i}_{i}.bin``, int64 ``[length]`` each, and `LABELS`, byte for byte as
    ``bin_create.py`` (Ascend/ModelZoo-PyTorch, ACL_PyTorch/contrib/nlp/bert_large_NER) writes them.

    A line of `LABELS` is the sample's number and the label of each word, between spaces. The script calls
    that file as the folder, and puts it beside it.
    """
    at = 0
    for part in parts:
        bounds = part.bounds.tolist()
        for row in range(len(part)):
            yield from in_folders(part, row, model, name="{folder}_{at}_{at}.bin", at=at)
            labels = " ".join(map(str, [at, *part.labels[bounds[row] : bounds[row + 1]].tolist()]))
            yield Piece(path=LABELS, content=f"{labels}\n".encode(), grows=True)
            at += 1


def read(results: Path, model: Model, samples: int) -> list[Array]:
    """The logits, float32 ``[samples, length, labels]``, from ``input_ids_{i}_{i}_0.npy``.

    A file is ``[1, length, labels]``, or ``[batch, ...]``, of which ``bert_metric.py`` reads row 0.
    """
    shape = (model.tokens, model.encoder.labels)

    def load(path: Path, names: Names) -> Array:
        array = arrays.npy(path)
        fits = array.ndim == 3 and array.shape[1:] == shape and len(array) > 0
        require(array, names.dtype, f"[1 or more, {shape[0]}, {shape[1]}]", fits=fits)
        first: Array = array[0]
        return first

    return gather(results, TOOLS, samples, shape, load)
