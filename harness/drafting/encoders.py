"""What a checkpoint's folder is: its family and sizes, the head on it, the names of its labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from harness.decoding import short
from harness.domain.families import FAMILIES, Family
from harness.domain.models import Architecture, Head
from harness.errors import CheckpointError, UsageError
from harness.models.checkpoints import config, files, labels

DEFAULT_LENGTH = 128
QUESTIONS_LENGTH = 384  # as transformers' own script for SQuAD has it (run_qa.py, --max_seq_length)


class Task(StrEnum):
    """What ``--task`` may say; each is a module in `harness.tasks.text`."""

    SEQUENCES = "sequences"
    TOKENS = "tokens"
    QUESTIONS = "questions"


HEADS: Mapping[Task, Head] = {
    Task.SEQUENCES: Head.CLASSIFICATION,
    Task.TOKENS: Head.TOKEN_CLASSIFICATION,
    Task.QUESTIONS: Head.QUESTION_ANSWERING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoder:
    """A checkpoint that can be run: what its config.json says, and what was guessed of it."""

    folder: Path
    task: Task
    architecture: Architecture
    labels: tuple[str, ...]  # names by place; empty where the config.json only numbers them
    regression: bool  # one logit that is a number and no label
    notes: tuple[str, ...]

    @property
    def longest(self) -> int:
        """The tokens that a sample is padded to where nobody says."""
        usual = QUESTIONS_LENGTH if self.task is Task.QUESTIONS else DEFAULT_LENGTH
        most = self.architecture.longest
        return usual if most is None else min(usual, most)


def told_task(folder: Path, asked: str | None) -> tuple[Task, str] | None:
    """The task of the checkpoint in `folder` and what tells it in words; None where nothing does.

    The task is the one that is `asked` for, else that of ``architectures``. Raises `CheckpointError` for a
    folder that is no checkpoint, in a sentence that says what it holds instead, and for a network that is
    not supported, by name; `UsageError` for a task that is none.
    """
    _require_checkpoint(folder)
    path = folder / files.CONFIG
    content = config.content(path)
    config.family(path, content)
    if asked is not None:
        if asked not in [*Task]:
            raise UsageError(f"--task {asked}: there are {', '.join(Task)}")
        return Task(asked), "--task"
    return _by_architectures(path, content)


def look(folder: Path, task: Task, why: str) -> Encoder:
    """What the checkpoint in `folder` is, whose task is known by `why`.

    Raises `CheckpointError` for a config.json that contradicts itself.
    """
    path = folder / files.CONFIG
    content = config.content(path)
    architecture = config.read(path, _template(config.family(path, content), task, content))
    regression = task is Task.SEQUENCES and architecture.labels == 1
    named = () if regression or task is Task.QUESTIONS else labels.names(path, content)
    return Encoder(
        folder=folder, task=task, architecture=architecture, labels=named, regression=regression,
        notes=(f"task: {task}, by {why}",),
    )  # fmt: skip


def _require_checkpoint(folder: Path) -> None:
    """Raise `CheckpointError` where no checkpoint lies in `folder`."""
    instead = files.instead(folder)
    beside = f"; it holds {instead}" if instead else ""
    if not (folder / files.CONFIG).is_file():
        raise CheckpointError(
            f"{folder}: no {files.CONFIG}{beside}",
            remedy="give the folder that save_pretrained wrote, an .onnx file, or a hub id as owner/name",
        )
    if files.weights_in(folder) is None:
        raise CheckpointError(
            f"{folder}: no weights that are read, {' or '.join(files.WEIGHTS)}{beside}",
            remedy=None if instead else "save the model there with save_pretrained",
        )


def _by_architectures(path: Path, content: Mapping[str, Any]) -> tuple[Task, str] | None:
    named = content.get("architectures")
    name = next((item for item in named if isinstance(item, str)), "") if isinstance(named, list) else ""
    if not name:
        return None
    endings = {config.ENDINGS[head]: task for task, head in HEADS.items()}
    told = next((task for ending, task in endings.items() if name.endswith(ending)), None)
    if told is None:
        raise CheckpointError(
            f"{path}: found architectures {short(name)}, which has no head that is scored; supported are "
            f"{', '.join(f'*{ending}' for ending in endings)}",
            remedy="give a fine-tuned checkpoint, or --task where its weights have such a head",
        )
    return told, f"{name} in {path.name}"


def _template(family: Family, task: Task, content: Mapping[str, Any]) -> Architecture:
    """An architecture of the family and the task; its sizes are for config.json to tell."""
    counted = 2 if task is Task.QUESTIONS else labels.count(content) or 2  # transformers' own default
    return Architecture(
        layers=1, hidden=1, heads=1, intermediate=1, vocabulary=1, positions=1,
        head=HEADS[task], labels=counted, family=family,
    )  # fmt: skip


def table(found: Architecture) -> dict[str, Any]:
    """An architecture as its TOML: what its family has anyway is left out."""
    facts = FAMILIES[found.family]
    usual = {
        "types": facts.types, "activation": facts.activation, "layer_norm_eps": facts.epsilon,
        "dropout": facts.dropout, "settings": {},
    }  # fmt: skip
    said = {"family": str(found.family)}
    for item in fields(found):
        value = getattr(found, item.name)
        if item.name != "family" and (item.name not in usual or value != usual[item.name]):
            said[item.name] = str(value) if isinstance(value, StrEnum) else value
    return said
