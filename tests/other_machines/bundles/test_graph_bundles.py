"""Bundles of what has no score, a graph or random weights: there and back on each toolchain."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import card
import graph_files as files
import mini
import numpy as np
import pytest
from simulated import kit

from harness.domain.cases import Case, Kind
from harness.domain.catalog import Catalog
from harness.domain.datasets import Corpus
from harness.domain.measurements import Origin, VerdictKind
from harness.domain.models import Deployment, Weights
from harness.domain.precisions import Precision
from harness.errors import NotYet
from harness.other_machines.bundles import manifest, writing
from harness.other_machines.bundles.collecting import Collected, Collector
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.store.results import Store
from harness.tables import cases

CHIPS = {"ascend": "ascend310p", "tensorrt": "t4", "magicmind": "mlu370"}
BATCH = 3  # divides none of the samples that a batch of 1 has, and fills up the last of eight


@dataclasses.dataclass(frozen=True, kw_only=True)
class World:
    """Tables with a graph on every chip, where bundles are written and collected."""

    catalog: Catalog
    home: Home
    folder: Path

    def case(self, model: str, toolchain: str, batch: int = BATCH) -> Case:
        return cases.named(self.catalog, f"{model}-{CHIPS[toolchain]}-bs{batch}")

    def write(self, *chosen: Case, **options: str) -> Path:
        out = self.folder / "bundle"
        materials = Materials(self.catalog, self.home, Options(**options), Silent())
        writing.write(materials, chosen, out, writing.Choice())
        return out

    def run(self, bundle: Path, toolchain: str, **more: str) -> int:
        return card.install(toolchain, self.folder / "tools").run(bundle, **more).returncode

    def collect(self, bundle: Path, store: Store) -> Collected:
        return Collector(self.catalog, self.home, store, "run", Silent()).collect(bundle)


@pytest.fixture
def world(small_tables: Catalog, tmp_path: Path) -> World:
    made = [
        files.of(tmp_path / "images.onnx", files.convolution(), files.IMAGES),
        files.of(tmp_path / "states.onnx", files.recurrent(), files.STATES),
    ]
    deployed = tuple(
        Deployment(chip=chip, batch_sizes=(BATCH,), precisions=small_tables.chips[chip].precisions[:1])
        for chip in (*CHIPS.values(), "vacc")
    )
    models = {model.name: dataclasses.replace(model, deployments=deployed) for model in made}
    catalog = dataclasses.replace(small_tables, models={**small_tables.models, **models})
    home = Home(root=tmp_path / "home", models=tmp_path / "models", data=tmp_path / "data", minis=tmp_path)
    return World(catalog=catalog, home=home, folder=tmp_path)


def of_kind(found: Collected, kind: Kind):
    return next(item for item in found.results if item.measurement.kind is kind)


@pytest.mark.parametrize("toolchain", CHIPS)
def test_graphs_there_and_back(world: World, store: Store, toolchain: str):
    """Two in one bundle, each with its own inputs: contract, parity, and the case's samples a second."""
    chosen = [world.case(model, toolchain) for model in ("images", "states")]
    bundle = world.write(*chosen)
    assert {path.name for path in (bundle / "inputs").iterdir()} == {case.id for case in chosen}
    assert world.run(bundle, toolchain) == 0
    found = world.collect(bundle, store)
    assert [(item.measurement.case, item.measurement.kind) for item in found.results] == [
        (case.id, kind) for case in chosen for kind in (Kind.CONFORMANCE, Kind.THROUGHPUT)
    ]
    for item in found.results:
        made = item.measurement
        assert (made.origin, made.provenance.data) == (Origin.SIMULATED, Corpus.SEEDED)
        assert made.provenance.weights is Weights.FULL
        assert [command["status"] for command in made.detail["commands"]] == [0] * 4
        if made.kind is Kind.CONFORMANCE:
            assert item.verdict.kind is VerdictKind.SURVIVES, item.verdict.message
            assert (made.samples, made.detail["inputs"]) == (9, "9 seeded")
            assert made.detail["contract"].startswith("outputs'" if toolchain == "ascend" else "as in")
            assert made.detail["largest_in_spread"] < 0.01
        else:
            assert made.metrics["throughput"] > 0
            assert made.samples % BATCH == 0
            work = made.detail["work"]
            assert work["flop_per_s"] == work["flops_per_sample"] * made.metrics["throughput"]
            assert "chip_share" not in work  # of an imitation


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("ais_bench:fewer-outputs", "missing (1): 000002_0.npy"),
        ("ais_bench:nan", "output y of sample 0 holds a NaN"),
        ("ais_bench:exit", "inference: exit status 3"),
        ("atc:exit", "build: exit status"),
    ],
)
def test_a_fault_is_told(world: World, store: Store, fault: str, says: str):
    """As of a case that is scored."""
    bundle = world.write(world.case("images", "ascend"))
    world.run(bundle, "ascend", **{kit.VARIABLE: fault})
    verdict = of_kind(world.collect(bundle, store), Kind.CONFORMANCE).verdict
    assert verdict.kind is VerdictKind.ERROR
    assert says in verdict.message


def test_outputs_of_others_fall_short(world: World, store: Store):
    """The first call's and the last's in each other's place."""
    bundle = world.write(world.case("images", "ascend"))
    assert world.run(bundle, "ascend", **{kit.VARIABLE: "ais_bench:swapped-samples"}) == 0
    verdict = of_kind(world.collect(bundle, store), Kind.CONFORMANCE).verdict
    assert verdict.kind is VerdictKind.FALLS_SHORT


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("graph", "the graph of images here is not the one that the bundle was written of"),
        ("gone", "its graph is not there"),
        ("range", "the bundle's inputs of images are not those that are drawn here"),
    ],
)
def test_another_graph_here_is_a_sentence(world: World, store: Store, change: str, says: str):
    """The file changed, gone, or a table that draws other inputs; the throughput is judged all the same."""
    case = world.case("images", "tensorrt")
    bundle = world.write(case)
    assert world.run(bundle, "tensorrt") == 0
    path = Path(case.model.graph.file)
    if change == "graph":
        path.write_bytes(files.convolution(variance=2.0).SerializeToString())
    elif change == "gone":
        path.unlink()
    else:
        inputs = (dataclasses.replace(case.model.graph.inputs[0], range="uniform(0, 1)"),)
        model = dataclasses.replace(case.model, graph=dataclasses.replace(case.model.graph, inputs=inputs))
        catalog = dataclasses.replace(world.catalog, models={**world.catalog.models, "images": model})
        world = dataclasses.replace(world, catalog=catalog)
    found = world.collect(bundle, store)
    parity = of_kind(found, Kind.CONFORMANCE).verdict
    assert parity.kind is VerdictKind.ERROR
    assert says in parity.message
    assert of_kind(found, Kind.THROUGHPUT).measurement.metrics["throughput"] > 0


def test_inputs_that_were_changed_are_the_cases_error(world: World, store: Store):
    """They lie in a folder of the case's own."""
    chosen = [world.case("images", "tensorrt", batch) for batch in (1, 2)]
    bundle = world.write(*chosen)
    assert world.run(bundle, "tensorrt") == 0
    spoilt = bundle / "inputs" / chosen[0].id / "0.npy"
    np.save(spoilt, np.zeros((8, 3, 8, 8), np.float32))
    kinds = [item.verdict.kind for item in world.collect(bundle, store).results]
    assert kinds == [VerdictKind.ERROR] * 2 + [VerdictKind.SURVIVES, VerdictKind.NOT_COMPARABLE]


def test_a_chip_that_cannot_be_given_a_graph_writes_nothing(world: World):
    with pytest.raises(NotYet, match="images-vacc-bs3: vaststreamx and vamp feed a compiled set through"):
        world.write(cases.named(world.catalog, "images-vacc-bs3"))
    assert not list((world.folder / "bundle").iterdir())


@pytest.mark.parametrize("toolchain", ["ascend", "tensorrt"])
def test_random_weights_there_and_back(world: World, store: Store, one_thread: None, toolchain: str):
    """They have no score: parity and throughput, on ids that a seed draws."""
    case = cases.named(world.catalog, f"{mini.MODEL}-{CHIPS[toolchain]}-bs2")
    bundle = world.write(case, weights="random")
    told = manifest.read(bundle).bundle.cases[0]
    assert (told.weights, told.data, told.limit) == (Weights.RANDOM, Corpus.SEEDED, None)
    assert world.run(bundle, toolchain) == 0
    found = world.collect(bundle, store)
    parity = of_kind(found, Kind.CONFORMANCE)
    assert parity.verdict.kind is VerdictKind.SURVIVES, parity.verdict.message
    assert parity.measurement.detail["inputs"] == "8 of seeded ids"
    assert of_kind(found, Kind.THROUGHPUT).measurement.provenance.weights is Weights.RANDOM


def test_the_precision_is_the_cases(world: World, store: Store):
    """trtexec is told fp16, and the bound is fp16's."""
    case = world.case("images", "tensorrt")
    case = cases.named(world.catalog, case.id.replace("t4", "t4-fp16"))
    assert case.precision is Precision.FP16
    bundle = world.write(case)
    assert " --fp16 " in (bundle / "run.sh").read_text(encoding="utf-8")
    assert world.run(bundle, "tensorrt") == 0
    made = of_kind(world.collect(bundle, store), Kind.CONFORMANCE).measurement
    assert made.detail["bound"] > 0.001
