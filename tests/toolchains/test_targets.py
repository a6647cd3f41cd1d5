"""Chip or stand-in: what is on PATH decides, and whoever cannot run hears what to do."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from making import forget_probes

from harness.domain.catalog import Catalog
from harness.domain.chips import Chip
from harness.domain.measurements import Origin
from harness.errors import NotThere, NotYet
from harness.toolchains import loading, targets

Tools = Callable[..., None]


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """What was found on another test's PATH is not known here."""
    forget_probes()
    yield
    forget_probes()


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    """Puts empty executables of these names on PATH, and nothing else."""

    def put(*names: str, mode: int = 0o755) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        for name in names:
            (folder / name).write_text("#!/bin/sh\n")
            (folder / name).chmod(mode)
        monkeypatch.setenv("PATH", str(folder))

    return put


@pytest.fixture
def npu(catalog: Catalog) -> Chip:
    """The Ascend 310P3."""
    return catalog.chips["ascend310p"]


@pytest.fixture
def own_chip() -> Chip:
    """A chip whose one tool and whose backend are there as soon as the tool is on PATH."""
    return Chip(
        name="own", title="Own", backend="onnxruntime", precisions=("fp32",), tools=("own-tool",),
        remedy="install own-tool",
    )  # fmt: skip


def test_auto_without_the_tools_is_the_stand_in(npu: Chip, tools: Tools):
    """The stand-in is onnxruntime on the CPU, and the reason names what is missing."""
    tools()
    target = targets.resolve(npu, "auto")
    assert (target.origin, target.name) == (Origin.STAND_IN, "stand-in")
    assert target.backend_name == "onnxruntime"
    assert target.reason == "`npu-smi`, `atc` not on PATH"


def test_only_what_is_missing_is_named(npu: Chip, tools: Tools):
    """One of two tools is there."""
    tools("npu-smi")
    assert targets.resolve(npu, "auto").reason == "`atc` not on PATH"


def test_a_file_that_cannot_be_executed_is_no_tool(npu: Chip, tools: Tools):
    """What is on PATH and may not be run is not there."""
    tools("npu-smi", "atc", mode=0o644)
    assert targets.resolve(npu, "auto").reason == "`npu-smi`, `atc` not on PATH"


def test_the_chip_without_the_tools_skips_with_the_remedy(npu: Chip, tools: Tools):
    """`--target chip` never falls back: chip, what is missing, what to do."""
    tools("npu-smi")
    with pytest.raises(NotThere) as absent:
        targets.resolve(npu, "chip")
    assert str(absent.value) == f"ascend310p: `atc` not on PATH; {npu.remedy}"
    assert absent.value.remedy == npu.remedy
    assert "set_env.sh" in npu.remedy


def test_a_stand_in_that_is_asked_for_looks_for_no_tool(own_chip: Chip, tools: Tools):
    """`--target stand-in` stays a stand-in with the chip in the machine."""
    tools("own-tool")
    target = targets.resolve(own_chip, "stand-in")
    assert (target.origin, target.reason) == (Origin.STAND_IN, "as asked")


@pytest.mark.parametrize("choice", ["auto", "chip"])
def test_a_chip_whose_probe_answers_is_measured_itself(own_chip: Chip, tools: Tools, choice: str):
    """Tools and backend are there: the chip it is."""
    tools("own-tool")
    target = targets.resolve(own_chip, choice)
    assert (target.origin, target.backend_name) == (Origin.CHIP, "onnxruntime")


def test_tools_without_a_backend_say_so(npu: Chip, tools: Tools):
    """All tools are there, and zoocheck has no module for the toolchain: no tool is to blame."""
    tools("npu-smi", "atc")
    chip = dataclasses.replace(npu, backend="no-such-toolchain")
    reason = "zoocheck does not drive the no-such-toolchain toolchain yet"
    target = targets.resolve(chip, "auto")
    assert (target.origin, target.reason) == (Origin.STAND_IN, reason)
    with pytest.raises(NotThere, match=f"^ascend310p: {reason}; run its stand-in with --target stand-in$"):
        targets.resolve(chip, "chip")


@pytest.mark.parametrize("choice", ["auto", "chip", "stand-in"])
def test_the_cpu_is_always_itself(catalog: Catalog, tools: Tools, choice: str):
    """A local chip has no stand-in: what is measured on the CPU is the CPU's."""
    tools()
    target = targets.resolve(catalog.chips["cpu"], choice)
    assert (target.origin, target.backend_name) == (Origin.CHIP, "onnxruntime")


@pytest.mark.parametrize("choice", ["auto", "chip", "stand-in"])
def test_a_local_chip_that_is_not_here_skips(catalog: Catalog, tools: Tools, choice: str):
    """Without a card the cases of `cuda` skip, whatever was asked for; nothing stands in for it."""
    tools()
    with pytest.raises(NotThere, match=r"^cuda: `nvidia-smi` not on PATH; install the NVIDIA driver"):
        targets.resolve(catalog.chips["cuda"], choice)


def test_a_local_chip_without_a_backend_is_not_sent_to_a_stand_in(catalog: Catalog, tools: Tools):
    """The remedy is one that there is."""
    tools("nvidia-smi")
    chip = dataclasses.replace(catalog.chips["cuda"], backend="no-such-toolchain")
    with pytest.raises(NotThere, match="does not drive the no-such-toolchain toolchain yet") as absent:
        targets.resolve(chip, "auto")
    assert "stand-in" not in str(absent.value)


def test_every_chip_of_the_tables_resolves(catalog: Catalog, tools: Tools):
    """With no tool at all every documented chip has its stand-in."""
    tools()
    for chip in catalog.chips.values():
        if not chip.local:
            assert targets.resolve(chip, "auto").origin is Origin.STAND_IN


def test_a_backend_that_is_not_there_is_not_yet():
    """Loading says so by name."""
    with pytest.raises(NotYet, match="the no-such-toolchain toolchain"):
        loading.load("no-such-toolchain")
