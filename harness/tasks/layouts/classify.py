"""TinyBERT's files: a folder an input, one sentence a file; results as two numbers on a line of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from harness.domain.models import Model
from harness.tasks.layouts import Piece
from harness.tasks.layouts.files import folders
from harness.tasks.layouts.results import Array, Endings, Fault, Names, gather
from harness.tasks.text.classify import Features

FORMS = {"ais_bench": "what ais_bench and msame take as --input, three folders in the order of the inputs"}
# ais_bench --outfmt TXT; then msame, which the zoo's script was first written for. float64: the script
# compares the numbers as Python reads them.
TOOLS = (
    Names(template="input{i}_0.txt", dtype="float64"),
    Names(template="input{i}_output_0.txt", dtype="float64"),
)


def files(parts: Iterable[Features], model: Model, *, form: str, out: Path) -> Iterator[Piece]:
    """``<folder>/input{i}.bin``, int64 ``[length]`` each, byte for byte as ``TinyBERT_preprocess_data.py``
    (Ascend/ModelZoo-PyTorch, ACL_PyTorch/contrib/nlp/tinybert) writes them with ``--eval_batch_size 1
    --inference_tool msame``. It has no labels: scoring reads them from the data set.
    """
    return folders(parts, model, name="input{at}.bin")


def read(results: Path, model: Model, samples: int) -> list[Array]:
    """The logits, float64 ``[samples, labels]``, from ``input{i}_0.txt``: numbers on one line."""
    count = model.encoder.labels
    endings = Endings()

    def load(path: Path, _: Names) -> Array:
        try:
            text = path.read_text(encoding="ascii")
            lines = text.split("\n")
            numbers = [float(number) for number in lines[0].split()]
        except (ValueError, OSError):
            raise Fault("with something else than numbers") from None
        if len(numbers) != count:
            raise Fault(f"with {len(numbers)} numbers on the first line instead of {count}")
        if any(line.strip() for line in lines[1:]):
            raise Fault("with more than one line")
        endings.note(path.name, text)
        return np.array(numbers)

    return gather(results, TOOLS, samples, (count,), load, check=endings.cut_short)
