"""The pieces of a tokenizer.json: those of the vocab.txt it was made of, or an error that says where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import BadInput, NotThere
from harness.setting.home import MINIS
from harness.tasks.text.tokenizer_json import read_pieces
from harness.tasks.text.wordpiece import load_vocabulary

PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##b", "\u2028")


def content(**model: Any) -> dict[str, Any]:
    """What the tokenizers library writes of a WordPiece model, as far as it is read."""
    return {
        "version": "1.0",
        "added_tokens": [{"id": at, "content": piece} for at, piece in enumerate(PIECES[:5])],
        "normalizer": {"type": "BertNormalizer", "lowercase": True},
        "model": {
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "vocab": {piece: at for at, piece in enumerate(PIECES)}, **model,
        },
    }  # fmt: skip


def write(folder: Path, written: object) -> Path:
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(written), encoding="utf-8")
    return path


@pytest.mark.parametrize("mini", ["tinybert", "bert-chinese-ner", "spanbert"])
def test_what_the_library_writes_has_the_pieces_of_the_vocab_txt(tmp_path: Path, mini: str):
    """`save_pretrained` of transformers 5 writes no vocab.txt."""
    from transformers import AutoTokenizer

    AutoTokenizer.from_pretrained(str(MINIS / mini)).save_pretrained(tmp_path)
    assert not (tmp_path / "vocab.txt").exists()
    found, wanted = (
        load_vocabulary(path) for path in (tmp_path / "tokenizer.json", MINIS / mini / "vocab.txt")
    )
    assert found.pieces == wanted.pieces
    assert found.index == wanted.index


def test_the_order_is_that_of_the_ids(tmp_path: Path):
    vocab = {piece: at for at, piece in reversed(list(enumerate(PIECES)))}
    listed = read_pieces(write(tmp_path, content(vocab=vocab)))
    assert listed.pieces == PIECES
    assert listed.lower_case is True
    assert load_vocabulary(tmp_path / "tokenizer.json").pieces == (
        *PIECES[:-1],
        "",
    )  # stripped, as a vocab.txt's


def test_tokens_beside_the_vocabulary_follow_it(tmp_path: Path):
    written = content()
    written["added_tokens"].append({"id": len(PIECES), "content": "[NEW]"})
    assert read_pieces(write(tmp_path, written)).pieces == (*PIECES, "[NEW]")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        pytest.param([], "found a list, expected a JSON object", id="a-list"),
        pytest.param({}, "model: found None, expected a table", id="nothing"),
        pytest.param(content(type="BPE"), "model.type: found 'BPE', expected 'WordPiece'", id="bpe"),
        pytest.param(content(vocab=[["a", -1.0]]), "model.vocab: found", id="unigram"),
        pytest.param(content(continuing_subword_prefix="_"), "prefix: found '_', expected '##'", id="prefix"),
        pytest.param(content(unk_token="[MASK]"), "token: found '[MASK]', expected '[UNK]'", id="unknown"),
        pytest.param(content(vocab={"a": 5, "b": 5}), "id 5: found 'a' and 'b', expected one", id="twice"),
        pytest.param(content(vocab={"a": 9}), "id 5: found no piece of 6", id="a-hole"),
        pytest.param(content(vocab={"a": "5"}), "piece 'a': found the id '5'", id="text"),
        pytest.param(content(vocab={"a": True}), "piece 'a': found the id True", id="a-boolean"),
        pytest.param(content(vocab={"a": -1}), "piece 'a': found the id -1", id="negative"),
        pytest.param({**content(), "added_tokens": {"a": 1}}, "added_tokens: found {'a': 1}", id="added"),
        pytest.param({**content(), "added_tokens": [7]}, "added_tokens: found 7", id="added-number"),
    ],
)
def test_what_is_no_list_of_pieces_is_refused(tmp_path: Path, written: object, said: str):
    with pytest.raises(BadInput) as caught:
        read_pieces(write(tmp_path, written))
    assert said in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "tokenizer.json"))


@pytest.mark.parametrize(
    ("vocab", "said"),
    [
        ({"[UNK]": 0, "[CLS]": 1, "a": 2}, "found no [SEP] among 3 pieces"),
        ({"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "": 3}, "id 3: found an empty piece"),
        (
            {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3, " a": 4},
            "id 4: found 'a' again, expected it once: it stands of",
        ),
    ],
)
def test_a_vocabulary_is_held_to_the_rules_of_a_vocab_txt(tmp_path: Path, vocab: dict[str, int], said: str):
    written = {**content(vocab=vocab), "added_tokens": []}
    with pytest.raises(BadInput) as caught:
        load_vocabulary(write(tmp_path, written))
    assert said in str(caught.value)


def test_a_file_that_is_not_there_and_one_that_is_nested(tmp_path: Path):
    with pytest.raises(NotThere):
        read_pieces(tmp_path / "tokenizer.json")
    (tmp_path / "tokenizer.json").write_text("[" * 5000 + "]" * 5000, encoding="utf-8")
    with pytest.raises(BadInput, match="nested deeper than 64"):
        read_pieces(tmp_path / "tokenizer.json")
