"""What a run skipped, kept in a file a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from mutating import survives_all

from harness.domain.cases import Kind
from harness.errors import BadInput
from harness.store import notrun
from harness.store.notrun import NotRun

ONE = NotRun(case="mite-abacus-bs1", kind=Kind.ACCURACY, reason="no checkpoint here; 放在这里")
TWO = NotRun(case="mite-abacus-bs1", kind=Kind.THROUGHPUT, reason="not beside others", partly=True)


def test_a_run_without_a_file_skipped_nothing(tmp_path: Path):
    assert notrun.load(tmp_path / "runs", "nightly") == ()
    assert notrun.load_all(tmp_path / "runs") == ()


def test_sessions_of_one_run_add_up_and_what_ran_is_gone(tmp_path: Path):
    assert notrun.merge(tmp_path, "nightly", [ONE], []) == (ONE,)
    assert notrun.merge(tmp_path, "nightly", [TWO], []) == (ONE, TWO)
    assert notrun.load(tmp_path, "nightly") == (ONE, TWO)
    assert notrun.load(tmp_path, "another") == ()
    assert notrun.merge(tmp_path, "nightly", [], [ONE.claim]) == (TWO,)
    assert notrun.load(tmp_path, "nightly") == (TWO,)


def test_a_run_that_skipped_nothing_leaves_no_file(tmp_path: Path):
    notrun.merge(tmp_path, "nightly", [], [ONE.claim])
    assert not list(tmp_path.glob("*.json"))


def test_the_latest_of_all_runs(tmp_path: Path):
    later = NotRun(case=ONE.case, kind=ONE.kind, reason="another reason")
    notrun.merge(tmp_path, "b", [ONE], [])
    notrun.merge(tmp_path, "a", [later, TWO], [])
    assert set(notrun.load_all(tmp_path)) == {later, TWO}


@pytest.mark.parametrize("run", ["..", "../../escape", "a/b", "x" * 400, "夜间 run", ".", "\udcff"])
def test_a_runs_name_never_leaves_the_folder(tmp_path: Path, run: str):
    notrun.merge(tmp_path / "runs", run, [ONE], [])
    assert notrun.load(tmp_path / "runs", run) == (ONE,)
    assert len(list((tmp_path / "runs").glob("*.json"))) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_drafts_of_killed_processes_are_swept(tmp_path: Path):
    """And nothing else of that folder, however alike it is called."""
    draft = tmp_path / f".nightly.json.{'0a' * 16}"
    others = [tmp_path / ".nightly.json.0a", tmp_path / f"nightly.json.{'0a' * 16}", tmp_path / "notes.txt"]
    for path in (draft, *others):
        path.write_text("{", encoding="utf-8")
    notrun.merge(tmp_path, "another", [ONE], [])
    assert not draft.exists()
    assert all(path.exists() for path in others)


def test_a_file_that_is_damaged_anywhere_is_told_or_read(tmp_path: Path):
    """Each of 2,000 seeded mutations: a sentence, or claims of that form, within a second."""
    notrun.merge(tmp_path, "nightly", [ONE, TWO], [])
    file = notrun.path(tmp_path, "nightly")

    def read(content: bytes) -> tuple[NotRun, ...]:
        file.write_bytes(content)
        return notrun.load(tmp_path, "nightly")

    def right(found: tuple[NotRun, ...]) -> bool:
        return all(isinstance(item.kind, Kind) and isinstance(item.partly, bool) for item in found)

    refused, _ = survives_all(file.read_bytes(), read, right, errors=BadInput)
    assert refused > 1000


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"form": 2, "not_run": []}', '{"form": 1, "not_run": [{"case": "a"}]}']
)
def test_a_broken_file_is_named_with_what_to_do(tmp_path: Path, content: str):
    notrun.path(tmp_path, "nightly").write_text(content, encoding="utf-8")
    with pytest.raises(BadInput, match=r"nightly\.json: not a list of what a run skipped .*remove the file"):
        notrun.load(tmp_path, "nightly")


def test_a_write_that_fails_leaves_the_old_file_whole(tmp_path: Path, fill_disk: Callable[[], None]):
    notrun.merge(tmp_path, "nightly", [ONE], [])
    fill_disk()
    with pytest.raises(OSError, match="no space left"):
        notrun.merge(tmp_path, "nightly", [TWO], [])
    assert notrun.load(tmp_path, "nightly") == (ONE,)
    assert len([path for path in tmp_path.iterdir() if path.name != ".lock"]) == 1
