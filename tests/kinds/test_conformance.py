"""The checks of a case on a runner: one artifact for all of them, and faults planted in what it gives."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import mini
import numpy as np
import pytest
from making import make_case

from harness.conformance import metamorphic, subject
from harness.conformance.checks import DOCUMENTED_GRAPH, METAMORPHIC, NAMES
from harness.conformance.subject import probe_of
from harness.domain.cases import Case, Kind
from harness.domain.catalog import Catalog
from harness.domain.details import DocumentedGraphDetail, ParityDetail
from harness.domain.measurements import Origin, VerdictKind
from harness.domain.models import InputRole
from harness.domain.precisions import Precision
from harness.errors import GraphError, NotApplicable, NotThere
from harness.kinds.runner import Runner
from harness.models.graphs import int8
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.store.results import Store

ONE_TEXT = [name for name in METAMORPHIC if name != "segments"]


@pytest.fixture
def fake(small_tables: Catalog, home: Home, store: Store) -> Runner:
    """torch in the place of an artifact, so that a test can break what comes out."""
    return Runner(mini.TorchMaterials(small_tables, home, Options()), store, "run-1")


def a_case(runner: Runner, **other: object) -> Case:
    return make_case(runner.materials.catalog, mini.MODEL, "ascend310p", **({"batch_size": 8} | other))


@pytest.mark.parametrize("batch_size", [1, 8])
def test_a_real_artifact_passes_every_check(
    small_tables: Catalog, shared_home: Home, store: Store, batch_size: int
):
    """Opened once for all of them; each is a result of its own, under its name."""
    runner = Runner(
        Materials(small_tables, shared_home, Options(target="stand-in"), Silent()), store, "run-1"
    )
    opened = []
    whole = runner.open
    runner.open = lambda *arguments: opened.append(1) or whole(*arguments)  # type: ignore[assignment,func-returns-value]
    case = a_case(runner, batch_size=batch_size)
    alone = ("batch", "last partial batch") if batch_size == 1 else ()
    names = [name for name in NAMES if name not in ("segments", *alone)]
    for name in alone:
        with pytest.raises(NotThere, match="at batch size 1"):
            runner.conformance(case, name)
    results = [runner.conformance(case, name) for name in names]
    assert len(opened) == 2, "the case's own, and the documented graph's"
    assert len({item.measurement.provenance.artifact for item in results}) == 2
    assert [item.verdict.kind for item in results if item.verdict] == [VerdictKind.SURVIVES] * len(names)
    assert [item.measurement.check for item in store.results()] == names
    assert results[names.index("mask")].measurement.detail["difference_in_spread"] > 0.01


def test_one_text_has_no_segments_to_tell_apart(fake: Runner, store: Store):
    with pytest.raises(NotThere, match="no segments tell two texts apart: its samples are of one"):
        fake.conformance(a_case(fake), "segments")
    assert store.results() == []


def test_the_documented_graph_records_what_it_holds(small_tables: Catalog, shared_home: Home, store: Store):
    """Each LayerNorm of the network in order, parity's numbers, and the artifact that was run."""
    runner = Runner(
        Materials(small_tables, shared_home, Options(target="stand-in"), Silent()), store, "run-1"
    )
    case = a_case(runner)
    parity, spelt = (runner.conformance(case, name).measurement for name in ("", DOCUMENTED_GRAPH))
    assert spelt.provenance.artifact != parity.provenance.artifact
    told = DocumentedGraphDetail.from_stored(spelt.detail)
    assert (told.opset, told.not_numbers, told.bound) == (11, 0, parity.detail["bound"])
    assert told.fused_in_spread == parity.detail["largest_in_spread"]
    assert told.layer_norms is not None
    layers = runner.materials.checkpoint(case.model).architecture.layers
    places = [
        f"{part} LayerNorm of encoder layer {at}" for at in range(layers) for part in ("attention", "output")
    ]
    assert [item.place for item in told.layer_norms] == ["LayerNorm of the embeddings", *places]
    assert all(item.held and 0 < item.least_variance <= item.largest_square for item in told.layer_norms)
    assert 0 < ParityDetail.from_stored(spelt.detail).largest_in_spread <= told.bound


@pytest.mark.parametrize(
    ("precision", "origin", "said"),
    [
        (Precision.FP32, Origin.STAND_IN, "says no more than the stand-in's: it does in fp16"),
        (Precision.FP16, Origin.CHIP, "parity holds what the compiler made of the documented graph"),
    ],
)
def test_a_documented_graph_that_says_no_more_is_not_asked(
    small_tables: Catalog, home: Home, store: Store, precision: Precision, origin: Origin, said: str
):
    materials = mini.TorchMaterials(small_tables, home, Options(), origin=origin)
    runner = Runner(materials, store, "run-1")
    with pytest.raises(NotApplicable, match=said):
        runner.conformance(a_case(runner, precision=precision), DOCUMENTED_GRAPH)
    assert store.results() == []


def test_a_compiler_that_is_given_torchscript_has_nothing_to_fuse(
    small_tables: Catalog, home: Home, store: Store
):
    reads_torchscript = dataclasses.replace(
        small_tables, compilers={"ascend": dataclasses.replace(small_tables.compilers["vastai"])}
    )
    runner = Runner(mini.TorchMaterials(reads_torchscript, home, Options()), store, "run-1")
    with pytest.raises(NotApplicable, match="vamc is given no graph that spells LayerNorm out"):
        runner.conformance(a_case(runner), DOCUMENTED_GRAPH)


def test_a_backend_of_one_shape_is_skipped_for_the_padded_length(fake: Runner):
    with pytest.raises(NotThere, match="its backend takes the documented shape only"):
        fake.conformance(a_case(fake), "padded length")


def test_what_cannot_be_opened_is_not_tried_again(fake: Runner, monkeypatch: pytest.MonkeyPatch):
    """A build of minutes fails once a case, and every check of it says so."""
    tried = []

    def broken(*arguments: object) -> None:
        tried.append(1)
        raise GraphError("the compiler refuses")

    monkeypatch.setattr(fake, "open", broken)
    for name in ("", "order", "mask"):
        with pytest.raises(GraphError, match="the compiler refuses"):
            fake.conformance(a_case(fake), name)
    assert len(tried) == 1


Change = Callable[[Case, int, list], list]


def by_the_batch(case: Case, call: int, outputs: list) -> list:
    return [outputs[0] - outputs[0].mean(axis=0, keepdims=True)]


def first_place_differs(case: Case, call: int, outputs: list) -> list:
    outputs[0][0] *= np.float32(1.5)
    return outputs


def noise(case: Case, call: int, outputs: list) -> list:
    return [outputs[0] + np.float32(call)]


@pytest.mark.parametrize(
    ("name", "change"),
    [("batch", by_the_batch), ("order", first_place_differs), ("same input twice", noise)],
)
def test_a_fault_in_what_comes_out_falls_short(fake: Runner, name: str, change: Change):
    fake.materials.backend.change = change  # type: ignore[attr-defined]
    verdict = fake.conformance(a_case(fake), name).verdict
    assert verdict is not None
    assert verdict.kind is VerdictKind.FALLS_SHORT


def test_a_little_noise_is_recorded_and_good(fake: Runner, store: Store):
    """The measurement holds the spread, and the other checks are too noisy to ask."""

    def little(case: Case, call: int, outputs: list) -> list:
        return [outputs[0] + np.float32(0.02 * call * outputs[0].std())]

    fake.materials.backend.change = little  # type: ignore[attr-defined]
    twice = fake.conformance(a_case(fake), "same input twice")
    assert twice.verdict is not None
    assert twice.verdict.kind is VerdictKind.SURVIVES
    assert "not deterministic" in twice.verdict.message
    assert not twice.measurement.detail["deterministic"]
    assert twice.measurement.detail["noise_in_spread"] == pytest.approx(0.02, rel=0.1)
    order = fake.conformance(a_case(fake), "order")
    assert order.measurement.detail["bound"] == 2 * twice.measurement.detail["noise_in_spread"]
    assert order.verdict is not None
    assert order.verdict.kind is VerdictKind.NOT_COMPARABLE


def the_first_for_ever(first: list) -> Change:
    """Whatever it is given, what came out of the first call: the artifact has lost its inputs."""

    def lost(case: Case, call: int, outputs: list) -> list:
        first.extend(outputs if not first else ())
        return [output.copy() for output in first]

    return lost


class TestANetworkThatHardlyChanges:
    """What its own fp32 outputs change by is what there is to change, where that is little."""

    @pytest.fixture(autouse=True)
    def little(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(metamorphic, "CHANGE", 1e6)  # beside which any network changes little

    def test_half_of_its_own_change_is_asked(self, fake: Runner):
        result = fake.conformance(a_case(fake), "mask")
        detail = result.measurement.detail
        assert result.verdict is not None
        assert result.verdict.kind is VerdictKind.SURVIVES
        assert detail["bound"] == pytest.approx(detail["difference_in_spread"] / 2, rel=1e-6)
        assert detail["bound_reason"] == metamorphic.OWN_REASON

    def test_a_lost_mask_falls_short(self, fake: Runner):
        fake.materials.backend.change = the_first_for_ever([])  # type: ignore[attr-defined]
        case = a_case(fake, batch_size=8)
        verdict = fake.conformance(case, "mask").verdict
        assert verdict is not None
        assert verdict.kind is VerdictKind.FALLS_SHORT
        assert (
            "violated: masking half of a sample changes its outputs: outputs differ by 0 spreads"
            in verdict.message
        )

    def test_where_there_is_nothing_to_see_it_is_not_asked(
        self, fake: Runner, monkeypatch: pytest.MonkeyPatch
    ):
        fake.materials.backend.change = the_first_for_ever([])  # type: ignore[attr-defined]
        whole = subject.reference
        monkeypatch.setattr(
            subject, "reference",
            lambda materials, case, inputs: whole(materials, case, probe_of(materials, case)[0].inputs),
        )  # fmt: skip
        with pytest.raises(NotThere, match="own fp32 outputs do not change either"):
            fake.conformance(a_case(fake), "mask")


class TrayOfTools(mini.TorchSession):
    """A session that a tool runs: each `run_all` is one start of it."""

    starts = 0

    def run_all(self, inputs: list) -> list:
        type(self).starts += 1
        return super().run(inputs)

    def time_batch(self, inputs: list) -> None:
        return None


def test_a_tool_is_started_twice_a_case(fake: Runner, monkeypatch: pytest.MonkeyPatch):
    """Once for the samples, once for all of their variations."""
    monkeypatch.setattr(mini, "TorchSession", TrayOfTools)
    monkeypatch.setattr(TrayOfTools, "starts", 0)
    for name in ("", *ONE_TEXT):
        if name != "padded length":
            result = fake.conformance(a_case(fake, precision=Precision.FP32), name)
            assert result.verdict is not None
            assert result.verdict.kind is VerdictKind.SURVIVES
    assert TrayOfTools.starts == 2


def test_a_failure_is_recorded_under_its_check(fake: Runner, store: Store):
    problem = GraphError("broken")
    fake.fail(a_case(fake), Kind.CONFORMANCE, problem, check="order")
    [result] = store.results()
    assert result.measurement.check == "order"


def test_text_is_what_no_scale_has_seen(small_tables: Catalog, shared_home: Home):
    """Of int8 as of the others it stands behind what scales are chosen on."""
    materials = Materials(small_tables, shared_home, Options(target="stand-in"), Silent())
    case = make_case(small_tables, mini.MODEL, "ascend310p", batch_size=8, precision=Precision.INT8)
    probe, said = probe_of(materials, case)
    behind = materials.calibration(case.model, int8.SAMPLES + 8).inputs[InputRole.IDS][int8.SAMPLES :]
    assert np.array_equal(probe.inputs[InputRole.IDS], behind)
    assert said == "8 of text"


def test_where_nothing_is_behind_the_calibration_it_says_so(
    small_tables: Catalog, shared_home: Home, monkeypatch: pytest.MonkeyPatch
):
    materials = Materials(small_tables, shared_home, Options(target="stand-in"), Silent())
    ten = materials.calibration(small_tables.models[mini.MODEL], int8.SAMPLES)
    monkeypatch.setattr(materials, "calibration", lambda *_: ten)
    case = make_case(small_tables, mini.MODEL, "ascend310p", batch_size=8, precision=Precision.INT8)
    assert probe_of(materials, case)[1] == "8 of text, which its scales were chosen on"
