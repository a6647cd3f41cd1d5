"""A checkpoint's own fp32 outputs for the samples that its artifacts are held by, kept as artifacts are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from harness import arrays
from harness.artifacts import code
from harness.artifacts.cache import ArtifactCache, Recipe
from harness.conformance.metamorphic import Inputs
from harness.conformance.normalisations import Normalised, observed
from harness.domain.cases import Case
from harness.domain.models import InputRole, Model
from harness.domain.precisions import Precision
from harness.models.graphs.export import run_torch
from harness.running.materials import Materials, features_digest
from harness.tasks.seeded import SeededFeatures

Array = npt.NDArray[Any]

_FILE = "outputs.npz"
_OUTPUT, _LAYER_NORM = "output", "layer_norm"  # what its arrays' names begin with


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """torch's fp32 outputs for some samples, and what the network's LayerNorms read on the way."""

    outputs: Sequence[Array]
    normalised: Sequence[Normalised]


def in_order(model: Model, inputs: Inputs) -> list[Array]:
    """Inputs by role as arrays in the documented order and dtypes."""
    return [np.ascontiguousarray(inputs[item.key].astype(item.dtype, copy=False)) for item in model.fed]


def reference(materials: Materials, case: Case, inputs: Inputs) -> Reference:
    """The fp32 outputs for any samples: torch's, or of a graph its file's own, with no LayerNorm.

    A graph's file is called at the case's own batch size. Torch's are kept in the home, by the weights, the
    samples, and the code and libraries that make them: cases of one network share them, and where they lie
    no network is built.
    """
    model = case.model
    if model.graph is not None:
        outputs = materials.fp32(model, in_order(model, inputs), batch_size=case.batch_size)
        return Reference(outputs=outputs, normalised=())

    def build(out: Path) -> Mapping[str, Any]:
        _write(out / _FILE, _by_torch(materials, model, inputs))
        return {}

    kept = ArtifactCache(materials.home.artifacts).get(_recipe(materials, model, inputs), build)
    return _read(kept.path(_FILE), len(model.outputs))


def _by_torch(materials: Materials, model: Model, inputs: Inputs) -> Reference:
    network = materials.network(model)
    named = {item.name: array for item, array in zip(model.inputs, in_order(model, inputs), strict=True)}
    with observed(network, inputs[InputRole.MASK]) as normalised:
        outputs = run_torch(network, model, named)
    return Reference(outputs=outputs, normalised=tuple(normalised))


def _recipe(materials: Materials, model: Model, inputs: Inputs) -> Recipe:
    checkpoint = materials.checkpoint(model)
    return Recipe(
        inputs={
            "model": model.name,
            "inputs": [[item.name, item.role, item.dtype] for item in model.inputs],
            "architecture": str(checkpoint.architecture),
            "weights": checkpoint.weights,
            "weights_sha256": checkpoint.weights_sha256,
            "batch_size": len(inputs[InputRole.MASK]),
            "precision": Precision.FP32,
            "samples": features_digest(SeededFeatures(inputs=inputs)),
            "backend": "torch",
            "options": {"libraries": {name: version(name) for name in ("torch", "transformers")}},
            "code": code.of(__name__),
        }
    )


def _write(path: Path, made: Reference) -> None:
    """Each output, and of the LayerNorms an array a field: exactly, whatever is no number among them too."""
    outputs: dict[str, Any] = {f"{_OUTPUT} {at}": output for at, output in enumerate(made.outputs)}
    told: dict[str, Any] = {
        f"{_LAYER_NORM} {item.name}": np.array([getattr(norm, item.name) for norm in made.normalised])
        for item in fields(Normalised)
    }
    np.savez(path, **outputs, **told)


def _read(path: Path, outputs: int) -> Reference:
    names = [item.name for item in fields(Normalised)]
    wanted = [f"{_OUTPUT} {at}" for at in range(outputs)]
    found = arrays.npz(path, [*wanted, *(f"{_LAYER_NORM} {name}" for name in names)])
    columns = (found[f"{_LAYER_NORM} {name}"].tolist() for name in names)
    return Reference(
        outputs=[found[name] for name in wanted],
        normalised=tuple(
            _normalised(dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)
        ),
    )


def _normalised(told: Mapping[str, Any]) -> Normalised:
    places = {name: tuple(told[name]) for name in ("at", "least_at")}
    return Normalised(**{**told, **places})
