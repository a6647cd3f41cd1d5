"""SpanBERT's files: a folder an input, one window a file; results as two raw files a window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from harness import arrays
from harness.domain.models import Model
from harness.tasks.layouts import Piece
from harness.tasks.layouts.files import folders
from harness.tasks.layouts.results import Array, Names, gather
from harness.tasks.text.squad_windows import Features

FORMS = {"ais_bench": "what ais_bench takes as --input, three folders in the order of the model's inputs"}
# ais_bench of today, whose results the README's command makes; and of its time, which the script reads.
TOOLS = (
    Names(template="{i}_{o}.bin", dtype="float32"),
    Names(template="{i}_output_{o}.bin", dtype="float32"),
)


def files(parts: Iterable[Features], model: Model, *, form: str, out: Path) -> Iterator[Piece]:
    """``<folder>/{i}.bin``, int64 ``[length]`` each, byte for byte as ``spanBert_preprocess.py``
    (Ascend/ModelZoo-PyTorch, ACL_PyTorch/contrib/nlp/SpanBERT) writes them.
    """
    return folders(parts, model, name="{at}.bin")


def read(results: Path, model: Model, samples: int) -> list[Array]:
    """Start and end logits, float32 ``[samples, length]``, from ``{i}_0.bin`` and ``{i}_1.bin``.

    Or ``{i}_output_0.bin`` and so on. ``spanBert_postprocess.py`` reads the first sub-folder that it
    comes across; here several with results are an error.
    """

    def load(path: Path, names: Names) -> Array:
        return arrays.raw(path, names.dtype, model.tokens)

    return gather(results, TOOLS, samples, (model.tokens,), load, outputs=len(model.outputs))
