"""Vocabularies for the text tests: a small one made here, and the public ones where they lie."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.tasks.text.wordpiece import Vocabulary, WordPieceTokenizer, load_vocabulary

PIECES = "[PAD] [UNK] [CLS] [SEP] [MASK] un ##aff ##able a ##a ##b the film ! . e ecole 中"


@pytest.fixture(scope="session")
def public_vocabulary(data_folder: Path) -> Callable[[str], Vocabulary]:
    """Loads a public vocabulary by name; without its file the test skips."""

    def load(name: str) -> Vocabulary:
        path = data_folder / "vocab" / name / "vocab.txt"
        if not path.is_file():
            pytest.skip(f"{path} is absent: put the vocab.txt of {name} there")
        return load_vocabulary(path)

    return load


@pytest.fixture(scope="session")
def small_vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    """18 pieces, enough to see every rule of WordPiece."""
    path = tmp_path_factory.mktemp("vocabulary") / "vocab.txt"
    path.write_bytes(PIECES.replace(" ", "\n").encode())
    return load_vocabulary(path)


@pytest.fixture(scope="session")
def uncased(small_vocabulary: Vocabulary) -> WordPieceTokenizer:
    """A tokenizer over the small vocabulary that lowers case and strips accents."""
    return WordPieceTokenizer(small_vocabulary, do_lower_case=True)


@pytest.fixture(scope="session")
def cased(small_vocabulary: Vocabulary) -> WordPieceTokenizer:
    """A tokenizer over the small vocabulary that keeps case and accents."""
    return WordPieceTokenizer(small_vocabulary, do_lower_case=False)
