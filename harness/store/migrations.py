"""From the schema of an older zoocheck to this one's, a step a version.

Each step runs in the transaction that also writes the new version, so that a store is of one version or the
other, never between. Its statements are spelled out here and not taken from `harness.store.schema`, which
goes on changing. It keeps every row. What processes of the older version write that are still running must go
on fitting: a new column has a default.

To add one: raise `VERSION` in `harness.store.schema`, append a function to `STEPS`.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from harness.store.schema import META, only_grows

Step = Callable[[sa.Connection], None]


def to_2(connection: sa.Connection) -> None:
    """The column `check`, and the table of baselines.

    PostgreSQL, too, now refuses what changes a row, and holds text and counts as long as SQLite does.
    """
    server = connection.dialect.name == "postgresql"
    text, long_text = ('TEXT COLLATE "C"',) * 2 if server else ("VARCHAR(255)", "TEXT")
    if server:
        _widen(connection)
        for table in ("measurements", "verdicts"):
            _do(connection, *only_grows(table, "postgresql"))
    _do(
        connection,
        f"""ALTER TABLE measurements ADD COLUMN "check" {text} DEFAULT '' NOT NULL""",
        f"CREATE TABLE baselines (number {'SERIAL' if server else 'INTEGER'} NOT NULL, id {text} NOT NULL, "
        f"name {text} NOT NULL, machine {text} NOT NULL, run {text} NOT NULL, created {text} NOT NULL, "
        f"action {text} NOT NULL, note {long_text} NOT NULL, PRIMARY KEY (number), UNIQUE (id))",
        "CREATE INDEX ix_baselines_name ON baselines (name)",
        *only_grows("baselines", connection.dialect.name),
    )


def to_3(connection: sa.Connection) -> None:
    """Verdicts may be ``survives``, which an older zoocheck cannot read: it refuses the store by its version.

    Rows stay as they are; `harness.store.schema.to_verdict` reads the older word.
    """


def to_4(connection: sa.Connection) -> None:
    """Documented values have settings, which an older zoocheck refuses as keys that it does not know.

    Rows stay as they are: what they do not tell is not told.
    """


def to_5(connection: sa.Connection) -> None:
    """The indexes by which the latest result of every series is found, and when every run began."""
    words = ("kind", "origin", "weights", "data", "protocol", "limit")
    parts = [f"""coalesce(CAST("{name}" AS TEXT), '')""" for name in words]
    for texts in (("check", "case"), ("target", "backend")):
        parts += [f'CAST(length("{name}") AS TEXT)' for name in texts]
        parts += [f'"{name}"' for name in texts]
    key = " || '|' || ".join(parts)
    _do(
        connection,
        "CREATE INDEX ix_measurements_began ON measurements (run, created)",
        f"CREATE INDEX ix_measurements_replaces ON measurements (({key}), number)",
    )


# STEPS[n - 1] takes a store of version n to n + 1.
STEPS: tuple[Step, ...] = (to_2, to_3, to_4, to_5)


def migrate(connection: sa.Connection, found: int) -> None:
    """Take a store of version `found` to the newest, in the caller's transaction."""
    for step in STEPS[found - 1 :]:
        step(connection)
    newest = str(len(STEPS) + 1)
    connection.execute(META.update().where(META.c.key == "schema_version").values(value=newest))


def _do(connection: sa.Connection, *statements: str) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)


def _widen(connection: sa.Connection) -> None:
    """PostgreSQL: text of any length, sorted by its bytes, and counts of 64 bits."""
    columns = connection.exec_driver_sql(
        "SELECT table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND (table_name IN ('meta', 'measurements', 'verdicts') "
        "AND data_type IN ('character varying', 'text') "
        "OR table_name = 'measurements' AND column_name IN ('samples', 'limit'))"
    ).all()
    changes: dict[str, list[str]] = {}
    for table, column, kind in columns:
        wider = "BIGINT" if kind == "integer" else 'TEXT COLLATE "C"'
        changes.setdefault(table, []).append(f'ALTER COLUMN "{column}" TYPE {wider}')
    # The foreign key is of one type with what it points to at every moment.
    _do(connection, "ALTER TABLE verdicts DROP CONSTRAINT verdicts_measurement_fkey")
    _do(connection, *(f"ALTER TABLE {table} {', '.join(of)}" for table, of in changes.items()))
    _do(
        connection,
        "ALTER TABLE verdicts ADD CONSTRAINT verdicts_measurement_fkey "
        "FOREIGN KEY (measurement) REFERENCES measurements (id)",
    )
