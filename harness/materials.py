"""What the cases of one run stand on: targets, checkpoints, samples and fp32 reference outputs."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from harness import checkpoints, targets
from harness.checkpoints import Checkpoint
from harness.domain import Catalog, Chip, Corpus, DatasetSpec, Model, Protocol, Weights
from harness.errors import NotThere
from harness.home import Home
from harness.options import Options
from harness.progress import Progress
from harness.targets import Target
from harness.text import Features, Scored, Task, load_task
from harness.text.wordpiece import WordPieceTokenizer, load_vocabulary

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[Any]
REFERENCE_BATCH = 32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Samples:
    """A data set turned into features under one protocol."""

    task: Task
    corpus: Corpus
    sha256: str
    features: Features = field(repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 over the features' bytes: what a cached result of them is keyed by."""
        digest = hashlib.sha256()
        for role, array in sorted(self.features.inputs.items()):
            digest.update(f"{role}{array.shape}{array.dtype}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def dataset_path(model: Model, spec: DatasetSpec, choice: str, home: Home) -> tuple[Corpus, Path]:
    """The data set that `choice` (full, mini, auto) means; raises `NotThere` with the remedy."""
    full = home.data / spec.name / spec.file
    mini = home.minis / model.name / "corpus" / spec.file
    if choice != Corpus.MINI and full.is_file():
        return Corpus.FULL, full
    if choice != Corpus.FULL and mini.is_file():
        return Corpus.MINI, mini
    wanted = mini if choice == Corpus.MINI else full
    remedy = f"put it there ({spec.published}) or set ZOOCHECK_DATA"
    raise NotThere(f"{model.name}: no data set {wanted}", remedy=None if choice == Corpus.MINI else remedy)


class Materials:
    """Loads each thing once a process, however many cases need it."""

    def __init__(self, catalog: Catalog, home: Home, options: Options, progress: Progress) -> None:
        self.catalog = catalog
        self.home = home
        self.options = options
        self.progress = progress
        self.checkpoint = cache(self._checkpoint)
        self.network = cache(self._network)
        self.samples = cache(self._samples)
        self.reference = cache(self._reference)

    def target(self, chip: Chip) -> Target:
        """What `chip`'s cases run on; raises `NotThere` for `--target chip` without the chip."""
        return targets.resolve(chip, self.options.target)

    def _checkpoint(self, model: Model) -> Checkpoint:
        load_task(model)  # a model whose pipeline is missing says that first
        return checkpoints.locate(model, self.options.weights, self.home)

    def _network(self, model: Model) -> torch.nn.Module:
        return checkpoints.load_network(self.checkpoint(model))

    def _samples(self, model: Model, protocol: Protocol) -> Samples:
        task = load_task(model)
        spec = self.catalog.datasets[model.dataset]
        corpus, path = dataset_path(model, spec, self.options.data, self.home)
        reader = import_module(f"harness.datasets.{spec.reader}")
        expected = spec.counts["samples"] if corpus is Corpus.FULL else None
        dataset = reader.read(path, expected=expected)
        vocabulary = self.checkpoint(model).vocabulary
        if vocabulary is None:
            raise NotThere(
                f"{model.name}: no vocab.txt to make features with",
                remedy=f"put the documented one into {self.home.models / model.name}",
            )
        tokenizer = WordPieceTokenizer(load_vocabulary(vocabulary), do_lower_case=model.tokenizer.lower_case)
        examples = dataset.examples[: self.options.limit]
        features = task.prepare(examples, tokenizer, length=model.length, protocol=protocol)
        return Samples(task=task, corpus=corpus, sha256=dataset.sha256, features=features)

    def _reference(self, model: Model, protocol: Protocol) -> list[Array]:
        """The checkpoint's own fp32 outputs for every sample, by torch on the CPU, kept in the home."""
        samples = self.samples(model, protocol)
        identity = {
            "weights": self.checkpoint(model).weights_sha256,
            "architecture": str(self.checkpoint(model).architecture),
            "features": samples.digest,
            "torch": version("torch"),
            "transformers": version("transformers"),
        }
        key = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
        path = self.home.root / "references" / f"{key}.npz"
        if path.is_file():
            with np.load(path, allow_pickle=False) as stored:
                return [stored[name] for name in sorted(stored.files)]
        outputs = self._compute_reference(model, samples)
        save_arrays(path, outputs)
        return outputs

    def _compute_reference(self, model: Model, samples: Samples) -> list[Array]:
        from harness.graphs.export import run_torch

        network = self.network(model)
        arrays = inputs_in_order(model, samples.features)
        count = len(samples.features)
        batches = []
        with self.progress.stage(f"{model.name}: fp32 reference by torch", count) as advance:
            for start in range(0, count, REFERENCE_BATCH):
                batch = {
                    item.name: array[start : start + REFERENCE_BATCH]
                    for item, array in zip(model.inputs, arrays, strict=True)
                }
                batches.append(run_torch(network, model, batch))
                advance(min(REFERENCE_BATCH, count - start))
        return [np.concatenate(parts) for parts in zip(*batches, strict=True)]

    def score_reference(self, model: Model, protocol: Protocol) -> Scored:
        """The checkpoint's own fp32 score."""
        samples = self.samples(model, protocol)
        return samples.task.score(self.reference(model, protocol), samples.features, protocol=protocol)


def inputs_in_order(model: Model, features: Features) -> list[Array]:
    """The features as arrays ``[samples, length]`` in the documented order and dtypes."""
    return [features.inputs[item.role].astype(item.dtype, copy=False) for item in model.inputs]


def save_arrays(path: Path, arrays: list[Array]) -> None:
    """Write arrays as ``.npz``, in order, so that the file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    named: Mapping[str, Array] = {f"output_{at}": array for at, array in enumerate(arrays)}
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        np.savez(file, allow_pickle=False, **named)
    Path(file.name).replace(path)


def comparable(weights: Weights, corpus: Corpus, protocol: Protocol, limit: int | None) -> str:
    """Why a score may not be compared with a documented value; empty where it may (rule 2)."""
    reasons = []
    if weights is not Weights.FULL:
        reasons.append(f"{weights} weights")
    if corpus is not Corpus.FULL:
        reasons.append("the embedded corpus")
    if limit is not None:
        reasons.append(f"the first {limit} samples only")
    if protocol is not Protocol.DOCUMENTED:
        reasons.append(f"the {protocol} protocol")
    return ", ".join(reasons)
