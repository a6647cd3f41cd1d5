"""What a store holds that nobody has written: which row it is, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from harness.errors import RecordError, StoreError
from harness.store.baselines import Action
from harness.store.database import Damaged, Database
from harness.store.schema import BASELINES, MEASUREMENTS, VERDICTS, as_verdict, to_measurement
from harness.store.troubles import DAMAGE, REMEDY


@contextmanager
def told(database: Database) -> Iterator[None]:
    """Rows are read in here: what is raised becomes `Damaged` with the first row that cannot be read.

    Where every row can, what was raised is no matter of the store's and stays what it was.
    """
    try:
        yield
    except Damaged as problem:
        if row := _row(database):
            problem.add(row)
        raise
    except StoreError:
        raise
    except (RecordError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as problem:
        if not (row := _row(database)):
            raise
        raise Damaged(
            database.shown,
            f"{DAMAGE.sentence}, or written by a newer zoocheck: {row}",
            remedy=f"{DAMAGE.remedy}, or {REMEDY}",
        ) from problem


def _row(database: Database) -> str:
    """The first row that is not what was written, with the reason; empty where none is found."""
    for table, read in _TABLES:
        try:
            numbers = database.do(_all(sa.select(table.c.number).order_by(table.c.number)))
        except StoreError:
            continue
        for (number,) in numbers:
            try:
                (row,) = database.do(_all(sa.select(table).where(table.c.number == number)))
                read(row._mapping)
            except StoreError:  # which the caller tells
                return f"row {number} of {table.name}"
            except Exception as problem:  # of what is damaged a reader raises anything
                return f"row {number} of {table.name}: {problem}"
    return ""


def _all(query: sa.Select[Any]) -> Callable[[sa.Connection], Any]:
    return lambda connection: connection.execute(query).all()


def _baseline(row: Mapping[Any, Any]) -> Action:
    return Action(row["action"])


_TABLES: tuple[tuple[sa.Table, Callable[[Any], Any]], ...] = (
    (MEASUREMENTS, to_measurement),
    (VERDICTS, as_verdict),
    (BASELINES, _baseline),
)
