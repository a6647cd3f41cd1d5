"""A case's artifact: what decides it, and how a backend gets the graph to build it from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy.typing as npt

from harness.artifacts import Artifact, ArtifactCache, Recipe
from harness.domain import Architecture, Case, InputRole, Precision
from harness.graphs import int8
from harness.graphs.export import Exported, export
from harness.graphs.torchscript import Traced, trace
from harness.materials import Materials, features_digest, inputs_in_order
from harness.place import Place
from harness.predictions import batched
from harness.targets import Target
from harness.text import Features

Array = npt.NDArray[Any]


def artifact(
    cache: ArtifactCache, materials: Materials, case: Case, target: Target, place: Place
) -> Artifact:
    """The case's artifact for `target`, built or taken from the cache.

    Its key holds everything that decides it: the graph's contract, the architecture, the weights'
    SHA-256, batch size, precision, and what the backend adds (steps and the SHA-256 of their code, library
    versions, options). Not the chip's name: two chips with the same numerics share their stand-in.
    """
    source = _CaseGraph(materials, case)
    model = case.model
    recipe = Recipe(
        inputs={
            "model": model.name,
            "inputs": [[item.name, item.role, item.dtype] for item in model.inputs],
            "outputs": [item.name for item in model.outputs],
            "length": model.length,
            "architecture": str(source.architecture),
            "weights": materials.checkpoint(model).weights,
            "weights_sha256": materials.checkpoint(model).weights_sha256,
            "batch_size": case.batch_size,
            "precision": case.precision,
            "backend": target.backend_name,
            "options": target.backend.options(case, place),
            "calibration": source.calibration_digest,
        }
    )

    def build(out: Path) -> dict[str, Any]:
        facts = target.backend.build(case, source, out, place)
        return {**facts, "ignored_weights": materials.ignored_weights(model)}

    return cache.get(recipe, build)


class _CaseGraph:
    """A case's checkpoint as the backends see it: a graph on demand."""

    def __init__(self, materials: Materials, case: Case) -> None:
        self._materials = materials
        self._case = case

    @property
    def architecture(self) -> Architecture:
        return self._materials.checkpoint(self._case.model).architecture

    @property
    def layers(self) -> int:
        return self.architecture.layers

    def export(self, *, opset: int) -> Exported:
        model = self._case.model
        network = self._materials.network(model)
        return export(network, model, self.architecture, batch_size=self._case.batch_size, opset=opset)

    def trace(self, *, order: Sequence[InputRole], batch_size: int | None = None, dtype: str = "") -> Traced:
        model = self._case.model
        network = self._materials.network(model)
        if dtype:
            model = replace(model, inputs=tuple(replace(item, dtype=dtype) for item in model.inputs))
        size = batch_size or self._case.batch_size
        return trace(network, model, self.architecture, batch_size=size, order=order)

    def calibration(self) -> list[dict[str, Array]]:
        """The calibration samples in batches of the case's size, by input name."""
        case = self._case
        arrays = inputs_in_order(case.model, self._features)
        first = [array[: int8.SAMPLES] for array in arrays]
        names = [item.name for item in case.model.inputs]
        return [dict(zip(names, inputs, strict=True)) for inputs, _ in batched(first, case.batch_size)]

    @property
    def calibration_digest(self) -> str | None:
        """What the calibration samples are, for a key; None where the case's precision needs none."""
        if self._case.precision is not Precision.INT8:
            return None
        return features_digest(self._features)

    @property
    def _features(self) -> Features:
        return self._materials.calibration(self._case.model, int8.SAMPLES)
