"""Cases of a graph as it is on a runner: what is claimed of it, what cannot be, and what a result says."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import graph_files as files
import mini
import numpy as np
import pytest

from fixtures.checks import about
from harness.cli.inspection import _model
from harness.conformance.bisection.case import bisect
from harness.conformance.checks import DETERMINISM, METAMORPHIC, NAMES
from harness.domain.catalog import Catalog
from harness.domain.datasets import Corpus
from harness.domain.measurements import VerdictKind
from harness.domain.models import InputRole, Model, Output, Protocol, Weights
from harness.domain.precisions import Precision
from harness.errors import BadOutput, GraphError, NotApplicable, NotThere, NotYet, UsageError
from harness.kinds import throughput
from harness.kinds.audits.batches import repeated, varied
from harness.kinds.runner import Runner
from harness.other_machines.bundles import writing
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.store.results import Store
from harness.timing.here import measure
from harness.toolchains.onnxruntime.backend import CpuSession

ASKED = ("batch", "order", "last partial batch", DETERMINISM)


@pytest.fixture
def runner(catalog: Catalog, home: Home, store: Store) -> Runner:
    return Runner(Materials(catalog, home, Options(), Silent()), store, "run-1")


def images(folder: Path) -> Model:
    return files.of(folder / "images.onnx", files.convolution(), files.IMAGES)


def states(folder: Path) -> Model:
    return files.of(folder / "states.onnx", files.recurrent(), files.STATES)


@pytest.mark.parametrize("precision", [Precision.FP32, Precision.FP16])
@pytest.mark.parametrize("make", [images, states])
def test_a_graph_passes_what_can_be_asked_of_it(
    runner: Runner, store: Store, tmp_path: Path, make, precision: Precision
) -> None:
    """Contract, parity, batch, order, last batch, repetition; its weights are its file's."""
    case = files.case_on(runner, make(tmp_path), precision)
    results = [runner.conformance(case, name) for name in ("", *ASKED)]
    assert [item.verdict and item.verdict.kind for item in results] == [VerdictKind.SURVIVES] * 5
    made = results[0].measurement
    assert made.provenance.weights is Weights.FULL
    assert made.provenance.weights_sha256 == runner.materials.checkpoint(case.model).weights_sha256
    assert made.detail["inputs"] == "8 seeded"
    assert made.detail["contract"] == "as in the table"
    assert made.detail["decisions"] == (8 if make is images else 0)
    assert "differ from the fp32 of its file as it is" in results[0].verdict.message


def test_what_is_about_texts_is_not_asked(runner: Runner, tmp_path: Path) -> None:
    """No test is made of it, and asked for by name it is refused in a sentence."""
    case = files.case_on(runner, images(tmp_path), Precision.FP16)
    for name in NAMES:
        asked = name in ("", *ASKED)
        assert (about(name, (case,)) == (case,)) == asked, name
    for name in (name for name in METAMORPHIC if name not in ASKED):
        with pytest.raises(NotApplicable):
            runner.conformance(case, name)


def test_a_graph_has_no_accuracy(runner: Runner, store: Store, tmp_path: Path) -> None:
    """That is a sentence, and nothing is recorded."""
    case = files.case_on(runner, images(tmp_path), Precision.FP16)
    with pytest.raises(NotApplicable, match="images has no accuracy: its table names no data set"):
        runner.accuracy(case, Protocol.DOCUMENTED)
    assert store.results() == []


def test_a_throughput_is_of_seeded_samples_and_counts_its_operations(runner: Runner, tmp_path: Path) -> None:
    """The result says so; the work of the convolution and the dense layer is counted in the graph."""
    case = files.case_on(runner, images(tmp_path), Precision.FP32)
    timing = runner.timing(case)
    assert timing.call is not None
    ours = measure(timing.call, timing.plan, batch_size=case.batch_size, card=None)
    made = throughput.record(runner, timing, ours, None).measurement
    assert made.provenance.data is Corpus.SEEDED
    assert made.detail["work"]["flops_per_sample"] == 2 * (4 * 8 * 8 * 27 + 4 * 5)


def test_int8_is_calibrated_on_other_samples_than_it_is_held_by(runner: Runner, tmp_path: Path) -> None:
    """Ten seeded ones, each by itself; what differs is told with what was left in fp32."""
    case = files.case_on(runner, images(tmp_path), Precision.INT8)
    result = runner.conformance(case)
    assert result.verdict is not None
    assert result.verdict.kind is VerdictKind.SURVIVES
    [told] = result.measurement.detail["artifact"]["told"]
    assert "batch normalisations are folded" in told


def test_outputs_that_are_others_are_found(runner: Runner, tmp_path: Path, monkeypatch) -> None:
    """A session that mixes up the samples of a batch breaks parity, and the checks of batch and order."""
    case = files.case_on(runner, states(tmp_path), Precision.FP32, batch=4)
    run = CpuSession.run

    def mixed(self: CpuSession, inputs: object) -> list[np.ndarray]:
        return [np.roll(array, 1, axis=1) for array in run(self, inputs)]

    monkeypatch.setattr(CpuSession, "run", mixed)
    for name in ("", "order"):
        verdict = runner.conformance(case, name).verdict
        assert verdict is not None
        assert verdict.kind is VerdictKind.FALLS_SHORT, name


def test_a_session_of_another_shape_is_named(runner: Runner, tmp_path: Path, monkeypatch) -> None:
    """The output, the shape, and what was expected."""
    case = files.case_on(runner, images(tmp_path), Precision.FP32)
    run = CpuSession.run
    monkeypatch.setattr(CpuSession, "run", lambda self, inputs: [a[:, :4] for a in run(self, inputs)][:1] * 2)
    with pytest.raises(BadOutput, match="2 outputs, expected 1"):
        runner.conformance(case)


def test_a_contract_that_is_another_is_named(runner: Runner, tmp_path: Path) -> None:
    """A table that says more of an output than the graph gives."""
    model = dataclasses.replace(
        images(tmp_path), outputs=(Output(name="y", dtype="float32", shape=("batch", 6)),)
    )
    case = files.case_on(runner, model, Precision.FP32)
    with pytest.raises(GraphError, match=r"output y of shape \[2, 5\], expected \[2, 6\]"):
        runner.conformance(case)


def test_a_file_that_is_not_there_is_a_skip(runner: Runner, tmp_path: Path) -> None:
    """With where to put it; `list` says the same."""
    model = images(tmp_path)
    (tmp_path / "images.onnx").unlink()
    case = files.case_on(runner, model, Precision.FP32)
    with pytest.raises(NotThere, match=r"its graph is not there: .*images\.onnx"):
        runner.conformance(case)
    found = _model(model, runner.materials.catalog, runner.materials.home)
    assert (found["checkpoint"], found["data"]) == (None, Corpus.SEEDED)
    assert "lacks images.onnx" in found["full_missing"]


def test_what_a_graph_cannot_be_asked_for_is_a_sentence(runner: Runner, tmp_path: Path) -> None:
    """A bundle of a chip that takes none, a torch network, a documented graph."""
    catalog = runner.materials.catalog
    case = files.case_on(runner, images(tmp_path), Precision.FP16)
    with pytest.raises(UsageError, match="has no document; leave --documented-graph away"):
        bisect(runner.materials, case, documented_graph=True)
    with pytest.raises(NotApplicable, match="images has no architecture: it is a graph as it is"):
        runner.materials.network(case.model)
    chip = dataclasses.replace(case, chip=catalog.chips["vacc"])
    with pytest.raises(NotYet, match="vaststreamx and vamp feed a compiled set through an operator"):
        writing.write(runner.materials, [chip], tmp_path / "bundle", writing.Choice())
    assert not list((tmp_path / "bundle").iterdir())


def test_the_audits_vary_a_graphs_samples(runner: Runner, tmp_path: Path) -> None:
    """No batch comes twice; one sample again and again is one."""
    case = files.case_on(runner, states(tmp_path), Precision.FP32)
    samples = runner.materials.timed_samples(case.model)
    draw = varied(case, samples, vocabulary=0, seed=0)
    first, second = draw(), draw()
    assert not np.array_equal(first[0], second[0])
    assert [array.shape for array in first] == [(2, 4), (2, 1, 6), (2, 1, 6), (2,)]
    same = repeated(case, samples)
    assert np.array_equal(same[0][0], same[0][1])


def test_an_encoder_without_a_data_set_is_timed_on_seeded_ids(
    small_tables: Catalog, shared_home: Home
) -> None:
    """Ids of its vocabulary behind a mask of varied lengths; int8 is calibrated on such; no score."""
    model = dataclasses.replace(small_tables.models[mini.MODEL], dataset="", metric=None)
    materials = Materials(small_tables, shared_home, Options(weights="random"), Silent())
    samples = materials.timed_samples(model)
    assert samples.corpus is Corpus.SEEDED
    mask = samples.features.inputs[InputRole.MASK]
    assert len(set(mask.sum(axis=1).tolist())) > 1
    assert samples.features.inputs[InputRole.IDS].max() < model.encoder.vocabulary
    assert len(materials.calibration(model, 10)) == 10
    with pytest.raises(NotApplicable, match="has no accuracy"):
        materials.samples(model, Protocol.DOCUMENTED)


@pytest.mark.parametrize("data", ["auto", "full"])
def test_data_that_is_not_here_is_seeded_unless_it_is_asked_for(
    small_tables: Catalog, tmp_path: Path, data: str
) -> None:
    """`--data full` is a demand; without one a throughput is of seeded samples."""
    home = Home(root=tmp_path / "home", models=tmp_path / "models", data=tmp_path / "data", minis=tmp_path)
    materials = Materials(small_tables, home, Options(weights="random", data=data), Silent())
    model = small_tables.models[mini.MODEL]
    if data == "full":
        with pytest.raises(NotThere, match="is not there"):
            materials.timed_samples(model)
    else:
        assert materials.timed_samples(model).corpus is Corpus.SEEDED
