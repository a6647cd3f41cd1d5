"""What the words of a README mean: spellings of the catalog's word tables, found in a text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from harness.domain.words import Word, WordKind

_TOUCHING = "A-Za-z0-9"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One word in a text: its meaning and where it stands."""

    means: WordKind
    value: str
    start: int
    end: int


class Vocabulary:
    """The word tables, ready to be looked for."""

    def __init__(self, words: Iterable[Word]) -> None:
        self._meanings: dict[str, list[tuple[WordKind, str]]] = {}
        for word in words:
            for spelling in word.spelled:
                self._meanings.setdefault(fold(spelling), []).append((word.means, word.value))
        self._patterns: dict[tuple[WordKind, ...], re.Pattern[str]] = {}

    def hits(self, text: str, *kinds: WordKind) -> list[Hit]:
        """The words of these kinds (default: all but absent) in `text`, by place; longer ones win."""
        wanted = kinds or tuple(kind for kind in WordKind if kind is not WordKind.ABSENT)
        return [
            Hit(means=means, value=value, start=match.start(), end=match.end())
            for match in self._pattern(wanted).finditer(fold(text))
            for means, value in self._meanings[match[0]]
            if means in wanted
        ]

    def _pattern(self, kinds: tuple[WordKind, ...]) -> re.Pattern[str]:
        if kinds not in self._patterns:
            spelled = [
                text for text, found in self._meanings.items() if any(means in kinds for means, _ in found)
            ]
            spelled.sort(key=lambda text: -len(text))
            self._patterns[kinds] = re.compile("|".join(map(_bounded, spelled)) or r"(?!)")
        return self._patterns[kinds]

    def values(self, text: str, kind: WordKind) -> list[str]:
        """What the words of one kind in `text` mean, each once, in order."""
        return list(dict.fromkeys(hit.value for hit in self.hits(text, kind)))

    def has(self, text: str, kind: WordKind) -> bool:
        """Whether a word of this kind stands in `text`."""
        return bool(self.hits(text, kind))

    def without(self, text: str, kind: WordKind) -> str:
        """`text` without its words of one kind."""
        for hit in reversed(self.hits(text, kind)):
            text = text[: hit.start] + text[hit.end :]
        return text

    def is_whole(self, text: str, kind: WordKind) -> str | None:
        """The value of the word of this kind that all of `text` is; None where it is none."""
        folded = fold(text).strip()
        return next((value for means, value in self._meanings.get(folded, ()) if means is kind), None)

    def absent(self, text: str) -> bool:
        """Whether a cell says that there is no value."""
        return self.is_whole(text, WordKind.ABSENT) is not None


@lru_cache(maxsize=4)
def vocabulary(words: tuple[Word, ...]) -> Vocabulary:
    """The vocabulary of a catalog's words, made once."""
    return Vocabulary(words)


def fold(text: str) -> str:
    """`text` for comparison: full-width characters as ASCII, lower case, character by character."""
    return text.lower() if text.isascii() else "".join(_folded(text))


def _folded(text: str) -> Iterator[str]:
    for character in text:
        normal = unicodedata.normalize("NFKC", character).lower()
        yield normal if len(normal) == 1 else character


def _bounded(spelling: str) -> str:
    before = rf"(?<![{_TOUCHING}])" if spelling[:1].isascii() and spelling[:1].isalnum() else ""
    after = rf"(?![{_TOUCHING}])" if spelling[-1:].isascii() and spelling[-1:].isalnum() else ""
    return f"{before}{re.escape(spelling)}{after}"
