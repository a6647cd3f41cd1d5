"""The mini of bert-chinese-ner: three layers of 128, trained from nothing on characters and their tags.

There is no training split at hand: it learns from People's Daily's development set and MSRA's test set. Both
are small, so that every epoch shows the sentences with other names in them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from harness.tasks.datasets import peoples_daily
from harness.tasks.text.ner_characters import LABELS
from harness.tasks.text.wordpiece import WordPieceTokenizer, load_vocabulary
from training import common, entities, entity_minis, msra
from training.entities import Material, Sentences
from training.entity_minis import Mini
from training.vocabulary import SPECIAL, frequent_characters

NAME = "bert-chinese-ner"
DEV = "peoples_daily/example.dev"
MSRA = "msra/msra_test_bio.txt"

LICENCE = (
    "Trained on People's Daily's development set and MSRA's test set, published for research; no sentence of "
    "them is in this repository, the vocabulary holds single characters. The weights are released under "
    "Apache-2.0 as far as the project can grant that."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe(entities.Recipe):
    """The numbers chosen by held-out sentences of ``example.dev``."""

    held_out: int = 300  # sentences of example.dev, drawn by the seed
    pieces: int = 4000  # at most
    length: int = 256
    batch: int = 16
    epochs: int = 12
    peak_rate: float = 1.5e-3
    position_std: float = 0.1
    documented: float = 0.0  # the same ids as in the standard form
    swapped: float = 0.5
    unknown: float = 0.05
    least: int = 2  # a character that stands in the training data less often is [UNK], as others elsewhere


def _material(recipe: Recipe, folder: Path, sources: Mapping[str, Sentences]) -> Material:
    """Sentences of `DEV` drawn by the seed are held out; all others are trained on."""
    ours = sources[DEV]
    order = np.random.default_rng(recipe.seed).permutation(len(ours))
    held_out = tuple(ours[at] for at in sorted(order[: recipe.held_out]))
    seen = tuple(ours[at] for at in sorted(order[recipe.held_out :]))
    sentences = (*seen, *sources[MSRA])
    vocabulary = frequent_characters(_characters(folder, sentences), size=recipe.pieces, least=recipe.least)
    common.write_vocabulary(folder, vocabulary)
    return Material(
        train=sentences,
        held_out=held_out,
        held_out_file=DEV,
        vocabulary=load_vocabulary(folder / "vocab.txt"),
    )


def _characters(folder: Path, sentences: Sentences) -> Counter[str]:
    """How often each character stands in `sentences`, as zoocheck's tokenizer leaves it: in lower case."""
    common.write_vocabulary(folder, SPECIAL)
    tokenizer: WordPieceTokenizer = common.read_tokenizer(folder, common.find_model(NAME))
    written = Counter(char for sentence in sentences for char in sentence.words)
    normal: Counter[str] = Counter()
    for char, count in written.items():
        for word in tokenizer.words(char):
            normal[word] += count
    return normal


MINI = Mini(
    name=NAME,
    licence=LICENCE,
    labels=LABELS,
    sources={DEV: peoples_daily.read, MSRA: msra.read},
    held_out=DEV,
    test="peoples_daily/example.test",
    read=peoples_daily.read,
    material=_material,
)
fit = partial(entity_minis.fit, MINI)
train = partial(entity_minis.train, MINI)
score_only = partial(entity_minis.score_only, MINI)
