"""The queries that results are read by: which rows, in which order, with which verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from harness.domain import series
from harness.domain.cases import Kind
from harness.domain.measurements import VerdictKind
from harness.domain.metrics import Metric
from harness.domain.series import Series
from harness.store.schema import MEASUREMENTS, VERDICTS, verdict_columns

Query = sa.Select[Any]

# Results that share these replace each other; those of another backend or target hide none.
_LATEST_OF = (*series.FIELDS, "target", "backend")


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One result of a case's history: its series and what it came to."""

    series: Series
    value: float | None  # a fraction, or samples per second; None: not measured
    expected: float | None  # in the unit that the verdict was given in
    bad: bool  # fell short, or failed


def results(*, run: str | None, case: str | None, latest: bool) -> Query:
    """Measurements with their newest verdicts; as `Store.results` selects them."""
    columns = MEASUREMENTS.c
    chosen = sa.select(
        columns.number,
        columns.run,
        sa.func.first_value(columns.run)
        .over(partition_by=[columns[name] for name in _LATEST_OF], order_by=columns.number.desc())
        .label("newest"),
    )
    for column, wanted in ((columns.run, run), (columns.case, case)):
        if wanted is not None:
            chosen = chosen.where(column == wanted)
    selected = chosen.subquery()
    judged = _newest_verdicts()
    query = (
        sa.select(MEASUREMENTS, *verdict_columns())
        .join(selected, selected.c.number == columns.number)
        .outerjoin(judged, judged.c.measurement == columns.id)
        .outerjoin(VERDICTS, VERDICTS.c.number == judged.c.number)
        .order_by(columns.number)
    )
    return query.where(selected.c.run == selected.c.newest) if latest else query


def numbers(*, runs: Sequence[str] | None, case: str | None, kind: Kind | None) -> Query:
    """Measurements without raw samples, with their newest verdicts."""
    columns = MEASUREMENTS.c
    judged = _newest_verdicts()
    query = (
        sa.select(*(column for column in columns if column.name != "raw"), *verdict_columns())
        .outerjoin(judged, judged.c.measurement == columns.id)
        .outerjoin(VERDICTS, VERDICTS.c.number == judged.c.number)
        .order_by(columns.number)
    )
    if runs is not None:
        query = query.where(columns.run.in_(list(runs)))
    for column, wanted in ((columns.case, case), (columns.kind, kind)):
        if wanted is not None:
            query = query.where(column == wanted)
    return query


def history(*, latest: int) -> Query:
    """The `latest` rows of every series that has two or more, for `to_point`."""
    columns = MEASUREMENTS.c
    shared = [columns[name] for name in series.FIELDS]
    newest_first = sa.func.row_number().over(partition_by=shared, order_by=columns.number.desc())
    ranked = sa.select(
        columns.number,
        newest_first.label("age"),
        sa.func.count().over(partition_by=shared).label("times"),
    ).subquery()
    judged = _newest_verdicts()
    return (
        sa.select(
            *shared,
            columns.metrics,
            VERDICTS.c.metric,
            VERDICTS.c.expected,
            VERDICTS.c.kind.label("came_to"),
        )
        .join(ranked, ranked.c.number == columns.number)
        .outerjoin(judged, judged.c.measurement == columns.id)
        .outerjoin(VERDICTS, VERDICTS.c.number == judged.c.number)
        .where(ranked.c.age <= latest, ranked.c.times > 1)
        .order_by(columns.number)
    )


def to_point(row: sa.RowMapping) -> Point:
    """A row of `history` as the record that it holds."""
    metrics = row["metrics"]
    name = row["metric"] or (Metric.THROUGHPUT if row["kind"] == Kind.THROUGHPUT else None)
    return Point(
        series=Series.of_row(row),
        value=metrics.get(name),
        expected=row["expected"],
        bad=row["came_to"] in (VerdictKind.FALLS_SHORT, VerdictKind.ERROR),
    )


def runs() -> Query:
    """Every run's id, its first measurement's time, and how many it has; the latest run comes last."""
    columns = MEASUREMENTS.c
    return (
        sa.select(columns.run, sa.func.min(columns.created).label("started"), sa.func.count().label("count"))
        .group_by(columns.run)
        .order_by(sa.func.min(columns.created), sa.func.min(columns.number))
    )


def _newest_verdicts() -> sa.Subquery:
    """The number of each measurement's newest verdict: of several the newest counts."""
    return (
        sa.select(VERDICTS.c.measurement, sa.func.max(VERDICTS.c.number).label("number"))
        .group_by(VERDICTS.c.measurement)
        .subquery()
    )
