"""The mini of bert-large-ner: three layers of 128, trained from nothing on CoNLL-2003's training set.

Its documented protocol looks whole words up and lowers those in capitals, the standard one cuts words into
pieces: the vocabulary has both, and every epoch shows each sentence in the one form or the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness.tasks.datasets import conll
from harness.tasks.text.ner_words import LABELS
from harness.tasks.text.wordpiece import load_vocabulary
from training import common, entities, entity_minis
from training.entities import Material, Sentences
from training.entity_minis import Mini
from training.vocabulary import SPECIAL, train_vocabulary, with_whole_words

TRAIN = "conll2003/train.txt"
VALID = "conll2003/valid.txt"

LICENCE = (
    "Trained on the training set of CoNLL-2003, whose texts Reuters allows for research only; no sentence of "
    "it is in this repository, the vocabulary holds single words and fragments of words. The weights are "
    "released under Apache-2.0 as far as the project can grant that."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe(entities.Recipe):
    """The numbers chosen by ``valid.txt``."""

    held_out: int = 3250  # sentences of valid.txt: all
    pieces: int = 8000
    length: int = 128
    epochs: int = 8
    documented: float = 0.4
    swapped: float = 0.3
    unknown: float = 0.05
    word_pieces: int = 3000  # of the vocabulary; the others are whole words
    missing: float = 0.05  # share of epochs that do without a whole word, so that it is cut or [UNK]
    rare: int = 3  # a word that stands in the data so often or less is missing more often:
    missing_rare: float = 0.5


def _material(recipe: Recipe, folder: Path, sources: Mapping[str, Sentences]) -> Material:
    """The words that may be missing are those of the vocabulary that stand in the training set."""
    sentences = sources[TRAIN]
    held_out = conll.read(common.data_folder(VALID) / VALID, expected=None).examples[: recipe.held_out]
    counts = _whole_words(sentences)
    texts = [" ".join(sentence.words) for sentence in sentences]
    pieces = train_vocabulary(texts, pieces=recipe.word_pieces, lower_case=False)
    vocabulary = with_whole_words(pieces, counts, size=recipe.pieces)
    common.write_vocabulary(folder, vocabulary)
    return Material(
        train=sentences,
        held_out=held_out,
        held_out_file=VALID,
        vocabulary=load_vocabulary(folder / "vocab.txt"),
        missing={
            word: recipe.missing_rare if counts[word] <= recipe.rare else recipe.missing
            for word in vocabulary
            if len(word) > 1 and word in counts and word not in SPECIAL
        },
    )


def _whole_words(sentences: Sentences) -> Counter[str]:
    """How often each word stands in `sentences`: as written, and as the documented protocol looks it up."""
    written = Counter(word for sentence in sentences for word in sentence.words)
    looked_up: Counter[str] = Counter()
    for word, count in written.items():
        if word.isupper():
            looked_up[word.lower()] += count
    return written + looked_up


MINI = Mini(
    name="bert-large-ner",
    licence=LICENCE,
    labels=LABELS,
    sources={TRAIN: conll.read},
    held_out=VALID,
    test="conll2003/test.txt",
    read=conll.read,
    material=_material,
)
fit = partial(entity_minis.fit, MINI)
train = partial(entity_minis.train, MINI)
score_only = partial(entity_minis.score_only, MINI)
