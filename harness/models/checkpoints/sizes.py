"""The sizes of a config.json held against the weights' shapes, before anything is built of that size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.domain.families import FAMILIES
from harness.domain.models import Architecture
from harness.errors import CheckpointError
from harness.models.checkpoints import config
from harness.models.checkpoints.layouts import LAYOUTS
from harness.models.networks import classifier


def require_agreeing(
    folder: Path, architecture: Architecture, shapes: Mapping[str, Sequence[int]], source: str
) -> None:
    """Raise `CheckpointError` listing every size in `folder`'s config.json that the weights do not have.

    `shapes` are the weights' by the network's names; `source` is what the weights are called. A size that no
    weight shows is left to whoever misses that weight.
    """
    layout, keys = LAYOUTS[architecture.family], FAMILIES[architecture.family].sizes
    shown = {
        ours: (f"{layout.encoder}.{name}", dimension, times)
        for ours, (name, dimension, times) in layout.shown.items()
    }
    shown["labels"] = (f"{classifier(architecture, shapes)}.weight", 0, 1)
    problems = []
    for ours, (name, dimension, times) in shown.items():
        shape = shapes.get(name, ())
        said = getattr(architecture, ours)
        if dimension < len(shape) and shape[dimension] != times * said:
            problems.append(f"{keys.get(ours, config.LABELS)}: {said}, but {name} is {list(shape)}")
    problems += _layers(architecture, shapes)
    if problems:
        lines = "".join(f"\n  {problem}" for problem in problems)
        raise CheckpointError(
            f"{folder / 'config.json'}: not of the weights in {source}:{lines}",
            remedy="put the config.json there that was saved with these weights",
        )


def _layers(architecture: Architecture, shapes: Mapping[str, Sequence[int]]) -> list[str]:
    """What is wrong with the number of layers, or of the groups that layers share their weights in."""
    layout, keys = LAYOUTS[architecture.family], FAMILIES[architecture.family].sizes
    encoder = f"{layout.encoder}."
    inside = [name.removeprefix(encoder) for name in shapes if name.startswith(encoder)]
    found = len({int(match[1]) for name in inside if (match := layout.layer.match(name))})
    counted = layout.layers in keys
    said = architecture.layers if counted else architecture.setting(layout.layers)
    if found == said:
        return []
    what = "layers" if counted else "groups of layers"
    return [f"{keys.get(layout.layers, layout.layers)}: {said}, but there are {found} {what}"]
