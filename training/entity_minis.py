"""From data sets to a mini in its folder: the way that both entity recognisers go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from typing import Protocol as Shape

from harness.setting.home import MINIS
from training import card, common, entities, entity_scores
from training.card import Card, TrainedOn, Training
from training.entities import Material, Recipe, Sentences, Student

DESCRIPTION = (
    "A small BERT of {name}'s head, labels, inputs and length, trained from nothing for zoocheck. It makes "
    "the whole way run without a download; its score says nothing about the documented checkpoint."
)


class File(Shape):
    """A data set as it was read."""

    @property
    def examples(self) -> Sentences:
        """Its sentences."""

    @property
    def sha256(self) -> str:
        """Of its bytes."""


class Read(Shape):
    """What reads a data set."""

    def __call__(self, path: Path, *, expected: int | None) -> File:
        """The data set in `path`; None expects any number of sentences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mini:
    """What a recogniser is beside the numbers of its recipe; files are named below ``ZOOCHECK_DATA``.

    `material` makes what is learnt from, of a recipe, the folder to write ``vocab.txt`` into, and the
    sentences of each source.
    """

    name: str
    licence: str
    labels: Sequence[str]
    sources: Mapping[str, Read]  # the files that it learns from
    held_out: str  # the file whose held-out sentences choose the epoch; may be one of `sources`
    test: str  # the file that it is scored on
    read: Read  # the reader of `held_out` and `test`
    material: Callable[[Any, Path, Mapping[str, Sentences]], Material] = field(repr=False)


def fit(mini: Mini, recipe: Recipe, folder: Path) -> Student:
    """Train as `recipe` says; writes only ``vocab.txt`` into `folder`."""
    sentences = {name: _untested(mini, file) for name, file in _read(mini).items()}
    return entities.fit(mini.name, recipe, mini.material(recipe, folder, sentences))


def train(mini: Mini, recipe: Recipe, minis: Path = MINIS) -> None:
    """Train, and write vocabulary, checkpoint and card into `minis`."""
    folder = minis / mini.name
    student = fit(mini, recipe, folder)
    lower_case = common.find_model(mini.name).tokenizer.lower_case
    common.write_checkpoint(folder, student.network, student.architecture, mini.labels, lower_case=lower_case)
    content = Card(
        model=mini.name,
        description=DESCRIPTION.format(name=mini.name),
        licence=mini.licence,
        trained_on=_trained_on(mini, recipe),
        recipe=recipe,
        training=Training(seconds=student.seconds, steps=student.steps, threads=recipe.threads),
        held_out=student.held_out,
    )
    card.write(folder, content, entity_scores.scores(mini.name, minis, _data(mini) / mini.test))


def score_only(mini: Mini, minis: Path = MINIS) -> None:
    """Score the checkpoint that is there, and put the scores into its card."""
    full = common.data_folder(mini.test) / mini.test
    card.rewrite_scores(minis / mini.name, entity_scores.scores(mini.name, minis, full))


def _data(mini: Mini) -> Path:
    return common.data_folder(*dict.fromkeys((*mini.sources, mini.held_out, mini.test)))


def _read(mini: Mini) -> dict[str, File]:
    data = _data(mini)
    return {name: read(data / name, expected=None) for name, read in mini.sources.items()}


def _untested(mini: Mini, file: File) -> Sentences:
    """The sentences of `file` that do not stand in the test set too: datelines and short ones do."""
    test = mini.read(_data(mini) / mini.test, expected=None)
    tested = {sentence.words for sentence in test.examples}
    return tuple(sentence for sentence in file.examples if sentence.words not in tested)


def _trained_on(mini: Mini, recipe: Recipe) -> dict[str, TrainedOn]:
    """The facts of each source; rows are sentences."""
    return {
        name: TrainedOn(
            dataset=Path(name).parent.name,
            file=Path(name).name,
            rows=len(file.examples),
            rows_used=len(_untested(mini, file)) - (recipe.held_out if name == mini.held_out else 0),
            sha256=file.sha256,
        )
        for name, file in _read(mini).items()
    }
