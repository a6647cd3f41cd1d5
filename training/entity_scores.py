"""The scores of an entity recogniser's mini under both protocols."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from harness.domain.models import Protocol, Weights
from harness.errors import CheckpointError, NotThere
from harness.models import checkpoints
from harness.setting.home import MINIS, Home
from harness.tables import catalog
from harness.tasks.text import load_task
from training import common, entities


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityScore:
    """The fp32 scores of a checkpoint on the CPU, every metric as a fraction at full double precision."""

    dataset: str
    file: str  # with the folder it lies in
    sha256: str
    protocols: Mapping[str, Mapping[str, float]]  # metrics, counts, and the smallest margin
    precision: str = "fp32"
    device: str = "cpu"


def scores(name: str, minis: Path, full: Path) -> Mapping[str, EntityScore]:
    """The scores of the mini in `minis` on the data set `full`, and on the corpus embedded here."""
    corpus = MINIS / name / "corpus" / full.name
    if not corpus.is_file():
        raise NotThere(f"{corpus}: no such file", remedy="restore the corpus written for this project")
    spec = catalog.find(catalog.load().datasets, common.find_model(name).dataset, "data set")
    found = {
        "full": _score(name, full, minis, expected=spec.counts["samples"]),
        "mini": _score(name, corpus, minis, expected=None),
    }
    for score in found.values():
        for protocol, values in score.protocols.items():
            told = ", ".join(f"{key} {value:.6g}" for key, value in values.items())
            print(f"{name}: {score.file}, {protocol}: {told}", flush=True)
    return found


def _score(name: str, path: Path, minis: Path, *, expected: int | None) -> EntityScore:
    model = common.find_model(name)
    checkpoint = checkpoints.locate(model, Weights.MINI, replace(Home.locate(), minis=minis))
    if checkpoint.folder is None:
        raise CheckpointError(f"{name}: the mini has no folder")
    network = checkpoints.load_network(checkpoint)
    tokenizer = common.read_tokenizer(checkpoint.folder, model)
    spec = catalog.find(catalog.load().datasets, model.dataset, "data set")
    dataset = import_module(f"harness.tasks.datasets.{spec.reader}").read(path, expected=expected)
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
