"""Small models of the documented shapes, and features for them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.domain.catalog import Catalog
from harness.domain.models import Model, Protocol
from harness.tasks.datasets.sst2 import SentenceExample
from harness.tasks.datasets.tagged import TaggedSentence
from harness.tasks.text import Features, load_task
from harness.tasks.text.wordpiece import WordPieceTokenizer, load_vocabulary

LENGTH = 8
PIECES = "[PAD] [UNK] [CLS] [SEP] [MASK] a b c d e"


@pytest.fixture(scope="session")
def small_model(catalog: Catalog) -> Callable[[str], Model]:
    """A documented model at length 8."""
    return lambda name: dataclasses.replace(catalog.models[name], length=LENGTH)


@pytest.fixture(scope="session")
def make_features(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Features]:
    """Features of three sentences, the second of which is cut."""
    path: Path = tmp_path_factory.mktemp("vocabulary") / "vocab.txt"
    path.write_text(PIECES.replace(" ", "\n"), encoding="utf-8")
    tokenizer = WordPieceTokenizer(load_vocabulary(path), do_lower_case=True)
    texts = {"ab": "10", "cdeabcdeabcd": "012012012012", "e": "6"}

    def make(model: Model, *, only: slice = slice(None)) -> Features:
        task = load_task(model)
        if model.name == "tinybert":
            examples: list[object] = [
                SentenceExample(text=" ".join(text), label=int(labels[0]) % 2, line=2)
                for text, labels in texts.items()
            ]
        else:
            examples = [
                TaggedSentence(
                    words=tuple(text), tags=tuple(task.LABELS[int(digit)] for digit in labels), line=1
                )
                for text, labels in texts.items()
            ]
        return task.prepare(examples[only], tokenizer, length=model.length, protocol=Protocol.DOCUMENTED)

    return make
