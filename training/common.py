"""What the trainers of all minis share: data, reproducibility, files, and the score of what was written."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Protocol as Shape

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import save

from harness import hashing
from harness.domain.metrics import Metric
from harness.domain.models import Architecture, InputRole, Model, Protocol, Weights
from harness.errors import CheckpointError, NotThere
from harness.models import checkpoints
from harness.models.checkpoints import files
from harness.models.networks import build_network
from harness.setting.home import Home
from harness.tables import catalog
from harness.tasks.text import load_task
from harness.tasks.text.wordpiece import WordPieceTokenizer, load_vocabulary

SCORING_BATCH = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How many of a data set's samples a checkpoint gets right, in fp32 on the CPU."""

    dataset: str
    file: str  # with the folder it lies in
    sha256: str
    correct: int
    samples: int
    smallest_margin: float  # between the two largest logits: how near the count is to another one
    precision: str = "fp32"
    device: str = "cpu"
    batch: int = SCORING_BATCH


def data_folder(*needed: str) -> Path:
    """``ZOOCHECK_DATA``; raises `NotThere` where it is not set or lacks one of the `needed` files."""
    remedy = f"set ZOOCHECK_DATA to the folder that holds {' and '.join(needed)}"
    named = os.environ.get("ZOOCHECK_DATA")
    if not named:
        raise NotThere("training needs the data sets, and ZOOCHECK_DATA is not set", remedy=remedy)
    folder = Path(named).absolute()
    lacking = [name for name in needed if not (folder / name).is_file()]
    if lacking:
        raise NotThere(f"{folder} lacks {' and '.join(lacking)}", remedy=remedy)
    return folder


def make_reproducible(seed: int, threads: int) -> None:
    """Fix what the bytes of the result depend on: the seed, the order of sums, deterministic kernels."""
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)


def find_model(name: str) -> Model:
    """The model's table, which fixes input names, their order and the length."""
    return catalog.find(catalog.load().models, name, "model")


class Sizes(Shape):
    """What a recipe says about the encoder."""

    @property
    def layers(self) -> int:
        """How many layers."""

    @property
    def hidden(self) -> int:
        """How wide they are."""

    @property
    def heads(self) -> int:
        """How many heads attend in each."""

    @property
    def intermediate(self) -> int:
        """How wide the layer is between two linear maps."""

    @property
    def dropout(self) -> float:
        """The share of activations that training leaves out."""


def smaller_architecture(model: Model, sizes: Sizes, *, vocabulary: int) -> Architecture:
    """The documented head, labels and length on a smaller encoder."""
    return replace(
        model.architecture,
        layers=sizes.layers,
        hidden=sizes.hidden,
        heads=sizes.heads,
        intermediate=sizes.intermediate,
        vocabulary=vocabulary,
        positions=model.length,
        dropout=sizes.dropout,
    )


def untrained(architecture: Architecture, model: Model, *, embedding_std: float) -> torch.nn.Module:
    """A network to train, whose word embeddings are `embedding_std` wide."""
    network = build_network(architecture, model.inputs)
    with torch.no_grad():
        words = network.get_parameter("bert.embeddings.word_embeddings.weight")
        words.mul_(embedding_std / words.std())
        words[0] = 0.0  # padding
    return network


def place_in_waves(network: torch.nn.Module, *, std: float, longest: float) -> None:
    """Start position embeddings as sine waves, so that a neighbour is found at every place alike.

    Random ones have to be learnt place by place, which a small data set is too small for.
    """
    with torch.no_grad():
        places = network.get_parameter("bert.embeddings.position_embeddings.weight")
        positions = torch.arange(len(places), dtype=torch.float32)[:, None]
        half = places.shape[1] // 2
        rates = longest ** (-torch.arange(half, dtype=torch.float32) / half)
        waves = torch.cat([torch.sin(positions * rates), torch.cos(positions * rates)], dim=1)
        places.copy_(waves * (std / waves.std()))


def logits(network: torch.nn.Module, model: Model, ids: npt.NDArray[np.int64]) -> torch.Tensor:
    """What `network` makes of piece ids ``[n, length]``, 0 behind the last piece, all of segment 0."""
    values = torch.from_numpy(np.ascontiguousarray(ids))
    by_role = {
        InputRole.IDS: values,
        InputRole.SEGMENTS: torch.zeros_like(values),
        InputRole.MASK: (values > 0).long(),
    }
    found: torch.Tensor = network(*(by_role[item.role] for item in model.inputs))
    return found


def write_vocabulary(folder: Path, pieces: Sequence[str]) -> None:
    """``vocab.txt``, a piece a line."""
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / files.VOCABULARY, "".join(f"{piece}\n" for piece in pieces).encode())


def read_tokenizer(folder: Path, model: Model) -> WordPieceTokenizer:
    """The tokenizer that zoocheck itself makes of the ``vocab.txt`` in `folder`."""
    vocabulary = load_vocabulary(folder / files.VOCABULARY)
    return WordPieceTokenizer(vocabulary, do_lower_case=model.tokenizer.lower_case)


def write_checkpoint(
    folder: Path,
    network: torch.nn.Module,
    architecture: Architecture,
    labels: Sequence[str],
    *,
    lower_case: bool,
) -> None:
    """``model.safetensors`` and ``config.json``, with the keys of transformers' BertConfig."""
    content = {
        "model_type": "bert",
        "vocab_size": architecture.vocabulary,
        "hidden_size": architecture.hidden,
        "num_hidden_layers": architecture.layers,
        "num_attention_heads": architecture.heads,
        "intermediate_size": architecture.intermediate,
        "max_position_embeddings": architecture.positions,
        "type_vocab_size": architecture.types,
        "hidden_act": architecture.activation,
        "layer_norm_eps": architecture.layer_norm_eps,
        "hidden_dropout_prob": architecture.dropout,
        "attention_probs_dropout_prob": architecture.dropout,
        "do_lower_case": lower_case,
        "id2label": {str(number): label for number, label in enumerate(labels)},
    }
    _replace(folder / files.CONFIG, (json.dumps(content, indent=2) + "\n").encode())
    state = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    _replace(folder / files.SAFETENSORS, save(state, metadata={"format": "pt"}))


def score(model: Model, path: Path, minis: Path, *, expected: int | None) -> Score:
    """The score of the mini in `minis` on the data in `path`: full padding, batches of `SCORING_BATCH`.

    Raises `BadInput` where the file has not the `expected` number of samples (None: any number).
    """
    checkpoint = checkpoints.locate(model, Weights.MINI, replace(Home.locate(), minis=minis))
    if checkpoint.folder is None:
        raise CheckpointError(f"{model.name}: the mini has no folder")
    network = checkpoints.load_network(checkpoint)
    spec = catalog.find(catalog.load().datasets, model.dataset, "data set")
    dataset = import_module(f"harness.tasks.datasets.{spec.reader}").read(path, expected=expected)
    task = load_task(model)
    tokenizer = read_tokenizer(checkpoint.folder, model)
    features = task.prepare(dataset.examples, tokenizer, length=model.length, protocol=Protocol.DOCUMENTED)
    arrays = [torch.from_numpy(features.inputs[item.role]) for item in model.inputs]
    with torch.inference_mode():
        parts = [torch.split(array, SCORING_BATCH) for array in arrays]
        batches = [network(*inputs) for inputs in zip(*parts, strict=True)]
    logits = torch.cat(batches).numpy()
    scored = task.score([logits], features, protocol=Protocol.DOCUMENTED)
    ordered = np.sort(logits, axis=-1)
    return Score(
        dataset=spec.name,
        file=f"{path.parent.name}/{path.name}",
        sha256=dataset.sha256,
        correct=scored.correct[Metric.ACCURACY],
        samples=scored.samples,
        smallest_margin=float((ordered[..., -1] - ordered[..., -2]).min()),
    )


def sha256(path: Path) -> str:
    """The SHA-256 of a file that has just been written."""
    return hashing.sha256(path, fresh=True)


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    partial.replace(path)
