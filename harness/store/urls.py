"""Database URLs: which are understood, and how one is shown without what it keeps secret."""

from __future__ import annotations

import os
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import exc

from harness.errors import StoreError

_PSYCOPG = "postgresql+psycopg"
_SECRET = frozenset({"password", "sslpassword"})  # of a query, which libpq takes too
# The least that SQLite's index of its log takes on the disk (https://sqlite.org/walformat.html).
_INDEX_BYTES = 32 << 10
_POSTGRESQL = frozenset({"postgresql", "postgres"})  # the second is libpq's other spelling


def parse(text: str) -> sa.URL:
    """The URL that `text` spells; PostgreSQL's without a driver is psycopg's (version 3).

    Raises `StoreError` for what is none, which shows nothing before its last ``@``.
    """
    try:
        url = sa.make_url(text)
    except (exc.ArgumentError, ValueError):
        # What went wrong may quote a password: it is not told, and not chained.
        _, secret, rest = text.rpartition("@")
        raise StoreError(
            f"{'...@' + rest if secret else text!r}: found no database URL, expected one such as "
            "sqlite:///results.sqlite or postgresql://user@host/database"
        ) from None
    return url.set(drivername=_PSYCOPG) if url.drivername in _POSTGRESQL else url


def shown(url: sa.URL) -> str:
    """The URL for people: as they would write it, with something else in place of a password."""
    hidden = {name: "hidden" for name in url.query if name in _SECRET}
    if url.drivername == _PSYCOPG:
        url = url.set(drivername="postgresql")
    return url.update_query_dict(hidden).render_as_string(hide_password=True)


def in_memory(url: sa.URL) -> bool:
    """Whether the database lives only as long as its connection (SQLite's)."""
    return url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")


def file_of(url: sa.URL) -> Path | None:
    """The file of an SQLite database; None of one in memory, or that a URI names."""
    return None if in_memory(url) or "uri" in url.query else Path(str(url.database))


def require_file(url: sa.URL) -> None:
    """Raise `StoreError` where an SQLite file is not there: who only reads makes none."""
    file = file_of(url)
    if file is not None and not file.exists():
        raise no_results(url)


def unwritable(url: sa.URL) -> str:
    """Why SQLite could not write at `url`, in words: to the file, and beside it; empty where it could."""
    file = file_of(url)
    if file is None:
        return ""
    for path, what in ((file.parent, "folder"), (file, "file")):
        if path.exists() and not os.access(path, os.W_OK, effective_ids=True):
            fixed = os.statvfs(path).f_flag & os.ST_RDONLY
            why = "lies on a file system that is read-only" if fixed else "may not be written by this user"
            return f"the {what} {path} {why}"
    if file.parent.exists() and _free_bytes(file.parent) < _INDEX_BYTES:
        return f"the folder {file.parent} lies on a disk that is full"
    return ""


def _free_bytes(path: Path) -> int:
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize


def no_results(url: sa.URL) -> StoreError:
    """What to tell a reader of a store that nobody has written to."""
    what = "there is no such file" if url.get_backend_name() == "sqlite" else "the database is empty"
    return StoreError(
        f"{shown(url)}: {what}, so no results yet",
        remedy="run `pytest suites/` first, or name the store with --results",
    )
