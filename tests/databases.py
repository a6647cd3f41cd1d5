"""The databases that the store is tested on: SQLite, and a PostgreSQL server where one is lent."""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

SERVER = "ZOOCHECK_TEST_POSTGRESQL"  # a URL with a password; .ci/with-postgresql starts one and sets it
KINDS = ("sqlite", "postgresql")


def server() -> str:
    """The URL of the test server; skips where there is none."""
    url = os.environ.get(SERVER)
    if not url:
        pytest.skip(f"{SERVER} is not set; run `.ci/with-postgresql COMMAND`, which starts a server")
    return url


@contextmanager
def place(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty place for a store: a file in `folder`, or a schema of its own on the server."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'home' / 'results.sqlite'}"
        return
    url, name = server(), f"test_{uuid.uuid4().hex}"
    with bare(url) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    try:
        yield f"{url}?options=-csearch_path%3D{name}"
    finally:
        with bare(url) as connection:
            connection.execute(f"DROP SCHEMA {name} CASCADE")


def bare(url: str) -> Any:
    """The database without the store: a connection to close, whose statements commit at once."""
    if url.startswith("sqlite"):
        return closing(sqlite3.connect(file_of(url), isolation_level=None, check_same_thread=False))
    import psycopg

    return closing(psycopg.connect(url, autocommit=True))


def file_of(url: str) -> Path:
    """The file of an SQLite URL."""
    return Path(url.removeprefix("sqlite:///"))


def refusals(url: str) -> tuple[type[Exception], ...]:
    """What the bare database raises for a violated constraint."""
    if url.startswith("sqlite"):
        return (sqlite3.IntegrityError,)
    import psycopg

    return (psycopg.IntegrityError,)
