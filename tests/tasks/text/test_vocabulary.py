"""A vocabulary file is read as the original reads it, and refused by line where it is damaged."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import BadInput, NotThere
from harness.tasks.text.wordpiece import Vocabulary, load_vocabulary

SPECIALS = b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n"


@pytest.fixture
def vocab(tmp_path: Path) -> Callable[[bytes], Path]:
    """Writes the bytes to a vocab.txt and returns its path."""

    def write(data: bytes) -> Path:
        path = tmp_path / "vocab.txt"
        path.write_bytes(data)
        return path

    return write


def test_ids_are_line_numbers_from_zero(vocab):
    vocabulary = load_vocabulary(vocab(SPECIALS + b"film\n##s\n"))
    assert vocabulary.pieces == ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "film", "##s")
    assert [vocabulary.index[piece] for piece in vocabulary.pieces] == list(range(len(vocabulary)))


def test_sha256_is_of_the_bytes_of_the_file(vocab):
    data = (SPECIALS + b"film\n").replace(b"\n", b"\r\n")
    assert load_vocabulary(vocab(data)).sha256 == hashlib.sha256(data).hexdigest()


def test_a_byte_order_mark_is_no_part_of_a_piece(vocab):
    """Some editors write one: the first piece would have another name, and no id."""
    assert load_vocabulary(vocab(b"\xef\xbb\xbf" + SPECIALS)).pieces[0] == "[PAD]"


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=repr)
@pytest.mark.parametrize("last", [b"film", b"film\n", b" film \n"], ids=repr)
def test_line_ends_and_outer_blanks_are_no_part_of_a_piece(vocab, last, end):
    assert load_vocabulary(vocab((SPECIALS + last).replace(b"\n", end))).pieces[4:] == ("film",)


def test_line_ends_of_both_kinds_are_an_error(vocab):
    with pytest.raises(BadInput, match=r"vocab\.txt:5: the line ends with a carriage return and a line feed"):
        load_vocabulary(vocab(SPECIALS + b"film\r\n"))


@pytest.mark.parametrize("char", ["\u2028", "\x85", "\x0b", "\x0c", "\x1c"], ids=ascii)
def test_only_a_line_feed_ends_a_piece(vocab, char):
    """`str.splitlines` would make two lines of each, and shift every id behind it."""
    pieces = load_vocabulary(vocab(SPECIALS + f"a{char}b\nfilm\n".encode())).pieces
    assert pieces[4:] == (f"a{char}b", "film")


def test_a_piece_of_white_space_keeps_its_id_and_is_empty(vocab):
    """bert-base-chinese holds U+2028 on line 344, which the original strips to nothing."""
    pieces = load_vocabulary(vocab(SPECIALS + "\u2028\nfilm\n".encode())).pieces
    assert pieces[4:] == ("", "film")


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        pytest.param(SPECIALS + b"film\nfilm\n", 6, "'film' again.*line 5", id="duplicate"),
        pytest.param(SPECIALS + b"film\n film\n", 6, "'film' again.*line 5", id="duplicate-once-stripped"),
        pytest.param(SPECIALS + b"\nfilm\n", 5, "blank line", id="blank-line"),
        pytest.param(SPECIALS + b"film\n\n", 6, "blank line", id="blank-line-at-the-end"),
        pytest.param(SPECIALS + b"fi\xfflm\n", 5, r"byte 3 of the line \(offset 26", id="utf-8"),
        pytest.param(SPECIALS + b"fi\0lm\n", 5, "a NUL at character 3", id="nul"),
        pytest.param(SPECIALS + b"fi\rlm\n", 5, "a carriage return", id="carriage-return"),
        pytest.param(b"[PAD]\n[CLS]\n[SEP]\n", 3, r"no \[UNK\] among 3 pieces", id="no-unk"),
        pytest.param(b"[PAD]\n[UNK]\n[SEP]\n", 3, r"no \[CLS\] among", id="no-cls"),
        pytest.param(b"[PAD]\n[UNK]\n[CLS]\n", 3, r"no \[SEP\] among", id="no-sep"),
        pytest.param(b"film\n", 1, r"no \[UNK\], no \[CLS\], no \[SEP\]", id="no-specials"),
    ],
)
def test_damage_is_an_error_with_file_line_and_remedy(vocab, data, line, message):
    path = vocab(data)
    with pytest.raises(BadInput, match=message) as caught:
        load_vocabulary(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert caught.value.line == line
    assert caught.value.remedy


def test_an_empty_file_is_an_error(vocab):
    with pytest.raises(BadInput, match="the file is empty"):
        load_vocabulary(vocab(b""))


def test_a_missing_file_names_the_path_and_the_remedy(tmp_path):
    with pytest.raises(NotThere, match=r"vocab\.txt: no such file; put the checkpoint's own"):
        load_vocabulary(tmp_path / "vocab.txt")


@pytest.mark.parametrize(
    ("name", "size"),
    [("bert-base-uncased", 30522), ("bert-base-cased", 28996), ("bert-base-chinese", 21128)],
)
def test_public_vocabularies_have_their_documented_size(
    public_vocabulary: Callable[[str], Vocabulary], name: str, size: int
):
    """Sizes: the `vocab_size` of each checkpoint's config.json."""
    assert len(public_vocabulary(name)) == size
