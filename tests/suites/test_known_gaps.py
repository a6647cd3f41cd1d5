"""Known gaps in real runs: reported without failing, and failing once they have outlived their reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from zoo_runs import Ran, Zoo

FALLS_SHORT, GOOD = "mite-tally-bs1", "mite-abacus-bs1"


def gap(case: str, **changes: str) -> str:
    entry = {"case": case, "kind": "accuracy", "reason": "the README is wrong", "since": "2020-01-01",
             "until": "2099-12-31", **changes}  # fmt: skip
    return "\n".join(["[[gap]]", *(f'{name} = "{value}"' for name, value in entry.items()), ""])


@pytest.fixture
def run(zoo: Zoo, tmp_path: Path):
    def start(case: str, text: str) -> Ran:
        folder = tmp_path / "tables"
        folder.mkdir()
        (folder / "gaps.toml").write_text(text, encoding="utf-8")
        chip = case.split("-")[1]
        there = zoo.but(changes={"ZOOCHECK_TABLES": f"{zoo.environment['ZOOCHECK_TABLES']}:{folder}"})
        return there.suites(tmp_path, "-m", f"mite and {chip} and accuracy", "--bs", "1", "-rx")

    return start


def test_a_known_gap_is_reported_and_fails_nothing(run) -> None:
    done = run(FALLS_SHORT, gap(FALLS_SHORT))
    assert done.status == 0, done.out
    assert (
        "known gap until 2099-12-31: the README is wrong (mite-tally-bs1: accuracy 75.00 % below" in done.out
    )
    assert done.verdicts[FALLS_SHORT, "accuracy"] == "known-gap"
    assert "1 result: known gap 1" in done.out


def test_a_gap_that_no_longer_fails(run) -> None:
    done = run(GOOD, gap(GOOD))
    assert done.status == 1
    assert f"the gap of {GOOD} accuracy is closed; take the entry out" in done.out
    assert done.verdicts[GOOD, "accuracy"] == "reproduced"


def test_a_gap_that_has_expired(run) -> None:
    done = run(FALLS_SHORT, gap(FALLS_SHORT, until="2020-12-31"))
    assert done.status == 1
    assert "expired on 2020-12-31" in done.out
    assert done.verdicts[FALLS_SHORT, "accuracy"] == "falls-short"


def test_an_entry_that_matches_no_case_fails_a_run_that_is_good(run) -> None:
    done = run(GOOD, gap("mite-nothing-bs1"))
    assert done.status == 1
    assert "no case has an id like 'mite-nothing-bs1'" in done.out
    assert done.verdicts[GOOD, "accuracy"] == "reproduced"
