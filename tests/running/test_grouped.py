"""Accuracy at the real length: the padded run's own score, and padded again wherever that is not proved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mini
import numpy as np
import pytest
from making import make_artifact, make_case, make_place

from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.measurements import Origin
from harness.domain.models import InputRole, Protocol
from harness.domain.precisions import Precision
from harness.kinds.runner import Runner
from harness.models.graphs import export
from harness.running import real_length
from harness.running.called import AnyShape, Loaded
from harness.running.inference import Inference, Outputs
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.running.recording import Stages
from harness.setting.home import Home
from harness.setting.options import Options
from harness.store.results import Store

DOCUMENTED = Protocol.DOCUMENTED
PROOF = 8  # of forty sentences


@pytest.fixture(autouse=True)
def small_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proof that forty sentences are enough for."""
    monkeypatch.setattr(real_length, "PROOF_SAMPLES", PROOF)


def loaded(backend: mini.TorchBackend, case: Case, key: str) -> Loaded:
    artifact, place = make_artifact(key), make_place()
    return Loaded(artifact=artifact, session=backend.open(case, artifact, place), place=place)


class Pass:
    """One process's accuracy passes, each case with an artifact of its own and one of any shape, by torch."""

    def __init__(self, catalog: Catalog, home: Home, **options: Any) -> None:
        self.catalog = catalog
        self.materials = mini.TorchMaterials(catalog, home, Options(**options))
        self.fixed = self.materials.backend
        self.real = mini.TorchBackend(self.materials)
        self.inference = Inference(self.materials)

    def case(self, batch_size: int = 8, precision: Precision = Precision.FP32) -> Case:
        return make_case(self.catalog, mini.MODEL, "t4", precision=precision, batch_size=batch_size)

    def run(self, case: Case) -> Outputs:
        own = loaded(self.fixed, case, f"artifact of {case.id}")
        any_shape = AnyShape(key="any shape", open=lambda: loaded(self.real, case, "any shape"))
        return self.inference.all_outputs(case, DOCUMENTED, own, any_shape)

    def reference(self) -> np.ndarray:
        [found] = self.materials.reference(mini.the_model(self.catalog), DOCUMENTED)
        return found


@pytest.fixture
def passes(small_tables: Catalog, home: Home) -> Pass:
    """A process that has run nothing yet."""
    return Pass(small_tables, home)


class TestGrouped:
    def test_a_sample_is_padded_and_all_are_run_at_their_length(self, passes: Pass):
        """The proof is 8 samples through the case's own artifact; the facts have what it took."""
        outputs = passes.run(passes.case())
        assert np.abs(outputs.arrays[0] - passes.reference()).max() < 1e-5
        assert len(passes.fixed.calls) == 1
        found = outputs.facts["grouped"]
        assert found["proved_on"] == PROOF
        assert found["max_abs_difference"] <= found["bound"] == 1e-4
        assert found["positions_run"] < found["positions_padded"] == mini.SENTENCES * 64
        assert outputs.kept is not None

    def test_a_limit_below_the_proof_is_padded_and_says_so(self, small_tables: Catalog, home: Home):
        passes = Pass(small_tables, home, limit=5)
        outputs = passes.run(passes.case())
        assert outputs.facts == {
            "padded_because": "the 5 samples and their proof take no fewer positions at real length"
        }
        assert len(outputs.arrays[0]) == 5
        assert passes.real.calls == []

    def test_a_second_batch_size_proves_itself_and_shares(self, passes: Pass):
        """Its own artifact on the sample, held against the outputs that are there; nothing else is run."""
        first = passes.run(passes.case(8))
        calls = len(passes.real.calls)
        second = passes.run(passes.case(4))
        assert second.arrays is first.arrays
        assert second.facts["shared_with"] == passes.case(8).id
        assert second.facts["grouped"]["proved_on"] == PROOF
        assert passes.fixed.calls.count(passes.case(4).id) == PROOF // 4
        assert len(passes.real.calls) == calls
        assert second.kept is None

    def test_a_second_batch_size_that_differs_is_padded(self, passes: Pass):
        """An artifact of its own numerics is not excused by another's outputs."""
        passes.fixed.change = lambda case, call, outputs: [
            o + np.float32(case.batch_size == 4) for o in outputs
        ]
        first, second = passes.run(passes.case(8)), passes.run(passes.case(4))
        assert "grouped" in first.facts
        assert "grouped" not in second.facts
        assert (
            "differs from the padded input by 1 in the logits of 8 samples" in second.facts["padded_because"]
        )
        assert np.allclose(second.arrays[0], first.arrays[0] + 1, atol=1e-5)


class TestNotProved:
    @pytest.mark.parametrize("share", [0.9, 1.1])
    @pytest.mark.parametrize("precision", [Precision.FP32, Precision.FP16, Precision.INT8])
    def test_the_bound_of_each_precision(self, passes: Pass, precision: Precision, share: float):
        """A shift of all logits passes up to the bound, and no further."""
        shift = np.float32(passes.materials.catalog.precisions[precision].real_length.most * share)
        passes.real.change = lambda case, call, outputs: [output + shift for output in outputs]
        outputs = passes.run(passes.case(precision=precision))
        assert ("grouped" in outputs.facts) is (share < 1)
        assert ("padded_because" in outputs.facts) is (share > 1)

    def test_a_graph_that_lost_its_mask_is_run_padded(self, passes: Pass, monkeypatch: pytest.MonkeyPatch):
        """Its logits depend on the padding: the padded input is what is scored, as it was before."""
        whole = export.run_torch

        def maskless(network: Any, model: Any, inputs: Any) -> Any:
            mask = next(item.name for item in model.inputs if item.role is InputRole.MASK)
            return whole(network, model, {**inputs, mask: np.ones_like(inputs[mask])})

        monkeypatch.setattr(export, "run_torch", maskless)
        outputs = passes.run(passes.case())
        assert "differs from the padded input by" in outputs.facts["padded_because"]
        features = passes.materials.samples(mini.the_model(passes.catalog), DOCUMENTED).features
        model = mini.the_model(passes.catalog)
        batch = {item.name: features.inputs[item.role] for item in model.inputs}
        [padded] = maskless(passes.materials.network(model), model, batch)
        assert np.abs(outputs.arrays[0] - padded).max() < 1e-5
        assert np.abs(passes.reference() - padded).max() < 1e-5  # torch's own reference falls back as well


class TestResuming:
    @pytest.mark.parametrize("at", [0, 1, 5])
    def test_the_next_process_goes_on(self, small_tables: Catalog, home: Home, passes: Pass, at: int):
        """It runs the groups that are left, and has the outputs of a whole run."""

        def change(case: Case, call: int, outputs: list) -> list:
            if call == at:
                raise KeyboardInterrupt
            return outputs

        passes.real.change = change
        with pytest.raises(KeyboardInterrupt):
            passes.run(passes.case())
        later = Pass(small_tables, home)
        outputs = later.run(later.case())
        model = mini.the_model(small_tables)
        samples = later.materials.samples(model, DOCUMENTED)
        plan = real_length.plan(samples.task, samples.features)
        assert isinstance(plan, real_length.Grouping)
        assert len(later.real.calls) == len(plan.groups) - at
        already = sum(len(group.rows) for group in plan.groups[:at])
        assert outputs.facts.get("resumed_from_sample", 0) == already
        assert np.abs(outputs.arrays[0] - later.reference()).max() < 1e-5

    def test_another_plan_is_another_run(self, small_tables: Catalog, home: Home, passes: Pass):
        """Outputs that were kept in other groups are not taken for these."""
        passes.run(passes.case())
        later = Pass(small_tables, home, limit=39)
        assert "resumed_from_sample" not in later.run(later.case()).facts


def test_the_reference_is_the_padded_one(small_tables: Catalog, home: Home, monkeypatch: pytest.MonkeyPatch):
    """torch at the real length, kept and read again, against torch on the padded input."""
    model = mini.the_model(small_tables)
    whole, positions = export.run_torch, []

    def counting(network: Any, model: Any, inputs: Any) -> Any:
        positions.append(next(iter(inputs.values())).size)
        return whole(network, model, inputs)

    monkeypatch.setattr(export, "run_torch", counting)
    [grouped] = Materials(small_tables, home, Options(), Silent()).reference(model, DOCUMENTED)
    assert sum(positions) < mini.SENTENCES * model.length
    positions.clear()
    [again] = Materials(small_tables, home, Options(), Silent()).reference(model, DOCUMENTED)
    assert positions == []
    assert np.array_equal(grouped, again)
    monkeypatch.setattr(real_length, "PROOF_SAMPLES", 40)
    monkeypatch.setattr(real_length, "FEWEST_PROOF_SAMPLES", 40)
    [padded] = Materials(small_tables, home, Options(), Silent()).reference(model, DOCUMENTED)
    assert np.abs(grouped - padded).max() < 1e-5


def test_the_chip_itself_runs_the_documented_input(small_tables: Catalog, home: Home, tmp_path: Path):
    """Only a stand-in's accuracy is grouped; throughput and conformance open no artifact of any shape."""
    store = Store(f"sqlite:///{tmp_path / 'results.sqlite'}")
    for origin, grouped in ((Origin.CHIP, False), (Origin.STAND_IN, True)):
        materials = mini.TorchMaterials(small_tables, home, origin=origin)
        materials.backend.any_shape = True
        runner = Runner(materials, store, "run-1")
        case = make_case(small_tables, mini.MODEL, "ascend310p")
        assert ("grouped" in runner.accuracy(case, DOCUMENTED).measurement.detail) is grouped
    store.close()


WHOLE = [
    ("bert-chinese-ner", "vacc", Precision.FP32, 4, 60),
    ("bert-chinese-ner", "vacc", Precision.FP16, 1, 60),
    ("bert-chinese-ner", "vacc", Precision.INT8, 4, 60),
    ("bert-chinese-ner", "vacc", Precision.INT8, 8, None),  # a proof that differs by two quanta
    ("bert-large-ner", "ascend310p", Precision.FP16, 2, 30),
    ("tinybert", "ascend310p", Precision.FP16, 8, 100),
    ("spanbert", "ascend310p", Precision.FP16, 4, 30),  # whose score reads padding, as the next one's
    ("bert-squad", "mlu370", Precision.FP32, 8, 90),
]


@pytest.mark.parametrize(("model", "chip", "precision", "batch_size", "limit"), WHOLE)
def test_the_minis_score_as_they_do_padded(
    catalog: Catalog, tmp_path: Path, one_thread: None,
    model: str, chip: str, precision: Precision, batch_size: int, limit: int | None,
):  # fmt: skip
    """Real artifacts: every metric and every prediction is that of the padded run, and so are the flips."""
    home = mini.home_in(tmp_path, Home.locate().minis)
    options = Options(target="stand-in", weights="mini", data="mini", limit=limit)
    case = make_case(catalog, model, chip, precision=precision, batch_size=batch_size)
    store = Store(f"sqlite:///{tmp_path / 'results.sqlite'}")
    runner = Runner(Materials(catalog, home, options, Silent()), store, "run-1")
    for protocol in case.model.protocols:
        found = runner.accuracy(case, protocol).measurement
        grouped = found.detail["grouped"]
        assert grouped["max_abs_difference"] <= grouped["bound"]
        place = make_place()
        artifact, session = runner.open(case, runner.materials.target(case), Stages(), place)
        own = Loaded(artifact=artifact, session=session, place=place)
        padded = Inference(runner.materials).all_outputs(case, protocol, own)
        samples = runner.materials.samples(case.model, protocol)
        scored = samples.task.score(padded.arrays, samples.features, protocol=protocol)
        padded.forget()
        assert found.metrics == {str(name): value for name, value in scored.metrics.items()}
        assert found.raw["predictions"] == scored.predictions.tolist()
        if precision is Precision.FP32:
            assert found.detail["flips"] == 0
    store.close()
