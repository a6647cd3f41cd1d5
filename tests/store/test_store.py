"""The results store: exact round trips, append-only tables, several processes, and what is refused."""

from __future__ import annotations

import ast
import dataclasses
import itertools
import json
import math
import os
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from databases import KINDS, bare, file_of, place, refusals
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutating import NO_OBJECTS
from privileges import as_nobody
from store_samples import ERROR, MEASUREMENT, REFERENCE, VERDICT, ids, make

from harness.domain.cases import Kind
from harness.domain.datasets import Corpus
from harness.domain.measurements import (
    Basis,
    Interval,
    Measurement,
    Origin,
    Provenance,
    Verdict,
    VerdictKind,
)
from harness.domain.models import Protocol, Weights
from harness.domain.references import Reference
from harness.errors import MachineError, RecordError, StoreError, StoreGone
from harness.records import to_json
from harness.store import database
from harness.store.results import Result, RunSummary, Store
from harness.store.schema import MEASUREMENTS, VERDICTS, measurement_row

REPOSITORY = Path(__file__).resolve().parents[2]

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"))  # NUL: a test of its own
INTEGERS = st.integers(-(2**63), 2**64 - 1)  # what can be read again
# SQLite's REAL columns keep no sign of a zero; the schema says so.
REALS = st.none() | FLOATS.map(lambda value: value + 0.0)
JSON = st.recursive(
    st.none() | st.booleans() | INTEGERS | FLOATS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(st.text(), JSON, max_size=3)

# Waits until everybody is ready, then opens the store, writes its own measurements with their verdicts
# and one that all have in common.
WRITER = """
import dataclasses, json, sys, time
from pathlib import Path
from harness.domain.measurements import Measurement, Verdict
from harness.records import from_json
from harness.store.results import Store

name, url, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
measurement, verdict = json.loads((folder / "records.json").read_text())
measurement, verdict = from_json(Measurement, measurement), from_json(Verdict, verdict)
(folder / f"ready-{name}").touch()
while not (folder / "go").exists():
    time.sleep(0.005)
store = Store(url)
for number in range(50):
    one = dataclasses.replace(measurement, id=f"{name}-{number}", detail={"number": number})
    store.add(one)
    store.judge(one.id, verdict)
    if number == 25:
        store.add(dataclasses.replace(measurement, id="common"))
"""


@pytest.fixture(scope="module", params=KINDS)
def common(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store that grows through all examples of a property."""
    with place(request.param, tmp_path_factory.mktemp("store")) as url:
        yield Store(url)


class TestRoundTrip:
    def test_a_measurement_and_its_verdict(self, store: Store, url: str):
        """Both come back equal, from this store and from one opened afterwards."""
        store.add(MEASUREMENT)
        store.judge(MEASUREMENT.id, VERDICT)
        expected = [Result(measurement=MEASUREMENT, verdict=VERDICT)]
        assert store.results() == expected
        assert Store(url).results() == expected

    def test_in_memory(self):
        """A store without a file works as long as it lives."""
        store = Store("sqlite://")
        store.add(MEASUREMENT)
        store.judge(MEASUREMENT.id, VERDICT)
        assert store.results() == [Result(measurement=MEASUREMENT, verdict=VERDICT)]
        store.close()

    def test_types_come_back(self, store: Store):
        """Enumerations are enumerations again, tuples tuples, None None."""
        ratio = dataclasses.replace(REFERENCE, ratio=("ascend310p", "t4"), value=None)
        store.add(make(data=None, protocol=None, limit=5, artifact=None))
        store.judge("0001", dataclasses.replace(VERDICT, reference=ratio))
        [result] = store.results()
        assert type(result.measurement.kind) is Kind
        assert result.measurement.provenance.data is None
        assert result.measurement.provenance.limit == 5
        assert result.verdict is not None
        assert result.verdict.reference is not None
        assert result.verdict.reference.ratio == ("ascend310p", "t4")

    def test_an_error_without_metrics(self, store: Store):
        """A case that could not be measured has an empty measurement and an error verdict."""
        nothing = make(metrics={}, samples=0, intervals={}, stages_s={}, raw={}, detail={})
        store.add(nothing)
        store.judge(nothing.id, ERROR)
        assert store.results() == [Result(measurement=nothing, verdict=ERROR)]

    def test_a_measurement_is_there_before_its_verdict(self, store: Store):
        """What was measured and not yet judged is a result without a verdict."""
        store.add(MEASUREMENT)
        assert store.results() == [Result(measurement=MEASUREMENT, verdict=None)]

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        metrics=st.dictionaries(st.text(), FLOATS, max_size=4), raw=OBJECTS, detail=OBJECTS, machine=OBJECTS,
        intervals=st.dictionaries(st.text(), st.builds(Interval, low=FLOATS, high=FLOATS), max_size=2),
        stages_s=st.dictionaries(st.text(), FLOATS, max_size=3), samples=st.integers(0, 2**31 - 1),
        kind=st.sampled_from(Kind), origin=st.sampled_from(Origin), weights=st.sampled_from(Weights),
        data=st.none() | st.sampled_from(Corpus), protocol=st.none() | st.sampled_from(Protocol),
        limit=st.none() | st.integers(1, 10**6), artifact=st.none() | TEXT, run=TEXT,
        verdict=st.builds(
            Verdict, measured=REALS, expected=REALS, tolerance=REALS, message=TEXT,
            reference=st.none()
            | st.builds(Reference, digits=INTEGERS, value=st.none() | FLOATS, tolerance=st.none() | FLOATS),
        ).filter(lambda verdict: verdict.kind is not VerdictKind.REPRODUCED or verdict.of_documented),
    )  # fmt: skip
    def test_whatever_is_written_comes_back(self, common: Store, verdict: Verdict, **values: Any):
        """Every field comes back to the last bit and the last character."""
        one = make(id=f"{next(COUNTER)}", case=f"case-{next(COUNTER)}", **values)
        common.add(one)
        common.judge(one.id, verdict)
        [result] = common.results(case=one.case)
        assert json.dumps(to_json(result.measurement)) == json.dumps(to_json(one))
        assert json.dumps(to_json(result.verdict)) == json.dumps(to_json(verdict))

    @pytest.mark.parametrize(
        ("basis", "today"),
        [(Basis.DOCUMENTED, "reproduced"), (Basis.DROP, "survives"), (None, "survives")],
    )
    def test_a_row_of_before_survives_reads_in_todays_words(
        self, store: Store, url: str, basis: Basis | None, today: str
    ):
        """What was no documented number was `reproduced` as well; the row itself stays what it is."""
        store.add(MEASUREMENT)
        kind = VerdictKind.REPRODUCED
        store.judge(MEASUREMENT.id, dataclasses.replace(VERDICT, kind=kind, basis=basis))
        with bare(url) as connection:
            assert connection.execute("SELECT kind FROM verdicts").fetchall() == [("reproduced",)]
        [result] = store.results()
        [number] = store.numbers()
        assert result.verdict == dataclasses.replace(VERDICT, kind=VerdictKind(today), basis=basis)
        assert number.kind == today

    def test_raw_latencies_are_kept_compactly(self, store: Store, url: str):
        """100,000 latencies come back exactly and take less than half of their JSON."""
        latencies = [15_000_000 + (number * 7919) % 1_000_003 for number in range(100_000)]
        store.add(make(raw={"latencies_ns": latencies}))
        assert store.results()[0].measurement.raw == {"latencies_ns": latencies}
        with bare(url) as connection:
            [(size,)] = connection.execute("SELECT length(raw) FROM measurements")
        assert size < len(json.dumps(latencies)) / 2

    def test_every_field_has_a_column(self):
        """A field that a record gains needs a column, and with it another schema version."""
        measurement = {item.name for item in dataclasses.fields(Measurement)} - {"provenance"}
        provenance = {item.name for item in dataclasses.fields(Provenance)}
        assert set(MEASUREMENTS.c.keys()) == measurement | provenance | {"number"}
        verdict = {item.name for item in dataclasses.fields(Verdict)}
        assert set(VERDICTS.c.keys()) == verdict | {"number", "id", "measurement", "judged"}

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"metrics": {"accuracy": math.nan}}, r"metrics\.accuracy: found nan, expected a finite number"),
            ({"stages_s": {"build": math.inf}}, r"stages_s\.build: found inf"),
            ({"intervals": {"f1": Interval(low=-math.inf, high=0.0)}}, r"intervals\.f1\.low: found -inf"),
            ({"detail": {"parity": [math.nan]}}, r"detail\.parity\[0\]: found nan"),
            ({"raw": {"logits": [1.0, math.inf]}}, r"raw\.logits\[1\]: found inf"),
        ],
    )
    def test_nan_and_infinity_are_refused(self, store: Store, changes: dict[str, Any], words: str):
        """Wherever one stands, nothing is written and the message says where it was."""
        with pytest.raises(RecordError, match=words):
            store.add(make(**changes))
        assert store.results() == []

    def test_nan_in_a_verdict_is_refused(self, store: Store):
        """A verdict on NaN is no verdict."""
        store.add(MEASUREMENT)
        with pytest.raises(RecordError, match="measured: found nan"):
            store.judge(MEASUREMENT.id, dataclasses.replace(VERDICT, measured=math.nan))
        assert store.results()[0].verdict is None

    @pytest.mark.parametrize("created", ["yesterday", "2026-01-31T12:00:00", "2026-01-31T12:00:00+08:00"])
    def test_a_time_that_is_not_utc_is_refused(self, store: Store, created: str):
        """Runs of several machines are put in order by time: only UTC will do."""
        with pytest.raises(StoreError, match="expected ISO 8601 in UTC"):
            store.add(make(created=created))


COUNTER = itertools.count()

CHANGES = {
    "sqlite": (
        "UPDATE {} SET {column} = 'x'",
        "DELETE FROM {}",
        "INSERT OR REPLACE INTO {0} SELECT * FROM {0}",
        "REPLACE INTO {0} SELECT * FROM {0}",
    ),
    "postgresql": (
        "UPDATE {} SET {column} = 'x'",
        "DELETE FROM {}",
        "TRUNCATE {} CASCADE",
        "INSERT INTO {0} SELECT * FROM {0} ON CONFLICT (id) DO UPDATE SET {column} = 'x'",
    ),
}


class TestOnlyGrows:
    @pytest.mark.parametrize("table", ["measurements", "verdicts", "baselines"])
    def test_nothing_is_changed_or_deleted(self, store: Store, url: str, table: str):
        """The database itself refuses, whoever asks."""
        store.add(MEASUREMENT)
        store.judge(MEASUREMENT.id, VERDICT)
        baseline = store.set_baseline("good", "machine", MEASUREMENT.run)
        column = "action" if table == "baselines" else "kind"
        for statement in CHANGES[url.partition(":")[0]]:
            with bare(url) as connection, pytest.raises(refusals(url), match=f"the table {table} only grows"):
                connection.execute(statement.format(table, column=column))
        assert store.results() == [Result(measurement=MEASUREMENT, verdict=VERDICT)]
        assert store.baselines() == [baseline]

    def test_the_same_measurement_twice_is_one(self, store: Store):
        """An attempt that is repeated doubles nothing."""
        store.add(MEASUREMENT)
        store.add(MEASUREMENT)
        assert ids(store.results()) == ["0001"]

    def test_a_measurement_with_its_verdict_is_both_or_neither(self, store: Store, url: str):
        """A verdict that cannot be written leaves no measurement; a repeated attempt doubles neither."""
        with pytest.raises(RecordError):
            store.add(MEASUREMENT, dataclasses.replace(VERDICT, measured=math.inf))
        assert store.results() == []
        store.add(MEASUREMENT, VERDICT)
        assert store.results() == [Result(measurement=MEASUREMENT, verdict=VERDICT)]
        with bare(url) as connection:
            assert connection.execute("SELECT count(*) FROM verdicts").fetchall() == [(1,)]

    def test_a_kill_between_the_two_leaves_neither(self, file_url: str):
        """The process ends when the verdict is about to be written, in the middle of the transaction."""
        program = (
            "import os, sys\n"
            "from store_samples import MEASUREMENT, VERDICT\n"
            "from sqlalchemy import event\n"
            "from harness.store.results import Store\n"
            "store = Store(sys.argv[1])\n"
            "@event.listens_for(store._database._engine, 'before_cursor_execute')\n"
            "def kill(connection, cursor, statement, *rest):\n"
            "    if 'INTO verdicts' in statement:\n"
            "        os.kill(os.getpid(), 9)\n"
            "store.add(MEASUREMENT, VERDICT)\n"
        )
        here = Path(__file__).resolve().parent
        env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(here), str(here.parents[1])])}
        done = subprocess.run([sys.executable, "-c", program, file_url], env=env, check=False)
        assert done.returncode == -9
        assert Store(file_url).results() == []

    def test_a_full_disk_is_the_machines_fault_and_the_store_is_still_read(self, file_url: str):
        """SQLite's own word for it, from a file that may not grow; nothing half is left."""
        store = Store(file_url)
        store.add(MEASUREMENT, VERDICT)

        @sa.event.listens_for(store._database._engine, "connect")
        def small(connection: Any, _record: object) -> None:
            connection.execute("PRAGMA max_page_count = 1").close()

        large = make(2, raw={"latencies_ns": [at**3 % 99999 for at in range(99999)]})
        with pytest.raises(StoreGone, match=r"the disk is full \(.*\); make room, or choose") as caught:
            store.add(large, VERDICT)
        assert isinstance(caught.value, MachineError)
        assert store.results() == [Result(measurement=MEASUREMENT, verdict=VERDICT)]

    def test_a_server_that_is_gone_is_not_asked_again(self, monkeypatch: pytest.MonkeyPatch):
        """It was waited for once; each further call says so at once."""
        monkeypatch.setattr(database, "RESTART_PAUSE_S", 0.0)
        db = database.Database("postgresql://nobody@127.0.0.1:1/results")
        db._reached = True  # as it was, when the run began
        with pytest.raises(StoreGone, match="no server listens there"):
            db.do(lambda connection: None)
        start = time.perf_counter()
        for _ in range(20):
            with pytest.raises(StoreGone, match="was there and is gone; not asked again: no server"):
                db.do(lambda connection: None)
        assert time.perf_counter() - start < 0.5

    def test_a_verdict_is_added_to_a_measurement_that_is_there(self, store: Store):
        """As of a run that was killed before there was one."""
        store.add(MEASUREMENT)
        store.add(MEASUREMENT, VERDICT)
        assert store.results() == [Result(measurement=MEASUREMENT, verdict=VERDICT)]

    def test_another_measurement_of_the_same_id_is_refused(self, store: Store):
        """The first one stays."""
        store.add(MEASUREMENT)
        with pytest.raises(StoreError, match=r"refused measurement 0001 .*give every measurement an id"):
            store.add(make(metrics={"accuracy": 0.5}))
        assert store.results()[0].measurement == MEASUREMENT

    def test_a_second_verdict_does_not_replace_the_first(self, store: Store, url: str):
        """Both are kept, the newest counts."""
        store.add(MEASUREMENT)
        store.judge(MEASUREMENT.id, ERROR)
        store.judge(MEASUREMENT.id, VERDICT)
        assert [result.verdict for result in store.results()] == [VERDICT]
        with bare(url) as connection:
            assert connection.execute("SELECT count(*) FROM verdicts").fetchall() == [(2,)]

    def test_a_verdict_on_nothing_is_refused(self, store: Store):
        """A verdict points to a measurement."""
        with pytest.raises(StoreError, match="no measurement 0009 to judge"):
            store.judge("0009", VERDICT)


class TestSelection:
    def test_the_order_is_that_of_writing(self, store: Store):
        """Not of ids, and not of times."""
        store.add(make(3, created="2026-01-03T00:00:00+00:00"))
        store.add(make(1, created="2026-01-01T00:00:00+00:00"))
        store.add(make(2, created="2026-01-02T00:00:00Z"))
        assert ids(store.results()) == ["0003", "0001", "0002"]

    def test_by_run_and_case(self, store: Store):
        """Each narrows; together they narrow further; an unknown one gives nothing."""
        for number, (run, case) in enumerate(itertools.product(["r1", "r2"], ["c1", "c2"])):
            store.add(make(number, run=run, case=case))
        assert ids(store.results(run="r1")) == ["0000", "0001"]
        assert ids(store.results(case="c2")) == ["0001", "0003"]
        assert ids(store.results(run="r2", case="c1")) == ["0002"]
        assert store.results(run="r3") == []

    def test_runs(self, store: Store):
        """In the order in which they began to write, with their earliest time and their count."""
        assert store.runs() == []
        store.add(make(1, run="b", created="2026-01-02T00:00:00+00:00"))
        store.add(make(2, run="a", created="2026-01-03T00:00:00+00:00"))
        store.add(make(3, run="b", created="2026-01-01T00:00:00+00:00"))
        assert store.runs() == [
            RunSummary(id="b", started="2026-01-01T00:00:00+00:00", count=2),
            RunSummary(id="a", started="2026-01-03T00:00:00+00:00", count=1),
        ]

    def test_latest(self, store: Store):
        """Of the same case measured by two runs, only what the newer one wrote, all of it."""
        store.add(make(1, run="old"))
        store.add(make(2, run="old", case="only-then"))
        store.add(make(3, run="new"))
        store.add(make(4, run="new"))
        store.judge("0001", ERROR)
        store.judge("0004", VERDICT)
        results = list(store.latest())
        assert ids(results) == ["0002", "0003", "0004"]
        assert [result.verdict for result in results] == [None, None, VERDICT]

    @pytest.mark.parametrize(
        "change",
        [
            {"kind": Kind.THROUGHPUT}, {"origin": Origin.CHIP}, {"target": "chip"}, {"backend": "ascend"},
            {"weights": Weights.FULL}, {"data": Corpus.MINI}, {"data": None},
            {"protocol": Protocol.STANDARD}, {"protocol": None}, {"limit": 10},
        ],
        ids=str,
    )  # fmt: skip
    def test_latest_never_blends(self, store: Store, change: dict[str, Any]):
        """What differs in origin, weights, data or protocol does not hide the older one (rule 1)."""
        store.add(make(1, run="old"))
        store.add(make(2, run="new", **change))
        store.add(make(3, run="newest", **change))
        assert ids(store.latest()) == ["0001", "0003"]


def begin_to_write(connection: Any, url: str) -> None:
    """Do as a writer does that has not come to its end."""
    if url.startswith("sqlite"):
        connection.execute("BEGIN IMMEDIATE")
    else:
        connection.execute("BEGIN")
        connection.execute("LOCK TABLE measurements IN ACCESS EXCLUSIVE MODE")


class TestProcesses:
    def test_four_that_write_at_once(self, url: str, tmp_path: Path):
        """4 x 50 measurements and verdicts, and a common one: nothing is lost, nothing doubled."""
        names = ["a", "b", "c", "d"]
        (tmp_path / "records.json").write_text(json.dumps([to_json(MEASUREMENT), to_json(VERDICT)]))
        argv = [sys.executable, "-W", "error", "-c", WRITER]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        processes = [subprocess.Popen([*argv, name, url, str(tmp_path)], env=environment) for name in names]
        try:
            deadline = time.monotonic() + 120
            while not all((tmp_path / f"ready-{name}").exists() for name in names):
                assert time.monotonic() < deadline
                time.sleep(0.01)
            (tmp_path / "go").touch()
            assert [process.wait(120) for process in processes] == [0] * 4
        finally:
            for process in processes:
                process.kill()
                process.wait()
        results = Store(url).results()
        expected = {f"{name}-{number}" for name in names for number in range(50)} | {"common"}
        assert len(results) == len(expected) == 201
        assert set(ids(results)) == expected
        assert {result.measurement.id for result in results if result.verdict is None} == {"common"}
        for name in names:  # each process's own, in its order
            own = [item.measurement for item in results if item.measurement.id.startswith(f"{name}-")]
            assert [item.detail["number"] for item in own] == list(range(50))
        with bare(url) as connection:
            assert connection.execute("SELECT count(*) FROM verdicts").fetchall() == [(200,)]
            if url.startswith("sqlite"):
                assert connection.execute("PRAGMA journal_mode").fetchall() == [("wal",)]

    def test_a_writer_waits_its_turn(self, store: Store, url: str):
        """While another connection writes, a measurement waits and is then written."""
        with bare(url) as other:
            begin_to_write(other, url)
            release = threading.Timer(0.3, lambda: other.execute("COMMIT"))
            release.start()
            store.add(MEASUREMENT)
            release.join()
        assert ids(store.results()) == ["0001"]

    def test_numbers_are_the_order_of_commits(self, store: Store):
        """Who comes while another one writes gets the later number, however long that one takes."""
        later = threading.Thread(target=store.add, args=(make(2),))

        def slowly(connection: Any) -> None:
            later.start()
            later.join(0.3)
            connection.execute(MEASUREMENTS.insert(), measurement_row(make(1)))

        store._database.do(slowly, write=True)
        later.join(60)
        assert ids(store.results()) == ["0001", "0002"]

    def test_waiting_ends(self, store: Store, url: str, monkeypatch: pytest.MonkeyPatch):
        """A store that stays busy is an error with a sentence, not a wait for ever."""
        monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.02)
        monkeypatch.setattr(database, "ATTEMPTS", 2)
        with bare(url) as other:
            begin_to_write(other, url)
            with pytest.raises(StoreError, match="still busy after 2 attempts"):
                store.add(MEASUREMENT)
        assert store.results() == []


class TestRefused:
    @pytest.mark.parametrize(
        ("version", "advice"), [("6", "upgrade zoocheck"), ("0", "read it with the zoocheck that wrote it")]
    )
    def test_another_schema_version(self, store: Store, url: str, version: str, advice: str):
        """A newer and an older store are refused with both versions and what to do."""
        store.add(MEASUREMENT)
        with bare(url) as connection:
            connection.execute(f"UPDATE meta SET value = '{version}' WHERE key = 'schema_version'")
        with pytest.raises(
            StoreError, match=rf"found schema version {version}, expected 5; {advice}.*--results"
        ):
            Store(url)

    def test_no_schema_version(self, store: Store, url: str):
        """Tables of our names without a version are not believed."""
        with bare(url) as connection:
            connection.execute("DELETE FROM meta")
        with pytest.raises(StoreError, match="found schema version None, expected 5"):
            Store(url)

    def test_a_database_of_something_else(self, url: str):
        """Another program's database is left as it was."""
        if url.startswith("sqlite"):
            file_of(url).parent.mkdir()
        with bare(url) as connection:
            connection.execute("CREATE TABLE bookmarks (x INTEGER)")
        with pytest.raises(StoreError, match=r"other tables \(bookmarks\), expected a results store"):
            Store(url)
        with bare(url) as connection:
            connection.execute("DROP TABLE bookmarks")
        assert Store(url).results() == []  # nothing else stood in the way

    def test_a_file_that_is_no_database(self, tmp_path: Path):
        """A text file is named as what it is, and left as it was."""
        file = tmp_path / "notes.txt"
        file.write_text("not a database " * 100)
        with pytest.raises(StoreError, match=r"notes\.txt: is a file, but no SQLite database"):
            Store(f"sqlite:///{file}")
        assert file.read_text() == "not a database " * 100

    def test_a_folder(self, tmp_path: Path):
        """A folder is no file."""
        with pytest.raises(StoreError, match="is a folder, expected a file"):
            Store(f"sqlite:///{tmp_path}")

    def test_a_place_below_a_file(self, tmp_path: Path):
        """Where a file is in the way of the folder, the message says so."""
        (tmp_path / "file").write_text("x")
        with pytest.raises(StoreError, match=r"the folder .* cannot be made"):
            Store(f"sqlite:///{tmp_path / 'file' / 'results.sqlite'}")

    @pytest.mark.parametrize("mode", [0o555, 0o000])
    def test_an_unwritable_place(self, mode: int):
        """A folder that may not be written, or not even entered, is named, with another way."""
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(mode)
            words = r"results\.sqlite: .*cannot be (opened here|made or entered).*--results"
            with as_nobody(), pytest.raises(StoreError, match=words):
                Store(f"sqlite:///{folder}/results.sqlite")
            Path(folder).chmod(0o755)

    def test_a_store_that_may_only_be_read(self, file_store: Store, file_url: str):
        """Writing where SQLite may not write is a sentence; nothing is lost."""
        store, file = file_store, file_of(file_url)
        store.add(MEASUREMENT)
        with pytest.raises(StoreError, match="cannot be written"):
            Store(f"sqlite:///file:{file}?mode=ro&uri=true").add(make(2))
        assert ids(store.results()) == ["0001"]

    def test_an_unknown_scheme(self):
        """A database nobody knows is named."""
        with pytest.raises(StoreError, match=r"database driver carrierpigeon, expected one.*sqlite:///"):
            Store("carrierpigeon://host/results")

    @pytest.mark.parametrize("text", ["results.sqlite", "", "/data/results.sqlite"])
    def test_a_path_is_no_url(self, text: str):
        """A plain path gets an example of a URL."""
        with pytest.raises(StoreError, match="found no database URL, expected one such as sqlite:///"):
            Store(text)

    def test_a_missing_driver(self, monkeypatch: pytest.MonkeyPatch):
        """A database whose Python package is missing: which one; and no password in the message."""
        monkeypatch.setitem(sys.modules, "psycopg2", None)
        with pytest.raises(StoreError, match="needs the Python package psycopg2; install it") as caught:
            Store("postgresql+psycopg2://user:secret@localhost/results")
        assert "secret" not in str(caught.value)

    def test_damaged_raw_samples(self, file_store: Store, file_url: str):
        """Bytes that nobody compressed are reported as damage."""
        store = file_store
        store.add(MEASUREMENT)
        with bare(file_url) as connection:
            connection.execute("DROP TRIGGER measurements_no_update")
            connection.execute("UPDATE measurements SET raw = x'00'")
        with pytest.raises(StoreError, match="row 1 of measurements: raw: the packed samples cannot be read"):
            store.results()

    @pytest.mark.parametrize("content", NO_OBJECTS.values(), ids=NO_OBJECTS)
    def test_a_damaged_field(self, file_store: Store, file_url: str, content: bytes):
        """JSON that nothing could hold, in a column or among the samples, is an error of ours."""
        file_store.add(MEASUREMENT)
        with bare(file_url) as connection:
            connection.execute("DROP TRIGGER measurements_no_update")
            connection.execute("UPDATE measurements SET detail = CAST(? AS TEXT)", (content,))
        with pytest.raises((RecordError, StoreError)):
            file_store.results()
        with bare(file_url) as connection:
            connection.execute("UPDATE measurements SET detail = '{}', raw = ?", (zlib.compress(content),))
        with pytest.raises((RecordError, StoreError)):
            file_store.results()


def imports(file: Path) -> Iterator[str]:
    """The first parts of the names of all modules that a file imports anywhere."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def test_only_the_store_imports_sqlalchemy():
    """Collecting tests must not load a database library: one package has it, imported where needed."""
    files = [
        file
        for folder in ("harness", "reports", "fixtures", "suites")
        for file in (REPOSITORY / folder).rglob("*.py")
    ]
    having = {
        file.relative_to(REPOSITORY).parent.as_posix() for file in files if "sqlalchemy" in imports(file)
    }
    assert having == {"harness/store"}
