"""Cases of graphs that mix the samples of a batch, and of graphs that decide by themselves, on a runner."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import graph_files as files
import numpy as np
import onnx
import pytest

from harness.conformance.checks import DETERMINISM
from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.measurements import Verdict, VerdictKind
from harness.domain.precisions import Precision
from harness.errors import BadOutput
from harness.kinds.runner import Runner
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.store.results import Store
from harness.toolchains.onnxruntime.backend import CpuSession

ALL = ("", "batch", "order", "last partial batch", DETERMINISM)


@pytest.fixture
def runner(catalog: Catalog, home: Home, store: Store) -> Runner:
    return Runner(Materials(catalog, home, Options(), Silent()), store, "run-1")


@pytest.fixture
def case_of(runner: Runner, tmp_path: Path) -> Callable[..., Case]:
    def made(graph: onnx.ModelProto, precision: Precision = Precision.FP32, batch: int = 4) -> Case:
        model = files.of(tmp_path / "rows.onnx", graph, files.ROWS)
        return files.case_on(runner, model, precision, batch)

    return made


def verdict(runner: Runner, case: Case, name: str = "") -> Verdict:
    found = runner.conformance(case, name).verdict
    assert found is not None
    return found


@pytest.mark.parametrize("batch", [1, 2, 4])
@pytest.mark.parametrize("make", [files.quantised_by_the_batch, files.branching])
def test_parity_is_of_the_same_batch(runner: Runner, case_of, make, batch: int) -> None:
    """A scale or a branch of the whole batch is the reference's own at that batch size: fp32 is fp32."""
    found = verdict(runner, case_of(make(), batch=batch))
    assert found.kind is VerdictKind.SURVIVES
    assert found.measured < 1e-6


@pytest.mark.parametrize("make", [files.quantised_by_the_batch, files.centred_by_the_batch])
@pytest.mark.parametrize("name", ["batch", "last partial batch"])
def test_a_graph_that_mixes_a_batch_is_told_and_no_artifact_is_blamed(
    runner: Runner, case_of, make, name: str
) -> None:
    """Its file does the same in fp32; both numbers are told."""
    found = verdict(runner, case_of(make()), name)
    assert found.kind is VerdictKind.NOT_COMPARABLE
    assert "rows-cpu-bs4: this graph mixes the samples of a batch: " in found.message
    assert "is not asked, for the fp32 of its file as it is changes by " in found.message
    assert "as well; of the artifact, outputs differ by at most " in found.message
    assert "violated" not in found.message


def test_an_artifact_that_mixes_what_its_file_does_not_is_blamed(
    runner: Runner, case_of, monkeypatch
) -> None:
    """The first sample of each call is added to all of them."""
    case = case_of(files.deciding(floats=True))
    run = CpuSession.run
    monkeypatch.setattr(
        CpuSession, "run", lambda self, inputs: [a + a[:1] for a in run(self, inputs)],
    )  # fmt: skip
    found = verdict(runner, case, "last partial batch")
    assert found.kind is VerdictKind.SURVIVES  # the first of each call is the same
    found = verdict(runner, case, "batch")
    assert found.kind is VerdictKind.FALLS_SHORT
    assert "violated: the batch does not change a sample: outputs differ by" in found.message
    assert "of 4 whole numbers are others" in found.message


@pytest.mark.parametrize("precision", [Precision.FP32, Precision.FP16])
def test_an_output_of_the_whole_batch_is_held_at_batch_one(
    runner: Runner, case_of, precision: Precision
) -> None:
    """It has no axis of the batch, and needs none there."""
    case = case_of(files.deciding(floats=True, over_all=True), precision, batch=1)
    assert {verdict(runner, case, name).kind for name in ("", "order")} == {VerdictKind.SURVIVES}


@pytest.mark.parametrize("floats", [False, True])
@pytest.mark.parametrize("precision", [Precision.FP32, Precision.FP16])
def test_whole_numbers_are_equal_or_not(runner: Runner, case_of, floats: bool, precision: Precision) -> None:
    """In every check, by themselves or beside numbers that differ by spreads; the verdict counts them."""
    case = case_of(files.deciding(floats=floats), precision)
    found = {name: runner.conformance(case, name) for name in ALL}
    said = {name: item.verdict.message for name, item in found.items() if item.verdict}
    assert {item.verdict.kind for item in found.values() if item.verdict} == {VerdictKind.SURVIVES}
    assert "all 8 whole numbers are those of the fp32 of its file as it is" in said[""]
    assert said["order"].startswith(f"{case.id}: the order of the batch does not change a sample: ")
    assert "all 8 whole numbers stay as they are" in said["order"]
    assert "the same input twice gives the same 8 whole numbers" in said[DETERMINISM]
    assert all(("spreads" in said[name]) is floats for name in ("", "order"))
    parity = found[""].measurement.detail
    assert (parity["whole_numbers"], parity["unequal"], parity["decisions"]) == (8, 0, 8)
    assert ("largest_in_spread" in parity, "least_cosine" in parity) == (floats, floats)
    assert ("difference_in_spread" in found["order"].measurement.detail) is floats


def test_whole_numbers_that_are_others_fall_short(runner: Runner, case_of, monkeypatch) -> None:
    """One more than they are: in parity by how many, and by how many a precision explains."""
    case = case_of(files.deciding(), Precision.FP16)
    run = CpuSession.run
    monkeypatch.setattr(CpuSession, "run", lambda self, inputs: [a + 1 for a in run(self, inputs)])
    found = verdict(runner, case)
    assert found.kind is VerdictKind.FALLS_SHORT
    assert "held against the fp32 of its file as it is, 8 of 8 whole numbers are others" in found.message
    assert "(sample 0), above the 2 that fp16 explains" in found.message


def test_whole_numbers_that_no_two_calls_agree_on(runner: Runner, case_of, monkeypatch) -> None:
    """That is noise: told by the check of two equal calls, and nothing that another one can tell from."""
    case, calls = case_of(files.deciding()), []
    run = CpuSession.run

    def noisy(self: CpuSession, inputs: object) -> list[np.ndarray]:
        calls.append(1)
        return [array + len(calls) for array in run(self, inputs)]

    monkeypatch.setattr(CpuSession, "run", noisy)
    twice = verdict(runner, case, DETERMINISM)
    assert twice.kind is VerdictKind.FALLS_SHORT
    assert "not deterministic: of the same input twice 8 of 8 whole numbers are others" in twice.message
    order = verdict(runner, case, "order")
    assert order.kind is VerdictKind.NOT_COMPARABLE
    assert "too noisy to tell whether the order" in order.message


def test_no_number_is_a_sentence_in_every_check(runner: Runner, case_of) -> None:
    """And no warning of numpy's beside it."""
    logarithm = files.graph(
        [files.node("MatMul", ["x", "w"], ["m"]), files.node("Log", ["m"], ["y"])],
        [files.value("x", ["n", 4])], [files.value("y", ["n", 4])], {"w": files.drawn(4, 4)},
    )  # fmt: skip
    case = case_of(logarithm)
    for name in ALL:
        with pytest.raises(BadOutput, match="output y of sample 0 holds a NaN"):
            runner.conformance(case, name)
