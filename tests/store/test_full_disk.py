"""A store on a disk without room for the index of SQLite's log: it is read, and "full" is said."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from databases import file_of
from store_samples import VERDICT, ids, make

from harness.errors import StoreGone
from harness.store import urls
from harness.store.database import Database
from harness.store.results import Store


@pytest.fixture
def filled(file_store: Store, file_url: str) -> str:
    """The URL of a store with a result, which nobody has open."""
    file_store.add(make(), VERDICT)
    with Database(file_url)._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return file_url


@contextmanager
def no_room() -> Iterator[None]:
    """None of this process's files may grow: as on a full disk, which only root can make."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def add(url: str) -> None:
    Store(url).add(make(2))


def set_baseline(url: str) -> None:
    Store(url, existing=True).set_baseline("release", "machine", "run-1")


def read(url: str) -> object:
    store = Store(url, existing=True)
    return ids(store.results()), [item.id for item in store.runs()], store.baselines(), store.info().verdicts


def test_it_is_read(filled: str) -> None:
    before = file_of(filled).read_bytes()
    with no_room():
        assert read(filled) == (["0001"], ["run-1"], [], 1)
    assert file_of(filled).read_bytes() == before


@pytest.mark.parametrize("write", [add, set_baseline])
def test_it_is_not_written(filled: str, write: Callable[[str], None]) -> None:
    """The machine's fault, at once: neither a result nor a baseline."""
    with no_room(), pytest.raises(StoreGone):
        write(filled)
    assert ids(Store(filled).results()) == ["0001"]
    assert Store(filled).baselines() == []


@pytest.mark.parametrize("write", [add, set_baseline])
def test_full_is_said(filled: str, write: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """As the system says how much is free."""
    monkeypatch.setattr(urls, "_free_bytes", lambda path: 1000)
    folder = file_of(filled).parent
    with no_room(), pytest.raises(StoreGone, match=f"the folder {folder} lies on a disk that is full"):
        write(filled)


def test_how_much_is_free(tmp_path: Path) -> None:
    """Bytes, of what a user who is not root may take."""
    found = os.statvfs(tmp_path)
    assert urls._free_bytes(tmp_path) == pytest.approx(found.f_bavail * found.f_bsize, rel=0.1)
