"""MLU370 end to end on imitated tools: the documented precisions, the dynamic range, and every fault."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from making import make_case
from simulated import kit
from traced_world import Worlds, simulated

from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.measurements import VerdictKind
from harness.domain.metrics import Metric
from harness.domain.precisions import Precision
from harness.errors import NotThere, NotYet
from harness.toolchains import targets
from harness.toolchains.magicmind import commands

MODEL = "bert-squad"


@pytest.fixture
def mlu(worlds: Callable[[str], Worlds]) -> Worlds:
    """Worlds where the tools are imitated."""
    return worlds("magicmind")


@pytest.fixture
def case(mlu: Worlds) -> Case:
    """The system's default."""
    return mlu.case


@pytest.mark.parametrize("precision", [Precision.FP32, Precision.FP16])
def test_both_documented_precisions_run_end_to_end(catalog: Catalog, mlu: Worlds, precision: Precision):
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


def test_a_larger_batch_is_a_model_of_its_own(catalog: Catalog, mlu: Worlds):
    """Documented at 16: built so, run so, the last partial batch filled up, mm_run told so for each input."""
    here = mlu()
    case = make_case(catalog, MODEL, "mlu370", batch_size=16)
    assert here.accuracy(case).verdict.kind.good
    result = here.throughput(case)
    argv = result.measurement.detail["commands"][-1]["argv"]
    assert argv[argv.index("--batch_size") + 1 :] == ["16", "16", "16"]
    assert result.measurement.detail["tool"]["run"]["batch_size"] == 16


def test_a_batch_outside_the_dynamic_range_is_not_there(catalog: Catalog, mlu: Worlds):
    case = make_case(catalog, MODEL, "mlu370", batch_size=65)
    with pytest.raises(NotYet, match=r"mlu370-bs65: the documented model takes batches of 1 to 64, found 65"):
        mlu().runner.conformance(case)


def test_the_artifact_holds_the_model_its_job_and_its_log(mlu: Worlds, case: Case, tmp_path: Path):
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
    ("fault", "device", "said"),
    [
        (
            "other-chip",
            0,
            r"card 0 is a MLU590-M9, expected a MLU370-S4 or .*; choose another card with --device",
        ),
        ("truncated-log", 0, r"cnmon: there is no line"),
        ("exit", 0, r"cnmon: exit status 3"),
        ("signal", 0, r"cnmon: ended by SIGSEGV"),
        (
            None,
            7,
            r"there is no card 7: cnmon lists 0 \(MLU370-X8\), 1 \(MLU370-X8\); choose one of them",
        ),
    ],
)
def test_a_card_that_is_not_there_is_a_skip(
    mlu: Worlds,
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


def test_the_probe_says_what_is_here(mlu: Worlds, catalog: Catalog):
    """The card's name, the driver, the SDK; simulated, because the tools say so."""
    mlu()
    target = targets.resolve(catalog.chips["mlu370"], "chip", "", 1)
    assert target.name == "simulated"
    assert target.reason == "MLU370-X8"
    assert target.facts["driver"] == "5.10.13"
    assert target.facts["magicmind"] == f"1.7.0+{kit.SIMULATED}"
