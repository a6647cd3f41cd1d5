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
        Protocol.STANDARD: VerdictKind.NOT_COMPARABLE,
    }
    assert len(run.results) == 2
    junit = (tmp_path / "junit.xml").read_text(encoding="utf-8")
    assert '<property name="documented.verdict" value="falls-short" />' in junit
    assert '<property name="standard.verdict" value="not-comparable" />' in junit


def test_limit_is_not_comparable_with_a_document(zoo: Zoo, tmp_path: Path) -> None:
    """The first N samples, said so in the store and in the verdict."""
    run = zoo.suites(tmp_path, *ONE, "--limit", "5")
    assert run.status == 0
    result = run.result("mite-abacus-bs1", Kind.ACCURACY)
    assert result.measurement.samples == 5
    assert result.measurement.provenance.limit == 5
    assert result.verdict is not None
    assert result.verdict.kind is VerdictKind.NOT_COMPARABLE
    assert "the first 5 samples only" in result.verdict.message


def test_an_undocumented_precision_has_no_reference(zoo: Zoo, tmp_path: Path) -> None:
    run = zoo.suites(tmp_path, *ONE, "--precision", "fp16")
    assert run.status == 0
    assert run.verdicts == {("mite-abacus-fp16-bs1", "accuracy"): "no-reference"}


def test_target_chip_without_the_chip_skips_with_the_remedy(zoo: Zoo, tmp_path: Path) -> None:
    """All skipped is exit status 0, as pytest has it: nothing was measured, nothing fell short."""
    claims = "mite and quipu and (accuracy or throughput)"
    run = zoo.suites(tmp_path, "-m", claims, "--bs", "1", "--precision", "fp16", "--target", "chip")
    assert run.status == 0
    said = "quipu: `quipu-smi` not on PATH; tie the knots first"
    assert said in run.skips
    assert said in run.out.partition("rootdir")[0]
    assert "2 skipped" in run.out
    assert run.results == []
    assert not (tmp_path / "build").exists()


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


def test_a_checkpoint_that_is_not_there_skips_and_says_how_to_get_it(zoo: Zoo, tmp_path: Path) -> None:
    """Also where pytest-benchmark has been told to write a file and there is nothing to write."""
    run = zoo.suites(
        tmp_path, "-m", "bert_squad and mlu370 and not conformance", "--bs", "1", "--weights", "full",
        "--benchmark-json", "benchmark.json",
    )  # fmt: skip
    assert run.status == 0
    assert "zoocheck fetch bert-squad" in run.skips
    assert "4 skipped" in run.out


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
