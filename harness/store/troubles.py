"""A database's error in words, and whether a second attempt may succeed.

SQLite gives result codes (https://sqlite.org/rescode.html), PostgreSQL five characters of SQLSTATE
(https://www.postgresql.org/docs/current/errcodes-appendix.html); of a connection that was never made libpq
gives a text alone.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace

from sqlalchemy import exc

REMEDY = "choose another store with --results, for example sqlite:///results.sqlite"

_ADMINISTRATOR = "ask whoever runs the server"
_CREDENTIALS = "check the URL's user and password, PGPASSWORD or ~/.pgpass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """An error in words, and a remedy beside choosing another store."""

    sentence: str
    remedy: str = ""
    machine: bool = False  # no fault of who named the store: the same store may work later
    place: bool = False  # where an SQLite file lies has a part in it
    damage: bool = False  # what it holds is not what was written


# Also what is no text in a row: Python's module reports it without a code (`Connection.text_factory`).
DAMAGE = Trouble(sentence="is damaged", remedy="take it from a backup", damage=True)
_UNDECODABLE = "Could not decode to UTF-8"

_SQLITE = {
    sqlite3.SQLITE_NOTADB: Trouble(sentence="is a file, but no SQLite database"),
    sqlite3.SQLITE_CANTOPEN: Trouble(sentence="cannot be opened here", place=True),
    sqlite3.SQLITE_PERM: Trouble(sentence="may not be opened"),
    sqlite3.SQLITE_READONLY: Trouble(sentence="cannot be written", machine=True, place=True),
    sqlite3.SQLITE_FULL: Trouble(sentence="the disk is full", machine=True, place=True, remedy="make room"),
    sqlite3.SQLITE_IOERR: Trouble(sentence="its disk cannot be read or written", machine=True, place=True),
    sqlite3.SQLITE_NOMEM: Trouble(sentence="there is too little memory", machine=True),
    sqlite3.SQLITE_CORRUPT: DAMAGE,
}
_POSTGRESQL = {
    "42501": Trouble(
        sentence="this user may not do that there",
        remedy="have its owner GRANT what is missing, or give the user a schema of its own",
    ),
    "25006": Trouble(sentence="cannot be written", remedy="name the primary server, not a read-only copy"),
    "3F000": Trouble(
        sentence="there is no such schema, or this user may not use it",
        remedy="make it (CREATE SCHEMA), or have its owner GRANT its use",
    ),
    "53100": Trouble(sentence="the server's disk is full", remedy=_ADMINISTRATOR, machine=True),
    "53200": Trouble(sentence="the server is out of memory", remedy=_ADMINISTRATOR, machine=True),
    "58030": Trouble(sentence="the server's disk is broken", remedy=_ADMINISTRATOR, machine=True),
    "22021": Trouble(
        sentence="the database's encoding cannot hold this text", remedy="make one with --encoding=UTF8"
    ),
    "22P05": Trouble(
        sentence="the database's encoding cannot hold this text", remedy="make one with --encoding=UTF8"
    ),
    "XX001": replace(DAMAGE, remedy=_ADMINISTRATOR),
    "XX002": replace(DAMAGE, remedy=_ADMINISTRATOR),
}
_NOBODY = Trouble(
    sentence="no server listens there", remedy="start PostgreSQL, or check host and port", machine=True
)
_NO_ANSWER = Trouble(
    sentence="the server does not answer", remedy="check host, port and firewall", machine=True
)
# What libpq or the server says before there is a connection, in the order in which to look.
_CONNECTING = (
    ("password authentication failed", Trouble(sentence="user or password is wrong", remedy=_CREDENTIALS)),
    ("no password supplied", Trouble(sentence="the server wants a password", remedy=_CREDENTIALS)),
    ("no pg_hba.conf entry", Trouble(sentence="the server lets nobody in this way", remedy=_ADMINISTRATOR)),
    ("authentication failed", Trouble(sentence="the server does not let this user in", remedy=_CREDENTIALS)),
    ("FATAL:  role ", Trouble(sentence="the server knows no such user", remedy=_CREDENTIALS)),
    (
        "FATAL:  database ",
        Trouble(sentence="the server has no such database", remedy="make it (createdb), or check its name"),
    ),
    ("resolve host", Trouble(sentence="the host is unknown", remedy="check its name")),
    ("translate host name", Trouble(sentence="the host is unknown", remedy="check its name")),
    ("refused", _NOBODY),
    ("No such file or directory", _NOBODY),
    ("timeout", _NO_ANSWER),
    ("timed out", _NO_ANSWER),
    ("SSL", Trouble(sentence="no encrypted connection could be agreed", remedy="check ?sslmode=")),
)
# Somebody else was first (serialization, deadlock, lock), or the server is coming or going.
_PASSING = frozenset({"40001", "40P01", "55P03", "57P01", "57P02", "57P03", "53300"})
_COMING_OR_GOING = ("system is starting up", "system is shutting down", "recovery mode", "too many clients",
                    "connection slots are reserved")  # fmt: skip


def trouble(problem: exc.SQLAlchemyError) -> Trouble:
    """What is wrong, with the database's own words in brackets."""
    found = _SQLITE.get(_code(problem) or -1) or _POSTGRESQL.get(_state(problem) or "")
    if found is None and _sqlites(problem) and _UNDECODABLE in _said(problem):
        found = DAMAGE
    if found is None and unreachable(problem):
        said = _said(problem)
        found = next(
            (known for words, known in _CONNECTING if words in said),
            Trouble(sentence="no connection could be made", machine=True),
        )
    found = found or Trouble(sentence="the database refused")
    return replace(found, sentence=f"{found.sentence} ({reason(problem)})")


def passing(problem: exc.SQLAlchemyError) -> bool:
    """Whether the same may work a moment later."""
    if isinstance(problem, exc.DBAPIError) and problem.connection_invalidated:
        return True  # lost on the way
    if _code(problem) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return True
    state = _state(problem)
    if state is not None:
        return state in _PASSING or state.startswith("08")
    return unreachable(problem) and any(words in _said(problem) for words in _COMING_OR_GOING)


def unreachable(problem: exc.SQLAlchemyError) -> bool:
    """Whether a server was asked for a connection and none was made."""
    return (
        isinstance(problem, exc.OperationalError)
        and problem.statement is None
        and not _sqlites(problem)
        and _state(problem) is None
    )


def reason(problem: exc.SQLAlchemyError) -> str:
    """What the database itself said, its first line."""
    return _said(problem).strip().partition("\n")[0]


def _said(problem: exc.SQLAlchemyError) -> str:
    return str(getattr(problem, "orig", None) or problem)


def _sqlites(problem: exc.SQLAlchemyError) -> bool:
    """Whether it comes of a file, and no server has a part in it."""
    return isinstance(getattr(problem, "orig", None), sqlite3.Error)


def _code(problem: exc.SQLAlchemyError) -> int | None:
    """SQLite's primary result code; None from other databases."""
    code = getattr(getattr(problem, "orig", None), "sqlite_errorcode", None)
    return None if code is None else int(code) & 0xFF


def _state(problem: exc.SQLAlchemyError) -> str | None:
    """SQLSTATE; None from SQLite, and where no server has answered."""
    state = getattr(getattr(problem, "orig", None), "sqlstate", None)
    return None if state is None else str(state)
