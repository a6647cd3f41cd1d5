"""The exit status of a run: what is the machine's fault is told apart from what falls short, everywhere."""

from __future__ import annotations

import re
from pathlib import Path

from zoo_runs import Ran, Zoo

from harness.domain.cases import Kind

ABACUS = "mite and abacus and accuracy"


def broken(zoo: Zoo, folder: Path, breaks: str, *arguments: str, markers: str = ABACUS) -> Ran:
    """A run in which the backend fails for some cases (see `breakage`)."""
    return zoo.but(changes={"BREAK": breaks}).suites(folder, "-p", "breakage", "-m", markers, *arguments)


def test_only_the_machine_failed(zoo: Zoo, tmp_path: Path) -> None:
    """6; the case is an error in the store, marked as the machine's, and the others are measured."""
    run = broken(zoo, tmp_path, "mite-abacus-bs1=lost", "--junitxml", "junit.xml")
    assert run.status == 6
    assert run.verdicts == {
        ("mite-abacus-bs1", "accuracy"): "error",
        ("mite-abacus-bs4", "accuracy"): "reproduced",
    }
    failed = run.result("mite-abacus-bs1", Kind.ACCURACY)
    assert failed.measurement.detail["machine"] is True
    said = "device 0 was lost in the middle of a run; reset it and run again"
    assert failed.verdict is not None
    assert said in failed.verdict.message
    assert re.search(rf"^{re.escape(said)}$", run.out, re.MULTILINE)
    assert "Traceback" not in run.out
    assert '<property name="machine" value="True" />' in (tmp_path / "junit.xml").read_text(encoding="utf-8")


def test_machine_failures_in_workers(zoo: Zoo, tmp_path: Path) -> None:
    """6 from the controller, although every failure happened in another process."""
    run = broken(zoo, tmp_path, "mite-abacus-bs1=lost,mite-abacus-bs4=lost", "-n", "2")
    assert run.status == 6
    assert set(run.verdicts.values()) == {"error"}


def test_mixed_failures_in_workers(zoo: Zoo, tmp_path: Path) -> None:
    """1: a case that falls short is news whatever happened to the machine."""
    run = broken(
        zoo, tmp_path, "mite-abacus-bs1=lost", "-n", "2", "--bs", "1",
        markers="mite and (abacus or tally) and accuracy",
    )  # fmt: skip
    assert run.status == 1
    assert set(run.verdicts.values()) == {"error", "falls-short"}


def test_a_fault_of_zoocheck_itself(zoo: Zoo, tmp_path: Path) -> None:
    """1, with the traceback that its mending needs; the case is in the store as an error all the same."""
    run = broken(zoo, tmp_path, "mite-abacus-bs1=unforeseen")
    assert run.status == 1
    assert "in unforeseen" in run.out or "def unforeseen" in run.out
    assert run.verdicts[("mite-abacus-bs1", "accuracy")] == "error"
    failed = run.result("mite-abacus-bs1", Kind.ACCURACY).verdict
    assert failed is not None
    assert "ZeroDivisionError: somebody divided by nothing" in failed.message


def test_an_interrupted_run_keeps_pytests_status(zoo: Zoo, tmp_path: Path) -> None:
    """2; what was measured until then is in the store and in the report."""
    run = broken(zoo, tmp_path, "mite-abacus-bs4=interrupted")
    assert run.status == 2
    assert run.verdicts == {("mite-abacus-bs1", "accuracy"): "reproduced"}
    assert "mite-abacus-bs1" in (tmp_path / "build" / "report" / "report.md").read_text(encoding="utf-8")


def test_a_case_that_fails_before_it_is_timed(zoo: Zoo, tmp_path: Path) -> None:
    """One failure, not one more for pytest-benchmark's warning that nothing was timed."""
    run = broken(
        zoo, tmp_path, "mite-abacus-bs1=lost", "--bs", "1", "--benchmark-json", "benchmark.json",
        markers="mite and abacus and throughput",
    )  # fmt: skip
    assert run.status == 6
    assert re.search(r"^=+ 1 failed, \d+ deselected in ", run.out, re.MULTILINE)
