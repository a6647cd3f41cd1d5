"""bert-squad's files: a raw file an input, many windows each; results as the arrays of one npz file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from harness.domain.models import Model
from harness.tasks.layouts import Piece, together
from harness.tasks.layouts.results import Array
from harness.tasks.text.squad_windows import Features

FORMS = {
    "mm_run": "what mm_run takes as --input_files: the first 1, 16 and 32 windows, as in benchmark/perf.sh; "
    "and all windows in one file an input, for a loop of one's own"
}
TOOLS = (together.TOOL,)

_DTYPE = "int64"  # of the files; the device's inputs are int32


def files(parts: Iterable[Features], model: Model, *, form: str, out: Path) -> Iterator[Piece]:
    """``input{k}_{windows}_{length}.bin``, int64 ``[windows, length]``, k in the traced order of inputs.

    For each documented batch size, and for all windows, as `together.files` has it. The zoo has such files
    for three batch sizes (Cambricon/magicmind_cloud, bert_squad_pytorch/data) and no script that makes them.
    """
    return together.files(parts, model, [_DTYPE] * len(model.inputs))


def read(results: Path, model: Model, samples: int) -> list[Array]:
    """Start and end logits, float32 ``[samples, length]``, from one npz file, as `together.read` has it."""
    return together.read(results, model, (samples, model.tokens), "windows, length")
