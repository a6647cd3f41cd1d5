"""The tags of words that are parts of entities: their two schemes, and the way from one to the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

OUTSIDE = "O"


class Scheme(StrEnum):
    """Where ``B-`` stands: IOB2 begins every entity with it, IOB1 only one that touches its like."""

    IOB1 = "iob1"
    IOB2 = "iob2"


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
