r"""SST-2 as GLUE ships it (``dev.tsv``): a header, then a sentence, a tab and its label on each line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.domain.datasets import Examples
from harness.errors import BadInput
from harness.tasks.datasets import Dataset
from harness.tasks.datasets.forms import Fault, fault
from harness.tasks.lines import read_lines, shown

HEADER = "sentence\tlabel"
LABELS = ("0", "1")

_WHOLE_FILE = "put the dev.tsv of GLUE's SST-2 there, unchanged"
_ROW = "a sentence, one tab and a label, 0 or 1"
_LABELS = "0 (negative) or 1 (positive)"
_LINE = "correct the line"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceExample:
    """A sentence as it stands in the file, blanks included, its label, and its line there."""

    text: str
    label: int
    line: int


def gives(options: None) -> Examples:
    """What the examples are."""
    return Examples.NUMBERED


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
        raise _other_form(path, file.lines)
    examples = tuple(_examples(file.lines[1:], path))
    if not examples:
        raise BadInput("found no sentence below the header", path=path, line=1, remedy=_WHOLE_FILE)
    if expected is not None and len(examples) != expected:
        message = f"found {len(examples)} sentences, expected {expected}"
        raise BadInput(message, path=path, line=len(file.lines), remedy=_WHOLE_FILE)
    return Dataset(name="sst2", path=path, sha256=file.sha256, examples=examples)


def _other_form(path: Path, lines: Sequence[str]) -> BadInput:
    """The error of a file without the header: the form of every line, or line 1."""
    kinds = [_fault(line).shared for line in lines]
    if kinds[0] and len(set(kinds)) == 1 < len(lines):
        return fault(_fault(lines[0]), 1, kinds, path=path, remedy=_WHOLE_FILE)
    message = f"found {shown(lines[0])}, expected the header {shown(HEADER)}"
    return BadInput(message, path=path, line=1, remedy=_WHOLE_FILE)


def _examples(rows: Sequence[str], path: Path) -> Iterator[SentenceExample]:
    """The rows below the header. Raises `BadInput` at the first that is none."""
    for number, line in enumerate(rows, start=2):
        text, _, label = line.partition("\t")
        if label not in LABELS:
            kinds = [_fault(row).shared for row in rows]
            raise fault(_fault(line), number, kinds, path=path, remedy=_WHOLE_FILE)
        yield SentenceExample(text=text, label=int(label), line=number)


def _fault(line: str) -> Fault:
    """What is wrong with a line that is no row; nothing where it is one."""
    columns = line.split("\t")
    if line == "":
        message = f"found a blank line, expected {_ROW}"
        return Fault(message=message, remedy="delete it", shared="is blank", whole=_ROW)
    if len(columns) != 2:
        several = f"{len(columns)} column{'s' * (len(columns) != 1)}"
        message = f"found {several} in {shown(line)}, expected {_ROW}"
        return Fault(message=message, remedy=_LINE, shared=f"has {several}", whole=_ROW)
    if columns[1] not in LABELS:
        message = f"found the label {shown(columns[1])}, expected {_LABELS}"
        return Fault(message=message, remedy=_LINE, shared="has another label", whole=f"the labels {_LABELS}")
    return Fault(message="", remedy="", shared="", whole="")
