"""What happens when a store is opened: its tables are made, migrated, or found to be somebody else's."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import exc

from harness.errors import StoreError
from harness.store import migrations, urls
from harness.store.database import Database, Refused
from harness.store.schema import FIRST, META, TABLES, VERSION
from harness.store.troubles import REMEDY


def prepare(database: Database, *, existing: bool) -> None:
    """Make the tables in an empty database, and migrate those of an older version.

    Raises `StoreError` for other tables, for a version that is not known, for a store of an older version
    that cannot be written, and with `existing` for an empty database on a server; without it for one that
    cannot be written, before anything is measured for it.
    """

    def version(connection: sa.Connection) -> int | None:
        return _version(connection, database.shown)

    def bring_up(connection: sa.Connection) -> None:
        found = version(connection)  # looked again, now that nobody else can write
        if found is None:
            TABLES.create_all(connection, checkfirst=False)
            connection.execute(META.insert(), {"key": "schema_version", "value": str(VERSION)})
        elif found < VERSION:
            migrations.migrate(connection, found)

    found = database.do(version)
    if found == VERSION:
        if not existing and database.kind == "sqlite":  # a server's rights differ from table to table
            database.do(_write_nothing, write=True)
        return
    if found is None and existing and database.kind != "sqlite":
        raise urls.no_results(database.url)
    try:
        database.do(bring_up, write=True)
    except (exc.IntegrityError, StoreError) as problem:
        # Where CREATE TABLE waits for nobody, another process may have been quicker.
        if database.do(version) == VERSION:
            return
        if found is not None and isinstance(problem, Refused):
            raise StoreError(
                f"{database.shown}: found schema version {found}, expected {VERSION}, "
                f"and it could not be migrated: {problem.sentence}",
                remedy=f"open it once where it may be written (a copy will do), or {REMEDY}",
            ) from problem
        raise


def _write_nothing(connection: sa.Connection) -> None:
    """Write a row as it is, and take it back: a transaction alone begins where nothing can be written."""
    with connection.begin_nested() as attempt:
        connection.execute(META.update().values(value=META.c.value))
        attempt.rollback()


def _version(connection: sa.Connection, shown: str) -> int | None:
    """The schema version, 1 to ours; None in an empty database. Raises `StoreError` for any other."""
    names = set(sa.inspect(connection).get_table_names())
    if not names:
        return None
    if not names >= FIRST:
        raise StoreError(
            f"{shown}: found a database with other tables ({', '.join(sorted(names))}), "
            "expected a results store or an empty database",
            remedy=REMEDY,
        )
    version = connection.scalar(sa.select(META.c.value).where(META.c.key == "schema_version"))
    number = int(version) if version is not None and version.isdecimal() else 0
    if not 1 <= number <= VERSION:
        advice = "upgrade zoocheck" if number > VERSION else "read it with the zoocheck that wrote it"
        raise StoreError(
            f"{shown}: found schema version {version}, expected {VERSION}", remedy=f"{advice}, or {REMEDY}"
        )
    return number
