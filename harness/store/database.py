"""A database that several processes share: connecting, waiting, trying again, and saying what is wrong."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event, exc, pool

from harness.decoding import json_value
from harness.errors import RecordError, StoreError, StoreGone
from harness.store import urls
from harness.store.troubles import DAMAGE, REMEDY, passing, trouble, unreachable

BUSY_TIMEOUT_S = 10.0  # how long a write waits for another process's, per attempt
CONNECT_TIMEOUT_S = 10  # how long a server has to answer
ATTEMPTS = 6
RESTART_PAUSE_S = 2.0  # before each further attempt at a server that was there and is gone

# The lock that a writer holds through its transaction: any number, so long as every writer takes the same.
_WRITERS = 0x7A6F6F63

T = TypeVar("T")


class Refused(StoreError):
    """A database that says no; `sentence` is what is wrong, without the URL and the remedy."""

    def __init__(self, shown: str, sentence: str, *, remedy: str) -> None:
        super().__init__(f"{shown}: {sentence}", remedy=remedy)
        self.sentence = sentence


class Gone(Refused, StoreGone):
    """A database that says nothing any more, or has no room: the machine's fault."""


class Damaged(Refused):
    """A database that does not hold what was written to it."""


class Database:
    """Transactions on the database at a URL. Every trouble is a `StoreError` with a sentence.

    With `existing` an SQLite file that is not there is an error, and is not made; one that cannot be written,
    or whose folder cannot, or whose disk is full, is read as it lies there.
    SQLite runs in WAL mode: readers and one writer do not wait for each other, writers wait their turn.
    On PostgreSQL a lock makes writers wait their turn as well, so that numbers are the order of commits.
    """

    def __init__(self, url: str, *, existing: bool = False) -> None:
        self.url = urls.parse(url)
        self.shown = urls.shown(self.url)
        self._engine = _engine(self.url, self.shown, existing=existing)
        self.kind = self._engine.dialect.name
        self._reached = False
        self._gone = ""  # why a server that was there is taken to be gone for good; it is not asked again

    def close(self) -> None:
        """Give back what is open: a database in memory ends, no other has anything open."""
        self._engine.dispose()

    def do(self, work: Callable[[sa.Connection], T], *, write: bool = False) -> T:
        """Run `work` in one transaction, again if another process was in the way or the server went away.

        `work` may therefore run several times, the last time after a commit whose answer was lost.
        Violated constraints come through as `sqlalchemy.exc.IntegrityError`: the caller knows what
        they mean.
        """
        if self._gone:
            raise Gone(self.shown, self._gone, remedy=REMEDY)
        engine = self._engine.execution_options(zoocheck_write=write)
        last: exc.SQLAlchemyError | None = None
        for attempt in range(ATTEMPTS):
            time.sleep(attempt * random.uniform(0.0, 0.2))  # noqa: S311  # apart from the others
            if last is not None and unreachable(last):
                time.sleep(RESTART_PAUSE_S)
            try:
                with engine.begin() as connection:
                    self._reached = True
                    return work(connection)
            except exc.IntegrityError:
                raise
            except UnicodeDecodeError as problem:  # SQLite's own message quotes what is no text
                raise self._damaged(str(problem)) from problem
            except exc.SQLAlchemyError as problem:
                gone = self._reached and unreachable(problem)
                if not gone and not passing(problem):
                    raise self._refused(problem) from problem
                last = problem
        if last is not None and unreachable(last):
            refused = self._refused(last)
            self._gone = f"was there and is gone; not asked again: {refused.sentence}"
            raise refused from last
        raise StoreError(
            f"{self.shown}: still busy after {ATTEMPTS} attempts of {BUSY_TIMEOUT_S:g} s",
            remedy="find the process that holds it",
        ) from last

    def check_text(self, row: Mapping[str, Any]) -> None:
        """Raise `RecordError` for a row that this database cannot hold: PostgreSQL's text has no NUL."""
        if self.kind != "postgresql":
            return
        for name, value in row.items():
            if isinstance(value, str) and "\0" in value:
                raise RecordError(
                    f"{name}: found {value!r}, expected text without NUL, which PostgreSQL cannot hold",
                    remedy="take it out; inside metrics, detail and other JSON it may stand",
                )

    def _damaged(self, why: str) -> Damaged:
        return Damaged(self.shown, f"{DAMAGE.sentence} ({why})", remedy=f"{DAMAGE.remedy}, or {REMEDY}")

    def _refused(self, problem: exc.SQLAlchemyError) -> Refused:
        found = trouble(problem)
        remedy = f"{found.remedy}, or {REMEDY}" if found.remedy else REMEDY
        closed = urls.unwritable(self.url) if found.place else ""
        machine = found.machine or bool(closed) or (self._reached and unreachable(problem))
        kind = Gone if machine else Damaged if found.damage else Refused
        return kind(self.shown, f"{found.sentence}: {closed}" if closed else found.sentence, remedy=remedy)


def _engine(url: sa.URL, shown: str, *, existing: bool) -> sa.Engine:
    reads = False
    if url.get_backend_name() == "sqlite":
        if existing:
            urls.require_file(url)
            reads = urls.file_of(url) is not None
        _make_room(url)
    # A connection for each transaction: nothing is left open, gone stale, or shared with a forked process.
    # Only a database in memory lives in its connection.
    options: dict[str, Any] = {"json_deserializer": _value}
    if not urls.in_memory(url):
        options["poolclass"] = pool.NullPool
    if reads:
        options["creator"] = lambda: _to_read(Path(str(url.database)), writable=not urls.unwritable(url))
    if url.drivername == "postgresql+psycopg":
        given = {"connect_timeout": CONNECT_TIMEOUT_S, "application_name": "zoocheck"}
        # A transaction that waited for its turn has to see what was written meanwhile.
        options["isolation_level"] = "READ COMMITTED"
        options["connect_args"] = {
            "client_encoding": "utf8",
            **{name: value for name, value in given.items() if name not in url.query},
        }
    try:
        engine = sa.create_engine(url, **options)
    except exc.NoSuchModuleError as problem:
        raise StoreError(
            f"{shown}: found the database driver {url.drivername}, expected one that SQLAlchemy knows",
            remedy=REMEDY,
        ) from problem
    except ImportError as problem:
        raise _missing(url, shown, problem) from problem
    if engine.dialect.name == "sqlite":
        if not reads:
            event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _on_begin)
    if engine.dialect.name == "postgresql":
        event.listen(engine, "begin", _on_begin_at_server)
    return engine


@lru_cache(maxsize=256)
def _value(text: str) -> Any:
    """What a JSON column holds. A machine and its versions are the same in thousands of rows: read only."""
    return json_value(text)


def _missing(url: sa.URL, shown: str, problem: ImportError) -> StoreError:
    """What to say of a driver that cannot be imported. psycopg without its library names no module."""
    package = problem.name or url.drivername.partition("+")[2]
    install = "'zoocheck[postgresql]'" if package.startswith("psycopg") and package != "psycopg2" else package
    return StoreError(
        f"{shown}: needs the Python package {package}",
        remedy=f"install it (pip install {install}), or {REMEDY}",
    )


def _make_room(url: sa.URL) -> None:
    """Make the folder of an SQLite file, so that a fresh home needs no step before the first run."""
    path = urls.file_of(url)
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        taken = path.is_dir()
    except OSError as problem:
        raise StoreError(
            f"{url}: the folder {path.parent} cannot be made or entered: {problem.strerror}", remedy=REMEDY
        ) from problem
    if taken:
        raise StoreError(f"{url}: {path} is a folder, expected a file or none yet", remedy=REMEDY)


def _to_read(file: Path, *, writable: bool) -> sqlite3.Connection:
    """SQLite's file as it is written to; where there is no room for the index of its log, as `_read_only`."""
    if not writable:
        return _read_only(file)
    connection = sqlite3.connect(file)
    try:
        _set_up(connection)
        connection.execute("SELECT count(*) FROM sqlite_master").close()
    except sqlite3.OperationalError as problem:
        connection.close()
        if getattr(problem, "sqlite_errorcode", 0) & 0xFF not in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL):
            raise
        return _read_only(file)
    except BaseException:
        connection.close()
        raise
    return connection


def _read_only(file: Path) -> sqlite3.Connection:
    """SQLite's file where nothing may be written, not even the index of its log (https://sqlite.org/wal.html).

    Without a log it is taken not to change while it is read. What a writer elsewhere has in the log is read
    where the index lies beside it, and else refused by SQLite, which cannot make one.
    """
    log = file.with_name(f"{file.name}-wal")
    still = not log.is_file() or not log.stat().st_size
    uri = f"{file.absolute().as_uri()}?mode=ro{'&immutable=1' if still else ''}"
    return sqlite3.connect(uri, uri=True, isolation_level=None)


def _set_up(connection: sqlite3.Connection, _record: object = None) -> None:
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


def _on_begin_at_server(connection: sa.Connection) -> None:
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(BUSY_TIMEOUT_S * 1000)}")
    if connection.get_execution_options().get("zoocheck_write", False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")
