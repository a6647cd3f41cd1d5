"""Graphs that storing alone moves beyond a precision's bounds: what parity asks of them, and still finds."""

from __future__ import annotations

from pathlib import Path

import graph_files as files
import numpy as np
import onnx
import pytest
from graph_files import ROWS, drawn, graph, node, value

from harness.conformance.storing import storing
from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.measurements import VerdictKind
from harness.domain.precisions import Precision
from harness.kinds.runner import Runner
from harness.models.graphs import stored, values
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.store.results import Store
from harness.toolchains.onnxruntime.backend import CpuSession


@pytest.fixture
def runner(catalog: Catalog, home: Home, store: Store) -> Runner:
    return Runner(Materials(catalog, home, Options(), Silent()), store, "run-1")


def difference(apart: float) -> onnx.ModelProto:
    """Two dense layers that are nearly one, and what they differ by: of rounding the difference is much."""
    one = drawn(4, 4)
    other = one + np.random.default_rng(1).standard_normal((4, 4)).astype(np.float32) * np.float32(apart)
    return graph(
        [
            node("MatMul", ["x", "one"], ["a"]), node("MatMul", ["x", "other"], ["b"]),
            node("Sub", ["a", "b"], ["y"]),
        ],
        [value("x", ["n", 4])],
        [value("y", ["n", 4])],
        {"one": one, "other": other},
    )  # fmt: skip


def case_of(runner: Runner, folder: Path, apart: float) -> Case:
    model = files.of(folder / "difference.onnx", difference(apart), ROWS)
    return files.case_on(runner, model, Precision.FP16)


def test_a_graph_that_storing_moves_is_held_to_three_times_that(runner: Runner, tmp_path: Path) -> None:
    """Beyond fp16's own bound, as rounding its weights alone is; the verdict says so, and its record why."""
    case = case_of(runner, tmp_path, 0.02)
    result = runner.conformance(case)
    verdict, detail = result.verdict, result.measurement.detail
    assert verdict is not None
    assert verdict.kind is VerdictKind.SURVIVES, verdict.message
    assert detail["rms_in_spread"] > 0.01
    assert detail["rms_bound"] > 0.01
    said = "storing its weights and inputs alone in fp16 moves its own fp32 outputs by"
    assert said in verdict.message
    assert "of which 3 times is allowed" in verdict.message


def test_what_is_wrong_with_such_a_graph_is_still_found(runner: Runner, tmp_path: Path, monkeypatch) -> None:
    """Outputs a tenth too large; nothing that an artifact does widens its bound."""
    case = case_of(runner, tmp_path, 0.02)
    bound = runner.conformance(case).measurement.detail["rms_bound"]
    run = CpuSession.run
    monkeypatch.setattr(CpuSession, "run", lambda self, inputs: [a * 1.1 for a in run(self, inputs)])
    result = Runner(runner.materials, runner.recorder.store, "run-2").conformance(case)
    assert result.verdict is not None
    assert result.verdict.kind is VerdictKind.FALLS_SHORT, result.verdict.message
    assert result.measurement.detail["rms_bound"] == bound
    assert "zoocheck bisect difference-cpu-fp16-bs2" in result.verdict.message


def test_a_graph_that_rounding_makes_another_cannot_be_held(runner: Runner, tmp_path: Path) -> None:
    """Neither good nor bad: whatever fp16 gives could be another network's."""
    verdict = runner.conformance(case_of(runner, tmp_path, 1e-3)).verdict
    assert verdict is not None
    assert verdict.kind is VerdictKind.NOT_COMPARABLE
    assert "too much to tell anything" in verdict.message


def test_a_graph_within_its_bounds_is_not_asked(runner: Runner, tmp_path: Path, monkeypatch) -> None:
    """In neither precision."""
    monkeypatch.setattr("harness.conformance.storing.storing", None)
    model = files.of(tmp_path / "images.onnx", files.convolution(), files.IMAGES)
    for precision in (Precision.FP32, Precision.FP16):
        verdict = runner.conformance(files.case_on(runner, model, precision)).verdict
        assert verdict is not None
        assert verdict.kind is VerdictKind.SURVIVES
        assert "storing" not in verdict.message


def exactly(made: onnx.ModelProto) -> np.ndarray:
    """What a graph of `difference` comes to: two weights, which are subtracted before anything is rounded."""
    weights = dict(values.constants(made.graph))
    one, other = (values.array_of(weights[name]).astype(np.float64) for name in ("one", "other"))
    return one - other


def test_a_graph_whose_fp32_is_not_sure_is_held_to_three_times_that(
    runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its artifact computes in doubles here, and so is right; it is off by more than the minis' bound.

    A weight a thousandth too large is off by more than that, and widens nothing.
    """
    made = difference(5e-4)
    weights = exactly(made)
    case = files.case_on(runner, files.of(tmp_path / "near.onnx", made, ROWS), Precision.FP32)
    monkeypatch.setattr(CpuSession, "run", lambda self, inputs: [(inputs[0] @ weights).astype(np.float32)])
    result = runner.conformance(case)
    verdict, detail = result.verdict, result.measurement.detail
    assert verdict is not None
    assert verdict.kind is VerdictKind.SURVIVES, verdict.message
    assert 1e-4 < detail["largest_in_spread"] < detail["bound"] < 10 * detail["largest_in_spread"]
    said = "keeping 22 of 24 bits of its weights and inputs moves its own fp32 outputs by"
    assert said in verdict.message
    assert said in detail["bound_reason"]
    weights *= 1.001
    found = Runner(runner.materials, runner.recorder.store, "run-2").conformance(case)
    assert found.verdict is not None
    assert found.verdict.kind is VerdictKind.FALLS_SHORT, found.verdict.message
    assert found.measurement.detail["rms_bound"] == detail["rms_bound"]


def test_what_storing_makes_infinite_is_no_bound(runner: Runner, tmp_path: Path) -> None:
    """A weight beyond fp16: nothing is known of what comes of it."""
    made = difference(0.02)
    tensor = dict(values.constants(made.graph))["one"]
    values.store(tensor, np.full((4, 4), 1e6, np.float32))
    case = files.case_on(runner, files.of(tmp_path / "large.onnx", made, ROWS), Precision.FP16)
    inputs = [drawn(2, 4)]
    reference = runner.materials.fp32(case.model, inputs, batch_size=case.batch_size)
    assert storing(runner.materials, case, inputs, reference) is None


def test_constants_are_stored_as_each_precision_does() -> None:
    """fp16 rounds what is computed with, int8 the weights of products, fp32 keeps 20 bits."""
    held = np.array([1 + 2.0**-9 + 2.0**-15, 0.3, -2.0], np.float32)
    nodes = [
        node("Mul", ["x", "scale"], ["a"]), node("Clip", ["a", "low"], ["b"]),
        node("Gemm", ["b", "w"], ["y"]),
    ]  # fmt: skip
    low = np.array(0.1, np.float32)
    made = graph(
        nodes, [value("x", [2, 3])], [value("y", [2, 3])],
        {"scale": held, "low": low, "w": np.stack([held] * 3)},
    )  # fmt: skip
    expected = {
        Precision.FP16: (held.astype(np.float16), held.astype(np.float16)),
        Precision.INT8: (held, np.round(held / (2 / 127)) * (2 / 127)),
        Precision.FP32: (np.round(held * 2.0**20) / 2.0**20, None),
    }
    for precision, (scale, weights) in expected.items():
        found = dict(values.constants(stored.with_constants(made, precision).graph))
        assert values.array_of(found["low"]) == low
        np.testing.assert_allclose(values.array_of(found["scale"]), scale, rtol=2.0**-20)
        if weights is not None:
            np.testing.assert_allclose(values.array_of(found["w"])[0], weights, rtol=1e-6)


def test_inputs_are_held_as_each_precision_does() -> None:
    """Whole numbers stay, and so do the inputs of int8, which are quantised where products read them."""
    numbers, wholes = drawn(3, 4), np.arange(2**17, 2**17 + 4)
    assert np.array_equal(stored.as_held(numbers, Precision.INT8), numbers)
    assert np.array_equal(stored.as_held(wholes, Precision.FP16), wholes)
    held = stored.as_held(numbers, Precision.FP16)
    assert held.dtype == np.float32
    assert np.array_equal(held, numbers.astype(np.float16).astype(np.float32))
