"""`zoocheck nightly` on real runs: the last night is found, what is worse is a line, and status 1."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from zoo_runs import STORE, Ran, Zoo

ONE = ("-m", "mite and (abacus or tally) and accuracy", "--bs", "1")


@pytest.fixture(scope="module")
def nights(zoo: Zoo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two nights with a day's run between them; in the second one a backend is lost for one case."""
    folder = tmp_path_factory.mktemp("nights")
    zoo.suites(folder, *ONE, "--run-id", "1-nightly")
    zoo.suites(folder, "-m", "mite and abacus and accuracy", "--bs", "1", "--run-id", "day")
    broken = zoo.but(changes={"BREAK": "mite-abacus-bs1=lost"})
    broken.suites(folder, "-p", "breakage", *ONE, "--run-id", "2-nightly")
    return folder


def nightly(zoo: Zoo, folder: Path, *arguments: str) -> Ran:
    return zoo.zoocheck(folder, "nightly", "--results", f"sqlite:///{STORE}", *arguments)


def test_one_line_a_regression(zoo: Zoo, nights: Path) -> None:
    """Both claims are compared, the day's run is not a night; what fell short both times is no news."""
    done = nightly(zoo, nights)
    assert done.status == 1
    first, second, *rest = done.out.splitlines()
    assert first == "2-nightly against 1-nightly: 2 compared, 1 worse"
    assert second == (
        "WORSE mite-abacus-bs1 accuracy (chip, full weights, documented protocol): reproduced -> error "
        "(mite-abacus-bs1: device 0 was lost in the middle of a run; reset it and run again)"
    )
    assert not rest


def test_against_any_run(zoo: Zoo, nights: Path) -> None:
    """The same night over again is worse in nothing; what the other run has not is named."""
    done = nightly(zoo, nights, "--run", "1-nightly", "--before", "day", "--json")
    assert done.status == 0
    assert done.json["comparison"]["compared"] == 1
    assert done.json["comparison"]["regressions"] == []
    assert done.json["comparison"]["new"] == ["mite-tally-bs1 accuracy"]


def test_the_first_night(zoo: Zoo, nights: Path) -> None:
    """Is no error."""
    done = nightly(zoo, nights, "--run", "1-nightly")
    assert (done.status, done.out) == (0, "1-nightly: no earlier night to compare with\n")


def test_on_githubs_runners(zoo: Zoo, nights: Path, tmp_path: Path) -> None:
    """The same in the job's summary, and an annotation a regression."""
    summary = tmp_path / "summary.md"
    there = zoo.but(changes={"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)})
    done = nightly(there, nights)
    assert (
        len(re.findall(r"^::error title=worse than the last night%3A mite-abacus-bs1", done.out, re.M)) == 1
    )
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("### zoocheck: 2-nightly against 1-nightly: 2 compared, 1 worse\n")
    assert "- WORSE mite-abacus-bs1 accuracy" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--run", "3-nightly"), "no run is called '3-nightly'; nights: 2-nightly, 1-nightly"),
        (("--before", "other"), "no run is called 'other'"),
        (("--run", "day", "--before", "day"), "day cannot be held against itself"),
    ],
)
def test_bad_input(zoo: Zoo, nights: Path, arguments: tuple[str, ...], said: str) -> None:
    done = nightly(zoo, nights, *arguments)
    assert done.status == 2
    assert said in done.err


def test_no_night_yet(zoo: Zoo, nights: Path, tmp_path: Path) -> None:
    missing = zoo.zoocheck(tmp_path, "nightly", "--results", "sqlite:///none.sqlite")
    assert missing.status == 2
    assert "no results yet" in missing.err
