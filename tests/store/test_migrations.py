"""A store of version 1, as its code left it, opened by this version: what is kept, and what may go wrong.

``version_1.sql`` is sqlite3's dump of a store that the code of version 1 wrote: three measurements and three
verdicts, with packed raw samples, the smallest floats, and text of all kinds.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from databases import bare, file_of, place, refusals
from store_samples import ERROR, make

from harness.domain.measurements import VerdictKind
from harness.domain.metrics import Metric
from harness.errors import StoreError
from harness.store import migrations, schema
from harness.store.results import Store

DUMP = (Path(__file__).parent / "version_1.sql").read_text(encoding="utf-8")
OLD_COLUMNS = {  # in the order of version 1
    "measurements": [
        "number", "id", "run", "created", "case", "kind", "origin", "target", "weights", "weights_sha256",
        "data", "data_sha256", "protocol", "limit", "artifact", "backend", "git_revision", "samples",
        "metrics", "intervals", "stages_s", "detail", "machine", "versions", "raw",
    ],
    "verdicts": [
        "number", "id", "measurement", "judged", "kind", "basis", "metric", "measured", "expected", "unit",
        "tolerance", "reference", "message",
    ],
}  # fmt: skip
OPENER = """
import sys, time
from pathlib import Path
from harness.store.results import Store
Path(sys.argv[2] + ".ready").touch()
while not Path(sys.argv[3]).exists():
    time.sleep(0.002)
Store(sys.argv[1])
"""
# Dies behind the last statement of the last step, before the version is written.
KILLED = """
import os, signal, sys
from harness.store.results import Store
from harness.store import migrations
migrations.STEPS += (lambda connection: os.kill(os.getpid(), signal.SIGKILL),)
Store(sys.argv[1])
"""


def write_old(url: str) -> None:
    """Make a store of version 1 at `url`; on a server with the types and without the triggers of there."""
    if url.startswith("sqlite"):
        file_of(url).parent.mkdir(parents=True, exist_ok=True)
        with bare(url) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(DUMP)
        return
    text = re.sub(r"X'([0-9A-F]*)'", r"'\\x\1'", DUMP)
    for old, new in (
        ("number INTEGER NOT NULL", "number SERIAL NOT NULL"),
        ("raw BLOB", "raw BYTEA"),
        (" DOUBLE,", " DOUBLE PRECISION,"),
    ):
        assert old in text
        text = text.replace(old, new)
    kept = [statement for statement in text.split(";\n") if not statement.startswith("CREATE TRIGGER")]
    with bare(url) as connection:
        for statement in kept:
            connection.execute(statement)
        for table in OLD_COLUMNS:
            connection.execute(f"SELECT setval('{table}_number_seq', (SELECT max(number) FROM {table}))")


def rows(url: str) -> dict[str, list[Any]]:
    """Every byte that version 1 wrote, JSON as the text that it is."""
    found = {}
    with bare(url) as connection:
        for table, names in OLD_COLUMNS.items():
            json = {"metrics", "intervals", "stages_s", "detail", "machine", "versions", "reference"}
            columns = ", ".join(f'CAST("{n}" AS TEXT)' if n in json else f'"{n}"' for n in names)
            query = f"SELECT {columns} FROM {table} ORDER BY number"
            found[table] = [tuple(row) for row in connection.execute(query).fetchall()]
    return found


def version(url: str) -> str:
    with bare(url) as connection:
        return connection.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchall()[0][0]


def shape(url: str) -> dict[str, Any]:
    """Tables with columns, keys, indexes and triggers, whatever the order of columns."""
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    found: dict[str, Any] = {}
    inspector = sa.inspect(engine)
    for table in inspector.get_table_names():
        columns = {
            item["name"]: (
                str(item["type"]), getattr(item["type"], "collation", None), item["nullable"],
                str(item["default"]).replace("''::text", "''"),
            )
            for item in inspector.get_columns(table)
        }  # fmt: skip
        found[table] = (
            columns,
            inspector.get_pk_constraint(table)["constrained_columns"],
            sorted((item["name"], item["column_names"]) for item in inspector.get_indexes(table)),
            sorted(item["column_names"] for item in inspector.get_unique_constraints(table)),
            [
                (item["constrained_columns"], item["referred_table"])
                for item in inspector.get_foreign_keys(table)
            ],
        )
    engine.dispose()
    with bare(url) as connection:
        if url.startswith("sqlite"):
            query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
            indexes = "SELECT name, sql FROM sqlite_master WHERE type = 'index' ORDER BY name"
        else:
            indexes = "SELECT indexname, replace(indexdef, current_schema() || '.', '') FROM pg_indexes "
            indexes += "WHERE schemaname = current_schema() ORDER BY indexname"
            query = (
                "SELECT tgname, tgrelid::regclass::text, tgtype FROM pg_trigger JOIN pg_class ON "
                "pg_class.oid = tgrelid WHERE NOT tgisinternal "
                "AND relnamespace = current_schema()::regnamespace "
                "ORDER BY tgname"
            )
        found["indexes"] = connection.execute(indexes).fetchall()
        found["triggers"] = connection.execute(query).fetchall()
    return found


@pytest.fixture
def old(url: str) -> str:
    """A store of version 1 on either database."""
    write_old(url)
    return url


def test_there_is_a_step_from_each_version_to_the_next():
    """The newest version is what the last step leads to."""
    assert len(migrations.STEPS) + 1 == schema.VERSION


def test_every_row_and_byte_is_kept(old: str):
    """What version 1 wrote is there to the byte, and reads as it did; the new column is empty."""
    before = rows(old)
    assert [len(found) for found in before.values()] == [3, 3]
    store = Store(old)
    assert version(old) == str(schema.VERSION)
    assert rows(old) == before
    first, second, third = store.results()
    assert [item.measurement.check for item in (first, second, third)] == ["", "", ""]
    assert first.verdict is not None
    assert (first.verdict.kind, first.verdict.measured) == (VerdictKind.FALLS_SHORT, 80.0458715596)
    assert first.verdict.reference is not None
    assert first.verdict.reference.source.table == "精度"
    assert first.measurement.stages_s["tiny"] == 1e-320
    assert first.measurement.stages_s["zero"].hex() == "-0x0.0p+0"
    assert first.measurement.detail == {"flips": 3, "文": "无 it's", "nul": "a\0b", "shared": None}
    assert second.measurement.metrics == {Metric.THROUGHPUT: 5871.86}
    assert len(second.measurement.raw["latencies_ns"]) == 200
    assert (second.verdict, third.verdict) == (None, ERROR)


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_a_migrated_store_is_like_a_new_one(old: str, tmp_path: Path):
    """The same tables, types, defaults, keys, indexes and triggers."""
    Store(old)
    with place(old.partition(":")[0], tmp_path / "new") as url:
        Store(url)
        assert shape(old) == shape(url)


def test_a_migrated_store_goes_on_and_only_grows(old: str):
    """Numbers go on, baselines can be set, nothing can be changed."""
    store = Store(old)
    store.add(make(4, check="batch order"))
    store.judge("0002", ERROR)
    assert store.results()[-1].measurement == make(4, check="batch order")
    assert store.results()[1].verdict == ERROR
    baseline = store.set_baseline("good", "0123", "run-1")
    assert Store(old).baselines() == [baseline]
    for table in ("measurements", "verdicts", "baselines"):
        with bare(old) as connection, pytest.raises(refusals(old), match=f"the table {table} only grows"):
            connection.execute(f"DELETE FROM {table}")


def test_who_still_runs_version_1_goes_on_writing(old: str):
    """A row without the new column fits."""
    Store(old)
    names = ", ".join(f'"{name}"' for name in OLD_COLUMNS["measurements"][1:])
    with bare(old) as connection:
        connection.execute(
            f"INSERT INTO measurements ({names}) SELECT "
            + names.replace('"id"', "'0009'")
            + " FROM measurements WHERE id = '0001'"
        )
    found = {item.measurement.id: item.measurement for item in Store(old).results()}
    assert (found["0009"].check, found["0009"].raw) == ("", found["0001"].raw)


def test_a_migration_that_is_killed_changed_nothing(old: str):
    """Killed behind its last statement it leaves all of version 1; the next one to open it migrates."""
    before, was = rows(old), shape(old)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, old], env=_environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert (version(old), rows(old), shape(old)) == ("1", before, was)
    assert len(Store(old).results()) == 3
    assert (version(old), rows(old)) == (str(schema.VERSION), before)


def test_two_that_open_it_at_once(old: str, tmp_path: Path):
    """One migrates, the other waits and finds it done."""
    before = rows(old)
    go = tmp_path / "go"
    argv = [sys.executable, "-W", "error", "-c", OPENER, old]
    processes = [
        subprocess.Popen([*argv, str(tmp_path / name), str(go)], env=_environment()) for name in ("a", "b")
    ]
    try:
        while not all((tmp_path / f"{name}.ready").exists() for name in ("a", "b")):
            assert [process.poll() for process in processes].count(None) == 2
        go.touch()
        assert [process.wait(60) for process in processes] == [0, 0]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert (version(old), rows(old)) == (str(schema.VERSION), before)


def test_a_step_that_fails_leaves_the_old_version(old: str, monkeypatch: pytest.MonkeyPatch):
    """What the database refuses is said with both versions, and no statement of the step stays."""

    def half(connection: sa.Connection) -> None:
        migrations.to_2(connection)
        connection.exec_driver_sql("CREATE TABLE baselines (x INTEGER)")

    monkeypatch.setattr(migrations, "STEPS", (half,))
    was = shape(old)
    words = r"found schema version 1, expected 5, and it could not be migrated: .*already exists"
    with pytest.raises(StoreError, match=words):
        Store(old)
    assert shape(old) == was


def test_a_file_that_may_only_be_read(file_url: str):
    """Is named as what it is, with a way out, and left as it was."""
    write_old(file_url)
    words = r"found schema version 1, expected 5, .*migrated: cannot be written .*a copy will do"
    with pytest.raises(StoreError, match=words):
        Store(f"sqlite:///file:{file_of(file_url)}?mode=ro&uri=true", existing=True)
    assert version(file_url) == "1"


def test_a_server_that_may_only_be_read(server_url: str):
    """The same on a read-only copy of a server."""
    write_old(server_url)
    words = r"found schema version 1, expected 5, .*migrated: cannot be written .*a copy will do"
    with pytest.raises(StoreError, match=words):
        Store(f"{server_url}%20-cdefault_transaction_read_only%3Don", existing=True)
    assert version(server_url) == "1"


def test_a_newer_store_is_refused_untouched(old: str):
    """A version that this code does not know is not its to migrate."""
    with bare(old) as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    was = shape(old)
    with pytest.raises(StoreError, match="found schema version 99, expected 5; upgrade zoocheck"):
        Store(old)
    assert shape(old) == was


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
