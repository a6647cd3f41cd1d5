"""What the words of a README mean: spellings of the catalog's word tables, found in a text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from harness.domain.catalog import Catalog
from harness.domain.words import Word, WordKind

_TOUCHING = "A-Za-z0-9"
_KEPT = 4096  # texts whose words are kept: the cells, heads and lines of a few READMEs, which rules ask again
_TOLD = tuple(kind for kind in WordKind if kind is not WordKind.ABSENT)
_LINE = 1000  # characters of what may be a line; in a longer text only the words asked for are looked for
_Standing = Mapping[WordKind, Sequence[tuple[int, str]]]  # of each kind where its words begin, and which
_Meanings = tuple[tuple[WordKind, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One word in a text: its meaning and where it stands."""

    means: WordKind
    value: str
    start: int
    end: int


class Vocabulary:
    """The word tables, ready to be looked for."""

    def __init__(self, words: Sequence[Word]) -> None:
        meanings: dict[str, list[tuple[WordKind, str]]] = {}
        for word in words:
            for spelling in filter(None, word.spelled):
                meanings.setdefault(fold(spelling), []).append((word.means, word.value))
        self._own = frozenset(fold(text) for word in words if word.own for text in word.spelled)
        self._meanings: Mapping[str, _Meanings] = {text: tuple(found) for text, found in meanings.items()}
        self._begun = {text: self._begun_by(text) for text in self._meanings}
        self._chosen = lru_cache(maxsize=_KEPT)(self._of_kinds)
        self._standing = lru_cache(maxsize=_KEPT)(self._any)
        self._only = lru_cache(maxsize=len(WordKind))(self._compiled)
        self._meaning = lru_cache(maxsize=_KEPT)(self._whole)

    def hits(self, text: str, *kinds: WordKind) -> list[Hit]:
        """The words of these kinds (default: all but absent) in `text`, by place; longer ones win."""
        return list(self._chosen(text, kinds or _TOLD))

    def _begun_by(self, spelling: str) -> tuple[tuple[WordKind, str], ...]:
        """Of each kind the longest word that stands wherever `spelling` does, and begins with it."""
        longest = dict[WordKind, str]()
        for other in _beginnings(spelling):
            longest |= dict.fromkeys((means for means, _ in self._meanings.get(other, ())), other)
        return tuple(longest.items())

    def _of_kinds(self, text: str, wanted: tuple[WordKind, ...]) -> tuple[Hit, ...]:
        """The words of the `wanted` kinds in `text`: none begins within a longer one of these kinds."""
        standing = self._standing(text) if len(text) <= _LINE else self._search(text, self._only(wanted))
        if standing.keys().isdisjoint(wanted):
            return ()
        places = {place for kind in wanted for place in standing.get(kind, ())}
        found, done = list[Hit](), 0
        for start, spelling in sorted(places, key=lambda place: (place[0], -len(place[1]))):
            if start < done:
                continue
            done = start + len(spelling)
            found += [
                Hit(means=means, value=value, start=start, end=done)
                for means, value in self._meanings[spelling]
                if means in wanted
            ]
        return tuple(found)

    def _any(self, text: str) -> _Standing:
        """Where words of all kinds stand in a short text, of which several kinds are asked one by one."""
        return self._search(text, self._only(tuple(WordKind)))

    def _compiled(self, kinds: tuple[WordKind, ...]) -> re.Pattern[str]:
        """The words of these kinds."""
        wanted = set(kinds)
        spellings = (text for text, means in self._meanings.items() if wanted & {kind for kind, _ in means})
        return re.compile(_longest(spellings))

    def _search(self, text: str, pattern: re.Pattern[str]) -> _Standing:
        """Of each kind, where in `text` a word of `pattern` begins, and the longest that does."""
        folded, found = _folded(text), dict[WordKind, list[tuple[int, str]]]()
        match = pattern.search(folded)
        while match is not None:
            start = match.start()
            for kind, spelling in self._begun[match[0]]:
                found.setdefault(kind, []).append((start, spelling))
            match = pattern.search(folded, start + 1)
        return found

    def _whole(self, text: str) -> _Meanings:
        """What all of `text` means."""
        return self._meanings.get(fold(text).strip(), ())

    def values(self, text: str, kind: WordKind) -> list[str]:
        """What the words of one kind in `text` mean, each once, in order."""
        return list(dict.fromkeys(hit.value for hit in self._chosen(text, (kind,))))

    def has(self, text: str, kind: WordKind) -> bool:
        """Whether a word of this kind stands in `text`."""
        return bool(self._chosen(text, (kind,)))

    def without(self, text: str, *kinds: WordKind) -> str:
        """`text` without its words of these kinds."""
        for hit in reversed(self._chosen(text, kinds)):
            text = text[: hit.start] + text[hit.end :]
        return text

    def is_own(self, text: str) -> bool:
        """Whether all of `text` is a metric's word that says more than the metric's name."""
        return fold(text).strip() in self._own

    def is_whole(self, text: str, kind: WordKind) -> str | None:
        """The value of the word of this kind that all of `text` is; None where it is none."""
        return next((value for means, value in self._meaning(text) if means is kind), None)

    def absent(self, text: str) -> bool:
        """Whether a cell says that there is no value."""
        return self.is_whole(text, WordKind.ABSENT) is not None


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


@lru_cache(maxsize=4)
def _folded(text: str) -> str:
    """`fold` of a text in which words of one kind after the other are looked for."""
    return fold(text)


def _longest(spellings: Iterable[str]) -> str:
    """A pattern that matches the longest of `spellings` at a place, within its bounds.

    Spellings share what they begin with, and each begins with a letter: so the search passes over all other
    letters at once, however many spellings there are.
    """
    tree: dict[str, _Branch] = {}
    for spelling in spellings:
        branches = tree
        for at, character in enumerate(spelling):
            branch = branches.setdefault(character, _Branch(further={}))
            branch.ends |= at == len(spelling) - 1
            branches = branch.further
    first = (f"{re.escape(character)}{_bound_before(character)}{_rest(character, branch)}"
             for character, branch in tree.items())  # fmt: skip
    return "|".join(first) or r"(?!)"


@dataclass(slots=True, kw_only=True)
class _Branch:
    """What goes on behind a character, and whether a spelling ends with it."""

    further: dict[str, _Branch]
    ends: bool = False


def _rest(character: str, branch: _Branch) -> str:
    """The pattern behind `character`: longer spellings before the one that ends here."""
    ways = [f"{re.escape(after)}{_rest(after, further)}" for after, further in branch.further.items()]
    if branch.ends:
        ways.append(rf"(?![{_TOUCHING}])" if _touches(character) else "")
    return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"


def _bound_before(character: str) -> str:
    """That no letter stands in front of a word's first one, which has been read."""
    return rf"(?<![{_TOUCHING}]{re.escape(character)})" if _touches(character) else ""


def _touches(character: str) -> bool:
    """Whether a character makes one word with the letters and digits beside it."""
    return character.isascii() and character.isalnum()


def _beginnings(spelling: str) -> Iterator[str]:
    """What `spelling` begins with, cut within no word of letters and digits; itself last."""
    for end in range(1, len(spelling)):
        if not (_touches(spelling[end - 1]) and _touches(spelling[end])):
            yield spelling[:end]
    yield spelling
