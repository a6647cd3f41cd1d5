"""The TorchScript target: a traced module, fed as its document's script feeds it."""

from __future__ import annotations

import dataclasses
from contextlib import closing
from pathlib import Path
from typing import Any

import mini
import numpy as np
import pytest
import torch
from making import make_case, make_place

from harness.artifacts.cache import Artifact, ArtifactCache, Recipe
from harness.domain.catalog import Catalog
from harness.domain.metrics import Metric
from harness.domain.models import Deployment, InputRole, Protocol
from harness.domain.precisions import Precision
from harness.errors import GraphError, NotYet
from harness.kinds.runner import Runner
from harness.models.graphs.export import example_inputs, run_torch
from harness.models.graphs.torchscript import trace
from harness.running import building
from harness.running.materials import Materials, inputs_in_order
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.store.results import Store
from harness.tasks.feeds import AS_NAMED, Feed, fed, feed_of, in_words
from harness.tasks.metrics.accuracy import flips
from harness.tasks.text import Scored
from harness.toolchains.loading import load

IDS, SEGMENTS, MASK = InputRole.IDS, InputRole.SEGMENTS, InputRole.MASK


@pytest.fixture(scope="module")
def traced_tables(small_tables: Catalog) -> Catalog:
    """The small world, where TinyBERT's document traces (ids, mask, types) and runs it on the host."""
    model = small_tables.models[mini.MODEL]
    on_host = Deployment(
        chip="cpu", batch_sizes=(8,), precisions=(Precision.FP32,), runtime="torchscript",
        traced=(IDS, MASK, SEGMENTS),
    )  # fmt: skip
    changed = dataclasses.replace(model, deployments=(*model.deployments, on_host))
    return dataclasses.replace(small_tables, models={**small_tables.models, mini.MODEL: changed})


def test_the_documented_baseline_runs_as_documented(catalog: Catalog):
    """VACC's fp32 baseline is TorchScript, with the files fed by position; a precision it lacks is ours."""
    case = make_case(catalog, "bert-chinese-ner", "cpu", batch_size=1)
    assert case.runtime == "torchscript"
    assert feed_of(case, Protocol.DOCUMENTED) == ((MASK, SEGMENTS), (SEGMENTS, MASK))
    assert in_words(feed_of(case, Protocol.DOCUMENTED)) == "segments as mask, mask as segments"
    assert feed_of(case, Protocol.STANDARD) == AS_NAMED
    other = make_case(catalog, "bert-chinese-ner", "cpu", precision=Precision.FP16, batch_size=1)
    assert other.runtime == "onnxruntime"
    assert feed_of(other, Protocol.DOCUMENTED) == AS_NAMED


def test_only_what_the_feed_names_is_fed_otherwise():
    assert fed({IDS: 1, SEGMENTS: 2, MASK: 3}, ((MASK, SEGMENTS),)) == {IDS: 1, SEGMENTS: 2, MASK: 2}
    assert fed({IDS: 1, SEGMENTS: 2, MASK: 3}, AS_NAMED) == {IDS: 1, SEGMENTS: 2, MASK: 3}


def test_a_module_gives_the_networks_outputs_in_the_models_order_of_inputs(
    traced_tables: Catalog, shared_home: Home
):
    """The module takes (ids, mask, types), the session what every session takes: the model's order."""
    case = make_case(traced_tables, mini.MODEL, "cpu")
    materials = Materials(traced_tables, shared_home, Options(), Silent())
    target = materials.target(case)
    assert target.backend_name == "torchscript"
    artifact = building.artifact(ArtifactCache(shared_home.artifacts), materials, case, target, make_place())
    session = target.backend.open(case, artifact, make_place())
    assert session.contract() is None
    batch = example_inputs(case.model, vocabulary=200, batch_size=8, seed=7)
    [ours] = session.run([batch[item.name] for item in case.model.inputs])
    assert session.contract() == (None, [("logits", "float32", (8, 2))])
    [theirs] = run_torch(materials.network(case.model), case.model, batch)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_bert_squads_mini_is_traced_in_the_documented_order(catalog: Catalog, tmp_path: Path):
    """(ids, mask, types) by position, of the device's int32: as the files input0 to input2."""
    model = catalog.models["bert-squad"]
    home = Home(root=tmp_path, models=tmp_path, data=tmp_path)
    materials = Materials(catalog, home, Options(weights="mini", data="mini"), Silent())
    order = tuple(item.role for item in model.inputs)
    assert order == (IDS, MASK, SEGMENTS)
    architecture = materials.checkpoint(model).architecture
    traced = trace(materials.network(model), model, architecture, batch_size=2, order=order)
    assert [(name, dtype) for name, dtype, _ in traced.inputs] == [
        (item.name, "int32") for item in model.inputs
    ]
    assert [(name, shape) for name, _, shape in traced.outputs] == [
        ("start_logits", (2, model.length)),
        ("end_logits", (2, model.length)),
    ]
    batch = example_inputs(model, vocabulary=architecture.vocabulary, batch_size=2, seed=7)
    by_role = {item.role: torch.from_numpy(batch[item.name]) for item in model.inputs}
    theirs = run_torch(materials.network(model), model, batch)
    with torch.inference_mode():
        right = traced.module(by_role[IDS], by_role[MASK], by_role[SEGMENTS])
        wrong = traced.module(by_role[IDS], by_role[SEGMENTS], by_role[MASK])
    for ours, expected in zip(right, theirs, strict=True):
        np.testing.assert_allclose(ours.numpy(), expected, atol=1e-4)
    assert np.abs(wrong[0].numpy() - theirs[0]).max() > 0.1  # the order matters


def test_a_misfed_run_says_what_the_right_order_gives(catalog: Catalog, tmp_path: Path, one_thread: None):
    """Score and flips of bert-chinese-ner's mini, worked out here by feeding the network itself."""
    case = make_case(catalog, "bert-chinese-ner", "cpu")
    materials = Materials(
        catalog,
        Home(root=tmp_path, models=tmp_path, data=tmp_path),
        Options(weights="mini", data="mini"),
        Silent(),
    )
    samples = materials.samples(case.model, Protocol.DOCUMENTED)

    def scored(feed: Feed) -> Scored:
        arrays = inputs_in_order(case.model, samples.features, feed)
        batch = {item.name: array for item, array in zip(case.model.inputs, arrays, strict=True)}
        outputs = run_torch(materials.network(case.model), case.model, batch)
        return samples.task.score(outputs, samples.features, protocol=Protocol.DOCUMENTED)

    right, swapped = scored(AS_NAMED), scored(((MASK, SEGMENTS), (SEGMENTS, MASK)))
    with closing(Store(f"sqlite:///{tmp_path / 'results.sqlite'}")) as store:
        result = Runner(materials, store, "run").accuracy(case, Protocol.DOCUMENTED)
    found, misfed = result.measurement, result.measurement.detail["misfed"]
    assert found.metrics["f1"] == swapped.metrics[Metric.F1] == found.detail["own_fp32"]
    assert misfed["fed_right"]["f1"] == right.metrics[Metric.F1]
    assert misfed["difference"]["f1"] == swapped.metrics[Metric.F1] - right.metrics[Metric.F1]
    assert misfed["flips"] == len(flips(swapped.predictions, right.predictions)) > 0
    assert found.provenance.backend == "torchscript"


def test_a_file_that_is_no_module_is_an_error(traced_tables: Catalog, tmp_path: Path):
    def build(out: Path) -> dict[str, Any]:
        (out / "model.torchscript.pt").write_bytes(b"no module")
        return {}

    artifact: Artifact = ArtifactCache(tmp_path).get(Recipe(inputs={}), build)
    with pytest.raises(GraphError, match=r"model\.torchscript\.pt: torch cannot load the module"):
        load("torchscript").open(make_case(traced_tables, mini.MODEL, "cpu"), artifact, make_place())


def test_below_fp32_is_not_there(traced_tables: Catalog):
    case = make_case(traced_tables, mini.MODEL, "cpu", precision=Precision.FP16)
    with pytest.raises(NotYet, match=r"tinybert-cpu-fp16-bs8: TorchScript on the CPU runs fp32"):
        load("torchscript").require(case)
