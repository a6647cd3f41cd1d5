"""What the words of a README mean: spellings of the catalog's word tables, found in a text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.domain import Word, WordKind

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
        self._spelled = [
            (fold(spelling), word.means, word.value) for word in words for spelling in word.spelled
        ]
        self._spelled.sort(key=lambda item: -len(item[0]))
        self._patterns = [
            (re.compile(_bounded(spelling)), means, value) for spelling, means, value in self._spelled
        ]

    def hits(self, text: str, *kinds: WordKind) -> list[Hit]:
        """The words of these kinds (default: all but absent) in `text`, by place; longer ones win."""
        folded, found = fold(text), list[Hit]()
        for pattern, means, value in self._patterns:
            if means is WordKind.ABSENT or (kinds and means not in kinds):
                continue
            for match in pattern.finditer(folded):
                span = match.span()
                rivals = [hit for hit in found if hit.start < span[1] and span[0] < hit.end]
                if all((hit.start, hit.end) == span for hit in rivals):
                    found.append(Hit(means=means, value=value, start=span[0], end=span[1]))
        return sorted(found, key=lambda hit: (hit.start, hit.means))

    def values(self, text: str, kind: WordKind) -> list[str]:
        """What the words of one kind in `text` mean, each once, in order."""
        return list(dict.fromkeys(hit.value for hit in self.hits(text, kind)))

    def has(self, text: str, kind: WordKind) -> bool:
        """Whether a word of this kind stands in `text`."""
        return bool(self.hits(text, kind))

    def is_whole(self, text: str, kind: WordKind) -> str | None:
        """The value of the word of this kind that all of `text` is; None where it is none."""
        folded = fold(text).strip()
        return next((value for spelling, means, value in self._spelled
                     if means is kind and spelling == folded), None)  # fmt: skip

    def absent(self, text: str) -> bool:
        """Whether a cell says that there is no value."""
        return self.is_whole(text, WordKind.ABSENT) is not None


def fold(text: str) -> str:
    """`text` for comparison: full-width characters as ASCII, lower case, character by character."""
    return "".join(_folded(text))


def _folded(text: str) -> Iterator[str]:
    for character in text:
        normal = unicodedata.normalize("NFKC", character).lower()
        yield normal if len(normal) == 1 else character


def _bounded(spelling: str) -> str:
    before = rf"(?<![{_TOUCHING}])" if spelling[:1].isascii() and spelling[:1].isalnum() else ""
    after = rf"(?![{_TOUCHING}])" if spelling[-1:].isascii() and spelling[-1:].isalnum() else ""
    return f"{before}{re.escape(spelling)}{after}"
