"""`zoocheck nightly` on real runs: the last night is found, what is worse is a line, and status 1."""

from __future__ import annotations

import re
import shutil
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
    return zoo.inside(folder, "nightly", "--results", f"sqlite:///{STORE}", *arguments)


def test_one_line_a_loss(zoo: Zoo, nights: Path) -> None:
    """Both claims are compared, the day's run is not a night; what fell short both times is no news."""
    done = nightly(zoo, nights)
    assert done.status == 1
    first, second, third, *rest = done.out.splitlines()
    assert first == "2-nightly against 1-nightly: 2 compared: 1 worse, 1 same"
    assert second == (
        "no baseline 'nightly' for this machine (zoocheck baseline set nightly --run 2-nightly): "
        "the last night instead"
    )
    assert third == (
        "FAILS mite-abacus-bs1 accuracy (chip, full weights, documented protocol): reproduced -> error "
        "(mite-abacus-bs1: device 0 was lost in the middle of a run; reset it and run again)"
    )
    assert not rest


def test_against_any_run(zoo: Zoo, nights: Path) -> None:
    """The same night over again is worse in nothing; what the other run has not is named."""
    done = nightly(zoo, nights, "--run", "1-nightly", "--before", "day", "--json")
    assert done.status == 0
    assert done.json["counts"] == {"better": 0, "worse": 0, "same": 1, "too noisy to tell": 0}
    assert done.json["failing"] == []
    assert done.json["comparison"]["new"] == ["mite-tally-bs1 accuracy"]


def test_against_the_baseline_of_the_machine(zoo: Zoo, nights: Path, tmp_path: Path) -> None:
    """A night that is older than the last one, because it was set; and itself is held against nothing."""
    shutil.copy(nights / STORE, tmp_path / STORE)
    store = ("--results", f"sqlite:///{STORE}")
    assert zoo.inside(tmp_path, "baseline", "set", "nightly", "--run", "day", *store).status == 0
    done = nightly(zoo, tmp_path)
    assert done.status == 1
    assert done.out.splitlines()[:2] == [
        "2-nightly against day: 1 compared: 1 worse",
        "the baseline 'nightly' of this machine",
    ]
    assert zoo.inside(tmp_path, "baseline", "set", "nightly", "--run", "2-nightly", *store).status == 0
    done = nightly(zoo, tmp_path)
    assert (done.status, done.out) == (0, "2-nightly: this night is itself the baseline 'nightly'\n")


def test_the_first_night(zoo: Zoo, nights: Path) -> None:
    """Is no error."""
    done = nightly(zoo, nights, "--run", "1-nightly")
    assert done.status == 0
    assert done.out.startswith("1-nightly: no earlier night to compare with; no baseline 'nightly' for this")


def test_on_githubs_runners(zoo: Zoo, nights: Path, tmp_path: Path) -> None:
    """The same in the job's summary, and an annotation for each loss."""
    summary = tmp_path / "summary.md"
    there = zoo.but(changes={"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)})
    done = nightly(there, nights)
    assert len(re.findall(r"^::error title=worse than before%3A mite-abacus-bs1", done.out, re.M)) == 1
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("### zoocheck: 2-nightly against 1-nightly: 2 compared: 1 worse, 1 same\n")
    assert "- FAILS mite-abacus-bs1 accuracy" in text


def compare(zoo: Zoo, folder: Path, *arguments: str) -> Ran:
    return zoo.inside(folder, "compare", *arguments, "--results", f"sqlite:///{STORE}")


def test_compare_two_runs(zoo: Zoo, nights: Path) -> None:
    """Without limits it only says; with them a worse verdict fails whatever the limits are."""
    done = compare(zoo, nights, "1-nightly", "2-nightly")
    assert done.status == 0
    assert done.out.splitlines()[1].startswith("WORSE mite-abacus-bs1 accuracy")
    done = compare(zoo, nights, "1-nightly", "2-nightly", "--fail-on", "throughput:5%,accuracy:0.2", "--json")
    assert done.status == 1
    assert [item["case"] for item in done.json["failing"]] == ["mite-abacus-bs1"]
    assert compare(zoo, nights, "1-nightly", "day", "--fail-on", "accuracy:0.2").status == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("1-nightly", "1-nightly"), "both runs are 1-nightly; name two different runs"),
        (("1-nightly", "elsewhere"), "no run is called 'elsewhere'"),
        (("1-nightly", "baseline:none"), "none"),
        (
            ("1-nightly", "day", "--fail-on", "speed:5%"),
            "--fail-on: found a limit of 'speed', expected throughput, accuracy, noisy or not-run",
        ),
        (
            ("1-nightly", "day", "--stamp", "gold"),
            "--stamp: found 'gold', expected quick, nightly",
        ),
    ],
)
def test_comparisons_that_mean_nothing(zoo: Zoo, nights: Path, arguments: tuple[str, ...], said: str) -> None:
    done = compare(zoo, nights, *arguments)
    assert done.status == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_history(zoo: Zoo, nights: Path) -> None:
    """Both runs of a case that has a score twice; one never measured is told with those that were."""
    store = ("--results", f"sqlite:///{STORE}")
    done = zoo.inside(nights, "history", "mite-tally-bs1", *store)
    assert done.status == 0
    assert "mite-tally-bs1 accuracy (chip, full weights, documented protocol)" in done.out
    assert "no change point" in done.out
    (series,) = zoo.inside(nights, "history", "mite-tally-bs1", "--json", *store).json["series"]
    assert len(series["points"]) == 2
    missing = zoo.inside(nights, "history", "mite-tally-bs2", *store)
    assert missing.status == 2
    assert "'mite-tally-bs2' has no results; cases with results: mite-abacus-bs1, mite-tally" in missing.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--run", "3-nightly"), "no run is called '3-nightly'; nights: 2-nightly, 1-nightly"),
        (("--before", "other"), "no run is called 'other'"),
        (("--run", "day", "--before", "day"), "both runs are day; name two different runs"),
    ],
)
def test_bad_input(zoo: Zoo, nights: Path, arguments: tuple[str, ...], said: str) -> None:
    done = nightly(zoo, nights, *arguments)
    assert done.status == 2
    assert said in done.err


def test_no_night_yet(zoo: Zoo, nights: Path, tmp_path: Path) -> None:
    missing = zoo.inside(tmp_path, "nightly", "--results", "sqlite:///none.sqlite")
    assert missing.status == 2
    assert "no results yet" in missing.err
