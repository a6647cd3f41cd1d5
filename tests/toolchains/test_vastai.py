"""VACC end to end on imitated tools: the documented precisions, both kinds of compiler, and every fault."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import encoders
import numpy as np
import pytest
import yaml
from making import make_case
from simulated import kit
from traced_world import Worlds, simulated

from harness.domain.cases import Case, Kind
from harness.domain.catalog import Catalog
from harness.domain.measurements import VerdictKind
from harness.domain.metrics import Metric
from harness.domain.precisions import Precision
from harness.errors import NotThere, NotYet
from harness.models.graphs import int8
from harness.toolchains import targets
from harness.toolchains.vastai import backend, commands

MODEL = "bert-chinese-ner"
INPUTS = "ZOOCHECK_SIMULATED_INPUTS"


@pytest.fixture
def vacc(worlds: Callable[[str], Worlds]) -> Worlds:
    """Worlds where the tools are imitated."""
    return worlds("vastai")


@pytest.fixture
def case(vacc: Worlds) -> Case:
    """The system's default."""
    return vacc.case


@pytest.mark.parametrize("precision", [Precision.FP16, Precision.INT8])
def test_both_documented_precisions_run_end_to_end(catalog: Catalog, vacc: Worlds, precision: Precision):
    """Accuracy, throughput and conformance, each recorded as simulated, none compared with a document."""
    here = vacc()
    case = make_case(catalog, MODEL, "vacc", precision=precision, batch_size=1)
    score, speed, parity = here.accuracy(case), here.throughput(case), here.runner.conformance(case)
    assert all(simulated(result) for result in (score, speed, parity))
    assert score.measurement.metrics["f1"] == pytest.approx(score.measurement.detail["own_fp32"], abs=0.02)
    assert score.verdict.kind.good
    assert parity.verdict.kind.good
    assert speed.verdict.kind is VerdictKind.NOT_COMPARABLE
    tool = speed.measurement.detail["tool"]
    assert (
        speed.measurement.metrics[str(Metric.THROUGHPUT)]
        == tool["samples_per_s"]
        == tool["run"]["samples_per_s"]
    )
    assert tool["run"]["batch_size"] == 1
    assert tool["our_samples_per_s"] > 0
    assert parity.measurement.detail["contract"] == "not told by the chip's tools"


@pytest.mark.parametrize("inputs", [3, 6])
def test_compilers_before_and_from_1_5(
    vacc: Worlds, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inputs: int
):
    """A set of three inputs is fed three and vamp told three shapes; one of six gets copies of the ids."""
    monkeypatch.setenv(INPUTS, str(inputs))
    here = vacc(home=tmp_path / "home")
    result = here.throughput(case)
    argv = result.measurement.detail["commands"][-1]["argv"]
    assert json.loads(argv[argv.index("--shape") + 1]) == [[1, 256]] * inputs
    assert here.accuracy(case).verdict.kind.good


def test_a_set_of_another_number_of_inputs_is_an_error(
    vacc: Worlds, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(INPUTS, "4")
    here = vacc(home=tmp_path / "home")
    said = here.fails(case, Kind.CONFORMANCE, lambda: here.runner.conformance(case))
    assert "mod: the set takes 4 inputs, expected 3 or 6" in said


def test_larger_batches_run_the_same_set(catalog: Catalog, vacc: Worlds):
    """Compiled at one sample, loaded at four; a last partial batch is filled up."""
    here = vacc(limit=6)
    four = make_case(catalog, MODEL, "vacc", batch_size=4)
    assert here.accuracy(four).verdict.kind.good
    assert here.throughput(four).measurement.detail["tool"]["run"]["batch_size"] == 4


def test_the_artifact_holds_the_set_its_recipe_and_its_log(catalog: Catalog, vacc: Worlds, shared: Path):
    """YAML, calibration, log and set are kept; the traced module is not; the facts say what was compiled."""
    here = vacc()
    case = make_case(catalog, MODEL, "vacc", precision=Precision.INT8, batch_size=1)
    here.runner.conformance(case)
    [folder] = [
        path.parent
        for path in shared.glob("artifacts/*/compile.yaml")
        if yaml.safe_load(path.read_text())["backend"]["dtype"] == "int8"
    ]
    assert yaml.safe_load((folder / "compile.yaml").read_text()) == commands.recipe(case)
    assert {path.name for path in folder.rglob("mod.*")} == {"mod.json", "mod.params", "mod.so"}
    assert "[INFO] compile done" in (folder / "vamc.log").read_text()
    assert not (folder / commands.MODULE).exists()
    samples = sorted((folder / "calibration").iterdir())
    assert len(samples) == commands.SAMPLES == int8.SAMPLES
    with np.load(samples[0]) as sample:
        assert {name: (array.dtype, array.shape) for name, array in sample.items()} == {
            name: (np.dtype(np.int64), (1, 256)) for name in commands.TRACED.values()
        }
    assert len({path.read_bytes() for path in samples}) == commands.SAMPLES


def test_a_compiler_whose_log_is_cut_has_compiled(
    vacc: Worlds, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Nothing is read from its log: the set decides."""
    here = vacc(home=tmp_path / "home")
    monkeypatch.setenv(kit.VARIABLE, "vamc:truncated-log")
    assert here.runner.conformance(case).verdict.kind.good


def test_outputs_in_each_others_place_are_not_gone_on_from(
    vacc: Worlds, case: Case, monkeypatch: pytest.MonkeyPatch
):
    """Once the tool is right again, it is run again, and the score is the checkpoint's own."""
    here = vacc()
    here.runner.timing(case)  # builds
    monkeypatch.setenv(kit.VARIABLE, "vaststreamx:swapped-samples")
    here.fails(case, Kind.ACCURACY, lambda: here.accuracy(case))
    monkeypatch.delenv(kit.VARIABLE)
    result = here.accuracy(case)
    assert result.verdict.kind.good
    assert "resumed_from_sample" not in result.measurement.detail


def test_a_card_that_the_sdk_does_not_open_is_a_skip(vacc: Worlds, case: Case):
    here = vacc(device=5)
    with pytest.raises(NotThere, match=r"(?s)vacc: .*cannot open device 5"):
        here.accuracy(case)


def test_the_probe_says_what_is_here(vacc: Worlds, catalog: Catalog):
    """Versions of every tool; simulated, because the tools say so."""
    vacc()
    target = targets.resolve(catalog.chips["vacc"], "chip")
    assert target.name == "simulated"
    assert target.reason == "Vastai VACC, device 0"
    assert target.facts["vamc"] == f"vamc 3.4.3 ({kit.SIMULATED})"
    assert target.facts["vamp"] == f"vamp 2.5.2 ({kit.SIMULATED})"
    assert target.facts["vaststreamx"] == f"2.8+{kit.SIMULATED}"


def test_a_tool_that_does_not_tell_its_version_is_there(vacc: Worlds, catalog: Catalog):
    """No documented command prints the compiler's: the fact says so, and goes into the artifact's key."""
    here = vacc()
    (here.tools / "vamc").write_text("#!/bin/sh\nexit 2\n")
    target = targets.resolve(catalog.chips["vacc"], "chip")
    assert target.facts["vamc"] == "not told"
    assert target.name == "simulated"  # by the others


def test_an_encoder_without_segments_is_a_sentence(catalog: Catalog):
    """The documented module and the operator in front of it take three inputs."""
    case = make_case(catalog, MODEL, "vacc", precision=Precision.FP16, batch_size=1)
    two = dataclasses.replace(case, model=encoders.model("distilbert"))
    with pytest.raises(
        NotYet, match="a distilbert takes no segments, and the document's module and its operator"
    ):
        backend.Backend().require(two)
