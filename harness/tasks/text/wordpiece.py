"""BERT's tokenizer as it was first published: basic words, then WordPiece, with nothing normalised away.

Equal, token for token, to ``transformer/tokenization.py`` of TinyBERT
(huawei-noah/Pretrained-Language-Model), which is pytorch-pretrained-bert 0.6.2's and follows Google's.
Later tokenizers differ: transformers normalises to NFC first, Rust ones know other Unicode tables.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from harness.errors import BadInput
from harness.tasks.lines import read_lines, shown
from harness.tasks.text import Pieces, tokenizer_json

UNKNOWN = tokenizer_json.UNKNOWN
CLASSIFY = "[CLS]"
SEPARATE = "[SEP]"
NEVER_SPLIT = frozenset({UNKNOWN, SEPARATE, "[PAD]", CLASSIFY, "[MASK]"})
LONGEST_WORD = 100  # code points; a longer word is [UNK]

# What the original calls Chinese characters: each becomes a word of its own.
_CJK = (
    range(0x3400, 0x4DC0),
    range(0x4E00, 0xA000),
    range(0xF900, 0xFB00),
    range(0x20000, 0x2A6E0),
    range(0x2A700, 0x2B740),
    range(0x2B740, 0x2B820),
    range(0x2B820, 0x2CEB0),
    range(0x2F800, 0x2FA20),
)
_VOCABULARY_REMEDY = "put the checkpoint's own vocab.txt there, unchanged"

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """A checkpoint's pieces: ``pieces[id]`` is the piece, ``index[piece]`` its id."""

    path: Path
    sha256: str
    pieces: tuple[str, ...] = field(repr=False)
    index: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", {piece: number for number, piece in enumerate(self.pieces)})

    def __len__(self) -> int:
        return len(self.pieces)


def load_vocabulary(path: Path) -> Vocabulary:
    r"""The vocabulary in `path`: one piece a line, its id the line's number from 0; or a ``tokenizer.json``.

    Pieces are stripped as the original strips them, which leaves the piece U+2028 of
    bert-base-chinese empty: it keeps its id and matches nothing. Raises `NotThere` for a missing file;
    `BadInput`, with the line, for what `read_lines` refuses, a blank line and a piece that stood
    before, and for a vocabulary without ``[UNK]``, ``[CLS]`` or ``[SEP]``; for a ``tokenizer.json`` as
    `read_pieces` does, and with the id instead of the line.
    """
    by_id = path.name == tokenizer_json.NAME
    if by_id:
        listed = tokenizer_json.read_pieces(path)
        found, sha256 = listed.pieces, listed.sha256
    else:
        file = read_lines(path, remedy=_VOCABULARY_REMEDY)
        found, sha256 = file.lines, file.sha256
    pieces = tuple(piece.strip() for piece in found)
    _require_pieces(path, found, pieces, by_id)
    return Vocabulary(path=path, sha256=sha256, pieces=pieces)


def _require_pieces(path: Path, found: Sequence[str], pieces: Sequence[str], by_id: bool) -> None:
    """Raise `BadInput` where `pieces`, `found` without blanks around, cannot be a vocabulary."""

    def wrong(message: str, number: int) -> BadInput:
        at = f"id {number}: {message}" if by_id else message
        return BadInput(at, path=path, line=None if by_id else number + 1, remedy=_VOCABULARY_REMEDY)

    first: dict[str, int] = {}
    for number, (line, piece) in enumerate(zip(found, pieces, strict=True)):
        if line == "":
            raise wrong(f"found {'an empty piece' if by_id else 'a blank line'}, expected a piece", number)
        if piece and piece in first:
            stands = f"of id {first[piece]}" if by_id else f"on line {first[piece] + 1}"
            raise wrong(f"found {shown(piece)} again, expected it once: it stands {stands}", number)
        first[piece] = number
    missing = [piece for piece in (UNKNOWN, CLASSIFY, SEPARATE) if piece not in first]
    if missing:
        message = f"found no {', no '.join(missing)} among {len(pieces)} pieces, expected each once"
        raise BadInput(message, path=path, line=None if by_id else len(pieces), remedy=_VOCABULARY_REMEDY)


class WordPieceTokenizer:
    """Text to word pieces. Each distinct word is worked on once, in the tokenizer's lifetime."""

    def __init__(self, vocabulary: Vocabulary, *, do_lower_case: bool) -> None:
        """`do_lower_case` also strips accents (NFD without category Mn), as in the original."""
        self.vocabulary = vocabulary
        self.do_lower_case = do_lower_case
        self._longest_piece = max(map(len, vocabulary.pieces))
        self._words: _Memo[tuple[str, ...]] = _Memo(self._split)
        self._pieces: _Memo[tuple[str, ...]] = _Memo(self._cut)
        self._piece_ids: _Memo[tuple[int, ...]] = _Memo(self._look_up)
        self._token_ids: _Memo[tuple[int, ...]] = _Memo(self._token_to_ids)

    def words(self, text: str) -> list[str]:
        """The basic words of `text`: cleaned, lower case where asked, punctuation and CJK apart."""
        words: list[str] = []
        for token in _tokens(text):
            words.extend(self._words[token])
        return words

    def pieces(self, word: str) -> tuple[str, ...]:
        """The pieces of a basic word, the longest first; ``[UNK]`` alone where some part has none.

        Nothing is cleaned or lowered here. White space in `word` separates, as in the original.
        """
        return self._pieces[word]

    def piece_ids(self, word: str) -> tuple[int, ...]:
        """The ids of `pieces`, each in ``[0, len(vocabulary))``."""
        return self._piece_ids[word]

    def tokenize(self, text: str) -> list[str]:
        """The pieces of all words of `text`, without ``[CLS]`` and ``[SEP]``."""
        return [piece for word in self.words(text) for piece in self._pieces[word]]

    def ids(self, text: str) -> list[int]:
        """The ids of `tokenize`."""
        ids: list[int] = []
        for token in _tokens(text):
            ids.extend(self._token_ids[token])
        return ids

    def _split(self, token: str) -> tuple[str, ...]:
        """A token without white space to basic words: lower case, accents, then punctuation."""
        if token in NEVER_SPLIT:
            return (token,)
        if self.do_lower_case:
            decomposed = unicodedata.normalize("NFD", token.lower())
            token = "".join(char for char in decomposed if unicodedata.category(char) != "Mn")
        # The original joins with spaces and splits again: what decomposed to white space separates.
        return tuple(token.translate(_PUNCTUATION).split())

    def _cut(self, word: str) -> tuple[str, ...]:
        parts = word.split()
        if len(parts) == 1:
            return self._cut_part(parts[0])
        return tuple(piece for part in parts for piece in self._cut_part(part))

    def _cut_part(self, part: str) -> tuple[str, ...]:
        """Greedy longest match from the left; pieces behind the first begin with ``##``."""
        if len(part) > LONGEST_WORD:
            return (UNKNOWN,)
        index = self.vocabulary.index
        pieces: list[str] = []
        start = 0
        while start < len(part):
            prefix = "##" if start else ""
            stop = min(len(part), start + self._longest_piece)
            while stop > start and prefix + part[start:stop] not in index:
                stop -= 1
            if stop == start:
                return (UNKNOWN,)
            pieces.append(prefix + part[start:stop])
            start = stop
        return tuple(pieces)

    def _look_up(self, word: str) -> tuple[int, ...]:
        return tuple(map(self.vocabulary.index.__getitem__, self._pieces[word]))

    def _token_to_ids(self, token: str) -> tuple[int, ...]:
        ids: list[int] = []
        for word in self._words[token]:
            ids.extend(self._piece_ids[word])
        return tuple(ids)


def open_tokenizer(pieces: Pieces) -> WordPieceTokenizer:
    """The tokenizer of a task that cuts texts by the document: its table says whether it lowers them.

    Raises as `load_vocabulary` does.
    """
    spec = pieces.model.tokenizer
    assert spec is not None, "tables are held to it: harness.tables.pipelines"
    return WordPieceTokenizer(load_vocabulary(pieces.vocabulary), do_lower_case=spec.lower_case)


class _Memo(dict[str, Value], Generic[Value]):
    """A dict that computes what it does not hold; a hit costs no Python call."""

    def __init__(self, compute: Callable[[str], Value]) -> None:
        super().__init__()
        self._compute = compute

    def __missing__(self, key: str) -> Value:
        value = self[key] = self._compute(key)
        return value


class _Table(dict[int, str]):
    """A `str.translate` table that fills itself, a code point at a time."""

    def __init__(self, replace: Callable[[str], str]) -> None:
        super().__init__()
        self._replace = replace

    def __missing__(self, code: int) -> str:
        value = self[code] = self._replace(chr(code))
        return value


def _clean(char: str) -> str:
    """What the original's cleaning and CJK spacing leave of one character."""
    if char in "\t\n\r":
        return " "
    category = unicodedata.category(char)
    if char == "\ufffd" or category.startswith("C"):
        return ""
    if category == "Zs":
        return " "
    if any(ord(char) in block for block in _CJK):
        return f" {char} "
    return char


def _set_apart(char: str) -> str:
    """Punctuation between spaces: every ASCII sign that is no letter or digit, and category P."""
    if ("!" <= char <= "~" and not char.isalnum()) or unicodedata.category(char).startswith("P"):
        return f" {char} "
    return char


_CLEAN = _Table(_clean)
_PUNCTUATION = _Table(_set_apart)


def _tokens(text: str) -> list[str]:
    return text.translate(_CLEAN).split()
