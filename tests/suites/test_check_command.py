"""`zoocheck check` from a folder to a table: the suites' own run, with tables that it makes itself."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import graph_files
import pytest
import tuned
from tuned import MNLI, NER, labelled
from zoo_runs import STORE, Zoo

from harness.domain.cases import Kind
from harness.domain.datasets import Corpus
from harness.domain.models import Head
from harness.drafting import suites
from harness.errors import MachineError, ZoocheckError
from harness.setting.home import Home

CASE = "mine-cpu-fp16-bs2"


@pytest.fixture
def own(zoo: Zoo, tmp_path: Path) -> Zoo:
    """A zoo without tables or a home, in a folder that holds a checkpoint and its data."""
    tuned.saved(tmp_path / "mine", "roberta", **labelled(*MNLI))
    tuned.pairs(tmp_path / "dev.tsv", [*MNLI])
    return zoo.but(home=tmp_path / "home", tables="")


def test_a_checkpoint_becomes_one_table_and_a_model_of_the_suites(own: Zoo, tmp_path: Path):
    """Results are in the store like any others, and the saved table makes a case with the same name."""
    ran = own.zoocheck(
        tmp_path, "check", "./mine", "--data", "dev.tsv", "--precision", "fp16", "--bs", "2",
        "--results", f"sqlite:///{STORE}", "--save-table", "mine.toml", "--json",
    )  # fmt: skip
    assert ran.status == 0, ran.err
    told = ran.json
    [row] = told["cases"]
    score = ran.result(CASE, Kind.ACCURACY).measurement
    speed = ran.result(CASE, Kind.THROUGHPUT).measurement
    assert row["case"] == CASE
    assert row["score"]["value"] == score.metrics["accuracy"]
    assert row["score"]["own_fp32"] == score.detail["own_fp32"]
    assert row["score"]["change"]["low"] <= row["score"]["change"]["change"] <= row["score"]["change"]["high"]
    assert row["score"]["samples"] == 40
    [parity] = [
        item.measurement.detail for item in ran.results
        if item.measurement.kind is Kind.CONFORMANCE and not item.measurement.check
    ]  # fmt: skip
    assert row["parity"] == {"rms": parity["rms_in_spread"], "largest": parity["largest_in_spread"]}
    assert row["throughput"]["samples_per_s"] == speed.metrics["throughput"]
    assert (row["held"], row["problems"], row["seeded"]) == (row["claims"], [], False)
    assert row["claims"] == len(ran.results) - 1, "a throughput that nothing is documented for is no claim"
    assert {item.measurement.run for item in ran.results} == {told["run"]}
    assert (tmp_path / "build" / "report" / "report.html").is_file()
    for form in ("html", "md"):  # there is no document to name
        text = (tmp_path / "build" / "report" / f"report.{form}").read_text(encoding="utf-8")
        assert "Document:" not in text
    saved = (tmp_path / "mine.toml").read_text(encoding="utf-8")
    [kept] = Path(told["tables"]).glob("*.toml")
    assert kept.read_text(encoding="utf-8") == saved
    again = own.but(tables=told["tables"]).collect(tmp_path, "-m", "mine and cpu and accuracy")
    assert again.collected == [f"test_accuracy.py::test_accuracy[{CASE}]"]


def printed(zoo: Zoo, folder: Path, *arguments: str) -> tuple[str, dict[str, str]]:
    """What a check prints, and the cells of its one case by their heads."""
    ran = zoo.zoocheck(folder, "check", *arguments, "--precision", "fp16", "--bs", "2")
    assert ran.status == 0, ran.err
    lines = [re.split(r" {2,}", line.strip()) for line in ran.out.splitlines()]
    [heads] = [line for line in lines if line[0] == "precision"]
    [cells] = [line for line in lines if line[0] == "fp16"]
    return ran.out, dict(zip(heads, cells, strict=True))


class TestEveryTaskToTheEnd:
    """What is printed is read whole, as a user would."""

    def test_seven_labels_of_entities(self, own: Zoo, tmp_path: Path):
        tuned.saved(
            tmp_path / "ner", "distilbert", Head.TOKEN_CLASSIFICATION, labels=len(NER), **labelled(*NER)
        )
        tuned.entities(tmp_path / "test.conll")
        out, row = printed(own, tmp_path, "./ner", "--data", "test.conll")
        assert row["score"].startswith("f1 ")
        assert row["flips"].endswith(" of 100")  # words
        assert (row["holds"], row["verdict"]) == ("9 of 9", "survives")
        for line in (
            "ner (DistilBERT, 2 layers, 32 hidden) on CPU",
            "task: tokens, by DistilBertForTokenClassification in config.json",
            "data: word in column 0, tag in the last column",
            f"labels: {', '.join(NER)}, by config.json",
            "metric: f1",
        ):
            assert f"{line}\n" in out
        assert "not run" not in out

    def test_questions_that_may_have_no_answer(self, own: Zoo, tmp_path: Path):
        tuned.saved(tmp_path / "squad", "electra", Head.QUESTION_ANSWERING)
        tuned.questions_perhaps_without_answer(tmp_path / "dev.json")
        out, row = printed(own, tmp_path, "./squad", "--data", "dev.json")
        assert row["score"].startswith("f1 ")
        assert row["flips"].endswith(" of 12")  # questions
        assert row["verdict"] == "survives"
        assert "\nwindows: 24 over the texts of 12 questions; samples/s counts windows\n" in out
        assert re.search(r"no better than 'no answer', .*, f1 33\.33 %: is the data its own\?\n", out)

    def test_pairs_by_a_deberta(self, own: Zoo, tmp_path: Path):
        """It has no segments and no last position: --length is all that bounds it."""
        tuned.saved(tmp_path / "deberta", "deberta-v2", **labelled(*MNLI))
        out, row = printed(own, tmp_path, "./deberta", "--data", "dev.tsv", "--length", "32")
        assert row["score"].startswith("accuracy ")
        assert (row["holds"], row["verdict"]) == ("9 of 9", "survives")
        assert "\ndeberta (DeBERTa v2 and v3, 2 layers, 32 hidden) on CPU\n" in f"\n{out}"
        assert "\nlabels: entailment, neutral, contradiction, by config.json\n" in out
        assert "\nnot run: 1 claim: no segments tell two texts apart: its network has none\n" in out
        assert "length:" not in out


def test_bad_input_is_a_sentence_and_leaves_nothing(own: Zoo, tmp_path: Path):
    """In the process of the command: no run is started for it."""
    ran = own.inside(tmp_path, "check", "./mine", "--data", "dev.tsv", "--max-drop", "1")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("zoocheck: --max-drop 1: expected percentage points")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--results", "foo://x"), "found the database driver foo"),
        (("--report", "dev.tsv"), "--report dev.tsv: File exists; name a folder that can be written"),
    ],
)
def test_where_nothing_can_be_put_is_said_before_the_run(
    own: Zoo, tmp_path: Path, arguments: tuple[str, ...], said: str
):
    ran = own.inside(tmp_path, "check", "./mine", "--data", "dev.tsv", *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.err
    assert not (tmp_path / "home").exists()


class TestTheProcess:
    """What is said of a run that ends before it has measured anything."""

    @pytest.fixture
    def home(self, tmp_path: Path) -> Home:
        return Home(root=tmp_path, models=tmp_path, data=tmp_path)

    def run(self, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str):
        python = tmp_path / "python"
        python.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        python.chmod(0o755)
        monkeypatch.setattr(sys, "executable", os.fspath(python))
        return suites.run((), tmp_path, home, scored=True, further=(), results=None, report=tmp_path)

    def test_a_killed_one_is_the_machines_fault(self, home: Home, tmp_path: Path, monkeypatch):
        with pytest.raises(MachineError, match=r"was ended by signal 9; .*give more memory"):
            self.run(home, tmp_path, monkeypatch, "kill -9 $$")

    def test_one_of_which_nothing_ran_is_not_good(self, home: Home, tmp_path: Path, monkeypatch):
        """pytest ends with 0 where every test is skipped."""
        ran = self.run(home, tmp_path, monkeypatch, "exit 0")
        assert (ran.status, ran.results) == (5, ())

    def test_one_that_cannot_start_shows_its_end(self, home: Home, tmp_path: Path, monkeypatch):
        with pytest.raises(
            ZoocheckError, match=r"ended with status 4; all that it printed is in .*\n  no such"
        ):
            self.run(home, tmp_path, monkeypatch, "echo no such option; exit 4")


def test_a_graph_is_checked_without_a_score_and_says_what_it_was_fed(own: Zoo, tmp_path: Path):
    """As a table for people; the throughput is the stand-in's, and the line that runs it again is there."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = np.random.default_rng(0).normal(size=(4, 3, 3, 3)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("Conv", ["images", "w"], ["y"])], "g",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", 3, "h", "w"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(weights, "w")],
    )  # fmt: skip
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
        tmp_path / "conv.onnx",
    )
    ran = own.zoocheck(
        tmp_path, "check", "conv.onnx", "--shape", "images=2x3x16x16", "--chip", "ascend310p",
        "--results", f"sqlite:///{STORE}",
    )  # fmt: skip
    assert ran.status == 0, ran.err
    [row] = re.findall(r"^fp16 +2 +- +- +- +.*quick, stand-in.* survives *$", ran.out, re.MULTILINE)
    claims = len(ran.results) - 1  # but for a throughput that nothing is documented for
    assert f"{claims} of {claims}" in row
    assert {item.measurement.provenance.data for item in ran.results} <= {Corpus.SEEDED, None}
    for line in (
        "input images: float32 [batch, 3, 16, 16], drawn from normal",
        "no score: a graph is run as it is, on inputs that a seed draws",
        "speed: the stand-in's, which says nothing of the chip's",
    ):
        assert f"\n{line}\n" in ran.out
    assert re.search(
        r"^again: ZOOCHECK_TABLES=\S+ pytest suites/ -m conv --stamp quick --target auto$",
        ran.out,
        re.MULTILINE,
    )


def test_a_graph_that_fp16_does_not_hold_says_which_line_names_the_operator(own: Zoo, tmp_path: Path):
    """With the tables that were kept: pasted anywhere it works, as does the line that reproduces it."""
    (tmp_path / "large.onnx").write_bytes(graph_files.overflowing().SerializeToString())
    ran = own.zoocheck(
        tmp_path, "check", "large.onnx", "--precision", "fp16", "--results", f"sqlite:///{STORE}"
    )
    assert ran.status == 1, ran.err
    [tables] = set(re.findall(r"`ZOOCHECK_TABLES=(\S+) zoocheck bisect large-cpu-fp16-bs1` says", ran.out))
    [message] = [
        item.verdict.message
        for item in ran.results
        if item.verdict is not None
        and (item.measurement.kind, item.measurement.check) == (Kind.CONFORMANCE, "")
    ]
    assert f"\nreproduce: ZOOCHECK_TABLES={tables} pytest 'suites/test_conformance.py::" in message
    found = own.but(tables=tables).zoocheck(tmp_path, "bisect", "large-cpu-fp16-bs1")
    assert found.status == 1, found.err
    assert "first outside the bound: operator 2 of 4 (Mul" in found.out
    assert "and fp16 ends at 65504" in found.out
