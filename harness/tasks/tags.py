"""The tags of words that are parts of entities: their two schemes, and the way from one to the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

OUTSIDE = "O"


class Scheme(StrEnum):
    """Where ``B-`` stands: IOB2 begins every entity with it, IOB1 only one that touches its like.

    IOB2 is also called BIO. BIOES ends an entity of several words with ``E-`` and has ``S-`` for one of one
    word. Plain tags are of words alone, as parts of speech, and say nothing of entities.
    """

    IOB1 = "iob1"
    IOB2 = "iob2"
    BIOES = "bioes"
    PLAIN = "plain"


def beginnings(tags: Sequence[str]) -> Iterator[int]:
    """Where an ``I-`` begins an entity: behind ``O``, another type, or nothing. IOB2 never writes that."""
    before = OUTSIDE
    for at, tag in enumerate(tags):
        if tag[0] == "I" and before[2:] != tag[2:]:
            yield at
        before = tag


def plain_beginnings(tags: Sequence[str]) -> Iterator[int]:
    """Where a ``B-`` begins an entity that touches none of its type. IOB1 never writes that."""
    before = OUTSIDE
    for at, tag in enumerate(tags):
        if tag[0] == "B" and before[2:] != tag[2:]:
            yield at
        before = tag


def iob2(tags: Sequence[str]) -> tuple[str, ...]:
    """Tags of either scheme as IOB2: an ``I-`` that begins an entity becomes its ``B-``.

    Tags that are IOB2 already come back as they were.
    """
    begins = set(beginnings(tags))
    return tuple(f"B{tag[1:]}" if at in begins else tag for at, tag in enumerate(tags))


def bioes_breaks(tags: Sequence[str]) -> Iterator[int]:
    """Where a tag breaks BIOES: a word inside an entity that none began, or one begun that does not end."""
    open_kind: str | None = None  # of the entity that goes on
    for at, tag in enumerate(tags):
        inside = tag[0] in "IE"
        if inside != (open_kind is not None) or (inside and tag[2:] != open_kind):
            yield at
        open_kind = tag[2:] if tag[0] in "BI" else None
    if open_kind is not None:
        yield len(tags) - 1


_TO_IOB2 = {"E-": "I-", "S-": "B-", "E": "I", "S": "B"}


def of_one_type(tags: Iterable[str]) -> bool:
    """Whether tags are of entities of a single type that has no name: ``B``, ``I`` and ``O`` alone."""
    found = set(tags)
    return bool(found & {"B", "I", "S"}) and found <= {OUTSIDE, "B", "I", "E", "S"}


def from_bioes(tags: Sequence[str]) -> tuple[str, ...]:
    """BIOES tags as IOB2."""
    return tuple(_TO_IOB2.get(tag[:2], tag[:2]) + tag[2:] for tag in tags)


def to_bioes(tags: Sequence[str]) -> tuple[str, ...]:
    """IOB2 tags as BIOES."""
    made = []
    for at, tag in enumerate(tags):
        ends = at + 1 == len(tags) or tags[at + 1] != f"I{tag[1:]}"
        made.append({"B": "S", "I": "E"}.get(tag[0], tag[0]) + tag[1:] if ends else tag)
    return tuple(made)


def to_iob1(tags: Sequence[str]) -> tuple[str, ...]:
    """IOB2 tags as IOB1: ``B-`` only where an entity touches one of its type before it."""
    plain = set(plain_beginnings(tags))
    return tuple(f"I{tag[1:]}" if at in plain else tag for at, tag in enumerate(tags))
