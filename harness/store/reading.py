"""The queries that results are read by: which rows, in which order, with which verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from harness.domain import series
from harness.domain.cases import Kind
from harness.domain.measurements import Basis, VerdictKind, kind_today
from harness.domain.metrics import Metric
from harness.domain.series import Series
from harness.store.briefs import Brief
from harness.store.schema import MEASUREMENTS, VERDICTS, replaces_key, series_key, verdict_columns

Query = sa.Select[Any]

_BRIEF = ("id", "run", "created", *series.FIELDS, "git_revision")


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One result of a case's history: its series and what it came to."""

    series: Series
    value: float | None  # a fraction, or samples per second; None: not measured
    expected: float | None  # in the unit that the verdict was given in
    bad: bool  # fell short, or failed


def results(
    *, run: str | None = None, case: str | None = None, numbers: Sequence[int] | None = None
) -> Query:
    """Measurements with their newest verdicts: of a run, of a case, or of these numbers."""
    columns = MEASUREMENTS.c
    query = judged(sa.select(MEASUREMENTS, *verdict_columns())).order_by(columns.number)
    for column, wanted in ((columns.run, run), (columns.case, case)):
        if wanted is not None:
            query = query.where(column == wanted)
    return query if numbers is None else query.where(columns.number.in_(numbers))


def briefs(*, run: str | None) -> Query:
    """The results of `run`, of all runs the latest, for `to_brief`.

    Of those that share series, target and backend the latest are what the newest run wrote, which need not be
    one.
    """
    columns = MEASUREMENTS.c
    query = judged(
        sa.select(
            columns.number,
            *(columns[name] for name in _BRIEF),
            *(VERDICTS.c[name].label(f"verdict_{name}") for name in ("kind", "basis", "metric")),
            VERDICTS.c.reference.is_not(sa.null()).label("documented"),
        )
    ).order_by(columns.number)
    if run is not None:
        return query.where(columns.run == run)
    keys = _keys()
    newest, alike, of_run, one = (MEASUREMENTS.alias(name) for name in ("newest", "alike", "of_run", "one"))
    of_key = sa.select(sa.func.max(alike.c.number)).select_from(alike)
    last = of_key.where(replaces_key("alike") == keys.c.key)
    begun = sa.select(sa.func.min(of_run.c.number)).where(of_run.c.run == newest.c.run)  # none is before
    latest = (
        sa.select(one.c.number)
        .select_from(keys)
        .join(newest, newest.c.number == last.scalar_subquery())
        .join(
            one,
            (replaces_key("one") == keys.c.key)
            & (one.c.number >= begun.scalar_subquery())
            & (one.c.run == newest.c.run),
        )
    )
    return query.where(columns.number.in_(latest))


def told(*, numbers: Sequence[int]) -> Query:
    """What results came to, by number."""
    columns = MEASUREMENTS.c
    query = sa.select(columns.number, columns.metrics, VERDICTS.c.expected, VERDICTS.c.message)
    return judged(query).where(columns.number.in_(numbers))


def history(*, latest: int) -> Query:
    """The `latest` rows of each target and backend of every series that has two or more, for `to_point`."""
    columns, keys = MEASUREMENTS.c, _keys()
    alike, last, others, one = (MEASUREMENTS.alias(name) for name in ("alike", "last", "others", "one"))
    of_key = sa.select(alike.c.number).select_from(alike).where(replaces_key("alike") == keys.c.key)
    newest_first = of_key.order_by(alike.c.number.desc())
    series_of_last = sa.literal_column(f"({series_key('last')})", sa.Text())
    repeated = (
        sa.select(sa.literal(1))
        .select_from(others)
        .where(
            replaces_key("others") > series_of_last + "|",
            replaces_key("others") < series_of_last + "}",  # the character after "|"
            others.c.number != last.c.number,
        )
        .exists()
    )
    since = sa.func.coalesce(newest_first.limit(1).offset(latest - 1).scalar_subquery(), 0)
    chosen = (
        sa.select(one.c.number)
        .select_from(keys)
        .join(last, last.c.number == newest_first.limit(1).scalar_subquery())
        .join(one, (replaces_key("one") == keys.c.key) & (one.c.number >= since))
        .where(repeated)
    )
    query = sa.select(
        *(columns[name] for name in series.FIELDS),
        columns.metrics,
        VERDICTS.c.metric,
        VERDICTS.c.expected,
        VERDICTS.c.kind.label("came_to"),
    )
    return judged(query).where(columns.number.in_(chosen)).order_by(columns.number)


def to_brief(row: sa.RowMapping) -> Brief:
    """A row of `briefs` as the record that it holds."""
    kind, basis, metric = row["verdict_kind"], row["verdict_basis"], row["verdict_metric"]
    return Brief(
        id=row["id"],
        run=row["run"],
        created=row["created"],
        series=Series.of_row(row),
        git_revision=row["git_revision"],
        kind=None if kind is None else VerdictKind(kind_today(kind, basis)),
        basis=None if basis is None else Basis(basis),
        metric=None if metric is None else Metric(metric),
        documented=bool(row["documented"]),
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


def run_ids() -> Query:
    """Every run's id, in the order of `runs`, without counting what each has."""
    known = _each("runs", lambda table: sa.literal_column(f"{table}.run", sa.Text()))
    one = MEASUREMENTS.alias("one")
    of_run = sa.select(sa.func.min(one.c.created)).where(one.c.run == known.c.key)
    first = sa.select(sa.func.min(one.c.number)).where(one.c.run == known.c.key)
    return (
        sa.select(known.c.key.label("run"))
        .where(known.c.key.is_not(None))
        .order_by(of_run.scalar_subquery(), first.scalar_subquery())
    )


def _keys() -> sa.CTE:
    """Every key by which results replace each other."""
    return _each("keys", replaces_key)


def _each(name: str, of: Callable[[str], sa.ColumnElement[str]]) -> sa.CTE:
    """Every value of an expression that begins an index, each found behind the one before; then None.

    That takes as many steps as there are values, and not as many as there are rows.
    """
    further = MEASUREMENTS.alias("further")
    first = sa.select(sa.func.min(of(MEASUREMENTS.name)).label("key")).select_from(MEASUREMENTS)
    each = first.cte(name, recursive=True)
    behind = sa.select(sa.func.min(of("further"))).select_from(further).where(of("further") > each.c.key)
    return each.union_all(sa.select(behind.scalar_subquery()).where(each.c.key.is_not(None)))


def judged(query: Query) -> Query:
    """The query with each measurement's newest verdict: of several the newest counts."""
    of_one = VERDICTS.alias("of_one")
    newest = sa.select(sa.func.max(of_one.c.number)).where(of_one.c.measurement == MEASUREMENTS.c.id)
    newest_one = newest.correlate(MEASUREMENTS).scalar_subquery()
    return query.outerjoin_from(MEASUREMENTS, VERDICTS, VERDICTS.c.number == newest_one)
