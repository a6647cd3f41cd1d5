"""A checkpoint or a graph as TOML: the tables that make it a model, and what was guessed for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.documents import toml_text
from harness.domain.families import FAMILIES
from harness.domain.graphs import USUAL, GraphInput
from harness.domain.precisions import Precision
from harness.drafting import data, encoders
from harness.drafting.data import Data
from harness.drafting.encoders import Encoder, Task
from harness.drafting.graphs import Graph
from harness.drafting.hub import HubId
from harness.drafting.said import Said

# Tokens: what the usual stride and the longest question of `harness.tasks.text.settings.Questions` take.
USUAL_WINDOW = 200
BATCH_SIZE = 1  # where nobody says another


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the user says of what is to be checked; what is None is guessed."""

    path: Path  # a checkpoint's folder, or an ONNX file
    hub: HubId | None = None  # where the checkpoint was fetched from
    name: str  # what the model will be called
    chip: str
    precisions: tuple[Precision, ...]
    batch_sizes: tuple[int, ...] | None = None
    data: Path | None = None
    columns: Mapping[str, str | int] = field(default_factory=dict)
    labels: tuple[str, ...] = ()  # what the numbers of the data's labels mean
    task: str | None = None
    length: int | None = None
    said: Said = field(default_factory=Said)  # of a graph's inputs
    note: str = ""  # about its name, where that is not the usual one


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Tables, and a line for people about each thing in them that nobody said."""

    name: str  # of the model
    text: str  # TOML
    notes: tuple[str, ...]
    scored: bool  # whether there is data, and so an accuracy


def of_encoder(asked: Asked, encoder: Encoder, found: Data | None) -> Draft:
    """The tables of a checkpoint, with its data where there is any."""
    length = asked.length or encoder.longest
    notes = [*filter(None, [asked.note]), *encoder.notes]
    if asked.length is None:
        notes.append(f"length: {length} tokens; --length says another")
    if windows := _windows(encoder, length):
        notes.append(
            f"questions: of {windows['longest_question']} tokens at most, windows overlap by "
            f"{windows['stride']}: --length has no room for the usual ones"
        )
    notes += found.notes if found else ["no data: inputs drawn by a seed, and no score; --data gives some"]
    dataset = f"{asked.name}-data"
    entries = [] if found is None else [("dataset", data.table(dataset, found))]
    entries.append(("model", _model(asked, encoder, found, dataset, length)))
    return Draft(name=asked.name, text=_text(entries, notes), notes=tuple(notes), scored=found is not None)


def of_graph(asked: Asked, graph: Graph) -> Draft:
    """The tables of an ONNX graph: there is no score."""
    found = graph.found
    count = sum(found.operators.values())
    notes = [
        *filter(None, [asked.note]),
        *graph.notes,
        "no score: a graph is run as it is, on inputs that a seed draws",
    ]
    model = {
        "name": asked.name,
        "title": f"{asked.name} (ONNX graph, opset {found.opset}, {count} operators)",
        "graph": {"file": str(asked.path), "inputs": [_input(item) for item in graph.inputs]},
        "deployments": [_deployment(asked, graph.batch_size or BATCH_SIZE)],
    }
    return Draft(name=asked.name, text=_text([("model", model)], notes), notes=tuple(notes), scored=False)


def _input(item: GraphInput) -> Mapping[str, Any]:
    said: dict[str, Any] = {"name": item.name, "dtype": item.dtype, "shape": list(item.shape)}
    return said if item.range == USUAL else said | {"range": item.range}


def _text(entries: Sequence[tuple[str, Mapping[str, Any]]], notes: Sequence[str]) -> str:
    """The entries as one file, with what was guessed at its head."""
    said = toml_text.comment(notes)
    return "\n".join([said, *(toml_text.entry(kind, content) for kind, content in entries)])


def _windows(encoder: Encoder, length: int) -> Mapping[str, int]:
    """Stride and longest question where `length` has no room for the usual ones; else nothing."""
    if encoder.task is not Task.QUESTIONS or length >= USUAL_WINDOW:
        return {}
    return {"stride": length // 3, "longest_question": length // 4}


def _model(
    asked: Asked, encoder: Encoder, found: Data | None, dataset: str, length: int
) -> Mapping[str, Any]:
    sizes = encoder.architecture
    family = FAMILIES[sizes.family].title
    said: dict[str, Any] = {
        "name": asked.name,
        "title": f"{asked.name} ({family}, {sizes.layers} layers, {sizes.hidden} hidden)",
        "task": str(encoder.task),
    }
    if found is not None:
        said |= {"dataset": dataset, "metric": str(found.metric)}
    said["length"] = length
    if found is not None and found.labels:
        said["labels"] = list(found.labels)
    if windows := _windows(encoder, length):
        said["options"] = windows
    return said | {
        "architecture": encoders.table(sizes),
        "checkpoint": _checkpoint(asked),
        "deployments": [_deployment(asked, BATCH_SIZE)],
    }


def _checkpoint(asked: Asked) -> Mapping[str, Any]:
    said: dict[str, Any] = {"folder": str(asked.path), "config_decides": True}
    if asked.hub is None:
        return said
    revision = {} if asked.hub.revision is None else {"revision": asked.hub.revision}
    return said | {"hub": asked.hub.repository} | revision


def _deployment(asked: Asked, usual: int) -> Mapping[str, Any]:
    return {
        "chip": asked.chip,
        "batch_sizes": list(asked.batch_sizes or (usual,)),
        "precisions": [str(item) for item in asked.precisions],
    }
