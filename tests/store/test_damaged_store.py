"""A store that does not hold what was written: an error that names the row, at once, of no server."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from databases import file_of
from mutating import MOST_S
from store_samples import ERROR, VERDICT, make

from harness.errors import MachineError, StoreError
from harness.store import database
from harness.store.results import Store

FLIPS = 300  # of a file, each read in five ways


@pytest.fixture
def filled(file_store: Store, file_url: str) -> Path:
    """The file of a store with two runs and a baseline."""
    for number, verdict in enumerate((VERDICT, ERROR, None, VERDICT)):
        file_store.add(make(number, run=f"run-{number % 2}"), verdict)
    file_store.set_baseline("release", "machine", "run-1")
    path = file_of(file_url)
    with database.Database(file_url)._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def changed(path: Path, found: bytes, other: bytes) -> str:
    """The URL of the file with the last `found` in it as `other`, of the same length."""
    content = path.read_bytes()
    at = content.rindex(found)
    damaged = path.with_name("damaged.sqlite")
    damaged.write_bytes(content[:at] + other + content[at + len(found) :])
    return f"sqlite:///{damaged}"


def read_all(url: str) -> None:
    """Whatever commands read of a store."""
    store = Store(url, existing=True)
    store.results()
    store.numbers()
    store.history()
    store.info()
    for run in store.runs():
        store.machines(run.id)
    store.baselines()


@pytest.mark.parametrize(
    ("found", "other", "says"),
    [
        (b"falls-short", b"fa\x93ls-short", "Could not decode to UTF-8"),
        (
            b"falls-short",
            b"falls-shirt",
            "row 1 of verdicts: no Verdict: kind: found 'falls-shirt', expected ",
        ),
        (b"accuracy", b"accura\x93y", ""),
        (b'{"cpu": "x"', b'["cpu": "x"', "row 1 of measurements: "),
    ],
    ids=["no text", "another word", "no key", "no JSON"],
)
def test_a_row_is_named_at_once(filled: Path, found: bytes, other: bytes, says: str) -> None:
    url = changed(filled, found, other)
    start = time.process_time()
    with pytest.raises(StoreError, match=r"is damaged.*take it from a backup") as failed:
        read_all(url)
    assert time.process_time() - start < MOST_S
    assert says in str(failed.value)
    assert "row " in str(failed.value)
    assert not isinstance(failed.value, MachineError)


def test_its_tables_are_damaged(filled: Path) -> None:
    """SQLite quotes what it cannot read, and Python cannot read the quotation."""
    content = bytearray(filled.read_bytes())
    content[content.find(b"CREATE TABLE") + 3] ^= 0xFF
    damaged = filled.with_name("damaged.sqlite")
    damaged.write_bytes(content)
    with pytest.raises(StoreError, match=r"is damaged.*take it from a backup") as failed:
        read_all(f"sqlite:///{damaged}")
    assert not isinstance(failed.value, MachineError)


def test_bits_that_flip_anywhere(filled: Path) -> None:
    """An error of the store's, or what can be read; never another one, never after a wait."""
    content = filled.read_bytes()
    damaged = filled.with_name("damaged.sqlite")
    draw = random.Random(13)
    refused = 0
    for number in range(FLIPS):
        flipped = bytearray(content)
        flipped[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        for beside in damaged.parent.glob(f"{damaged.name}-*"):
            beside.unlink()
        damaged.write_bytes(flipped)
        start = time.process_time()
        try:
            read_all(f"sqlite:///{damaged}")
        except StoreError as problem:
            refused += 1
            if isinstance(problem, MachineError):
                pytest.fail(f"flip {number}: {problem}")
        assert time.process_time() - start < MOST_S, f"flip {number}"
    assert 0 < refused < FLIPS
