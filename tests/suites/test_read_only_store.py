"""A store in a folder that may not be written: anybody reads it, and no run begins that could not write."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from privileges import heeding_modes
from zoo_runs import STORE, Once, Ran, Zoo

from harness.errors import StoreGone
from harness.store.results import Store

ONE = ("-m", "mite and abacus and accuracy", "--bs", "1")


@pytest.fixture
def made(once: Once, zoo: Zoo) -> Ran:
    """A store with a result each of the runs ``one`` and ``two``."""

    def twice(folder: Path) -> Ran:
        zoo.suites(folder, *ONE, "--run-id", "one")
        return zoo.suites(folder, *ONE, "--run-id", "two")

    return once("read-only", twice)


@contextmanager
def closed(folder: Path) -> Iterator[None]:
    """Nothing in `folder`, and nothing of it, may be written."""
    for path in [*folder.iterdir(), folder]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        yield
    finally:
        for path in [folder, *folder.iterdir()]:
            path.chmod(0o755 if path.is_dir() else 0o644)


@pytest.fixture
def folder(made: Ran, tmp_path: Path) -> Iterator[Path]:
    """A folder with a copy of that store alone, closed."""
    folder = tmp_path / "closed"
    folder.mkdir()
    shutil.copyfile(made.folder / STORE, folder / STORE)
    with closed(folder):
        yield folder


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("report", "--run", "one", "--format", "json", "--out", "found.json"), ""),
        (("report", "--run", "one"), "mite-abacus-bs1"),
        (("history", "mite-abacus-bs1"), "mite-abacus-bs1"),
        (("compare", "one", "two"), "two against one: 1 compared"),
        (("baseline", "list"), ""),
        (("store", "copy", "{store}", "sqlite:///copy.sqlite"), "measurements: 2 copied"),
    ],
    ids=lambda item: item[0] if isinstance(item, tuple) else "",
)
def test_it_is_read(zoo: Zoo, folder: Path, tmp_path: Path, command: tuple[str, ...], says: str) -> None:
    url = f"sqlite:///{folder / STORE}"
    named = [part.format(store=url) for part in command]
    results = () if "{store}" in command else ("--results", url)
    here = tmp_path / "here"
    here.mkdir()
    before = (folder / STORE).read_bytes()
    ran = zoo.but(through=heeding_modes()).zoocheck(here, *named, *results)
    assert ran.status == 0, ran.out + ran.err
    assert says in ran.out + ran.err
    assert [path.name for path in folder.iterdir()] == [STORE]
    assert (folder / STORE).read_bytes() == before


def test_no_run_begins_that_could_not_write(zoo: Zoo, folder: Path, tmp_path: Path) -> None:
    """Status 6 and the cause, before anything is measured."""
    url = f"sqlite:///{folder / STORE}"
    ran = zoo.but(through=heeding_modes()).suites(tmp_path, *ONE, "--results", url, store=None)
    assert ran.status == 6, ran.out + ran.err
    said = f"the folder {folder} may not be written by this user"
    assert said in ran.out + ran.err
    assert "Traceback" not in ran.out + ran.err
    assert not (tmp_path / "build" / "report").exists()


def test_nor_in_a_folder_without_a_store(zoo: Zoo, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    with closed(folder):
        url = f"sqlite:///{folder / STORE}"
        ran = zoo.but(through=heeding_modes()).suites(tmp_path, *ONE, "--results", url, store=None)
    assert ran.status == 6, ran.out + ran.err
    assert (
        f"cannot be opened here (unable to open database file): the folder {folder} may not"
        in ran.out + ran.err
    )


def test_what_a_writer_has_in_its_log_is_read_or_told(zoo: Zoo, made: Ran, tmp_path: Path) -> None:
    """With SQLite's index of the log beside it that is read; without one it is refused, and not left out."""
    folder = tmp_path / "written"
    folder.mkdir()
    shutil.copyfile(made.folder / STORE, folder / STORE)
    with closing(sqlite3.connect(folder / STORE)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("INSERT INTO meta VALUES ('late', '1')")
        writer.commit()
        copy = tmp_path / "copy"
        shutil.copytree(folder, copy)
        (copy / f"{STORE}-shm").unlink()
        reader = zoo.but(through=heeding_modes())
        with closed(folder):
            there = reader.zoocheck(tmp_path, "store", "info", f"sqlite:///{folder / STORE}")
        with closed(copy):
            lost = reader.zoocheck(tmp_path, "store", "info", f"sqlite:///{copy / STORE}")
    assert there.status == 0, there.err
    assert "measurements: 2" in there.out
    assert lost.status == 6
    assert f"the folder {copy} may not be written by this user" in lost.err


def test_a_store_that_is_named_as_read_only_is_refused_at_once(made: Ran) -> None:
    """SQLite's own ``mode=ro``, which holds for root, too."""
    url = f"sqlite:///file:{made.folder / STORE}?mode=ro&uri=true"
    with pytest.raises(StoreGone, match="cannot be written"):
        Store(url)
    assert len(Store(url, existing=True).results()) == 2
