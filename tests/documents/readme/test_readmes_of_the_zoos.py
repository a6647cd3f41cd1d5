"""What `benchmarks/readmes.py` measures on the zoos' READMEs does not fall. Skipped where they are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import by_hand
from benchmarks.readmes import Bench, Measured

# What it came to when these were last raised; they are never lowered.
LOADS = 0.99  # of the READMEs, those whose import the catalog takes as it is
READ = {"first": 0.95, "second": 0.99, "third": 0.99, "fourth": 0.98}  # of the values printed, by hand
RIGHT = {"first": 0.99, "second": 0.99, "third": 0.99, "fourth": 0.99}  # of those read, in every part
TRUE = 0.97  # of the audit's errors that are judged
KEPT = 0.95  # of the true errors of the first audit, those that are a warning or an error


@pytest.fixture(scope="module")
def measured(data_folder: Path) -> Measured:
    """All of the folder, once."""
    folder = data_folder / "readmes"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there: ZOOCHECK_DATA holds no readmes/ of the zoos")
    bench = Bench(folder)
    return bench.measure(bench.files())


def test_no_readme_is_a_traceback(measured: Measured):
    assert len(measured.files) > 300
    assert measured.tracebacks == []


def test_no_value_is_lost_without_a_word(measured: Measured):
    sizes = {name: len(held.compared) for name, held in measured.sets.items()}
    assert sizes == {name: sum(chosen.counts.values()) for name, chosen in by_hand.SETS.items()}
    compared = [one for held in measured.sets.values() for one in held.compared]
    assert [str(item) for one in compared for item in one.lost] == []


def test_as_many_imports_load_as_once_did(measured: Measured):
    assert 1 - len(measured.refused) / len(measured.files) >= LOADS


@pytest.mark.parametrize("name", by_hand.SETS)
def test_as_much_is_read_and_right_as_once_was(measured: Measured, name: str):
    said = measured.sets[name].figures()
    assert said["read"] / said["printed"] >= READ[name]
    assert said["right"] / (said["read"] + said["no_results"]) >= RIGHT[name]


def test_as_many_errors_are_true_as_once_were_and_none_of_them_is_hushed(measured: Measured):
    true, known = measured.audited.share_true("error")
    assert true / known >= TRUE
    kept = {how: len(items) for how, items in measured.audited.kept.items()}
    assert 1 - kept["lost"] / sum(kept.values()) >= KEPT
