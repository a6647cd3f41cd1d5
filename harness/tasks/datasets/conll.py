"""CoNLL-2003 (``test.txt``): word, part of speech, chunk and entity tag on each line."""

from __future__ import annotations

from pathlib import Path

from harness.domain.datasets import Examples
from harness.tasks.datasets import tagged
from harness.tasks.datasets.tagged import Format, TaggedDataset
from harness.tasks.tags import Scheme

FORMAT = Format(
    name="conll2003",
    columns=("word", "part of speech", "chunk", "tag"),
    types=("LOC", "MISC", "ORG", "PER"),
    schemes=(Scheme.IOB1, Scheme.IOB2),
    unit="tokens",
    document="-DOCSTART- -X- -X- O",
    remedy="put the test.txt of CoNLL-2003, English, there, as conll2003.zip has it",
)


def gives(options: None) -> Examples:
    """What the examples are."""
    return Examples.WORDS


def read(path: Path, *, expected: int | None) -> TaggedDataset:
    """Every sentence of `path`, in file order; `expected` is the documented count, None for any.

    Columns and skipped lines are those of ``bin_create.py`` (Ascend/ModelZoo-PyTorch,
    ACL_PyTorch/contrib/nlp/bert_large_NER), which ends with a ValueError or KeyError on a bad row and
    drops a last sentence without a blank line behind it; here that one is there, `closed` false. Tags are
    as in the file, IOB1 or IOB2, and `scheme` says which. Raises as `tagged.read` does.
    """
    return tagged.read(path, FORMAT, expected=expected)
