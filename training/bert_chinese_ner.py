"""The mini of bert-chinese-ner: three layers of 128, trained from nothing on characters and their tags.

There is no training split at hand: it learns from People's Daily's development set and MSRA's test set. Both
are small, so that every epoch shows the sentences with other names in them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.datasets import peoples_daily
from harness.home import MINIS
from harness.text.ner_characters import LABELS
from harness.text.wordpiece import WordPieceTokenizer, load_vocabulary
from training import common, entities, entity_scores, msra
from training.entities import Material, Sentences
from training.entity_scores import Made
from training.vocabulary import SPECIAL, frequent_characters

NAME = "bert-chinese-ner"
DEV = "peoples_daily/example.dev"
MSRA = "msra/msra_test_bio.txt"
TEST = "peoples_daily/example.test"

DESCRIPTION = (
    "A small BERT of bert-chinese-ner's head, labels, inputs and length, trained from nothing for zoocheck. "
    "It makes the whole way run without a download; its score says nothing about the documented checkpoint."
)
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
    layers: int = 2
    epochs: int = 5
    peak_rate: float = 1.5e-3
    position_std: float = 0.1
    documented: float = 0.0  # the same ids as in the standard form
    swapped: float = 0.5
    unknown: float = 0.05
    least: int = 2  # a character that stands in the training data less often is [UNK], as others elsewhere


def train(recipe: Recipe, minis: Path = MINIS) -> None:
    """Train, and write vocabulary, checkpoint and card into ``minis/bert-chinese-ner``."""
    data = common.data_folder(DEV, MSRA, TEST)
    student = fit(recipe, minis / NAME)
    trained_on = entity_scores.trained_on(data, {DEV: peoples_daily.read, MSRA: msra.read}, _kept)
    entity_scores.write(
        Made(
            name=NAME,
            description=DESCRIPTION,
            licence=LICENCE,
            labels=LABELS,
            recipe=recipe,
            student=student,
            trained_on=entity_scores.less(trained_on, DEV, recipe.held_out),
        ),
        minis,
        data / TEST,
    )


def score_only(minis: Path = MINIS) -> None:
    """Score the checkpoint that is there, and put the scores into its card."""
    entity_scores.rewrite(NAME, minis, common.data_folder(TEST) / TEST)


def fit(recipe: Recipe, folder: Path) -> entities.Student:
    """Train as `recipe` says; writes only ``vocab.txt`` into `folder`."""
    data = common.data_folder(DEV, MSRA, TEST)
    ours = _kept(peoples_daily.read(data / DEV, expected=None).examples)
    order = np.random.default_rng(recipe.seed).permutation(len(ours))
    held_out = tuple(ours[at] for at in sorted(order[: recipe.held_out]))
    seen = tuple(ours[at] for at in sorted(order[recipe.held_out :]))
    sentences = (*seen, *_kept(msra.read(data / MSRA).examples))
    vocabulary = frequent_characters(_characters(folder, sentences), size=recipe.pieces, least=recipe.least)
    common.write_vocabulary(folder, vocabulary)
    material = Material(
        train=sentences,
        held_out=held_out,
        held_out_file=DEV,
        vocabulary=load_vocabulary(folder / "vocab.txt"),
    )
    return entities.fit(NAME, recipe, material)


def _kept(sentences: Sentences) -> Sentences:
    """The sentences that do not stand in the test set too."""
    path = common.data_folder(TEST) / TEST
    tested = {sentence.words for sentence in peoples_daily.read(path, expected=None).examples}
    return tuple(sentence for sentence in sentences if sentence.words not in tested)


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
