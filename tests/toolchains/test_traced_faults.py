"""VACC's and MLU370's tools, gone or failing: a skip before the run began, else an error, never a score."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from simulated import kit
from traced_world import SYSTEMS, Worlds

from harness.domain.cases import Kind
from harness.errors import NotThere


@pytest.fixture
def there(worlds: Callable[[str], Worlds], toolchain: str) -> Worlds:
    """Worlds where the tools of `toolchain` are imitated."""
    return worlds(toolchain)


@pytest.mark.parametrize(
    ("toolchain", "fault", "limit_s", "says"),
    [
        ("vastai", "exit", None, "vamc: exit status 3"),
        ("vastai", "signal", None, "vamc: ended by SIGSEGV"),
        ("vastai", "hang", 3, "vamc: ended after its time limit of 3 s (build)"),
        ("vastai", "disk-full", None, "No space left on device"),
        (
            "vastai",
            "fewer-outputs",
            None,
            "vamc: ended with status 0 and left 0 sets of mod.json, mod.params, mod.so",
        ),
        ("magicmind", "exit", None, "exit status 3"),
        ("magicmind", "signal", None, "ended by SIGSEGV"),
        ("magicmind", "hang", 8, "ended after its time limit of 8 s (build)"),
        ("magicmind", "disk-full", None, "No space left on device"),
        (
            "magicmind",
            "fewer-outputs",
            None,
            "magicmind_build.py: ended with status 0 and left no model.magicmind",
        ),
    ],
)
def test_a_build_that_fails_is_an_error(
    there: Worlds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, limit_s: int | None, says: str
):
    """And leaves no artifact behind; the log's path is in the message."""
    here = there(home=tmp_path / "home", tool_timeout_s=limit_s)
    here.runner.materials.target(there.case)
    monkeypatch.setenv(kit.VARIABLE, f"{there.system.builder}:{fault}")
    message = here.fails(there.case, Kind.ACCURACY, lambda: here.accuracy(there.case))
    assert says in message
    assert f"-build-{there.system.builds_by}.log" in message
    assert not list((tmp_path / "home" / "artifacts").glob("*/manifest.json"))


@pytest.mark.parametrize(
    ("toolchain", "fault", "limit_s", "says"),
    [
        ("vastai", "exit", None, "exit status 3"),
        ("vastai", "signal", None, "ended by SIGSEGV"),
        ("vastai", "hang", 6, "ended after its time limit of 6 s (inference)"),
        ("vastai", "disk-full", None, "No space left on device"),
        ("vastai", "fewer-outputs", None, "vaststreamx gave 0 outputs for 1 samples"),
        ("vastai", "swapped-samples", None, "outputs of samples in each other's place: 1 where 2 belongs"),
        ("vastai", "nan", None, "NaN"),
        ("vastai", "other-chip", None, "vaststreamx cannot open device 0"),
        ("magicmind", "exit", None, "exit status 3"),
        ("magicmind", "signal", None, "ended by SIGSEGV"),
        ("magicmind", "hang-for-good", 8, "ended after its time limit of 8 s (inference)"),
        ("magicmind", "disk-full", None, "No space left on device"),
        ("magicmind", "fewer-outputs", None, "an output has shape [0, 384], expected [1, ...]"),
        ("magicmind", "swapped-samples", None, "outputs of samples in each other's place: 1 where 2 belongs"),
        ("magicmind", "swapped-outputs", None, "the outputs stand in each other's place"),
        ("magicmind", "nan", None, "NaN"),
    ],
)
def test_inference_that_fails_is_an_error(
    there: Worlds, monkeypatch: pytest.MonkeyPatch, fault: str, limit_s: int | None, says: str
):
    """Never a low score: `fails` holds the verdict to `error`."""
    here = there(tool_timeout_s=limit_s)
    here.runner.timing(there.case)  # builds
    monkeypatch.setenv(kit.VARIABLE, f"{there.system.runner}:{fault}")
    assert says in here.fails(there.case, Kind.ACCURACY, lambda: here.accuracy(there.case))


@pytest.mark.parametrize("toolchain", SYSTEMS)
@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("exit", "{tool}: exit status 3"),
        ("signal", "{tool}: ended by SIGSEGV"),
        ("hang", "{tool}: ended after its time limit of 3 s (profile)"),
        ("disk-full", "No space left on device"),
        ("truncated-log", "{tool}: there is no line"),
    ],
)
def test_a_benchmark_that_fails_is_an_error(
    there: Worlds, monkeypatch: pytest.MonkeyPatch, fault: str, says: str
):
    here, tool = there(), there.system.benchmark
    ready = here.runner.timing(there.case)
    if fault == "hang" and tool == "vamp":
        fault = "hang-for-good"
    monkeypatch.setenv(kit.VARIABLE, f"{tool}:{fault}")
    object.__setattr__(ready.place, "tool_timeout_s", 3 if fault.startswith("hang") else None)
    assert says.format(tool=tool) in here.fails(there.case, Kind.THROUGHPUT, ready.by_the_tool)


@pytest.mark.parametrize("toolchain", SYSTEMS)
def test_a_tool_that_vanishes_is_an_error(there: Worlds):
    """It was there when the chip was probed: no skip."""
    here, tool = there(), there.system.benchmark
    ready = here.runner.timing(there.case)
    kit.remove(here.tools, tool)
    said = here.fails(there.case, Kind.THROUGHPUT, ready.by_the_tool)
    assert f"{tool}: it was there when the chip was probed, and is gone" in said
    kit.remove(here.tools, "vendor-python")
    said = here.fails(there.case, Kind.ACCURACY, lambda: here.accuracy(there.case))
    assert "vendor-python: it was there when the chip was probed, and is gone" in said


@pytest.mark.parametrize(
    ("toolchain", "gone", "remedy"),
    [
        ("vastai", "vamc", "install the Vastai driver"),
        ("vastai", "vamp", "install the Vastai driver"),
        ("magicmind", "cnmon", "install the Cambricon driver"),
        ("magicmind", "mm_run", "install the Cambricon driver"),
    ],
)
def test_a_tool_that_is_not_there_is_a_skip(there: Worlds, gone: str, remedy: str):
    here = there()
    kit.remove(here.tools, gone)
    with pytest.raises(NotThere, match=rf"{there.system.chip}: `{gone}` not on PATH; {remedy}"):
        here.accuracy(there.case)


@pytest.mark.parametrize("toolchain", SYSTEMS)
def test_an_interpreter_without_the_sdk_is_a_skip(
    there: Worlds, monkeypatch: pytest.MonkeyPatch, toolchain: str
):
    here = there()
    variable = f"ZOOCHECK_{toolchain.upper()}_PYTHON"
    monkeypatch.setenv(variable, "/usr/bin/false")
    with pytest.raises(NotThere, match=rf"(?s){there.system.chip}: false: exit status 1.*{variable}"):
        here.accuracy(there.case)
