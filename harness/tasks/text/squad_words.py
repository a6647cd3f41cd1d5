"""Contexts as words and pieces: each context once, each distinct word tokenised once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import numpy.typing as npt

from harness.tasks.text.wordpiece import WordPieceTokenizer

IntArray = npt.NDArray[np.int64]

_SEPARATORS = "\t\r\n\u202f"  # and the space: nothing else parts words, whatever str.split() says


def context_words(text: str) -> list[str]:
    """The words of a context. Source: ``is_whitespace`` of SpanBERT's run_squad.py, and of transformers."""
    for separator in _SEPARATORS:
        text = text.replace(separator, " ")
    return [word for word in text.split(" ") if word]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Documents:
    """Contexts, one behind the other, as words and as pieces. All arrays are int64.

    Document d holds ``words[d]``, whose distinct numbers are ``word[first_word[d] : first_word[d + 1]]``;
    and the pieces ``tokens[first_token[d] : first_token[d + 1]]``. Distinct word w is
    ``distinct[w]`` and has ``piece_counts[w]`` pieces, which may be none.
    """

    words: tuple[list[str], ...] = field(repr=False)
    word: IntArray = field(repr=False)
    first_word: IntArray = field(repr=False)
    tokens: IntArray = field(repr=False)
    first_token: IntArray = field(repr=False)
    distinct: tuple[str, ...] = field(repr=False)
    piece_counts: IntArray = field(repr=False)

    def __len__(self) -> int:
        return len(self.words)


def read_documents(contexts: Sequence[str], tokenizer: WordPieceTokenizer) -> Documents:
    """`contexts` as words and the ids of their pieces."""
    table = _Words(tokenizer)
    words = tuple(map(context_words, contexts))
    first_word = offsets(np.fromiter(map(len, words), np.int64, len(words)))
    numbers = map(table.__getitem__, chain.from_iterable(words))
    word = np.fromiter(numbers, np.int64, int(first_word[-1]))
    piece_counts = np.array(table.counts, np.int64)
    pieces = np.array(table.pieces, np.int64)
    first_piece = offsets(piece_counts)
    counts = piece_counts[word]
    return Documents(
        words=words,
        word=word,
        first_word=first_word,
        tokens=pieces[ranges(first_piece[word], counts)],
        first_token=offsets(counts)[first_word],
        distinct=tuple(table),
        piece_counts=piece_counts,
    )


def offsets(counts: IntArray) -> IntArray:
    """Where runs of these lengths begin, one behind the other, and where the last one ends."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])


def ranges(starts: IntArray, counts: IntArray) -> IntArray:
    """``[*range(s, s + c) for s, c in zip(starts, counts)]``, flat."""
    before = np.cumsum(counts) - counts
    return np.repeat(starts - before, counts) + np.arange(int(counts.sum()))


class _Words(dict[str, int]):
    """The number of each distinct word, given and tokenised when it is first asked for."""

    def __init__(self, tokenizer: WordPieceTokenizer) -> None:
        super().__init__()
        self.pieces: list[int] = []
        self.counts: list[int] = []
        self._tokenizer = tokenizer

    def __missing__(self, word: str) -> int:
        ids = self._tokenizer.ids(word)
        self.pieces.extend(ids)
        self.counts.append(len(ids))
        number = self[word] = len(self)
        return number
