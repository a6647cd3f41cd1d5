"""Everything of one store that another does not have yet, in the order of writing, ids kept."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from harness.errors import StoreError
from harness.store.database import Database
from harness.store.schema import BASELINES, MEASUREMENTS, VERDICTS, Packed

PAGE = 50  # rows in memory, and in one transaction of the target

_Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Of one table: how many rows were copied, and how many the target had."""

    copied: int
    there: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """How many rows of each table were copied."""

    measurements: Count
    verdicts: Count
    baselines: Count


def copy(source: Database, target: Database) -> Copied:
    """Copy the rows that `target` lacks; rows that others write to `source` meanwhile come the next time.

    Raises `StoreError` where a row's id has other content in `target`; what was copied before stays.
    """
    # Verdicts first: what they judge was written before them.
    until = {table: source.do(_newest(table)) for table in (BASELINES, VERDICTS, MEASUREMENTS)}
    done = {
        table: _copy(source, target, table, until[table]) for table in (MEASUREMENTS, VERDICTS, BASELINES)
    }
    return Copied(measurements=done[MEASUREMENTS], verdicts=done[VERDICTS], baselines=done[BASELINES])


def _newest(table: sa.Table) -> Callable[[sa.Connection], int]:
    return lambda connection: connection.scalar(sa.select(sa.func.max(table.c.number))) or 0


def _reading(query: sa.Select[Any]) -> Callable[[sa.Connection], Sequence[sa.RowMapping]]:
    return lambda connection: connection.execute(query).mappings().all()


def _adding(table: sa.TableClause, rows: Sequence[_Row], shown: str) -> Callable[[sa.Connection], int]:
    return lambda connection: _add(connection, table, rows, shown)


def _copy(source: Database, target: Database, table: sa.Table, until: int) -> Count:
    plain = _as_stored(table)
    copied = there = 0
    for page in _pages(source, plain, until):
        for row in page:
            target.check_text(row)
        new = target.do(_adding(plain, page, target.shown), write=True)
        copied += new
        there += len(page) - new
    return Count(copied=copied, there=there)


def _as_stored(table: sa.Table) -> sa.TableClause:
    """The table with packed columns as the bytes that they are: nothing is unpacked to be packed again."""
    return sa.table(
        table.name,
        *(
            sa.column(column.name, sa.LargeBinary() if isinstance(column.type, Packed) else column.type)
            for column in table.c
        ),
    )


def _pages(source: Database, table: sa.TableClause, until: int) -> Iterator[list[_Row]]:
    """Rows up to number `until` in the order of writing, each without its number, `PAGE` at a time."""
    last = 0
    while last < until:
        number = table.c.number
        query = sa.select(table).where(number > last, number <= until).order_by(number).limit(PAGE)
        rows = source.do(_reading(query))
        if not rows:
            return
        last = rows[-1]["number"]
        yield [{name: value for name, value in row.items() if name != "number"} for row in rows]


def _add(connection: sa.Connection, table: sa.TableClause, rows: Sequence[_Row], shown: str) -> int:
    """Write those that are not there, and say how many; a commit that is repeated finds its rows."""
    query = sa.select(table).where(table.c.id.in_([row["id"] for row in rows]))
    there = {found["id"]: found for found in connection.execute(query).mappings()}
    for row in rows:
        if (found := there.get(row["id"])) is not None and (other := _other(row, found)):
            raise StoreError(
                f"{shown}: {table.name} {row['id']} has another {', '.join(other)} than in the source",
                remedy="nothing is replaced: find out which of the two stores was tampered with",
            )
    missing = [row for row in rows if row["id"] not in there]
    if missing:
        connection.execute(sa.insert(table), missing)
    return len(missing)


def _other(row: _Row, found: Mapping[Any, Any]) -> list[str]:
    """The columns in which two rows differ."""
    return [name for name, value in row.items() if not _same(value, found[name])]


def _same(first: Any, second: Any) -> bool:
    if isinstance(first, bytes):  # another zlib may pack the same into other bytes
        return first == second or _unpacked(first) == _unpacked(second)
    if isinstance(first, dict | list):
        return json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)
    return bool(first == second)


def _unpacked(packed: bytes) -> bytes:
    try:
        return zlib.decompress(packed)
    except zlib.error:
        return packed
