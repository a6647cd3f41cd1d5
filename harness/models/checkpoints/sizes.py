"""The sizes of a config.json held against the weights' shapes, before anything is built of that size."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.domain.models import Architecture, Head
from harness.errors import CheckpointError
from harness.models.checkpoints import config

_LAYER = re.compile(r"bert\.encoder\.layer\.(\d{1,9})\.", re.ASCII)
_EMBEDDINGS = "bert.embeddings."

# A size -> the parameter that shows it, and in which dimension.
_SHOWN: Mapping[str, tuple[str, int]] = {
    "vocabulary": (f"{_EMBEDDINGS}word_embeddings.weight", 0),
    "hidden": (f"{_EMBEDDINGS}word_embeddings.weight", 1),
    "positions": (f"{_EMBEDDINGS}position_embeddings.weight", 0),
    "types": (f"{_EMBEDDINGS}token_type_embeddings.weight", 0),
    "intermediate": ("bert.encoder.layer.0.intermediate.dense.weight", 0),
}


def require_agreeing(
    folder: Path, architecture: Architecture, shapes: Mapping[str, Sequence[int]], source: str
) -> None:
    """Raise `CheckpointError` listing every size in `folder`'s config.json that the weights do not have.

    `shapes` are the weights' by the network's names; `source` is what the weights are called. A size that no
    weight shows is left to whoever misses that weight.
    """
    shown = {**_SHOWN, "labels": (_head(architecture), 0)}
    problems = []
    for ours, (name, dimension) in shown.items():
        shape = shapes.get(name, ())
        said = getattr(architecture, ours)
        if dimension < len(shape) and shape[dimension] != said:
            key = config.SIZES.get(ours, config.LABELS)
            problems.append(f"{key}: {said}, but {name} is {list(shape)}")
    layers = {int(found[1]) for name in shapes if (found := _LAYER.match(name))}
    if len(layers) != architecture.layers:
        problems.append(
            f"{config.SIZES['layers']}: {architecture.layers}, but there are {len(layers)} layers"
        )
    if problems:
        lines = "".join(f"\n  {problem}" for problem in problems)
        raise CheckpointError(
            f"{folder / 'config.json'}: not of the weights in {source}:{lines}",
            remedy="put the config.json there that was saved with these weights",
        )


def _head(architecture: Architecture) -> str:
    return "qa_outputs.weight" if architecture.head is Head.QUESTION_ANSWERING else "classifier.weight"
