"""The options of a run beyond its selection: each shown by what the run leaves."""

from __future__ import annotations

from pathlib import Path

from zoo_runs import Zoo

from harness.domain.cases import Kind
from harness.domain.datasets import Corpus
from harness.domain.measurements import Basis, VerdictKind
from harness.domain.models import Protocol, Weights

ONE = ("-m", "mite and abacus and accuracy", "--bs", "1")


def test_run_id_adds_to_the_same_run(zoo: Zoo, tmp_path: Path) -> None:
    """Two calls make one run, and the second one's report holds both, as `make run` needs."""
    zoo.suites(tmp_path, *ONE, "--run-id", "both")
    run = zoo.suites(tmp_path, "-m", "mite and tally and accuracy", "--bs", "1", "--run-id", "both")
    assert [result.measurement.run for result in run.results] == ["both"] * 2
    report = (tmp_path / "build" / "report" / "report.md").read_text(encoding="utf-8")
    assert "mite-abacus-bs1" in report
    assert "mite-tally-bs1" in report


def test_both_protocols(zoo: Zoo, tmp_path: Path) -> None:
    """One test, two measurements: the first falls short, and the second is made all the same."""
    run = zoo.suites(
        tmp_path, "-m", "mite and tally and accuracy", "--bs", "1", "--protocol", "both",
        "--junitxml", "junit.xml",
    )  # fmt: skip
    assert run.status == 1
    found = {result.measurement.provenance.protocol: result.verdict for result in run.results}
    assert {protocol: verdict and verdict.kind for protocol, verdict in found.items()} == {
        Protocol.DOCUMENTED: VerdictKind.FALLS_SHORT,
        Protocol.STANDARD: VerdictKind.SURVIVES,
    }
    assert len(run.results) == 2
    junit = (tmp_path / "junit.xml").read_text(encoding="utf-8")
    assert '<property name="documented.verdict" value="falls-short" />' in junit
    assert '<property name="standard.verdict" value="survives" />' in junit


def test_limit_tests_no_documented_number(zoo: Zoo, tmp_path: Path) -> None:
    """The first N samples, said so in the store and in the verdict."""
    run = zoo.suites(tmp_path, *ONE, "--limit", "5")
    assert run.status == 0
    result = run.result("mite-abacus-bs1", Kind.ACCURACY)
    assert result.measurement.samples == 5
    assert result.measurement.provenance.limit == 5
    assert result.verdict is not None
    assert (result.verdict.kind, result.verdict.basis) == (VerdictKind.SURVIVES, Basis.DROP)
    assert "No documented number was tested: no whole data set; 1 drop survives" in run.out
    assert "the first 5 samples only" in result.verdict.message


def test_an_undocumented_precision_is_judged_by_its_drop(zoo: Zoo, tmp_path: Path) -> None:
    """What --max-drop allows is in the verdict, beside the result, and in no run that was not told."""
    run = zoo.suites(tmp_path, *ONE, "--precision", "fp16", "--max-drop", "0.5%")
    assert run.status == 0
    assert run.verdicts == {("mite-abacus-fp16-bs1", "accuracy"): "survives"}
    result = run.result("mite-abacus-fp16-bs1", Kind.ACCURACY)
    assert result.measurement.detail["max_drop"] == 0.005
    assert result.verdict is not None
    assert "its own fp32 75.00 % - 0.50 points (--max-drop 0.5%)" in result.verdict.message


def test_a_bound_without_its_unit_is_a_usage_error(zoo: Zoo, tmp_path: Path) -> None:
    run = zoo.suites(tmp_path, *ONE, "--max-drop", "1")
    assert run.status == 4
    assert "--max-drop 1: expected percentage points of the score from 0% to 100%, such as 1% or" in run.err


def test_an_end_that_is_none_is_a_usage_error(zoo: Zoo, tmp_path: Path) -> None:
    """A word that is no end, and a run of which nothing heeds one."""
    for options, said in (
        ((*ONE, "--until", "maybe"), "--until maybe: expected sure, which is 99 %, or sure:N% with a"),
        (("-m", "mite and throughput", "--until", "sure"), "--until sure: it is of scores, and none of the"),
    ):
        run = zoo.suites(tmp_path, *options)
        assert run.status == 4
        assert said in run.err


QUIPU = ("-m", "mite and quipu and (accuracy or throughput)", "--bs", "1", "--precision", "fp16")
KNOTS = "quipu: `quipu-smi` not on PATH; tie the knots first"


def test_target_chip_without_the_chip_fails_with_the_remedy(zoo: Zoo, tmp_path: Path) -> None:
    """It was asked for by name: 1, a sentence and the line that tries it again; nothing is measured."""
    run = zoo.suites(tmp_path, *QUIPU, "--target", "chip", "--junitxml", "junit.xml")
    assert run.status == 1
    assert KNOTS in run.out.partition("rootdir")[0]
    assert (
        f"not run: {KNOTS} (`--target chip` asks for it by name, so that it fails; "
        "`--fail-on not-run:never` would skip it)\n"
        f"reproduce: ZOOCHECK_TABLES={zoo.tables} "
        "pytest 'suites/test_accuracy.py::test_accuracy[mite-quipu-bs1]' --target chip"
    ) in run.out
    assert "2 failed" in run.out
    assert (
        f"no report written: what lies there is of an earlier run. 2 claims were not run (2: {KNOTS})"
        in run.out
    )
    assert "Traceback" not in run.out
    assert run.results == []
    assert not (tmp_path / "build").exists()
    junit = (tmp_path / "junit.xml").read_text(encoding="utf-8")
    assert f'<property name="not_run" value="{KNOTS}" />' in junit
    assert 'name="verdict"' not in junit


def test_fail_on_not_run_never_skips_what_was_asked_for_too(zoo: Zoo, tmp_path: Path) -> None:
    """All skipped is exit status 0, as pytest has it."""
    run = zoo.suites(tmp_path, *QUIPU, "--target", "chip", "--fail-on", "not-run:never")
    assert run.status == 0
    assert KNOTS in run.skips
    assert "2 skipped" in run.out


def test_fail_on_not_run_fails_what_nothing_asked_for_by_name(zoo: Zoo, tmp_path: Path) -> None:
    """`auto` finds neither the full nor a mini checkpoint: a skip by default. From workers too."""
    bare = zoo.but(models=tmp_path / "models")
    asked = ("-m", "mite and abacus and accuracy", "--bs", "1,4", "-n", "2")
    skipped = bare.suites(tmp_path, *asked)
    assert (skipped.status, "2 skipped" in skipped.out) == (0, True)
    failed = bare.suites(tmp_path, *asked, "--fail-on", "not-run")
    assert failed.status == 1
    assert "neither a full nor a mini checkpoint" in failed.out
    assert "(`--fail-on not-run` fails what is not run)" in failed.out
    assert "--fail-on not-run" in failed.out.partition("reproduce: ")[2].splitlines()[0]
    assert "no report written: what lies there is of an earlier run. 2 claims were not run" in failed.out


def test_what_cannot_be_asked_of_a_case_is_skipped_all_the_same(zoo: Zoo, tmp_path: Path) -> None:
    """Random weights have no accuracy, whatever is here: nothing is missing."""
    run = zoo.suites(tmp_path, *ONE, "--weights", "random", "--fail-on", "not-run")
    assert (run.status, "1 skipped" in run.out) == (0, True)


def test_an_unknown_thing_to_fail_on_is_a_usage_error(zoo: Zoo, tmp_path: Path) -> None:
    run = zoo.suites(tmp_path, *ONE, "--fail-on", "throughput:5%")
    assert run.status == 4
    assert "--fail-on throughput:5%: expected not-run or not-run:never; losses from" in run.err


def test_data_that_was_asked_for_and_is_not_there_fails(zoo: Zoo, tmp_path: Path) -> None:
    run = zoo.but(data=tmp_path / "data").suites(tmp_path, *ONE, "--data", "full")
    assert run.status == 1
    assert "data set proverbs is not there" in run.out
    assert "`--data full` asks for it by name" in run.out


def test_target_stand_in_runs_beside_a_chip_that_is_here(zoo: Zoo, tmp_path: Path) -> None:
    run = zoo.suites(tmp_path, *ONE, "--target", "stand-in")
    assert "  abacus: stand-in (as asked)\n" in run.out
    assert [str(result.measurement.origin) for result in run.results] == ["stand-in"]


def test_random_weights_have_no_accuracy(zoo: Zoo, tmp_path: Path) -> None:
    """They have output parity, which needs no data."""
    run = zoo.suites(tmp_path, "-m", "mite and abacus and not throughput", "--bs", "1", "--weights", "random")
    assert run.status == 0
    assert "random weights have no accuracy; choose --weights mini or full" in run.skips
    assert {result.measurement.kind for result in run.results} == {Kind.CONFORMANCE}
    assert {result.measurement.provenance.weights for result in run.results} == {Weights.RANDOM}
    assert {result.measurement.check for result in run.results} > {""}


def test_benchmark_disable_skips_throughput(zoo: Zoo, tmp_path: Path) -> None:
    """pytest-benchmark alone would make one call, measure nothing and pass."""
    run = zoo.suites(
        tmp_path, "-m", "mite and abacus and throughput", "--bs", "1", "--benchmark-disable",
    )  # fmt: skip
    assert run.status == 0
    assert "nothing is timed with --benchmark-disable; run throughput without it" in run.skips
    assert "1 skipped" in run.out


def test_a_checkpoint_that_is_not_there_fails_and_says_how_to_get_it(zoo: Zoo, tmp_path: Path) -> None:
    """`--weights full` asked for it. Also where pytest-benchmark was told to write a file."""
    run = zoo.suites(
        tmp_path, "-m", "bert_squad and mlu370 and not conformance", "--bs", "1", "--weights", "full",
        "--benchmark-json", "benchmark.json",
    )  # fmt: skip
    assert run.status == 1
    assert "no full checkpoint: " in run.out
    assert "zoocheck fetch bert-squad" in run.out
    assert "4 failed" in run.out


def test_without_xdist(zoo: Zoo, tmp_path: Path) -> None:
    """The suites need pytest-xdist for `-n` alone."""
    assert zoo.collect(tmp_path, *ONE, "-p", "no:xdist").status == 0


def test_the_embedded_checkpoint_is_judged_by_the_drop(zoo: Zoo, tmp_path: Path) -> None:
    """On a fresh machine, TinyBERT's mini on the corpus written for this project, in the chip's fp16."""
    fresh = zoo.but(models=tmp_path / "models", data=tmp_path / "data")
    run = fresh.suites(tmp_path, "-m", "tinybert and ascend310p and accuracy", "--bs", "8", "--limit", "32")
    assert run.status == 0, run.out
    result = run.result("tinybert-ascend310p-bs8", Kind.ACCURACY)
    made = result.measurement.provenance
    assert (made.weights, made.data) == (Weights.MINI, Corpus.MINI)
    assert result.verdict is not None
    assert result.verdict.basis is Basis.DROP


def test_a_checkpoint_that_auto_leaves_aside_is_told_first(zoo: Zoo, tmp_path: Path) -> None:
    """In the header, with what the folder lacks; nothing with ``--weights mini``, which means no other."""
    folder = tmp_path / "models" / "tinybert"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}", encoding="utf-8")
    asked = ("-m", "tinybert and t4 and accuracy", "--bs", "1", "--collect-only")
    other = zoo.but(models=folder.parent)
    told = (
        f"tinybert: mini weights; left aside: {folder} lacks vocab.txt or tokenizer.json, model.safetensors"
    )
    assert told in other.suites(tmp_path, *asked).out
    assert "left aside" not in other.suites(tmp_path, *asked, "--weights", "mini").out
