"""Real texts, cut as transformers cuts them: pairs, and windows over SQuAD's contexts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tokenizer_making as making

from harness.domain.catalog import Catalog
from harness.domain.models import Head
from harness.tasks.datasets import squad, sst2
from harness.tasks.text.tokenizing import TextTokenizer, open_own


@pytest.fixture(scope="module")
def folder(data_folder: Path) -> Path:
    """The published tokenizer of bert-base-uncased."""
    found = data_folder / "vocab" / "bert-base-uncased"
    if not (found / "tokenizer.json").is_file():
        pytest.skip(f"no {found}/tokenizer.json")
    return found


@pytest.fixture(scope="module")
def ours(folder: Path, catalog: Catalog) -> TextTokenizer:
    return open_own(making.pieces(folder, making.a_model(catalog, head=Head.CLASSIFICATION), None))


@pytest.fixture(scope="module")
def theirs(folder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(folder), local_files_only=True)


@pytest.mark.parametrize("length", [16, 48])
def test_pairs_of_sst2(ours: TextTokenizer, theirs: Any, data_folder: Path, length: int):
    texts = [item.text for item in sst2.read(data_folder / "sst2" / "dev.tsv", expected=872).examples[:300]]
    made = ours.texts(texts[:-1], texts[1:], length=length)
    wanted = theirs(texts[:-1], texts[1:], truncation=True, max_length=length, padding="max_length")
    assert made.ids.tolist() == wanted["input_ids"]
    assert made.segments.tolist() == wanted["token_type_ids"]
    assert made.mask.tolist() == wanted["attention_mask"]
    assert len(made.truncated) > 0


def test_windows_of_squad(ours: TextTokenizer, theirs: Any, data_folder: Path):
    examples = squad.read(data_folder / "squad" / "dev-v1.1.json", expected=10570).examples[::100]
    questions, contexts = [item.question for item in examples], [item.context for item in examples]
    made = ours.windows(questions, contexts, length=128, stride=48, longest=48)
    wanted = theirs(
        questions, contexts, truncation="only_second", max_length=128, stride=48, padding="max_length",
        return_overflowing_tokens=True, return_offsets_mapping=True,
    )  # fmt: skip
    assert made.ids.tolist() == wanted["input_ids"]
    assert made.asked.tolist() == wanted["overflow_to_sample_mapping"]
    for row, offsets in enumerate(wanted["offset_mapping"]):
        shown = [pair if wanted.sequence_ids(row)[at] == 1 else (-1, -1) for at, pair in enumerate(offsets)]
        assert list(zip(made.starts[row].tolist(), made.ends[row].tolist(), strict=True)) == shown
