"""A database that several processes share: connecting, waiting, trying again, and saying what is wrong."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event, exc, pool

from harness.errors import StoreError

BUSY_TIMEOUT_S = 10.0  # how long SQLite waits for another process's write, per attempt
ATTEMPTS = 6
REMEDY = "choose another store with --results, for example sqlite:///results.sqlite"

T = TypeVar("T")


class Database:
    """Transactions on the database at a URL. Every trouble is a `StoreError` with a sentence.

    With `existing` an SQLite file that is not there is an error, and is not made.
    SQLite runs in WAL mode: readers and one writer do not wait for each other, writers wait their turn.
    """

    def __init__(self, url: str, *, existing: bool = False) -> None:
        self._engine = _engine(url, existing=existing)
        self.shown = self._engine.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Give back what is open: a database in memory ends, no other has anything open."""
        self._engine.dispose()

    def do(self, work: Callable[[sa.Connection], T], *, write: bool = False) -> T:
        """Run `work` in one transaction, again if another process was in the way.

        `work` may therefore run several times, the last time after a commit whose answer was lost.
        Violated constraints come through as `sqlalchemy.exc.IntegrityError`: the caller knows what
        they mean.
        """
        engine = self._engine.execution_options(zoocheck_write=write)
        for attempt in range(ATTEMPTS):
            time.sleep(attempt * random.uniform(0.0, 0.2))  # noqa: S311  # apart from the others
            try:
                with engine.begin() as connection:
                    return work(connection)
            except exc.IntegrityError:
                raise
            except exc.SQLAlchemyError as problem:
                if not _passing(problem):
                    raise StoreError(f"{self.shown}: {_sentence(problem)}", remedy=REMEDY) from problem
        raise StoreError(
            f"{self.shown}: still busy after {ATTEMPTS} attempts of {BUSY_TIMEOUT_S:g} s",
            remedy="find the process that holds it",
        )


def _engine(text: str, *, existing: bool) -> sa.Engine:
    try:
        url = sa.make_url(text)
    except exc.ArgumentError as problem:
        raise StoreError(
            f"{text!r}: found no database URL, expected one such as sqlite:///results.sqlite"
        ) from problem
    if url.get_backend_name() == "sqlite":
        if existing:
            _require_file(url)
        _make_room(url)
    # A connection for each transaction: nothing is left open, gone stale, or shared with a forked process.
    # Only a database in memory lives in its connection.
    options: dict[str, Any] = {} if _in_memory(url) else {"poolclass": pool.NullPool}
    try:
        engine = sa.create_engine(url, **options)
    except exc.NoSuchModuleError as problem:
        raise StoreError(
            f"{url.render_as_string()}: {url.drivername} is no kind of database that is known here",
            remedy=REMEDY,
        ) from problem
    except ImportError as problem:
        raise StoreError(
            f"{url.render_as_string()}: needs the Python package {problem.name}",
            remedy=f"install it (pip install {problem.name}), or {REMEDY}",
        ) from problem
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
    return engine


def _in_memory(url: sa.URL) -> bool:
    return url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")


def _require_file(url: sa.URL) -> None:
    """Raise `StoreError` where an SQLite file is not there: who only reads makes none."""
    if _in_memory(url) or "uri" in url.query or Path(str(url.database)).exists():
        return
    raise StoreError(
        f"{url}: there is no such file, so no results yet",
        remedy="run `pytest suites/` first, or name the store with --results",
    )


def _make_room(url: sa.URL) -> None:
    """Make the folder of an SQLite file, so that a fresh home needs no step before the first run."""
    if _in_memory(url) or "uri" in url.query:
        return
    path = Path(str(url.database))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        taken = path.is_dir()
    except OSError as problem:
        raise StoreError(
            f"{url}: the folder {path.parent} cannot be made or entered: {problem.strerror}", remedy=REMEDY
        ) from problem
    if taken:
        raise StoreError(f"{url}: {path} is a folder, expected a file or none yet", remedy=REMEDY)


def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
    # Python's sqlite3 begins transactions where it sees fit, not before CREATE TABLE: we say BEGIN.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {int(BUSY_TIMEOUT_S * 1000)}",
        "journal_mode = WAL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _on_begin(connection: sa.Connection) -> None:
    # A transaction that reads and then writes fails at once if another one wrote in between, without
    # waiting: whoever will write takes the lock at the start.
    write = connection.get_execution_options().get("zoocheck_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _code(problem: exc.SQLAlchemyError) -> int | None:
    """SQLite's primary result code (https://sqlite.org/rescode.html); None from other databases."""
    original = getattr(problem, "orig", None)
    code = getattr(original, "sqlite_errorcode", None)
    return None if code is None else int(code) & 0xFF


def _passing(problem: exc.SQLAlchemyError) -> bool:
    """Whether the same may work a moment later."""
    lost = isinstance(problem, exc.DBAPIError) and problem.connection_invalidated
    return lost or _code(problem) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def reason(problem: exc.SQLAlchemyError) -> str:
    """What the database itself said, its first line."""
    original = getattr(problem, "orig", None) or problem
    return str(original).strip().partition("\n")[0]


def _sentence(problem: exc.SQLAlchemyError) -> str:
    known = {
        sqlite3.SQLITE_NOTADB: "is a file, but no SQLite database",
        sqlite3.SQLITE_CANTOPEN: "cannot be opened here",
        sqlite3.SQLITE_PERM: "may not be opened",
        sqlite3.SQLITE_READONLY: "cannot be written",
        sqlite3.SQLITE_FULL: "the disk is full",
        sqlite3.SQLITE_CORRUPT: "is damaged",
    }.get(_code(problem) or -1, "the database refused")
    return f"{known} ({reason(problem)})"
