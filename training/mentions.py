"""Sentences with other entities in the place of their own: more names in more contexts than a file has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from harness.tasks.datasets.tagged import TaggedSentence
from harness.tasks.tags import OUTSIDE

Mention = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentions:
    """The entities of a file by type, each as often as it stands there."""

    by_type: Mapping[str, Sequence[Mention]] = field(repr=False)

    @classmethod
    def of(cls, sentences: Sequence[TaggedSentence]) -> Mentions:
        """Those of `sentences`, in order; tags are IOB2."""
        found: dict[str, list[Mention]] = {}
        for sentence in sentences:
            for start, stop in _runs(sentence.tags):
                if sentence.tags[start] != OUTSIDE:
                    kind = sentence.tags[start][2:]
                    found.setdefault(kind, []).append(sentence.words[start:stop])
        return cls(by_type=found)


def with_other_mentions(
    sentences: Sequence[TaggedSentence], mentions: Mentions, share: float, random: np.random.Generator
) -> list[TaggedSentence]:
    """`sentences`, a `share` of whose entities are another of the same type."""
    return [_changed(sentence, mentions, share, random) for sentence in sentences]


def _changed(
    sentence: TaggedSentence, mentions: Mentions, share: float, random: np.random.Generator
) -> TaggedSentence:
    if all(tag == OUTSIDE for tag in sentence.tags):
        return sentence
    words: list[str] = []
    tags: list[str] = []
    for start, stop in _runs(sentence.tags):
        first = sentence.tags[start]
        part: Mention = sentence.words[start:stop]
        if first != OUTSIDE and random.random() < share:
            others = mentions.by_type[first[2:]]
            other = others[int(random.integers(len(others)))]
            # A headline stays one: its names are written in capitals throughout.
            part = tuple(word.upper() for word in other) if all(map(str.isupper, part)) else other
        words += part
        tags += [first, *([f"I-{first[2:]}" if first != OUTSIDE else OUTSIDE] * (len(part) - 1))]
    return replace(sentence, words=tuple(words), tags=tuple(tags))


def _runs(tags: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Start and stop of every entity and of every word outside of one."""
    start = 0
    for at in range(1, len(tags) + 1):
        if at == len(tags) or not tags[at].startswith("I-"):
            yield start, at
            start = at
