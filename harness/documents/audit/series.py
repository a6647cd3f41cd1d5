"""Values of a reading in the groups that rules compare: throughput by batch size, scores by chip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.documents.readme.columns import BATCH
from harness.documents.readme.once import once
from harness.documents.readme.reading import Reading, ReadTable, Value
from harness.domain.metrics import Metric
from harness.domain.references import Role
from harness.domain.words import WordKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One throughput: the batch size, the number, and the value it was read from."""

    size: int
    speed: float
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedSeries:
    """The throughputs of one column on one chip, by ascending batch size."""

    name: str
    table: ReadTable
    points: tuple[Point, ...]
    best: tuple[Value, ...]  # of the best-batch row


@once
def throughputs(reading: Reading) -> tuple[SpeedSeries, ...]:
    """Every series of throughputs in which only the batch size differs."""
    return tuple(_throughputs(reading))


def _throughputs(reading: Reading) -> Iterator[SpeedSeries]:
    for table in reading.tables:
        groups: dict[tuple[object, ...], list[Value]] = {}
        for value in table.values:
            if value.get("metric") == Metric.THROUGHPUT and value.get("role") in (
                Role.MEASURED,
                Role.BASELINE,
            ):
                groups.setdefault((value.column, *_setting(reading, table, value)), []).append(value)
        for values in groups.values():
            points = sorted(
                (
                    Point(size=value.get("batch_size"), speed=float(value.number.value), value=value)
                    for value in values
                    if value.number is not None
                    and value.number.value > 0
                    and value.get("batch_size")
                    and not value.get("best")
                ),
                key=lambda point: point.size,
            )
            sizes = [point.size for point in points]
            best = _best(table, values[0].column)
            if len(sizes) == len(set(sizes)) and sizes and not values[0].get("best"):
                chip = values[0].get("chip") or values[0].header
                yield SpeedSeries(name=str(chip), table=table, points=tuple(points), best=best)


def _best(table: ReadTable, column: int) -> tuple[Value, ...]:
    return tuple(value for value in table.values if value.column == column and value.get("best"))


def _setting(reading: Reading, table: ReadTable, value: Value) -> tuple[object, ...]:
    """What else than the batch size tells a row from another: its label cells without it."""
    if value.get("best"):
        return (value.get("chip"), value.get("precision"), "best")
    cells = [
        BATCH.sub("", cell)
        for header, cell, label in zip(table.headers, table.rows[value.row], table.labels, strict=True)
        if label and reading.context.words.is_whole(header, WordKind.BATCH_SIZE) is None
    ]
    return (value.get("chip"), value.get("precision"), *cells)


@once
def scores(reading: Reading) -> tuple[Value, ...]:
    """Every printed score that somebody measured, a chip's or a baseline's."""
    return tuple(
        value
        for value in reading.values
        if value.number is not None
        and value.get("role") in (Role.MEASURED, Role.BASELINE)
        and value.get("metric") != Metric.THROUGHPUT
        and not value.get("difference")
    )


def where(value: Value) -> str:
    """A value as a sentence names it."""
    label = f"row {value.label!r}" if value.label else f"line {value.line}"
    return f"{label}, column {value.header!r}"
