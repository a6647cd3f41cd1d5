"""Baselines: runs that others are held against, by name and machine.

A row puts a run in force or drops it; rows only come. In force is, for each name and machine, what the
newest row says. Newest is by `created`, and where that is the same by the order of writing, so that two
stores that hold the same rows agree, in whatever order these were copied.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

import sqlalchemy as sa

from harness.domain.strict import STRICT
from harness.errors import StoreError
from harness.store.schema import BASELINES

_LONGEST_NAME = 100


class Action(StrEnum):
    """What a row of ``baselines`` does."""

    SET = "set"
    DROP = "drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A run that results of one machine are held against."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    id: str
    name: str
    machine: str  # `harness.machine.fingerprint.machine_key` of its fingerprint
    run: str
    created: str  # ISO 8601, UTC
    note: str


def check_name(name: str) -> None:
    """Raise `StoreError` for a name that cannot be read back from a line: empty, blank-edged, too long."""
    if name and name == name.strip() and name.isprintable() and len(name) <= _LONGEST_NAME:
        return
    raise StoreError(
        f"found {name!r}, expected a baseline's name: 1 to {_LONGEST_NAME} characters in one line, "
        "no blanks around them"
    )


def in_force(connection: sa.Connection) -> list[Baseline]:
    """The baselines in force, by name and then machine."""
    newest: dict[tuple[str, str], sa.RowMapping] = {}
    query = sa.select(BASELINES).order_by(BASELINES.c.number)
    for row in connection.execute(query).mappings():
        key = (row["name"], row["machine"])
        if key not in newest or _time(row) >= _time(newest[key]):
            newest[key] = row
    return [
        Baseline(**{name: row[name] for name in ("id", "name", "machine", "run", "created", "note")})
        for _, row in sorted(newest.items())
        if row["action"] == Action.SET
    ]


def new_id() -> str:
    """An id for a row, made before the first attempt to write it."""
    return uuid.uuid4().hex


def write(connection: sa.Connection, action: Action, **row: str) -> Baseline:
    """Write one row, with its `id`, and say what it holds. One that is there already is not written again.

    It is later than every row of its name and machine, even where the clock was set back.
    """
    columns = BASELINES.c
    there = connection.execute(sa.select(BASELINES).where(columns.id == row["id"])).mappings().first()
    if there is None:
        same = (columns.name == row["name"]) & (columns.machine == row["machine"])
        earlier = connection.execute(sa.select(columns.created).where(same)).mappings()
        created = max([datetime.now(UTC), *(_time(one) + timedelta(microseconds=1) for one in earlier)])
        values: dict[str, Any] = {**row, "action": action.value, "created": created.isoformat()}
        connection.execute(BASELINES.insert(), values)
    else:
        values = dict(there)
    return Baseline(**{name: values[name] for name in ("id", "name", "machine", "run", "created", "note")})


def of(found: Iterable[Baseline], name: str, machine: str | None) -> list[Baseline]:
    """Those of one name, and of one machine unless that is None."""
    return [item for item in found if item.name == name and machine in (None, item.machine)]


def _time(row: sa.RowMapping) -> datetime:
    return datetime.fromisoformat(row["created"])
