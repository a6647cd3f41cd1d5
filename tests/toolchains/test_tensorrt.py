"""T4's two systems through TensorRT, on imitations of nvidia-smi, trtexec and the SDK."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from making import make_case
from simulated import kit

from harness import backends, targets
from harness.artifacts import ArtifactCache
from harness.domain import Case, Catalog, Origin, Precision, Protocol, VerdictKind
from harness.home import Home
from harness.materials import Materials
from harness.options import Options
from harness.progress import Silent
from harness.run import Runner
from harness.store import Result, Store

SYSTEMS = ("tinybert", "bert-large-ner")
TOOLS = {"nvidia-smi": "nvidia_smi.py", "trtexec": "trtexec.py"}
BATCH = 2
LIMIT = 3  # so that the last batch is filled up


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small networks on a shared machine."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The imitations on PATH, and the interpreter that has the imitated `tensorrt`."""
    yield from _installed(tmp_path, monkeypatch, "tensorrt_packages")


def _installed(folder: Path, monkeypatch: pytest.MonkeyPatch, packages: str | None) -> Iterator[Path]:
    bin_folder = kit.install(folder / "tools", TOOLS, packages)
    monkeypatch.setenv("PATH", f"{bin_folder}:/usr/bin:/bin")
    monkeypatch.setenv("ZOOCHECK_TENSORRT_PYTHON", str(bin_folder / "vendor-python"))
    monkeypatch.delenv(kit.VARIABLE, raising=False)
    _forget()
    yield bin_folder
    _forget()


def _forget() -> None:
    """What was found in this process is found once."""
    backends.probe.cache_clear()
    targets.resolve.cache_clear()


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where engines lie that more than one test may use."""
    return tmp_path_factory.mktemp("artifacts")


@pytest.fixture
def runner(catalog: Catalog, tmp_path: Path, artifacts: Path) -> Iterator[Runner]:
    """The embedded checkpoints and corpora; T4 or nothing."""
    home = Home(root=tmp_path / "home", models=tmp_path / "none", data=tmp_path / "none")
    options = Options(target="chip", weights="mini", data="mini", limit=LIMIT, tool_timeout_s=120)
    with closing(Store(f"sqlite:///{tmp_path / 'results.sqlite'}")) as store:
        made = Runner(Materials(catalog, home, options, Silent()), store, "run")
        made.cache = ArtifactCache(artifacts)
        yield made


def t4(catalog: Catalog, model: str = "tinybert", precision: Precision = Precision.FP32) -> Case:
    return make_case(catalog, model, "t4", precision=precision, batch_size=BATCH)


def throughput(runner: Runner, case: Case) -> Result:
    timing = runner.timing(case)
    tools = timing.by_the_tool()
    return runner.record_throughput(timing, timing.by_the_sdk(), tools)


@pytest.mark.parametrize("precision", [Precision.FP32, Precision.FP16], ids=str)
@pytest.mark.parametrize("model", SYSTEMS)
def test_a_system_end_to_end(catalog: Catalog, tools: Path, runner: Runner, model: str, precision: Precision):
    """Accuracy, throughput and conformance; every number is marked as simulated and none is compared."""
    case = t4(catalog, model, precision)
    scored = runner.accuracy(case, Protocol.DOCUMENTED)
    assert scored.verdict.kind is VerdictKind.REPRODUCED
    found = scored.measurement
    assert (found.origin, found.provenance.backend, found.samples > 0) == (Origin.SIMULATED, "tensorrt", True)
    assert found.detail["session"]["runtime"] == "tensorrt 10.16.1+zoocheck-simulated"
    assert found.detail["artifact"]["documented"] is (precision is Precision.FP32)
    assert found.detail["driver"] == "535.104.05"
    same = runner.conformance(case)
    assert same.verdict.kind is VerdictKind.REPRODUCED
    assert same.measurement.detail["contract"] == "as in the table"
    timed = throughput(runner, case)
    assert timed.verdict.kind is VerdictKind.NOT_COMPARABLE
    assert "on a simulated tool" in timed.verdict.message
    tool = timed.measurement.detail["tool"]
    run = tool["run"]
    compute = next(item for item in run["latencies"] if item["name"] == "GPU Compute Time")
    assert timed.measurement.metrics["throughput"] == pytest.approx(1000 / (compute["mean_ms"] / BATCH))
    assert {"p90", "p95", "p99"} == set(compute["percentiles_ms"])
    assert compute["median_ms"] > 0
    assert run["queries_per_s"] > 0
    assert tool["our_samples_per_s"] > 0
    said = run["precision"]
    assert said == ("FP32" if precision is Precision.FP32 else "FP32+FP16")
