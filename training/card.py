"""The card of a mini, ``card.toml``: what it is, how it was made, what it scores."""

from __future__ import annotations

import json
import platform
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from harness.errors import BadInput
from harness.models.checkpoints import files
from training.common import sha256

NAME = "card.toml"
HEADER = "# Written by `python -m training`, which also writes it anew; not by hand.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What training took, and with what."""

    seconds: float
    steps: int
    threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedOn:
    """The only data that a mini has seen."""

    dataset: str
    file: str
    rows: int  # of the file
    rows_used: int  # without the held-out sentences and what occurs in them alone
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """The score on the part of the training file that was not trained on."""

    correct: int
    samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Everything that a card says but for scores and hashes of files, which are taken when it is written."""

    model: str
    description: str
    licence: str
    trained_on: object  # a dataclass, as `TrainedOn`, or several by file
    recipe: object  # a dataclass of numbers
    training: Training
    held_out: object  # a dataclass of numbers


def write(folder: Path, card: Card, scores: Mapping[str, object]) -> None:
    """``card.toml`` of the checkpoint in `folder`; `scores`, dataclasses, by ``full`` and ``mini``."""
    names = (files.SAFETENSORS, files.VOCABULARY, files.CONFIG)
    versions = {name: version(name) for name in ("tokenizers", "transformers")}
    content = {
        "model": card.model,
        "description": card.description,
        "trained_on": _plain(card.trained_on),
        "recipe": _plain(card.recipe),
        "training": {
            **_plain(card.training),
            "torch": torch.__version__,
            **versions,
            "python": platform.python_version(),
        },
        "files": {
            name: {"sha256": sha256(folder / name), "bytes": (folder / name).stat().st_size} for name in names
        },
        "scores": {"held_out": _plain(card.held_out), **_tables(scores)},
        "licence": {"text": card.licence},
    }
    _write(folder, content)


def rewrite_scores(folder: Path, scores: Mapping[str, object]) -> None:
    """Put other scores of the same files into the card of `folder`.

    Raises `BadInput` where there is no card, or where it is the card of other files.
    """
    path = folder / NAME
    remedy = "train the mini anew"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        recorded = {name: entry["sha256"] for name, entry in content["files"].items()}
        held_out = content["scores"]["held_out"]
    except FileNotFoundError:
        raise BadInput("no such file", path=path, remedy=remedy) from None
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise BadInput(f"not the card of a mini ({problem})", path=path, remedy=remedy) from problem
    for name, expected in recorded.items():
        found = sha256(folder / name)
        if found != expected:
            message = f"is the card of another {name}: found SHA-256 {found}, expected {expected}"
            raise BadInput(message, path=path, remedy=remedy)
    _write(folder, {**content, "scores": {"held_out": held_out, **_tables(scores)}})


def _tables(scores: Mapping[str, object]) -> dict[str, Any]:
    return {name: _plain(score) for name, score in scores.items()}


def _plain(record: object) -> dict[str, Any]:
    """A dataclass, or several by name, as tables."""
    if isinstance(record, Mapping):
        return {name: _plain(item) for name, item in record.items()}
    plain: dict[str, Any] = asdict(record)  # type: ignore[call-overload]
    return plain


def _write(folder: Path, content: Mapping[str, Any]) -> None:
    partial = folder / f".{NAME}.partial"
    partial.write_text(HEADER + "\n".join(_lines(content)) + "\n", encoding="utf-8")
    partial.replace(folder / NAME)


def _lines(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> list[str]:
    """A table of strings, numbers and tables as TOML: its values, then its tables."""
    plain = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in plain.items()]
    if path and lines:
        lines = ["", f"[{'.'.join(path)}]", *lines]
    for key, value in table.items():
        if isinstance(value, Mapping):
            lines += _lines(value, (*path, json.dumps(key) if {*key} & {*"./"} else key))
    return lines
