"""What a word that somebody asks for means among the names that there are."""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.documents.readme.words import Vocabulary, fold
from harness.domain.words import WordKind

_BARE_POINT = re.compile(r"(?<!\d)\.(?=\d)")  # .5 is 0.5


def meant(word: str, there: Iterable[str], kind: WordKind | None, words: Vocabulary) -> frozenset[str]:
    """The names of `there` that `word` is: as it stands, as documents spell it, or but for case and signs.

    `kind` is what `words`, the documents' own, are asked for: none where documents spell a thing in one way.
    Empty where `word` is none of them.
    """
    names = tuple(dict.fromkeys(there))
    spelled = None if kind is None else words.is_whole(word, kind)
    for name in (word, spelled):
        if name is not None and name in names:
            return frozenset((name,))
    return frozenset(name for name in names if _plain(name) == _plain(word) != "")


def _plain(text: str) -> str:
    """A name as it is compared: case, width, blanks and signs between words do not count."""
    return re.sub(r"[\W_]+", "", _BARE_POINT.sub("0.", fold(text)))
