"""`zoocheck check` of a graph where the chip's tools are, imitated: the chip's own path, or one sentence."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import ascend_machine
import graph_files as files
import pytest
from making import forget_probes
from simulated import kit
from suites.zoo_runs import STORE, Zoo

from harness.domain.cases import Kind
from harness.domain.measurements import Origin


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Zoo]:
    """A machine with an Ascend card and a VACC, and an empty home; a graph lies in the folder."""
    machine = ascend_machine.install(tmp_path / "machine")
    vastai = kit.install(tmp_path / "vastai", *kit.TOOLS["vastai"])
    (tmp_path / "images.onnx").write_bytes(files.convolution().SerializeToString())
    path = f"{vastai}:{os.environ['PATH']}"
    changes = {
        **machine.environment, "PATH": path, "OMP_NUM_THREADS": "1",
        "ZOOCHECK_VASTAI_PYTHON": str(vastai / "vendor-python"),
    }  # fmt: skip
    forget_probes()
    yield Zoo(
        home=tmp_path / "home", models=tmp_path / "models", data=tmp_path / "data", tables="",
        changes=changes,
    )  # fmt: skip
    forget_probes()


def test_the_chips_own_tools_run_a_graph(own: Zoo, tmp_path: Path):
    """atc and ais_bench, to the same table as the stand-in's; nothing compares an imitation's speed."""
    ran = own.zoocheck(
        tmp_path, "check", "images.onnx", "--chip", "ascend310p", "--target", "chip", "--bs", "2",
        "--results", f"sqlite:///{STORE}", "--json",
    )  # fmt: skip
    assert ran.status == 0, ran.err
    [row] = ran.json["cases"]
    assert (row["case"], row["held"], row["problems"]) == ("images-ascend310p-bs2", row["claims"], [])
    assert {item.measurement.origin for item in ran.results} == {Origin.SIMULATED}
    made = ran.result("images-ascend310p-bs2", Kind.THROUGHPUT).measurement
    assert made.detail["tool"]["formula"] == "1000 x batch size / mean NPU compute time"
    assert row["throughput"]["samples_per_s"] == made.metrics["throughput"]
    commands = [item.measurement.detail["commands"] for item in ran.results]
    argv = [command["argv"] for several in commands for command in several]
    assert any(words[0] == "atc" and "--input_shape=x:2,3,8,8" in words for words in argv)


def test_a_chip_that_cannot_be_given_a_graph_says_so(own: Zoo, tmp_path: Path):
    """In `check`, `list` and `doctor`; the stand-in runs it all the same."""
    said = "vaststreamx and vamp feed a compiled set through an operator for images or for BERT's texts"
    (tmp_path / "tables").mkdir()
    ran = own.zoocheck(
        tmp_path, "check", "images.onnx", "--chip", "vacc", "--results", f"sqlite:///{STORE}",
        "--save-table", "tables/images.toml",
    )  # fmt: skip
    assert re.search(rf"^not run: \d+ claims: {said}", ran.out, re.MULTILINE), ran.out
    assert "--target stand-in" in ran.out
    saved = own.but(tables=tmp_path / "tables")
    listed = saved.inside(tmp_path, "list", "--model", "images", "--chip", "vacc", "--json").json["cases"]
    assert [item["target"] for item in listed] == ["not yet"]
    assert listed[0]["refused"].startswith(f"{listed[0]['id']}: {said}")
    found = saved.inside(tmp_path, "doctor", "--json").json["refused"]
    assert found[listed[0]["id"]] == listed[0]["refused"]
    demanded = own.zoocheck(
        tmp_path, "check", "images.onnx", "--chip", "vacc", "--target", "chip", "--results",
        f"sqlite:///{STORE}",
    )  # fmt: skip
    assert demanded.status == 1, demanded.out
    stood_in = own.zoocheck(
        tmp_path, "check", "images.onnx", "--chip", "vacc", "--target", "stand-in", "--precision", "fp16",
        "--results", f"sqlite:///{STORE}",
    )  # fmt: skip
    assert stood_in.status == 0, stood_in.err
    assert "stand-in" in stood_in.out


def test_a_target_that_is_none(own: Zoo, tmp_path: Path):
    ran = own.inside(tmp_path, "check", "images.onnx", "--target", "card")
    assert (ran.status, ran.err.strip()) == (2, "zoocheck: --target card: there are auto, chip, stand-in")
