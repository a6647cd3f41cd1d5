r"""SST-2 as GLUE ships it (``dev.tsv``): a header, then a sentence, a tab and its label on each line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.errors import BadInput
from harness.tasks.datasets import Dataset
from harness.tasks.lines import read_lines, shown

HEADER = "sentence\tlabel"
LABELS = ("0", "1")

_WHOLE_FILE = "put the dev.tsv of GLUE's SST-2 there, unchanged"
_ROW = "a sentence, one tab and a label, 0 or 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceExample:
    """A sentence as it stands in the file, blanks included, its label, and its line there."""

    text: str
    label: int
    line: int


def read(path: Path, *, expected: int | None) -> Dataset[SentenceExample]:
    r"""Every sentence of `path`, in file order; `expected` is the documented count, None for any.

    The rows are those of the original reader (``Sst2Processor`` of Ascend/ModelZoo-PyTorch,
    ACL_PyTorch/contrib/nlp/tinybert/TinyBERT_preprocess_data.py: ``csv.reader`` with a tab and
    ``quotechar=None``): a double quote is an ordinary character, the text keeps its blanks, an empty
    text is a sample. That reader drops the first line unseen, ignores further columns and ends with
    an IndexError or KeyError on a bad row. Line ends of Windows read as line feeds (`read_lines`).

    Raises `NotThere` for a missing file; `BadInput`, with the line, for what `read_lines` refuses, a
    wrong header, a blank line, too few or too many columns, a label other than 0 and 1, no row at
    all, and a count other than `expected`.
    """
    file = read_lines(path, remedy=_WHOLE_FILE)
    if file.lines[0] != HEADER:
        message = f"found {shown(file.lines[0])}, expected the header {shown(HEADER)}"
        raise BadInput(message, path=path, line=1, remedy=_WHOLE_FILE)
    examples = tuple(_example(line, number, path=path) for number, line in enumerate(file.lines[1:], start=2))
    if not examples:
        raise BadInput("found no sentence below the header", path=path, line=1, remedy=_WHOLE_FILE)
    if expected is not None and len(examples) != expected:
        message = f"found {len(examples)} sentences, expected {expected}"
        raise BadInput(message, path=path, line=len(file.lines), remedy=_WHOLE_FILE)
    return Dataset(name="sst2", path=path, sha256=file.sha256, examples=examples)


def _example(line: str, number: int, *, path: Path) -> SentenceExample:
    columns = line.split("\t")
    if line == "":
        raise BadInput(f"found a blank line, expected {_ROW}", path=path, line=number, remedy="delete it")
    if len(columns) != 2:
        message = f"found {len(columns)} column{'s' * (len(columns) != 1)} in {shown(line)}, expected {_ROW}"
        raise BadInput(message, path=path, line=number, remedy="correct the line")
    text, label = columns
    if label not in LABELS:
        message = f"found the label {shown(label)}, expected 0 (negative) or 1 (positive)"
        raise BadInput(message, path=path, line=number, remedy="correct the line")
    return SentenceExample(text=text, label=int(label), line=number)
