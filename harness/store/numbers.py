"""Results as a long series reads them: what each repeats and what it came to, without its samples.

Thousands of results of a case are of one machine and its libraries, and the same was asked of them: each of
these is made a record once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from harness.decoding import json_object, json_value
from harness.domain import series
from harness.domain.cases import Kind
from harness.domain.details import Stamped, Watched, by_a_tool
from harness.domain.measurements import Measurement, VerdictKind, kind_today
from harness.domain.metrics import Metric
from harness.domain.series import Asked, Repetition, Series, samples_in
from harness.errors import RecordError
from harness.machine.fingerprint import machine_key
from harness.store.reading import Query, judged
from harness.store.schema import MEASUREMENTS, VERDICTS

if TYPE_CHECKING:
    from harness.store.results import Result

_PLAIN = ("run", "created", *series.FIELDS, "weights_sha256", "data_sha256", "git_revision")
_JSON = ("metrics", "machine", "versions")  # read as text, because much of it is alike
# The keys of a detail that tell circumstances; most of a detail is something else.
READ = (
    "device", "isolated", "loadgen", "noisy", "samples_sha256", "sequential", "stamp", "stamp_asked",
    "streams", "threads", "tool",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a detail tells of a result in a series."""

    asked: Asked
    samples_sha256: str | None
    stamp: str  # empty: none
    noisy: bool
    by_a_tool: bool

    @classmethod
    def of(cls, kind: Kind, detail: Mapping[str, Any]) -> Circumstances:
        """What the detail of a result of that kind tells."""
        return cls(
            asked=Asked.in_detail(kind, detail),
            samples_sha256=samples_in(detail),
            stamp=Stamped.part(detail, "stamp").stamp or "",
            noisy=bool(Watched.part(detail, "noisy").noisy),
            by_a_tool=by_a_tool(detail),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One result of a series: what it repeats, what it came to, and what may have changed it."""

    run: str
    created: str  # ISO 8601, UTC
    repeated: Repetition
    told: Circumstances
    metrics: Mapping[str, float]
    versions: Mapping[str, str]
    git_revision: str | None
    kind: VerdictKind | None  # of the newest verdict; None: not judged
    metric: Metric | None  # by which it was judged

    @classmethod
    def of(cls, result: Result) -> Number:
        """A result that is there in full."""
        made, verdict = result.measurement, result.verdict
        return cls(
            run=made.run, created=made.created, repeated=repetition_of(made),
            told=Circumstances.of(made.kind, made.detail), metrics=made.metrics,
            versions=made.provenance.versions, git_revision=made.provenance.git_revision,
            kind=None if verdict is None else verdict.kind,
            metric=None if verdict is None else verdict.metric,
        )  # fmt: skip

    @property
    def usable(self) -> bool:
        """Whether it is a throughput that no disturbed machine gave: a night's number."""
        of_throughput = self.repeated.series.kind is Kind.THROUGHPUT
        return of_throughput and bool(self.metrics.get(Metric.THROUGHPUT)) and not self.told.noisy


def repetition_of(measurement: Measurement) -> Repetition:
    """What a result repeats: the same series with the same files on the same machine, asked for alike."""
    return Repetition.of(measurement, machine_key(measurement.provenance.machine))


def query(*, runs: Sequence[str] | None, case: str | None, kind: Kind | None) -> Query:
    """Results in the order of writing, for a `Reader`; `runs`, `case` and `kind` select."""
    columns = MEASUREMENTS.c
    found = judged(
        sa.select(
            *(columns[name] for name in _PLAIN),
            *(sa.cast(columns[name], sa.Text).label(name) for name in _JSON),
            _Parts().label("parts"),
            _Devices().label("devices"),
            *(VERDICTS.c[name].label(f"verdict_{name}") for name in ("kind", "basis", "metric")),
        )
    ).order_by(columns.number)
    if runs is not None:
        found = found.where(columns.run.in_(list(runs)))
    for column, wanted in ((columns.case, case), (columns.kind, kind)):
        if wanted is not None:
            found = found.where(column == wanted)
    return found


class _Parts(sa.FunctionElement[str]):
    """`READ` of a detail as the text of one list, null for what is not there: no other part is decoded."""

    type = sa.Text()
    inherit_cache = True


class _Devices(sa.FunctionElement[str]):
    """The number of devices as JSON, where a detail has it: null is another thing than nothing."""

    type = sa.Text()
    inherit_cache = True


@compiles(_Parts, "sqlite")
def _parts_of_sqlite(element: _Parts, compiler: object, **_: object) -> str:
    paths = ", ".join(f"'$.{key}'" for key in READ)
    return f"json_extract(measurements.detail, {paths})"


@compiles(_Parts, "postgresql")
def _parts_of_postgresql(element: _Parts, compiler: object, **_: object) -> str:
    keys = ", ".join(f"measurements.detail -> '{key}'" for key in READ)
    return f"CAST(json_build_array({keys}) AS TEXT)"


@compiles(_Devices, "sqlite")
def _devices_of_sqlite(element: _Devices, compiler: object, **_: object) -> str:
    there = "json_type(measurements.detail, '$.devices') IS NOT NULL"
    return f"CASE WHEN {there} THEN json_quote(json_extract(measurements.detail, '$.devices')) END"


@compiles(_Devices, "postgresql")
def _devices_of_postgresql(element: _Devices, compiler: object, **_: object) -> str:
    return "CAST(measurements.detail -> 'devices' AS TEXT)"


class Reader:
    """Rows of `query` to the numbers that they hold; what rows share they share as records, too.

    Raises `RecordError` and `ValueError` for what was never written.
    """

    def __init__(self) -> None:
        self._series = cache(lambda *values: Series.of_row(dict(zip(series.FIELDS, values, strict=True))))
        self._machine = cache(lambda text: machine_key(json_object(text)))
        self._versions = cache(json_object)
        self._told = cache(_told)

    def __call__(self, row: sa.RowMapping) -> Number:
        """The number of one row."""
        of = self._series(*(row[name] for name in series.FIELDS))
        told = self._told(of.kind, row["parts"], row["devices"])
        kind, metric = row["verdict_kind"], row["verdict_metric"]
        return Number(
            run=row["run"],
            created=row["created"],
            repeated=Repetition(
                series=of, asked=told.asked, weights_sha256=row["weights_sha256"],
                data_sha256=row["data_sha256"], samples_sha256=told.samples_sha256,
                machine=self._machine(row["machine"]),
            ),
            told=told,
            metrics=_metrics(row["metrics"]),
            versions=self._versions(row["versions"]),
            git_revision=row["git_revision"],
            kind=None if kind is None else VerdictKind(kind_today(kind, row["verdict_basis"])),
            metric=None if metric is None else Metric(metric),
        )  # fmt: skip


def _told(kind: Kind, parts: str, devices: str | None) -> Circumstances:
    """What `READ` of a detail, and its devices, tell: both as JSON."""
    values = zip(READ, json_value(parts), strict=True)
    detail = {name: value for name, value in values if value is not None}
    if devices is not None:
        detail["devices"] = json_value(devices)
    return Circumstances.of(kind, detail)


def _metrics(text: str) -> Mapping[str, float]:
    metrics = json_object(text)
    if not {type(value) for value in metrics.values()} <= {float, int}:
        raise RecordError(f"metrics: found {text}, expected numbers")
    return metrics
