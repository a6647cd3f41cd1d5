"""A run on GitHub's runners, in two processes: one job summary and its annotations, by the controller."""

from __future__ import annotations

import re

import pytest
from zoo_runs import Once, Ran, Zoo


@pytest.fixture(scope="module")
def run(zoo: Zoo, once: Once) -> Ran:
    """Of three cases one falls short."""

    def make(folder):
        there = zoo.but(
            changes={
                "GITHUB_ACTIONS": "true",
                "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
                "GITHUB_WORKSPACE": str(zoo.tables.parent),
            }
        )
        markers = "mite and (abacus or tally or quipu) and accuracy"
        return there.suites(folder, "-n", "2", "-m", markers, "--bs", "1", "--precision", "fp32")

    return once("github", make)


def test_one_summary_of_all_workers(run: Ran) -> None:
    text = (run.folder / "summary.md").read_text(encoding="utf-8")
    assert text.count("### zoocheck") == 1
    assert "1 of 3 results fall short or failed" in text
    assert "- ▼ falls short (chip, full): mite-tally-bs1: accuracy 75.00 % below 99.00" in text
    assert len(re.findall(r"^\| mite-", text, re.MULTILINE)) == 3


def test_one_annotation_at_the_documented_value(run: Ran, zoo: Zoo) -> None:
    """At the beginning of a line, where the runner looks; it points at the row that holds 99.00."""
    (said,) = re.findall(r"^::error (\S.*?)::(.*)$", run.out, re.MULTILINE)
    line = int(re.search(r"line=(\d+)", said[0])[1])
    assert said[0] == f"file=tables/mite.toml,line={line},title=falls short%3A mite-tally-bs1 accuracy"
    assert said[1].startswith("mite-tally-bs1: accuracy 75.00 %25 below 99.00")
    assert '"99.00"' in (zoo.tables / "mite.toml").read_text(encoding="utf-8").splitlines()[line - 1]
    assert run.status == 1


def test_a_property_that_fails_is_told_too(zoo: Zoo, tmp_path) -> None:
    """No case, no result, no report, and still the job's summary says that a test failed."""
    there = zoo.but(changes={"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")})
    (tmp_path / "failing.py").write_text(
        "def pytest_runtest_call(item):\n    raise ValueError('no, it is not')\n", encoding="utf-8"
    )
    there = there.but(changes=there.changes | {"PYTHONPATH": f"{there.environment['PYTHONPATH']}:{tmp_path}"})
    run = there.suites(tmp_path, "-m", "preprocessing and tinybert", "-k", "round_trip", "-p", "failing")
    assert run.status == 1
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "1 other test failed" in text
    assert "ValueError: no, it is not" in text
