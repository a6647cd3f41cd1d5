"""One store copied to another: byte for byte, again and again, and never over what is there."""

from __future__ import annotations

import dataclasses
import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from databases import KINDS, bare, place
from store_samples import ERROR, MEASUREMENT, VERDICT, ids, make

from harness.errors import RecordError, StoreError
from harness.store import copying
from harness.store.copying import Copied, Count
from harness.store.results import Store
from harness.store.schema import GROWING

WAYS = [("sqlite", "postgresql"), ("postgresql", "sqlite"), ("sqlite", "sqlite")]
NOTHING = Count(copied=0, there=0)


@pytest.fixture(params=WAYS, ids="-to-".join)
def two(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Where two stores could be."""
    first, second = request.param
    with place(first, tmp_path / "first") as source, place(second, tmp_path / "second") as target:
        yield source, target


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages so small that a few rows need several, the last one full and not."""
    monkeypatch.setattr(copying, "PAGE", 2)


def rows(url: str) -> dict[str, list[Any]]:
    """Every byte of a store but the numbers, in the order of writing, JSON as the text that it is."""
    found = {}
    with bare(url) as connection:
        for table in GROWING:
            columns = ", ".join(
                f'CAST("{column.name}" AS TEXT)' if "JSON" in str(column.type).upper() else f'"{column.name}"'
                for column in table.c
                if column.name != "number"
            )
            query = f"SELECT {columns} FROM {table.name} ORDER BY number"
            found[table.name] = [tuple(row) for row in connection.execute(query).fetchall()]
    return found


def fill(store: Store) -> None:
    """Five measurements, not in the order of ids; verdicts on two; baselines set, set again and dropped."""
    odd = {"文\0": [1e-320, -0.0, 0.1 + 0.2, 2**64 - 1, "\U0001f600", None, True, 1.0, 1]}
    store.add(make(5, detail=odd, raw={"latencies_ns": list(range(500))}))
    store.judge("0005", ERROR)
    for number in (1, 4, 2, 3):
        store.add(make(number, run=f"run-{number}", check="batch order", data=None, limit=number))
    store.judge("0005", VERDICT)
    store.judge("0004", dataclasses.replace(VERDICT, measured=1e-320, reference=None))
    store.set_baseline("good", "0123", "run-1", note="ok: “无”")
    store.set_baseline("good", "0123", "run-2")
    store.set_baseline("other", "0123", "run-2")
    store.drop_baseline("other")


@pytest.mark.usefixtures("pages")
def test_all_is_copied_to_the_byte(two: tuple[str, str]):
    """Rows, ids, order and bytes are the same; what counts as newest is the same."""
    source, target = two
    first, second = Store(source), Store(target)
    fill(first)
    assert first.copy_to(second) == Copied(
        measurements=Count(copied=5, there=0), verdicts=Count(copied=3, there=0),
        baselines=Count(copied=4, there=0),
    )  # fmt: skip
    assert rows(target) == rows(source)
    assert second.results() == first.results()
    assert ids(second.results()) == ["0005", "0001", "0004", "0002", "0003"]
    assert second.baselines() == first.baselines()


@pytest.mark.usefixtures("pages")
def test_again_copies_what_is_new(two: tuple[str, str]):
    """The second time nothing, the third time what was added meanwhile."""
    source, target = two
    first, second = Store(source), Store(target)
    fill(first)
    first.copy_to(second)
    assert first.copy_to(second) == Copied(
        measurements=Count(copied=0, there=5), verdicts=Count(copied=0, there=3),
        baselines=Count(copied=0, there=4),
    )  # fmt: skip
    first.add(make(6))
    first.judge("0003", VERDICT)
    found = first.copy_to(second)
    assert (found.measurements, found.verdicts) == (Count(copied=1, there=5), Count(copied=1, there=3))
    assert rows(target) == rows(source)


def test_several_hosts_come_together(two: tuple[str, str], tmp_path: Path):
    """Two hosts' results stand beside the target's own, and back comes what a host does not have."""
    source, target = two
    first, central = Store(source), Store(target)
    other = Store(f"sqlite:///{tmp_path / 'other.sqlite'}")
    central.add(make(1))
    first.add(make(2))
    first.judge("0002", VERDICT)
    other.add(make(3))
    first.copy_to(central)
    other.copy_to(central)
    assert ids(central.results()) == ["0001", "0002", "0003"]
    assert central.copy_to(first).measurements == Count(copied=2, there=1)
    assert ids(first.results()) == ["0002", "0001", "0003"]


def test_several_copies_at_once(two: tuple[str, str]):
    """Three copies of one store into one that is not made yet: every row once, in order."""
    source, target = two
    fill(Store(source))
    together = threading.Barrier(3)

    def copy(_: int) -> Copied:
        first = Store(source)
        together.wait(30)
        return first.copy_to(Store(target))

    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(copy, range(3)))
    assert sum(item.measurements.copied for item in found) == 5
    assert sum(item.baselines.copied for item in found) == 4
    assert rows(target) == rows(source)


def test_an_empty_store(two: tuple[str, str]):
    """Has nothing to copy."""
    first, second = map(Store, two)
    assert first.copy_to(second) == Copied(measurements=NOTHING, verdicts=NOTHING, baselines=NOTHING)


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"metrics": {"accuracy": 0.5}}, "metrics"),
        ({"raw": {"predictions": [1]}}, "raw"),
        ({"limit": 3, "check": "x"}, "check, limit"),
        ({"detail": {"flips": 3.0, "文": "无", "shared": None}}, "detail"),
    ],
)
def test_another_row_of_the_same_id_is_refused(two: tuple[str, str], changes: dict[str, Any], column: str):
    """It is named with what differs; the target's stays."""
    first, second = map(Store, two)
    first.add(MEASUREMENT)
    second.add(make(1, **changes))
    words = f"measurements 0001 has another {column} than in the source; nothing is replaced"
    with pytest.raises(StoreError, match=words):
        first.copy_to(second)
    assert second.results()[0].measurement == make(1, **changes)


def test_the_same_samples_packed_by_another_zlib_are_the_same(
    two: tuple[str, str], monkeypatch: pytest.MonkeyPatch
):
    """What counts is what is in the bytes."""
    first, second = map(Store, two)
    first.add(MEASUREMENT)
    pack = copying.zlib.compress
    with monkeypatch.context() as patch:
        patch.setattr("harness.store.schema.zlib.compress", lambda data: pack(data, 0))
        second.add(MEASUREMENT)
    assert rows(two[0])["measurements"] != rows(two[1])["measurements"]
    assert first.copy_to(second).measurements == Count(copied=0, there=1)


def test_what_comes_meanwhile_waits_for_the_next_time(two: tuple[str, str], monkeypatch: pytest.MonkeyPatch):
    """No verdict is copied without its measurement, whenever they come: before each look, and behind each."""
    first, second = map(Store, two)
    numbers = itertools.count(1)

    def write() -> None:
        number = next(numbers)
        first.add(make(number))
        first.judge(f"{number:04}", VERDICT)

    def with_more(work: Any) -> Any:
        def late(*arguments: Any) -> Any:
            write()
            found = work(*arguments)
            write()
            return found

        return late

    write()
    with monkeypatch.context() as patch:
        patch.setattr(copying, "_newest", with_more(copying._newest))
        patch.setattr(copying, "_copy", with_more(copying._copy))
        found = first.copy_to(second)
    written = next(numbers) - 1
    assert 1 <= found.verdicts.copied <= found.measurements.copied < written
    found = first.copy_to(second)
    assert (found.measurements.copied + found.measurements.there, found.verdicts.there > 0) == (written, True)
    assert rows(two[1]) == rows(two[0])


def test_no_page_is_larger_than_told(file_store: Store, pages: None):
    """Memory does not grow with the store."""
    fill(file_store)
    table = copying._as_stored(GROWING[0])
    assert [len(page) for page in copying._pages(file_store._database, table, 4)] == [2, 2]
    assert [len(page) for page in copying._pages(file_store._database, table, 99)] == [2, 2, 1]


def test_text_that_the_target_cannot_hold(file_store: Store, server_url: str):
    """NUL in a column of text, from SQLite to PostgreSQL: named, not dropped."""
    file_store.add(make(run="a\0b"))
    with pytest.raises(RecordError, match=r"run: found 'a\\x00b', expected text without NUL"):
        file_store.copy_to(Store(server_url))


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_store_holds(kind: str, tmp_path: Path):
    """Counts, times, hosts by fingerprint, and the size."""
    with place(kind, tmp_path) as url:
        store = Store(url)
        empty = store.info()
        assert (empty.measurements, empty.runs, empty.earliest, empty.hosts) == (0, 0, None, ())
        store.add(make(1, machine={"host_id": "aa", "load_average": [1.0]}))
        store.add(
            make(2, machine={"host_id": "aa", "load_average": [2.0]}, created="2026-01-01T00:00:00+00:00")
        )
        store.add(make(3, machine={"host_id": "bb"}, run="run-2"))
        store.add(make(4, machine={"measured_on": "a card"}))
        store.judge("0001", VERDICT)
        store.set_baseline("good", "0123", "run-2")
        found = store.info()
        assert (found.version, found.measurements, found.verdicts, found.baselines, found.runs) == (
            5,
            4,
            1,
            1,
            2,
        )
        assert (found.earliest, found.latest) == ("2026-01-01T00:00:00+00:00", MEASUREMENT.created)
        assert {host.id: host.measurements for host in found.hosts} == {"aa": 2, "bb": 1, None: 1}
        assert found.hosts[0].id == "aa"
        assert found.bytes is not None
        assert found.bytes > 10_000
