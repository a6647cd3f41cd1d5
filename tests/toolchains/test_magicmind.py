"""MLU370 end to end on imitated tools: the documented precisions, the dynamic range, and every fault."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from making import make_case
from simulated import kit
from traced_world import World, forget, simulated, use, world

from harness.domain.cases import Case, Kind
from harness.domain.catalog import Catalog
from harness.domain.measurements import VerdictKind
from harness.domain.metrics import Metric
from harness.domain.precisions import Precision
from harness.errors import NotThere, NotYet
from harness.setting import plans
from harness.toolchains import targets, worker_session
from harness.toolchains.magicmind import commands

MODEL = "bert-squad"
TOOLS = {"cnmon": "cnmon.py", "mm_run": "mm_run.py"}
LIMIT = 6


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose artifacts and references the module's tests share."""
    return tmp_path_factory.mktemp("magicmind-home")


@pytest.fixture
def mlu(
    catalog: Catalog, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., World]]:
    """A world where the tools of MLU370 are imitated."""
    tools = kit.install(tmp_path, TOOLS, "magicmind_packages")
    use(monkeypatch, tools, "magicmind")
    short = plans.Plan(timed_s=0.1, calls=3, longest_s=60.0, warm_up=plans.WarmUpRule(window_s=0.0))
    monkeypatch.setattr(worker_session, "plan_for", lambda stamp, batch_size: short)
    stores = []

    def make(home: Path = shared, limit: int = LIMIT, **more: object) -> World:
        made = world(catalog, tmp_path, home, tools, limit=limit, **more)
        stores.append(made.runner.recorder.store)
        return made

    yield make
    for store in stores:
        store.close()
    forget()


@pytest.fixture
def case(catalog: Catalog) -> Case:
    """fp32 at batch 1."""
    return make_case(catalog, MODEL, "mlu370", batch_size=1)


@pytest.mark.parametrize("precision", [Precision.FP32, Precision.FP16])
def test_both_documented_precisions_run_end_to_end(
    catalog: Catalog, mlu: Callable[..., World], precision: Precision
):
    """Accuracy, throughput and conformance; the contract is the SDK's own, by position."""
    here = mlu()
    case = make_case(catalog, MODEL, "mlu370", precision=precision, batch_size=1)
    score, speed, parity = here.accuracy(case), here.throughput(case), here.runner.conformance(case)
    assert all(simulated(result) for result in (score, speed, parity))
    assert score.measurement.metrics["f1"] == pytest.approx(score.measurement.detail["own_fp32"], abs=0.02)
    assert score.verdict.kind.good
    assert parity.verdict.kind.good
    assert speed.verdict.kind is VerdictKind.NOT_COMPARABLE
    tool = speed.measurement.detail["tool"]
    assert speed.measurement.metrics[str(Metric.THROUGHPUT)] == tool["samples_per_s"]
    assert tool["run"]["count"] == 1000
    assert tool["our_samples_per_s"] > 0
    assert {"conditions", "noisy", "warm_up", "first_call_ns"} <= speed.measurement.detail.keys()
    assert parity.measurement.detail["contract"] == "as in the table"


def test_a_larger_batch_is_a_model_of_its_own(catalog: Catalog, mlu: Callable[..., World]):
    """Documented at 16: built so, run so, the last partial batch filled up, mm_run told so for each input."""
    here = mlu()
    case = make_case(catalog, MODEL, "mlu370", batch_size=16)
    assert here.accuracy(case).verdict.kind.good
    result = here.throughput(case)
    argv = result.measurement.detail["commands"][-1]["argv"]
    assert argv[argv.index("--batch_size") + 1 :] == ["16", "16", "16"]
    assert result.measurement.detail["tool"]["run"]["batch_size"] == 16


def test_a_batch_outside_the_dynamic_range_is_not_there(catalog: Catalog, mlu: Callable[..., World]):
    case = make_case(catalog, MODEL, "mlu370", batch_size=65)
    with pytest.raises(NotYet, match=r"mlu370-bs65: the documented model takes batches of 1 to 64"):
        mlu().runner.conformance(case)


def test_the_artifact_holds_the_model_its_job_and_its_log(
    mlu: Callable[..., World], case: Case, tmp_path: Path
):
    """Job, log and what the SDK said of the model are kept; the traced module is not."""
    here = mlu(home=tmp_path / "home")
    here.runner.conformance(case)
    [model] = (tmp_path / "home" / "artifacts").glob(f"*/{commands.MODEL}")
    job = json.loads((model.parent / commands.BUILD_JOB).read_text())
    assert job == commands.job(case)
    assert "[INFO] build" in (model.parent / "build.log").read_text()
    assert not (model.parent / commands.MODULE).exists()
    built = json.loads((model.parent / commands.RESULT).read_text())
    assert built["inputs"] == [[f"main/arg-{number}", [-1, 384]] for number in range(3)]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("exit", "exit status 3"),
        ("signal", "ended by SIGSEGV"),
        ("hang", "ended after its time limit of 8 s (build)"),
        ("disk-full", "No space left on device"),
        ("fewer-outputs", "magicmind_build.py: ended well and left no model.magicmind"),
    ],
)
def test_a_builder_that_fails_is_an_error(
    mlu: Callable[..., World],
    case: Case,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    said: str,
):
    """And leaves no artifact behind; the log's path is in the message."""
    here = mlu(home=tmp_path / "home", tool_timeout_s=8 if fault == "hang" else None)
    here.runner.materials.target(case)
    monkeypatch.setenv(kit.VARIABLE, f"magicmind-build:{fault}")
    message = here.fails(case, Kind.CONFORMANCE, lambda: here.runner.conformance(case))
    assert said in message
    assert "-build-vendor-python.log" in message
    assert not list((tmp_path / "home" / "artifacts").glob("*/manifest.json"))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("exit", "exit status 3"),
        ("signal", "ended by SIGSEGV"),
        ("hang-for-good", "ended after its time limit of 8 s (inference)"),
        ("disk-full", "No space left on device"),
        ("fewer-outputs", "an output has shape [0, 384], expected [1, ...]"),
        ("swapped-samples", "outputs of samples in each other's place: 1 where 2 belongs"),
        ("swapped-outputs", "the outputs stand in each other's place"),
        ("nan", "NaN"),
    ],
)
def test_inference_that_fails_is_an_error(
    mlu: Callable[..., World], case: Case, monkeypatch: pytest.MonkeyPatch, fault: str, said: str
):
    """Never a low score: `fails` holds the verdict to `error`."""
    here = mlu(tool_timeout_s=8 if fault.startswith("hang") else None)
    here.runner.timing(case)  # builds
    monkeypatch.setenv(kit.VARIABLE, f"magicmind:{fault}")
    assert said in here.fails(case, Kind.ACCURACY, lambda: here.accuracy(case))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("exit", "mm_run: exit status 3"),
        ("signal", "mm_run: ended by SIGSEGV"),
        ("hang", "mm_run: ended after its time limit of 3 s (profile)"),
        ("disk-full", "No space left on device"),
        ("truncated-log", "mm_run: there is no line"),
    ],
)
def test_a_benchmark_that_fails_is_an_error(
    mlu: Callable[..., World], case: Case, monkeypatch: pytest.MonkeyPatch, fault: str, said: str
):
    here = mlu()
    ready = here.runner.timing(case)
    monkeypatch.setenv(kit.VARIABLE, f"mm_run:{fault}")
    object.__setattr__(ready.place, "tool_timeout_s", 3 if fault == "hang" else None)
    assert said in here.fails(case, Kind.THROUGHPUT, ready.by_the_tool)


def test_a_tool_that_vanishes_is_an_error(mlu: Callable[..., World], case: Case):
    """It was there when the chip was probed: no skip."""
    here = mlu()
    ready = here.runner.timing(case)
    kit.remove(here.tools, "mm_run")
    said = here.fails(case, Kind.THROUGHPUT, ready.by_the_tool)
    assert "mm_run: gone since the chip was probed" in said
    kit.remove(here.tools, "vendor-python")
    said = here.fails(case, Kind.ACCURACY, lambda: here.accuracy(case))
    assert "vendor-python: gone since the chip was probed" in said


@pytest.mark.parametrize("gone", ["cnmon", "mm_run"])
def test_a_tool_that_is_not_there_is_a_skip(mlu: Callable[..., World], case: Case, gone: str):
    here = mlu()
    kit.remove(here.tools, gone)
    with pytest.raises(NotThere, match=rf"mlu370: `{gone}` not on PATH; install the Cambricon driver"):
        here.accuracy(case)


@pytest.mark.parametrize(
    ("fault", "device", "said"),
    [
        ("other-chip", 0, r"card 0 is MLU590-M9, expected one of MLU370-S4, .*; choose Cambricon MLU370"),
        ("truncated-log", 0, r"cnmon: there is no line"),
        ("exit", 0, r"cnmon: exit status 3"),
        ("signal", 0, r"cnmon: ended by SIGSEGV"),
        (None, 7, r"cnmon lists no card 7; choose one of 0, 1 by --device"),
    ],
)
def test_a_card_that_is_not_there_is_a_skip(
    mlu: Callable[..., World],
    case: Case,
    monkeypatch: pytest.MonkeyPatch,
    fault: str | None,
    device: int,
    said: str,
):
    if fault:
        monkeypatch.setenv(kit.VARIABLE, f"cnmon:{fault}")
    with pytest.raises(NotThere, match=said):
        mlu(device=device).accuracy(case)


def test_an_interpreter_without_the_sdk_is_a_skip(
    mlu: Callable[..., World], case: Case, monkeypatch: pytest.MonkeyPatch
):
    here = mlu()
    monkeypatch.setenv("ZOOCHECK_MAGICMIND_PYTHON", "/usr/bin/false")
    with pytest.raises(NotThere, match=r"(?s)mlu370: false: exit status 1.*ZOOCHECK_MAGICMIND_PYTHON"):
        here.accuracy(case)


def test_the_probe_says_what_is_here(mlu: Callable[..., World], catalog: Catalog):
    """The card's name, the driver, the SDK; simulated, because the tools say so."""
    mlu()
    target = targets.resolve(catalog.chips["mlu370"], "chip", "", 1)
    assert target.name == "simulated"
    assert target.reason == "MLU370-X8"
    assert target.facts["driver"] == "5.10.13"
    assert target.facts["magicmind"] == f"1.7.0+{kit.SIMULATED}"
