"""A case's artifact: what decides it, and how a backend gets the graph to build it from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from harness.artifacts import code
from harness.artifacts.cache import Artifact, ArtifactCache, Recipe
from harness.domain.cases import Case
from harness.domain.models import Architecture, InputRole
from harness.domain.precisions import Precision
from harness.models.batched import batched
from harness.models.graphs import gelu, int8, originals
from harness.models.graphs.export import Exported, export, export_any_shape
from harness.models.graphs.originals import outputs_of
from harness.models.graphs.preparing import prepared
from harness.models.graphs.torchscript import Traced, trace
from harness.running.materials import Materials, features_digest, inputs_in_order
from harness.tasks.text import Features
from harness.toolchains.place import Place
from harness.toolchains.targets import Target

if TYPE_CHECKING:
    import onnx
    import torch

Array = npt.NDArray[Any]


def artifact(
    cache: ArtifactCache, materials: Materials, case: Case, target: Target, place: Place
) -> Artifact:
    """The case's artifact for `target`, built or taken from the cache.

    Its key holds everything that decides it: the graph's contract, the architecture, the weights'
    SHA-256, batch size, precision, what the backend adds (steps, library versions, options), and the code
    that builds, loads and calibrates (`harness.artifacts.code`). Not the chip's name: two chips with the
    same numerics share their stand-in. Raises as `Backend.require`.
    """
    target.backend.require(case)
    return _get(cache, materials, case, target, place, graph_source(materials, case))


def any_shape_artifact(
    cache: ArtifactCache, materials: Materials, case: Case, target: Target, place: Place
) -> Artifact:
    """The case's artifact with open batch and length, for samples at their real length.

    Its key is as `artifact`'s without the batch size, so that batch sizes share it. `target`'s backend has
    to be one of `any_shape`.
    """
    return _get(cache, materials, case, target, place, _AnyShapeGraph(materials, case))


def any_shape_key(materials: Materials, case: Case, target: Target, place: Place) -> str:
    """The key of `any_shape_artifact`, which is not built for it."""
    return _recipe(materials, case, target, place, _AnyShapeGraph(materials, case)).key


def _recipe(materials: Materials, case: Case, target: Target, place: Place, source: _CaseGraph) -> Recipe:
    model = case.model
    return Recipe(
        inputs={
            "model": model.name,
            "inputs": source.inputs,
            "outputs": [item.name for item in outputs_of(model)],
            "length": model.length,
            "architecture": str(materials.checkpoint(model).architecture),
            "weights": materials.checkpoint(model).weights,
            "weights_sha256": materials.checkpoint(model).weights_sha256,
            **source.shape,
            "precision": case.precision,
            "backend": target.backend_name,
            "options": target.backend.options(case, place),
            "calibration": source.calibration_digest,
            "code": code.of(__name__, *code.modules_of(target.backend)),
        }
    )


def _get(
    cache: ArtifactCache,
    materials: Materials,
    case: Case,
    target: Target,
    place: Place,
    source: _CaseGraph,
) -> Artifact:
    def build(out: Path) -> dict[str, Any]:
        facts = target.backend.build(case, source, out, place)
        return {**facts, "ignored_weights": materials.ignored_weights(case.model)}

    return cache.get(_recipe(materials, case, target, place, source), build)


def graph_source(materials: Materials, case: Case) -> _CaseGraph:
    """The case's checkpoint, or its graph, as backends see it."""
    if case.model.graph is None:
        return _CaseGraph(materials, case)
    materials.checkpoint(case.model)  # a file that is missing or damaged says that first
    return _FileGraph(materials, case)


class _CaseGraph:
    """A case's checkpoint as the backends see it: a graph on demand."""

    def __init__(self, materials: Materials, case: Case) -> None:
        self._materials = materials
        self._case = case

    @property
    def architecture(self) -> Architecture:
        return self._materials.checkpoint(self._case.model).encoder

    @property
    def inputs(self) -> list[list[Any]]:
        """What it is given, for a key."""
        return [[item.name, item.role, item.dtype] for item in self._case.model.inputs]

    @property
    def shape(self) -> dict[str, Any]:
        """What its batch and length are, for a key."""
        return {"batch_size": self._case.batch_size}

    @property
    def gelus(self) -> int:
        return gelu.count_of(self.architecture)

    def network(self) -> torch.nn.Module:
        return self._materials.network(self._case.model)

    def export(self, *, opset: int, dynamic_batch: bool = False, batch_size: int | None = None) -> Exported:
        model = self._case.model
        return export(
            self._materials.network(model), model, self.architecture,
            batch_size=batch_size or self._case.batch_size, opset=opset, dynamic_batch=dynamic_batch,
        )  # fmt: skip

    def trace(self, *, order: Sequence[InputRole], batch_size: int | None = None, dtype: str = "") -> Traced:
        model = self._case.model
        network = self._materials.network(model)
        if dtype:
            model = replace(model, inputs=tuple(replace(item, dtype=dtype) for item in model.inputs))
        size = batch_size or self._case.batch_size
        return trace(network, model, self.architecture, batch_size=size, order=order)

    def for_calibration(self, exported: onnx.ModelProto, *, opset: int) -> onnx.ModelProto:
        """The graph that calibration samples go through one by one: `exported`, where it is of one sample."""
        if exported.graph.input[0].type.tensor_type.shape.dim[0].dim_value == 1:
            return exported
        return self.export(opset=opset, batch_size=1).graph

    def calibration(self) -> list[dict[str, Array]]:
        """The calibration samples, each by itself, by input name."""
        model = self._case.model
        first = [array[: int8.SAMPLES] for array in inputs_in_order(model, self._features)]
        names = [item.name for item in model.inputs]
        return [dict(zip(names, inputs, strict=True)) for inputs, _ in batched(first, 1)]

    @property
    def calibration_digest(self) -> str | None:
        """What the calibration samples are, for a key; None where the case's precision needs none."""
        if self._case.precision is not Precision.INT8:
            return None
        return features_digest(self._features)

    @property
    def _features(self) -> Features:
        return self._materials.calibration(self._case.model, int8.SAMPLES)


class _FileGraph(_CaseGraph):
    """A model that is a graph as the backends see it: prepared, at its own opset."""

    @property
    def inputs(self) -> list[list[Any]]:
        return [[item.name, item.key, item.dtype, *item.shape] for item in self._case.model.fed]

    @property
    def gelus(self) -> int:
        return 0

    def export(self, *, opset: int, dynamic_batch: bool = False, batch_size: int | None = None) -> Exported:
        made = prepared(self._case.model, batch_size=batch_size or self._case.batch_size)
        return Exported(graph=made.graph, max_abs_difference=made.away, told=made.told)

    def for_calibration(self, exported: onnx.ModelProto, *, opset: int) -> onnx.ModelProto:
        size = originals.fixed_batch(self._case.model) or 1
        return exported if size == self._case.batch_size else self.export(opset=opset, batch_size=size).graph

    def calibration(self) -> list[dict[str, Array]]:
        """As many at once as the file takes, where it takes one number only."""
        model = self._case.model
        size = originals.fixed_batch(model) or 1
        arrays = inputs_in_order(model, self._features)
        names = [item.name for item in model.fed]
        return [
            dict(zip(names, originals.laid_out(model, inputs), strict=True))
            for inputs, _ in batched(arrays, size)
        ]


class _AnyShapeGraph(_CaseGraph):
    """The same with open batch and length."""

    @property
    def shape(self) -> dict[str, Any]:
        return {"batch_size": "any"}

    def export(self, *, opset: int, dynamic_batch: bool = False, batch_size: int | None = None) -> Exported:
        if batch_size is not None:
            return super().export(opset=opset, dynamic_batch=dynamic_batch, batch_size=batch_size)
        return export_any_shape(
            self._materials.network(self._case.model), self._case.model, self.architecture, opset=opset
        )
