"""What the words of a README mean: spellings of the catalog's word tables, found in a text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import ahocorasick_rs

from harness.domain.catalog import Catalog
from harness.domain.words import Word, WordKind

_TOUCHING = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")  # parts of one word, once folded
_KEPT = 2**14  # texts whose words are kept: cells, heads and lines, which are asked again and much alike
_DASHES = ({"-"}, {"—"}, {"–"})
_WHOLE = (WordKind.ABSENT, WordKind.PART)  # words that are all of a text, and are not looked for in others
_TOLD = tuple(kind for kind in WordKind if kind not in _WHOLE)
_Meanings = tuple[tuple[WordKind, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One word in a text: its meaning and where it stands."""

    means: WordKind
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spelling:
    """A folded spelling as texts are searched for it; with letters or digits at an end it is a whole word.

    One of digits alone is no part of a longer number, either: no 310 is in "75.310".
    """

    text: str
    meanings: _Meanings
    touches_before: bool
    touches_behind: bool
    is_number: bool

    @classmethod
    def of(cls, text: str, meanings: _Meanings) -> _Spelling:
        return cls(
            text=text, meanings=meanings,
            touches_before=text[0] in _TOUCHING, touches_behind=text[-1] in _TOUCHING,
            is_number=text.isdecimal(),
        )  # fmt: skip


class _Standing(dict[tuple[WordKind, ...], "tuple[Hit, ...]"]):
    """The words of one text by the kinds asked for: none begins within a longer one of these kinds."""

    def __init__(self, places: Sequence[tuple[int, int, _Meanings]] = ()) -> None:
        super().__init__()
        self._places = places  # where a word begins and ends, and what it means: by place, longer ones first

    def __missing__(self, kinds: tuple[WordKind, ...]) -> tuple[Hit, ...]:
        found, done = list[Hit](), 0
        for start, end, meanings in self._places:
            if start >= done:
                hits = [Hit(means=means, value=value, start=start, end=end)
                        for means, value in meanings if means in kinds]  # fmt: skip
                found += hits
                done = end if hits else done
        self[kinds] = tuple(found)
        return self[kinds]


def _in_decimal(text: str, start: int, end: int) -> bool:
    """Whether digits are a part of a number with a point: a digit stands beyond a point that touches them."""
    before, behind = text[max(start - 2, 0) : start], text[end : end + 2]
    return (before[-1:] == "." and before[:1].isdecimal()) or (behind[:1] == "." and behind[1:].isdecimal())


_NOTHING = _Standing()  # of most texts


class Vocabulary:
    """The word tables, ready to be looked for."""

    def __init__(self, words: Sequence[Word]) -> None:
        meanings: dict[str, list[tuple[WordKind, str]]] = {}
        for word in words:
            for spelling in filter(None, word.spelled):
                meanings.setdefault(fold(spelling), []).append((word.means, word.value))
        self._own = frozenset(fold(text) for word in words if word.own for text in word.spelled)
        self._meanings = {text: tuple(found) for text, found in meanings.items()}
        self._found = tuple(
            _Spelling.of(text, told) for text, found in self._meanings.items()
            if (told := tuple(item for item in found if item[0] in _TOLD))
        )  # fmt: skip
        searched = ahocorasick_rs.AhoCorasick(spelling.text for spelling in self._found)
        self._search = searched.find_matches_as_indexes
        self._standing = lru_cache(maxsize=_KEPT)(self._all)
        self._meaning = lru_cache(maxsize=_KEPT)(self._whole)

    def hits(self, text: str, *kinds: WordKind) -> list[Hit]:
        """The words of these kinds (default: all that texts hold) in `text`, by place; longer ones win."""
        return list(self._standing(text)[kinds or _TOLD])

    def _all(self, text: str) -> _Standing:
        """The words of every kind that texts hold, also those within others."""
        folded = fold(text)
        places, last = list[tuple[int, int, _Meanings]](), len(text)
        for at, start, end in self._search(folded, overlapping=True):
            spelling = self._found[at]
            if spelling.touches_before and start and folded[start - 1] in _TOUCHING:
                continue
            if spelling.touches_behind and end < last and folded[end] in _TOUCHING:
                continue
            if spelling.is_number and _in_decimal(folded, start, end):
                continue
            places.append((start, end, spelling.meanings))
        if not places:
            return _NOTHING
        places.sort(key=lambda place: (place[0], -place[1]))
        return _Standing(places)

    def _whole(self, text: str) -> _Meanings:
        """What all of `text` means."""
        return self._meanings.get(fold(text).strip(), ())

    def values(self, text: str, kind: WordKind) -> list[str]:
        """What the words of one kind in `text` mean, each once, in order."""
        hits = self._standing(text)[kind,]
        return list(dict.fromkeys([hit.value for hit in hits])) if hits else []

    def has(self, text: str, kind: WordKind) -> bool:
        """Whether a word of this kind stands in `text`."""
        return bool(self._standing(text)[kind,])

    def without(self, text: str, *kinds: WordKind) -> str:
        """`text` without its words of these kinds."""
        for hit in reversed(self._standing(text)[kinds]):
            text = text[: hit.start] + text[hit.end :]
        return text

    def is_own(self, text: str) -> bool:
        """Whether all of `text` is a metric's word that says more than the metric's name."""
        return fold(text).strip() in self._own

    def is_whole(self, text: str, kind: WordKind) -> str | None:
        """The value of the word of this kind that all of `text` is; None where it is none."""
        for means, value in self._meaning(text):
            if means is kind:
                return value
        return None

    def absent(self, text: str) -> bool:
        """Whether a cell says that there is no value, by a word or by dashes alone, however many."""
        return set(text.strip()) in _DASHES or self.is_whole(text, WordKind.ABSENT) is not None


@lru_cache(maxsize=4)
def vocabulary(catalog: Catalog) -> Vocabulary:
    """The vocabulary of a catalog's words, made once."""
    return Vocabulary(catalog.words)


class _Folds(dict[int, str]):
    """Characters for `str.translate`, each worked out when it is met first: no more than there are."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        normal = unicodedata.normalize("NFKC", character).lower()
        self[code] = normal if len(normal) == 1 else character
        return self[code]


_FOLDS = _Folds()
# Runs of characters that may fold to others. ASCII changes its case alone, and the block of CJK nothing.
_OTHERS = re.compile(r"[^\x00-\x7f\u4e00-\u9fff]+")


def fold(text: str) -> str:
    """`text` for comparison: full-width characters as ASCII, lower case, character by character."""
    if text.isascii():
        return text.lower()
    folded = _OTHERS.sub(lambda run: run[0].translate(_FOLDS), text).lower()
    return folded if len(folded) == len(text) else text.translate(_FOLDS)
