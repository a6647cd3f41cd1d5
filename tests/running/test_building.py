"""What decides an artifact is in its key, and nothing else is."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import mini
import pytest
from making import make_case, make_place

from harness.artifacts.cache import ArtifactCache, Recipe
from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.measurements import Origin
from harness.domain.precisions import Gelu, Precision
from harness.running import building
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.toolchains.loading import load
from harness.toolchains.place import Toolchain
from harness.toolchains.targets import Target


class Recipes(ArtifactCache):
    """A cache that gives the recipe in place of the artifact."""

    def get(self, recipe: Recipe, build: Callable[..., Any]) -> Recipe:  # type: ignore[override]
        return recipe


@pytest.fixture
def key(small_tables: Catalog, home: Home) -> Callable[..., str]:
    """The key of a case's artifact on the stand-in, for a choice of weights."""
    stand_in = Target(
        origin=Origin.STAND_IN, backend_name="onnxruntime", backend=load("onnxruntime"), reason="a test",
        toolchain=Toolchain(name="onnxruntime"),
    )  # fmt: skip

    def of(case: Case, target: Target = stand_in, weights: str = "mini") -> str:
        materials = Materials(small_tables, home, Options(weights=weights), Silent())
        return building.artifact(Recipes(home.artifacts), materials, case, target, make_place()).key

    return of


def test_what_decides_it(key: Callable[..., str], small_tables: Catalog):
    """Batch size, precision, GELU, weights: each changes the key."""
    case = make_case(small_tables, mini.MODEL, "ascend310p")
    assert case.gelu is Gelu.TANH
    others = [
        key(dataclasses.replace(case, batch_size=4)),
        key(dataclasses.replace(case, precision=Precision.FP32)),
        key(make_case(small_tables, mini.MODEL, "cpu", precision=Precision.FP16)),  # the exact GELU
        key(case, weights="random"),
    ]
    assert len({key(case), *others}) == 5


@pytest.mark.parametrize(
    "change",
    [
        {"length": 32},
        {"name": "another-bert"},
        {"inputs": "reversed"},
        {"outputs": "renamed"},
    ],
)
def test_the_graphs_contract_decides_it(
    key: Callable[..., str], small_tables: Catalog, change: dict[str, Any]
):
    """Names, order and length of what goes in and comes out."""
    case = make_case(small_tables, mini.MODEL, "cpu")
    model = case.model
    if "inputs" in change:
        change = {"inputs": model.inputs[::-1]}
    if "outputs" in change:
        change = {"outputs": (dataclasses.replace(model.outputs[0], name="scores"),)}
    other = dataclasses.replace(case, model=dataclasses.replace(model, **change))
    assert key(other, weights="random") != key(case, weights="random")


def test_two_chips_with_the_same_numerics_share_it(key: Callable[..., str], small_tables: Catalog):
    """Ascend 310 and 310P3 differ in speed, which a stand-in does not show."""
    one, other = (make_case(small_tables, mini.MODEL, chip) for chip in ("ascend310", "ascend310p"))
    assert key(one) == key(other)


def test_a_key_is_the_same_in_another_process(key: Callable[..., str], small_tables: Catalog):
    """Nothing of this process, no path and no time, is in it."""
    case = make_case(small_tables, mini.MODEL, "cpu")
    assert key(case) == key(case)


def test_another_library_makes_another_artifact(
    key: Callable[..., str], small_tables: Catalog, monkeypatch: pytest.MonkeyPatch
):
    """A newer exporter or simplifier may make other bytes."""
    case = make_case(small_tables, mini.MODEL, "cpu")
    before = key(case)
    monkeypatch.setattr("harness.toolchains.onnxruntime.backend.version", lambda name: "another")
    assert key(case) != before


def test_int8_is_keyed_by_its_calibration_samples(key: Callable[..., str], small_tables: Catalog):
    """Other samples give other scales; fp16 is calibrated on nothing."""
    case = make_case(small_tables, mini.MODEL, "cpu", precision=Precision.INT8)
    before = key(case)
    assert key(case) == before
    changed = dataclasses.replace(case, model=dataclasses.replace(case.model, length=32))
    assert key(changed) != before


def test_an_artifact_of_any_shape_is_shared_by_batch_sizes(small_tables: Catalog, home: Home):
    """At every precision: int8's scales are the same at every batch size."""
    stand_in = Target(
        origin=Origin.STAND_IN, backend_name="onnxruntime", backend=load("onnxruntime"), reason="a test",
        toolchain=Toolchain(name="onnxruntime"),
    )  # fmt: skip
    materials = Materials(small_tables, home, Options(weights="mini"), Silent())
    for precision in (Precision.FP32, Precision.FP16, Precision.INT8):
        sizes = [
            make_case(small_tables, mini.MODEL, "ascend310p", precision=precision, batch_size=size)
            for size in (4, 8)
        ]
        keys = {building.any_shape_key(materials, case, stand_in, make_place()) for case in sizes}
        assert len(keys) == 1
        cache, place = Recipes(home.artifacts), make_place()
        for case in sizes:
            built = building.any_shape_artifact(cache, materials, case, stand_in, place)
            assert built.key in keys
            assert built.key != building.artifact(cache, materials, case, stand_in, place).key
