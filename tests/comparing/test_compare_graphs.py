"""`zoocheck compare` of a graph's results: two ways of it in turns, and two runs of imported logs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import graph_files as files
import onnx
import pytest

from harness.comparing.arms import compare_arms
from harness.comparing.gate import FailOn
from harness.comparing.runs import compare
from harness.documents import toml_text
from harness.domain.catalog import Catalog
from harness.domain.models import Deployment
from harness.other_machines import importing
from harness.other_machines.foreign import Choice
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.store.results import Store
from harness.tables import cases, catalog
from harness.timing import turns
from harness.verdicts.effects import Finding


@pytest.fixture
def materials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Materials:
    """Tables of a recurrent graph, samples along another axis than the first, in a folder of the user's."""
    made = files.of(tmp_path / "states.onnx", files.recurrent(), files.STATES)
    inputs = [
        {"name": item.name, "dtype": item.dtype, "shape": list(item.shape), "range": item.range}
        for item in made.graph.inputs
    ]
    said = {"name": "states", "title": "States", "graph": {"file": made.graph.file, "inputs": inputs}}
    tables = tmp_path / "tables"
    tables.mkdir()
    (tables / "states.toml").write_text(toml_text.entry("model", said), encoding="utf-8")
    monkeypatch.setenv("ZOOCHECK_TABLES", str(tables))
    home = Home(root=tmp_path / "home", models=tmp_path / "models", data=tmp_path / "data")
    return Materials(catalog.load(), home, Options(), Silent())


def test_two_ways_of_a_graph_take_turns(
    materials: Materials, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The same file twice is the same work; one with other weights is not, and is not timed."""
    monkeypatch.setattr(turns.Together, "lasts_s", 0.05)
    case = cases.named(materials.catalog, "states-cpu-bs2")
    own, other = (Path(case.model.graph.file), tmp_path / "other.onnx")
    changed = onnx.load(own)
    for weights in changed.graph.initializer:
        if weights.name == "w":
            onnx.checker.check_tensor(weights)
            weights.raw_data = files.drawn(1, 24, 4, scale=2.0).tobytes()
    onnx.save(changed, other)
    found = compare_arms(materials, case, "current", str(own), seconds=1, margin=0.05, folder=tmp_path / "a")
    assert found.same_work, found.works
    assert found.turns is not None
    found = compare_arms(
        materials, case, "current", str(other), seconds=1, margin=0.05, folder=tmp_path / "b"
    )
    assert not found.same_work
    assert found.turns is None
    assert "difference from the fp32 of its file as it is is" in found.works[1].why


def test_two_imported_logs_of_a_graph(catalog: Catalog, store: Store, tmp_path: Path):
    """Half as many samples a second is told, of the case's samples."""
    model = files.of(tmp_path / "states.onnx", files.recurrent(), files.STATES)
    deployed = (Deployment(chip="t4", batch_sizes=(4,), precisions=catalog.chips["t4"].precisions[:1]),)
    model = dataclasses.replace(model, deployments=deployed)
    tables = dataclasses.replace(catalog, models={**catalog.models, "states": model})
    case = cases.named(tables, "states-t4-bs4")
    results = []
    for run, mean in (("before", 2), ("after", 4)):
        log = tmp_path / f"{run}.log"
        command = "TensorRT.trtexec [TensorRT v101601] # trtexec --onnx=a.onnx --shapes=x:4x4,h:1x4x6,c:1x4x6"
        times = ", ".join(f"{name} = {mean} ms" for name in ("min", "max", "mean", "median"))
        log.write_text(
            f"&&&& RUNNING {command}\n[I] Precision: FP32\n[I] Selected Device: Tesla T4\n"
            f"[I] GPU Compute Time: {times}, percentile(99%) = {mean} ms\n&&&& PASSED {command}\n"
        )
        read = importing.read(case, log, Choice())
        results.append([importing.file(tables, read, store, run)])
    found = compare(*results, margins=FailOn().margins, earlier=(), across_machines=True, stamp=None)
    [pair] = found.pairs
    assert pair.finding in (Finding.WORSE, Finding.TOO_NOISY)
    assert "2000" in str(pair)
    assert "1000" in str(pair)
