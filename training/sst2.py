"""SST-2's training phrases, and a held-out part of them that is fair.

``train.tsv`` holds the phrases of parse trees, so most are parts of others: phrases drawn at random would be
held out in vain. Like ``dev.tsv``, what is held out are whole sentences, and no phrase that occurs in them
alone is trained on.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import UsageError
from harness.tasks.datasets import sst2
from harness.tasks.datasets.sst2 import SentenceExample

TRAIN = "sst2/train.tsv"
SHORTEST = 5  # words of a phrase that may stand for a sentence of dev.tsv


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The rows of a ``train.tsv``, divided: `held_out` is never trained on."""

    path: Path
    sha256: str
    rows: int  # of the file; more than `train` and `held_out`, whose phrases are left out
    train: tuple[SentenceExample, ...] = field(repr=False)
    held_out: tuple[SentenceExample, ...] = field(repr=False)


def read_phrases(data: Path, *, held_out: int, seed: int) -> Phrases:
    """``sst2/train.tsv`` below `data`, with `held_out` whole sentences drawn by `seed`.

    Raises `UsageError` for a `held_out` that leaves nothing on one side.
    """
    dataset = sst2.read(data / TRAIN, expected=None)
    examples = dataset.examples
    wholes, owners = _wholes([tuple(example.text.split()) for example in examples])
    drawn_from = [whole for whole in wholes if len(examples[whole].text.split()) >= SHORTEST]
    if not 0 < held_out < len(drawn_from):
        raise UsageError(f"cannot hold {held_out} sentences out, expected 1 to {len(drawn_from) - 1}")
    drawn = sorted(random.Random(seed).sample(drawn_from, held_out))  # noqa: S311 - a split, no secret
    hidden = set(drawn)
    return Phrases(
        path=dataset.path,
        sha256=dataset.sha256,
        rows=len(examples),
        train=tuple(ex for ex, owner in zip(examples, owners, strict=True) if not owner <= hidden),
        held_out=tuple(examples[whole] for whole in drawn),
    )


def _wholes(phrases: Sequence[tuple[str, ...]]) -> tuple[list[int], list[set[int]]]:
    """The phrases that are part of no other, and for each phrase the wholes it occurs in."""
    wholes: list[int] = []
    inside: dict[tuple[str, ...], set[int]] = {}
    for number in sorted(range(len(phrases)), key=lambda number: (-len(phrases[number]), number)):
        words = phrases[number]
        if words in inside:
            continue
        wholes.append(number)
        for start in range(len(words)):
            for stop in range(start + 1, len(words) + 1):
                inside.setdefault(words[start:stop], set()).add(number)
    return wholes, [inside[words] for words in phrases]
