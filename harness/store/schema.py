"""What results look like in a database: tables, their triggers, and records as rows.

``measurements`` has a column for every field of `Measurement` and of its `Provenance`, ``verdicts`` one
for every field of `Verdict`. Nested fields are JSON. `raw` is its JSON, UTF-8, compressed by zlib:
100,000 latencies take 0.35 MB, as much as packed integers would. Floats come back to the last bit,
except that SQLite's plain columns (a verdict's numbers) keep no sign of a zero. ``baselines`` names runs to
hold others against.

Results that replace each other share a key (`replaces_key`), by which an index holds them in the order of
writing: the latest of each is found in as many steps as there are keys, however many results there are.

What is changed here needs another `VERSION` and a step in `harness.store.migrations`.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from harness.decoding import Undecodable, json_value
from harness.domain.measurements import Measurement, Provenance, Verdict, kind_today
from harness.errors import RecordError
from harness.records import from_decoded, to_json

VERSION = 5
FIRST = frozenset({"meta", "measurements", "verdicts"})  # the tables that every version has


class Packed(sa.types.TypeDecorator[Any]):
    """JSON compressed by zlib. The length makes MySQL choose a type that holds it."""

    impl = sa.LargeBinary(2**32 - 1)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> bytes:
        """To the database."""
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return zlib.compress(text.encode())

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        """From the database. Raises `RecordError` for bytes that were never written by us."""
        try:
            return json_value(zlib.decompress(value))
        except (zlib.error, Undecodable) as problem:
            raise RecordError(f"raw: the packed samples cannot be read: {problem}") from problem


# PostgreSQL would hold strings to their length and sort them by its locale, and integers to 32 bits; SQLite
# does none of that.
_TEXT = sa.String(255).with_variant(sa.Text(collation="C"), "postgresql")
_LONG_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_COUNT = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def _text(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, _TEXT, **{"nullable": False} | options)


def _json(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(none_as_null=True), nullable=nullable)


TABLES = sa.MetaData()
META = sa.Table("meta", TABLES, _text("key", primary_key=True), _text("value"))
MEASUREMENTS = sa.Table(
    "measurements",
    TABLES,
    sa.Column("number", sa.Integer, primary_key=True),  # the order of writing
    _text("id", unique=True),
    _text("run", index=True),
    _text("created"),
    _text("case", index=True),
    _text("kind"),
    _text("check", server_default=""),
    _text("origin"),
    _text("target"),
    _text("weights"),
    _text("weights_sha256"),
    _text("data", nullable=True),
    _text("data_sha256", nullable=True),
    _text("protocol", nullable=True),
    sa.Column("limit", _COUNT),
    _text("artifact", nullable=True),
    _text("backend"),
    _text("git_revision", nullable=True),
    sa.Column("samples", _COUNT, nullable=False),
    _json("metrics"),
    _json("intervals"),
    _json("stages_s"),
    _json("detail"),
    _json("machine"),
    _json("versions"),
    sa.Column("raw", Packed, nullable=False),
)


def series_key(table: str = "") -> str:
    """SQL: one text for the series of a row of ``measurements``, which a query calls `table`.

    No key begins with another one: what may be any text has its length before it.
    """
    words = ("kind", "origin", "weights", "data", "protocol", "limit")  # of ours, and a number
    return _joined(table, words=words, texts=("check", "case"))


def replaces_key(table: str = "") -> sa.ColumnElement[str]:
    """One text for series, target and backend, as the index of it has them: `series_key`, and more behind it.

    Results that share it replace each other; those of another backend or target hide none.
    """
    key = f"({series_key(table)} || '|' || {_joined(table, words=(), texts=('target', 'backend'))})"
    return sa.literal_column(key, sa.Text())


def _joined(table: str, *, words: Sequence[str], texts: Sequence[str]) -> str:
    of = f"{table}." if table else ""
    parts = [f"""coalesce(CAST({of}"{name}" AS TEXT), '')""" for name in words]
    parts += [f'CAST(length({of}"{name}") AS TEXT)' for name in texts]
    parts += [f'{of}"{name}"' for name in texts]
    return " || '|' || ".join(parts)


sa.Index("ix_measurements_began", MEASUREMENTS.c.run, MEASUREMENTS.c.created)
sa.Index("ix_measurements_replaces", replaces_key(), MEASUREMENTS.c.number)

VERDICTS = sa.Table(
    "verdicts",
    TABLES,
    sa.Column("number", sa.Integer, primary_key=True),
    _text("id", unique=True),
    sa.Column("measurement", _TEXT, sa.ForeignKey(MEASUREMENTS.c.id), nullable=False, index=True),
    _text("judged"),  # ISO 8601, UTC
    _text("kind"),
    _text("basis", nullable=True),
    _text("metric", nullable=True),
    sa.Column("measured", sa.Double),
    sa.Column("expected", sa.Double),
    _text("unit", nullable=True),
    sa.Column("tolerance", sa.Double),
    _json("reference", nullable=True),
    sa.Column("message", _LONG_TEXT, nullable=False),
)
BASELINES = sa.Table(
    "baselines",
    TABLES,
    sa.Column("number", sa.Integer, primary_key=True),
    _text("id", unique=True),
    _text("name", index=True),
    _text("machine"),  # `harness.machine.fingerprint.machine_key` of the fingerprint that it is for
    _text("run"),
    _text("created"),  # ISO 8601, UTC
    _text("action"),  # set or drop
    sa.Column("note", _LONG_TEXT, nullable=False),
)
GROWING = (MEASUREMENTS, VERDICTS, BASELINES)

_PROVENANCE = tuple(item.name for item in fields(Provenance))
_MEASUREMENT = tuple(item.name for item in fields(Measurement) if item.name != "provenance")
_VERDICT = tuple(item.name for item in fields(Verdict))


def only_grows(table: str, dialect: str) -> tuple[str, ...]:
    """The statements that have a database refuse whatever changes `table` or takes from it.

    SQLite: every UPDATE, DELETE and INSERT OR REPLACE; PostgreSQL: UPDATE, DELETE, TRUNCATE and ON CONFLICT
    DO UPDATE. Both call it a violated constraint. Other databases have no such statements here.
    """
    what = "only grows: nothing in it changes or goes"
    if dialect == "sqlite":
        refuse = f"SELECT RAISE(ABORT, 'the table {table} {what}')"
        taken = f"SELECT 1 FROM {table} WHERE id = NEW.id OR number = NEW.number"  # noqa: S608
        events = (
            ("update", f"BEFORE UPDATE ON {table}"),
            ("delete", f"BEFORE DELETE ON {table}"),
            # REPLACE deletes without asking the trigger above.
            ("replace", f"BEFORE INSERT ON {table} WHEN EXISTS ({taken})"),
        )
        return tuple(f"CREATE TRIGGER {table}_no_{name} {when} BEGIN {refuse}; END" for name, when in events)
    if dialect == "postgresql":
        return (
            "CREATE OR REPLACE FUNCTION zoocheck_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"RAISE EXCEPTION USING MESSAGE = 'the table ' || TG_TABLE_NAME || ' {what}', "
            "ERRCODE = 'integrity_constraint_violation'; END $$",
            f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION zoocheck_only_grows()",
        )
    return ()


def _guard(table: sa.Table, connection: sa.Connection, **_: Any) -> None:
    for statement in only_grows(table.name, connection.dialect.name):
        connection.exec_driver_sql(statement)


for _table in GROWING:
    event.listen(_table, "after_create", _guard)


def measurement_row(measurement: Measurement) -> dict[str, Any]:
    """A measurement as a row of its table, but for the number. Raises `RecordError` as `to_json` does."""
    row = to_json(measurement)
    provenance: dict[str, Any] = row.pop("provenance")
    return row | provenance


def to_measurement(row: Mapping[Any, Any]) -> Measurement:
    """A row of ``measurements`` as the record it was made from."""
    provenance = {name: row[name] for name in _PROVENANCE}
    measurement = {name: row[name] for name in _MEASUREMENT}
    return from_decoded(Measurement, measurement | {"provenance": provenance})


def verdict_columns() -> list[sa.Label[Any]]:
    """The columns of ``verdicts`` under names that no column of ``measurements`` has."""
    return [column.label(f"verdict_{column.name}") for column in VERDICTS.c]


def to_verdict(row: sa.RowMapping) -> Verdict | None:
    """The `verdict_columns` of a row as the record they were made from; None where there is no verdict.

    A row of before there was ``survives`` stays as it was written and is read in today's words: the tables
    only grow, and a process of an older zoocheck may still be writing.
    """
    if row["verdict_id"] is None:
        return None
    return as_verdict({name: row[f"verdict_{name}"] for name in _VERDICT})


def as_verdict(row: Mapping[Any, Any]) -> Verdict:
    """A row of ``verdicts`` as the record it was made from. Raises `RecordError` for what is none."""
    recorded = {name: row[name] for name in _VERDICT}
    return from_decoded(Verdict, {**recorded, "kind": kind_today(recorded["kind"], recorded["basis"])})
