"""The results store: measurements and their verdicts, in a database that only grows."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import exc

from harness.domain.cases import Kind
from harness.domain.measurements import Measurement, Verdict
from harness.domain.series import Series
from harness.errors import StoreError
from harness.machine.fingerprint import machine_key
from harness.records import to_json
from harness.store import baselines, copying, damage, numbers, opening, reading, summary
from harness.store.baselines import Baseline
from harness.store.briefs import Brief, Kept, Told
from harness.store.copying import Copied
from harness.store.database import Database
from harness.store.numbers import Number
from harness.store.reading import Point
from harness.store.schema import (
    MEASUREMENTS,
    VERDICTS,
    VERSION,
    measurement_row,
    to_measurement,
    to_verdict,
)
from harness.store.summary import Info
from harness.store.troubles import reason

PAGE = 500  # results that are read at a time where many are asked for

T = TypeVar("T")
Read = Callable[[sa.Select[Any], Callable[[sa.RowMapping], Any]], list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A measurement and its newest verdict, if it has been judged."""

    measurement: Measurement
    verdict: Verdict | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """One run: its id, when its earliest measurement was made, and how many it has."""

    id: str
    started: str  # ISO 8601, UTC
    count: int


class Store:
    """A results store at a database URL, of SQLite or PostgreSQL. It is made where there is none.

    One of an older schema is migrated. With `existing`, for who only reads, a missing SQLite file or an
    empty database on a server is a `StoreError`, and nothing is made. Any number of processes, on any number
    of hosts, may use one store at once. Whatever is wrong with it is a `StoreError`.
    """

    def __init__(self, url: str, *, existing: bool = False) -> None:
        self._database = Database(url, existing=existing)
        opening.prepare(self._database, existing=existing)

    @property
    def shown(self) -> str:
        """The URL for people, without its password."""
        return self._database.shown

    def close(self) -> None:
        """End a store in memory. Any other has nothing open between calls."""
        self._database.close()

    def add(self, measurement: Measurement, verdict: Verdict | None = None) -> None:
        """Write a measurement, with its verdict in the same transaction. The very same may be written again.

        Raises `StoreError` where another one has its id and where `created` is no time in UTC, and
        `RecordError` for NaN, infinities and whatever else JSON cannot hold.
        """
        _check_time(measurement)
        row = measurement_row(measurement)
        judged = None if verdict is None else _verdict_row(measurement.id, verdict)
        for each in filter(None, (row, judged)):
            self._database.check_text(each)

        def write(connection: sa.Connection) -> None:
            connection.execute(MEASUREMENTS.insert(), row)
            if judged is not None:
                connection.execute(VERDICTS.insert(), judged)

        try:
            self._database.do(write, write=True)
        except exc.IntegrityError as problem:
            query = sa.select(MEASUREMENTS).where(MEASUREMENTS.c.id == measurement.id)
            there = self._database.do(lambda connection: connection.execute(query).mappings().first())
            if there is None or measurement_row(to_measurement(there)) != row:
                raise StoreError(
                    f"{self._database.shown}: refused measurement {measurement.id} ({reason(problem)})",
                    remedy="give every measurement an id of its own (uuid4): the store only grows",
                ) from problem
            if judged is not None:  # of a measurement that was there, or of a commit whose answer was lost
                self._judge(judged)

    def judge(self, measurement_id: str, verdict: Verdict) -> None:
        """Write a verdict on a measurement. Of several the newest counts; none is ever replaced.

        Raises `StoreError` where there is no such measurement, and `RecordError` as `add` does.
        """
        row = _verdict_row(measurement_id, verdict)
        self._database.check_text(row)
        self._judge(row)

    def _judge(self, row: dict[str, Any]) -> None:
        """Write a row of ``verdicts``; one whose id is there is not written again."""
        token, measurement_id = row["id"], row["measurement"]
        try:
            self._database.do(lambda connection: connection.execute(VERDICTS.insert(), row), write=True)
        except exc.IntegrityError as problem:
            query = sa.select(VERDICTS.c.id).where(VERDICTS.c.id == token)
            if self._database.do(lambda connection: connection.scalar(query)) is None:
                raise StoreError(
                    f"{self._database.shown}: no measurement {measurement_id} to judge ({reason(problem)})",
                    remedy="a measurement is written before its verdict",
                ) from problem

    def results(self, *, run: str | None = None, case: str | None = None) -> list[Result]:
        """Measurements with their newest verdicts, in the order of writing; `run` and `case` select."""
        return self._read(reading.results(run=run, case=case), _result)

    def of_run(self, run: str) -> Kept:
        """The results of a run, in brief, and each in full where it is asked for."""
        return self._kept(reading.briefs(run=run))

    def latest(self) -> Kept:
        """The latest results of all runs, in brief, and each in full where it is asked for.

        Of those that share case, kind, origin, target, backend, weights, data, protocol and limit, only what
        the newest run wrote: a quick run on the mini never hides the last one on full weights.
        """
        return self._kept(reading.briefs(run=None))

    def _kept(self, query: sa.Select[Any]) -> Kept:
        rows = self._read(query, lambda row: (row["number"], reading.to_brief(row)))
        return _InStore(self._read, [number for number, _ in rows], [brief for _, brief in rows])

    def numbers(
        self, *, runs: Sequence[str] | None = None, case: str | None = None, kind: Kind | None = None
    ) -> list[Number]:
        """What a long series is read from, in the order of writing; `runs`, `case` and `kind` select."""
        return self._read(numbers.query(runs=runs, case=case, kind=kind), numbers.Reader())

    def cases(self) -> list[str]:
        """Every case that has results, by name."""
        query = sa.select(MEASUREMENTS.c.case).distinct().order_by(MEASUREMENTS.c.case)
        return self._read(query, lambda row: str(row["case"]))

    def history(self, *, latest: int = 40) -> list[Point]:
        """The `latest` results of every series that has two or more, oldest first.

        A check that has no number is in none: it is good or it is not.
        """
        points = self._read(reading.history(latest=latest), reading.to_point)
        newest: Counter[Series] = Counter()
        kept: list[Point] = []
        for point in reversed(points):  # of every target and backend of a series as many: here they meet
            newest[point.series] += 1
            if newest[point.series] <= latest and (point.value is not None or not point.series.check):
                kept.append(point)
        return kept[::-1]

    def runs(self) -> list[RunSummary]:
        """Every run; at the end the one whose first measurement was made last, wherever it came from."""
        query = reading.runs()
        return self._read(
            query, lambda row: RunSummary(id=row["run"], started=row["started"], count=row["count"])
        )

    def run_ids(self) -> list[str]:
        """The ids of `runs`, in that order: found without a look at every result."""
        return self._read(reading.run_ids(), lambda row: str(row["run"]))

    def machines(self, run: str) -> list[str]:
        """The `fingerprint.machine_key` of every machine that has results in `run`, as they came."""
        columns = MEASUREMENTS.c
        query = sa.select(columns.machine).where(columns.run == run).order_by(columns.number)
        return list(dict.fromkeys(self._read(query, lambda row: machine_key(row["machine"]))))

    def set_baseline(self, name: str, machine: str, run: str, note: str = "") -> Baseline:
        """Have results of `machine` held against `run` under `name`, in place of what was in force.

        Raises `StoreError` for a name that is none and for an unknown run.
        """
        baselines.check_name(name)
        row = {"id": baselines.new_id(), "name": name, "machine": machine, "run": run, "note": note}
        self._database.check_text(row)

        def write(connection: sa.Connection) -> Baseline | None:
            known = connection.scalar(sa.select(MEASUREMENTS.c.id).where(MEASUREMENTS.c.run == run).limit(1))
            return None if known is None else baselines.write(connection, baselines.Action.SET, **row)

        baseline = self._database.do(write, write=True)
        if baseline is None:
            raise self.unknown_run(run)
        return baseline

    def drop_baseline(self, name: str, machine: str | None = None) -> list[Baseline]:
        """Put the baselines of that name out of force, on `machine` alone or on all; returns these.

        Raises `StoreError` where none is in force.
        """
        gone: dict[str, tuple[str, Baseline]] = {}  # by machine; an attempt may be a repetition

        def write(connection: sa.Connection) -> None:
            for item in baselines.of(baselines.in_force(connection), name, machine):
                drop_id, _ = gone.setdefault(item.machine, (baselines.new_id(), item))
                row = {"id": drop_id, "name": name, "machine": item.machine, "run": item.run, "note": ""}
                baselines.write(connection, baselines.Action.DROP, **row)

        self._database.do(write, write=True)
        if not gone:
            raise self.no_baseline(name, machine)
        return [item for _, item in gone.values()]

    def baselines(self) -> list[Baseline]:
        """The baselines in force, by name and then machine."""
        with damage.told(self._database):
            return self._database.do(baselines.in_force)

    def baseline(self, name: str, machine: str) -> Baseline | None:
        """The baseline of that name in force on `machine`, if there is one."""
        return next(iter(baselines.of(self.baselines(), name, machine)), None)

    def unknown_run(self, run: str) -> StoreError:
        """What to say of a run that has no results here."""
        names = self.run_ids()
        latest = (
            f"the latest of {len(names)}: {', '.join(reversed(names[-5:]))}" if names else "there are none"
        )
        return StoreError(f"{self.shown}: no run is called {run!r}; {latest}")

    def no_baseline(self, name: str, machine: str | None) -> StoreError:
        """What to say where no baseline of that name is in force on `machine`, or on any."""
        where = "" if machine is None else f" on machine {machine}"
        there = ", ".join(dict.fromkeys(item.name for item in self.baselines()))
        return StoreError(
            f"{self.shown}: no baseline {name!r} is in force{where}; in force: {there or 'none'}",
            remedy="`zoocheck baseline set NAME` sets one",
        )

    def copy_to(self, target: Store) -> Copied:
        """Write to `target` every measurement, verdict and baseline that it does not have yet, ids kept.

        Raises `StoreError` where one of them has other content there.
        """
        with damage.told(self._database):
            return copying.copy(self._database, target._database)

    def info(self) -> Info:
        """What the store holds, in numbers."""
        with damage.told(self._database):
            return self._database.do(lambda connection: summary.summarise(connection, self.shown, VERSION))

    def _read(self, query: sa.Select[Any], make: Callable[[sa.RowMapping], T]) -> list[T]:
        """What `make` makes of each row. Raises `Damaged` with the row that is not what was written."""
        with damage.told(self._database):
            return self._database.do(
                lambda connection: [make(row) for row in connection.execute(query).mappings()]
            )


class _InStore(Kept):
    """Kept of a store, of which the briefs have been read."""

    def __init__(self, read: Read, numbers: Sequence[int], briefs: Sequence[Brief]) -> None:
        self._read, self._numbers, self._briefs = read, numbers, briefs

    @property
    def briefs(self) -> Sequence[Brief]:
        """All of them."""
        return self._briefs

    def several(self, places: Sequence[int]) -> list[Result]:
        """Those at `places`, in that order, read from the store."""
        return list(self._pages(places, lambda numbers: reading.results(numbers=numbers), _result))

    def told(self, places: Iterable[int]) -> Iterator[Told]:
        """What those at `places` came to, in that order, read from the store some at a time."""
        return self._pages(places, lambda numbers: reading.told(numbers=numbers), _told)

    def __iter__(self) -> Iterator[Result]:
        """All of them in full, some at a time in memory."""
        return self._pages(range(len(self)), lambda numbers: reading.results(numbers=numbers), _result)

    def _pages(
        self,
        places: Iterable[int],
        query: Callable[[Sequence[int]], sa.Select[Any]],
        make: Callable[[sa.RowMapping], T],
    ) -> Iterator[T]:
        numbers = (self._numbers[place] for place in places)
        while page := list(islice(numbers, PAGE)):
            read = self._read(query(page), lambda row: (row["number"], make(row)))
            found = dict(read)
            yield from (found[number] for number in page)


def _result(row: sa.RowMapping) -> Result:
    return Result(measurement=to_measurement(row), verdict=to_verdict(row))


def _told(row: sa.RowMapping) -> Told:
    return Told(metrics=row["metrics"], expected=row["expected"], message=row["message"] or "")


def _verdict_row(measurement_id: str, verdict: Verdict) -> dict[str, Any]:
    """A verdict as a row of its table; its id tells an attempt that is repeated from a second verdict."""
    judged = datetime.now(UTC).isoformat()
    return to_json(verdict) | {"id": uuid.uuid4().hex, "measurement": measurement_id, "judged": judged}


def _check_time(measurement: Measurement) -> None:
    try:
        utc = datetime.fromisoformat(measurement.created).utcoffset() == timedelta(0)
    except ValueError:
        utc = False
    if not utc:
        raise StoreError(
            f"measurement {measurement.id}: found created {measurement.created!r}, "
            "expected ISO 8601 in UTC such as 2026-01-31T12:00:00+00:00"
        )
