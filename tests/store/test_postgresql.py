"""The store on a PostgreSQL server: what is asked of it, what is wrong with it, and what passes."""

from __future__ import annotations

import dataclasses
import re
import sys
from typing import Any

import pytest
import sqlalchemy as sa
from databases import bare, server
from store_samples import MEASUREMENT, VERDICT, ids, make

from harness.errors import RecordError, StoreError
from harness.store import database
from harness.store.database import Database
from harness.store.results import Store

NOBODY = "postgresql://me:secret@nowhere.invalid/results"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nothing."""
    monkeypatch.setattr(database, "RESTART_PAUSE_S", 0.0)
    monkeypatch.setattr(database.time, "sleep", lambda _: None)


class TestUrl:
    @pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
    def test_every_spelling_means_psycopg_3(self, server_url: str, scheme: str):
        """The plain URL needs no other driver than the one that the extra installs."""
        url = server_url.replace("postgresql:", f"{scheme}:")
        Store(url).add(MEASUREMENT)
        assert ids(Store(server_url).results()) == ["0001"]
        assert Database(url).url.drivername == "postgresql+psycopg"

    def test_the_password_is_not_shown(self, server_url: str):
        """Neither before the @ nor in the query, where libpq takes it too."""
        password = re.findall(r":([^:@/]+)@", server_url)[0]
        inside = server_url.replace(f":{password}@", "@") + f"&password={password}"
        for url in (server_url, inside):
            store = Store(url)
            assert password not in store.shown
            assert re.search(r"^postgresql://zoocheck(:\*\*\*)?@", store.shown)
            with pytest.raises(StoreError) as caught:
                store.judge("0009", VERDICT)
            assert password not in str(caught.value)

    @pytest.mark.parametrize(
        "text", ["postgresql//me:secret@host/results", "postgresql://me:secret@host:high/results"]
    )
    def test_a_mistyped_url_does_not_show_it_either(self, text: str):
        """A missing colon, and a port that is none."""
        with pytest.raises(StoreError, match=r"\.\.\.@host.*/results'?: found no database URL") as caught:
            Store(text)
        assert "secret" not in str(caught.value)

    def test_a_missing_driver(self, monkeypatch: pytest.MonkeyPatch):
        """Which extra has it."""
        monkeypatch.setitem(sys.modules, "psycopg", None)
        words = r"needs the Python package psycopg; install it \(pip install 'zoocheck\[postgresql\]'\)"
        with pytest.raises(StoreError, match=words) as caught:
            Store(NOBODY)
        assert "secret" not in str(caught.value)


class TestOutOfReach:
    @pytest.mark.parametrize(
        ("pattern", "other", "words"),
        [
            (r":[^:@]+@", ":wrong-secret@", r"user or password is wrong .*PGPASSWORD or ~/\.pgpass"),
            (r"//[^:]+:[^@]+@", "//nobody-here:wrong-secret@", "user or password is wrong"),
            (r"/postgres$", "/nothing_here", r"has no such database .*make it \(createdb\)"),
            (r"@[^/]+/", "@nowhere.invalid/", "the host is unknown .*check its name"),
            (r":\d+/", ":1/", "no server listens there .*start PostgreSQL, or check host and port"),
        ],
        ids=["password", "user", "database", "host", "down"],
    )
    def test_is_one_sentence_with_a_remedy(self, pattern: str, other: str, words: str):
        """What is wrong, the server's own words, what to do; no password and no second line."""
        url = re.sub(pattern, other, server())
        with pytest.raises(StoreError, match=f"{words}.*, or choose another store with --results") as caught:
            Store(url)
        text = str(caught.value)
        assert "\n" not in text
        assert "wrong-secret" not in text
        assert not any(word in text for word in re.findall(r"[0-9a-f]{32}", server()))

    def test_a_schema_that_is_not_there(self):
        """A search path that leads nowhere is named as that."""
        with pytest.raises(StoreError, match=r"there is no such schema.*make it \(CREATE SCHEMA\)"):
            Store(f"{server()}?options=-csearch_path%3Dnot_made_yet")

    def test_a_reader_makes_nothing(self, server_url: str):
        """An empty database has no results yet, and stays empty."""
        with pytest.raises(StoreError, match="the database is empty, so no results yet"):
            Store(server_url, existing=True)
        with bare(server_url) as connection:
            query = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"
            assert connection.execute(query).fetchall() == [(0,)]

    def test_who_may_only_read(self, server_url: str):
        """Reads; a write is a sentence."""
        Store(server_url).add(MEASUREMENT)
        reader = Store(f"{server_url}%20-cdefault_transaction_read_only%3Don", existing=True)
        assert ids(reader.results()) == ["0001"]
        with pytest.raises(StoreError, match=r"cannot be written .*name the primary server"):
            reader.add(make(2))

    def test_who_has_no_rights(self, server_url: str):
        """A user whom nobody gave anything is told what is missing: first the schema, then its tables."""
        Store(server_url).add(MEASUREMENT)
        other = f"{server_url}%20-crole%3Dpg_monitor"
        with pytest.raises(StoreError, match=r"or this user may not use it .*have its owner GRANT its use"):
            Store(other)
        with bare(server_url) as connection:
            [(schema,)] = connection.execute("SELECT current_schema()").fetchall()
            connection.execute(f"GRANT USAGE ON SCHEMA {schema} TO pg_monitor")
        with pytest.raises(StoreError, match=r"this user may not do that there .*GRANT what is missing"):
            Store(other)


@pytest.mark.usefixtures("impatient")
class TestPassing:
    @pytest.mark.parametrize("state", ["40001", "40P01", "55P03", "57P01"])
    def test_somebody_in_the_way(self, server_url: str, state: str):
        """A serialization failure, a deadlock, a lock and a shutdown: the whole transaction runs again."""
        tries: list[int] = []

        def work(connection: sa.Connection) -> int:
            tries.append(len(tries))
            connection.exec_driver_sql(f"CREATE TABLE attempt_{len(tries)} (x INTEGER)")
            if len(tries) < 3:
                connection.exec_driver_sql(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$")
            return len(tries)

        assert Database(server_url).do(work, write=True) == 3
        with bare(server_url) as connection:
            query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
            assert connection.execute(query).fetchall() == [("attempt_3",)]

    def test_a_connection_lost_on_the_way(self, server_url: str):
        """The server ends it in the middle: the next one is whole, and nothing is doubled."""
        store = Store(server_url)
        ended: list[int] = []
        original = store._database.do

        def do(work: Any, *, write: bool = False) -> Any:
            def cut(connection: sa.Connection) -> Any:
                found = work(connection)
                if not ended:
                    ended.append(1)
                    with bare(server_url) as other:
                        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
                        other.execute(f"SELECT pg_terminate_backend({pid}, 5000)")
                return found

            return original(cut, write=write)

        store._database.do = do  # type: ignore[method-assign]
        store.add(MEASUREMENT)
        assert ended
        assert ids(Store(server_url).results()) == ["0001"]

    def test_a_server_that_starts_again(self, server_url: str, monkeypatch: pytest.MonkeyPatch):
        """Who has reached it once tries again when it is gone; who never has is told at once."""
        import psycopg

        store, connect, refused = Store(server_url), psycopg.connect, []

        def flaky(*arguments: Any, **options: Any) -> Any:
            if len(refused) < 2:
                refused.append(1)
                raise psycopg.OperationalError("connection failed: Connection refused\n\tIs it running?")
            return connect(*arguments, **options)

        with monkeypatch.context() as patch:
            patch.setattr(psycopg, "connect", flaky)
            store.add(MEASUREMENT)
            assert len(refused) == 2
            assert ids(store.results()) == ["0001"]
            refused.clear()
            with pytest.raises(StoreError, match="no server listens there"):
                Store(server_url)
            assert len(refused) == 1

    def test_a_server_that_stays_away(self, server_url: str, monkeypatch: pytest.MonkeyPatch):
        """Ends with the reason, not with a wait for ever."""
        import psycopg

        store = Store(server_url)

        def refuse(*_: Any, **__: Any) -> Any:
            raise psycopg.OperationalError("connection failed: Connection refused\n\tIs it running?")

        with monkeypatch.context() as patch:
            patch.setattr(psycopg, "connect", refuse)
            with pytest.raises(StoreError, match="no server listens there"):
                store.add(MEASUREMENT)


class TestText:
    def test_nul_in_text_is_refused_by_name(self, server_url: str):
        """PostgreSQL's text has no NUL: the field is named, and nothing is written."""
        store = Store(server_url)
        with pytest.raises(RecordError, match=r"run: found 'a\\x00b', expected text without NUL"):
            store.add(make(run="a\0b"))
        store.add(MEASUREMENT)
        with pytest.raises(RecordError, match="message: found"):
            store.judge(MEASUREMENT.id, dataclasses.replace(VERDICT, message="a\0b"))
        with pytest.raises(RecordError, match="note: found"):
            store.set_baseline("good", "machine", MEASUREMENT.run, note="a\0b")
        assert [(item.measurement, item.verdict) for item in store.results()] == [(MEASUREMENT, None)]

    def test_nul_in_text_is_kept_by_sqlite(self, file_url: str):
        """SQLite holds it."""
        store = Store(file_url)
        store.add(make(run="a\0b"))
        assert store.results(run="a\0b")[0].measurement.run == "a\0b"

    def test_nul_in_json_is_kept(self, url: str):
        """JSON spells it, so both databases hold it, and the summary does not stumble over it."""
        store = Store(url)
        one = make(detail={"a\0": "\0"}, metrics={"\0": -0.0, "tiny": 1e-320}, machine={"cpu": "\0"})
        store.add(one)
        [found] = store.results()
        assert found.measurement == one
        assert found.measurement.metrics["\0"].hex() == "-0x0.0p+0"
        assert [item.id for item in store.info().hosts] == [None]

    def test_text_of_any_length(self, url: str):
        """Neither database cuts or refuses what is longer than the type's 255."""
        store = Store(url)
        one = make(git_revision="无" * 1000, target="x" * 5000)
        store.add(one)
        assert store.results()[0].measurement == one

    def test_counts_of_more_than_32_bits(self, url: str):
        """Nor large numbers."""
        store = Store(url)
        store.add(make(samples=2**40, limit=2**41))
        assert store.results()[0].measurement.samples == 2**40
