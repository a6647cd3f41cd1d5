"""People's Daily NER (``example.test``): a character, a space and its tag on each line."""

from __future__ import annotations

from pathlib import Path

from harness.domain.datasets import Examples
from harness.tasks.datasets import tagged
from harness.tasks.datasets.tagged import Format, TaggedDataset
from harness.tasks.tags import Scheme

FORMAT = Format(
    name="peoples_daily",
    columns=("character", "tag"),
    types=("LOC", "ORG", "PER"),
    schemes=(Scheme.IOB2,),
    unit="characters",
    one_character=True,
    remedy="put the example.test of the China People's Daily NER corpus there, unchanged",
)


def gives(options: None) -> Examples:
    """What the examples are."""
    return Examples.WORDS


def read(path: Path, *, expected: int | None) -> TaggedDataset:
    """Every sentence of `path`, in file order; `expected` is the documented count, None for any.

    Rows are those of the fine-tuning recipe's ``load_data.py`` (Vastai/VastModelZOO,
    nlp/named_entity_recognition/bert/huggingface/source_code/finetune), which keeps a last sentence
    without a blank line. Raises as `tagged.read` does.
    """
    return tagged.read(path, FORMAT, expected=expected)
