"""The scores of an entity recogniser's mini under both protocols, and its card."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any
from typing import Protocol as Shape

import numpy as np

from harness import catalog, checkpoints
from harness.domain import Protocol, Weights
from harness.errors import CheckpointError, NotThere
from harness.home import MINIS, Home
from harness.text import load_task
from training import card, common, entities
from training.card import Card, TrainedOn, Training
from training.entities import Sentences


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
class EntityScore:
    """The fp32 scores of a checkpoint on the CPU, every metric as a fraction at full double precision."""

    dataset: str
    file: str  # with the folder it lies in
    sha256: str
    protocols: Mapping[str, Mapping[str, float]]  # metrics, counts, and the smallest margin
    precision: str = "fp32"
    device: str = "cpu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A student and what its card says of it."""

    name: str
    description: str
    licence: str
    labels: Sequence[str]
    recipe: entities.Recipe
    student: entities.Student
    trained_on: Mapping[str, TrainedOn]


def trained_on(
    data: Path, files: Mapping[str, Read], kept: Callable[[Sentences], Sentences]
) -> dict[str, TrainedOn]:
    """The facts of each file; rows are sentences, those used are the `kept` ones."""
    facts = {}
    for name, read in files.items():
        found = read(data / name, expected=None)
        facts[name] = TrainedOn(
            dataset=Path(name).parent.name,
            file=Path(name).name,
            rows=len(found.examples),
            rows_used=len(kept(found.examples)),
            sha256=found.sha256,
        )
    return facts


def less(facts: Mapping[str, TrainedOn], name: str, held_out: int) -> dict[str, TrainedOn]:
    """`facts` where `held_out` sentences of the file `name` were not trained on."""
    used = facts[name].rows_used - held_out
    return {**facts, name: replace(facts[name], rows_used=used)}


def write(made: Made, minis: Path, full: Path) -> None:
    """Checkpoint, config.json and card of `made`, scored on the data set `full` and on the corpus."""
    student, folder = made.student, minis / made.name
    lower_case = common.find_model(made.name).tokenizer.lower_case
    common.write_checkpoint(folder, student.network, student.architecture, made.labels, lower_case=lower_case)
    content = Card(
        model=made.name,
        description=made.description,
        licence=made.licence,
        trained_on=made.trained_on,
        recipe=made.recipe,
        training=Training(seconds=student.seconds, steps=student.steps, threads=made.recipe.threads),
        held_out=student.held_out,
    )
    card.write(folder, content, _scores(made.name, minis, full))


def rewrite(name: str, minis: Path, full: Path) -> None:
    """Score the checkpoint that is there, and put the scores into its card."""
    card.rewrite_scores(minis / name, _scores(name, minis, full))


def _scores(name: str, minis: Path, full: Path) -> Mapping[str, EntityScore]:
    corpus = MINIS / name / "corpus" / full.name
    if not corpus.is_file():
        raise NotThere(f"{corpus}: no such file", remedy="restore the corpus written for this project")
    spec = catalog.find(catalog.load().datasets, common.find_model(name).dataset, "data set")
    scores = {
        "full": _score(name, full, minis, expected=spec.counts["samples"]),
        "mini": _score(name, corpus, minis, expected=None),
    }
    for score in scores.values():
        for protocol, values in score.protocols.items():
            told = ", ".join(f"{key} {value:.6g}" for key, value in values.items())
            print(f"{name}: {score.file}, {protocol}: {told}", flush=True)
    return scores


def _score(name: str, path: Path, minis: Path, *, expected: int | None) -> EntityScore:
    model = common.find_model(name)
    checkpoint = checkpoints.locate(model, Weights.MINI, replace(Home.locate(), minis=minis))
    if checkpoint.folder is None:
        raise CheckpointError(f"{name}: the mini has no folder")
    network = checkpoints.load_network(checkpoint)
    tokenizer = common.read_tokenizer(checkpoint.folder, model)
    spec = catalog.find(catalog.load().datasets, model.dataset, "data set")
    dataset = import_module(f"harness.datasets.{spec.reader}").read(path, expected=expected)
    task = load_task(model)
    protocols: dict[str, dict[str, Any]] = {}
    for protocol in Protocol:
        features: Any = task.prepare(dataset.examples, tokenizer, length=model.length, protocol=protocol)
        logits = entities.run(network, model, features)
        scored = task.score([logits], features, protocol=protocol)
        ordered = np.sort(logits[features.rows, features.positions], axis=-1)
        protocols[str(protocol)] = {
            **{str(metric): value for metric, value in scored.metrics.items()},
            **{f"correct_{metric}": count for metric, count in scored.correct.items()},
            "samples": scored.samples,
            **scored.facts,
            "smallest_margin": float((ordered[..., -1] - ordered[..., -2]).min()),
        }
    return EntityScore(
        dataset=spec.name,
        file=f"{path.parent.name}/{path.name}",
        sha256=dataset.sha256,
        protocols=protocols,
    )
