"""What a store holds, without reading its results."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa

from harness.decoding import json_object
from harness.store.schema import BASELINES, GROWING, MEASUREMENTS, VERDICTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A machine that wrote to the store: the fingerprint's ``host_id``, and how much it wrote.

    None stands for results whose fingerprint has none, such as imported logs.
    """

    id: str | None
    measurements: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """A store in numbers. Times are ISO 8601 in UTC, of the measurements; None in a store without any."""

    url: str  # without its password
    version: int
    measurements: int
    verdicts: int
    baselines: int  # rows, drops included
    runs: int
    earliest: str | None
    latest: str | None
    hosts: tuple[Host, ...]  # who wrote most comes first
    bytes: int | None  # of the tables with their indexes; None where the database does not say


def summarise(connection: sa.Connection, url: str, version: int) -> Info:
    """The numbers of a store of schema `version` at `url`."""
    columns = MEASUREMENTS.c
    query = sa.select(
        sa.func.count(), sa.func.count(columns.run.distinct()), sa.func.min(columns.created),
        sa.func.max(columns.created),
    )  # fmt: skip
    measurements, runs, earliest, latest = connection.execute(query).one()
    verdicts, baselines = (
        connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
        for table in (VERDICTS, BASELINES)
    )
    return Info(
        url=url,
        version=version,
        measurements=measurements,
        verdicts=verdicts,
        baselines=baselines,
        runs=runs,
        earliest=earliest,
        latest=latest,
        hosts=_hosts(connection),
        bytes=_bytes(connection),
    )


def _hosts(connection: sa.Connection) -> tuple[Host, ...]:
    # The fingerprint is taken once a process: grouping by its text leaves few to read. Its parts are not
    # looked at by the database, whose JSON functions refuse some text that the column holds.
    text = sa.cast(MEASUREMENTS.c.machine, sa.Text)
    counts: Counter[str | None] = Counter()
    for machine, count in connection.execute(sa.select(text, sa.func.count()).group_by(text)):
        host = json_object(machine).get("host_id")
        counts[None if host is None else str(host)] += count
    return tuple(Host(id=host, measurements=count) for host, count in counts.most_common())


def _bytes(connection: sa.Connection) -> int | None:
    if connection.dialect.name == "sqlite":
        pages, size = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("page_count", "page_size")
        )
        return int(pages) * int(size)
    if connection.dialect.name == "postgresql":
        sizes = " + ".join(f"pg_total_relation_size('{table.name}')" for table in GROWING)
        return int(connection.exec_driver_sql(f"SELECT {sizes}").scalar_one())
    return None
