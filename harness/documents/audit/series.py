"""Values of a reading in the groups that rules compare: throughput by batch size, scores by chip."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from harness.documents.readme.naming import BATCH
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

    @property
    def least(self) -> float:
        """The smallest number that is printed so."""
        return self.speed - self._half

    @property
    def most(self) -> float:
        """The largest number that is printed so."""
        return self.speed + self._half

    @property
    def _half(self) -> float:
        """Half of the last digit, and never all of the number."""
        step = 0.0 if self.value.number is None else float(self.value.number.step)
        return min(step, self.speed) / 2


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
        speeds = [item for item in table.values
                  if item.get("metric") == Metric.THROUGHPUT
                  and item.get("role") in (Role.MEASURED, Role.BASELINE)]  # fmt: skip
        groups: dict[tuple[object, ...], list[Value]] = {}
        for value in speeds:
            if not value.get("best"):
                across = BATCH.search(value.header) is not None  # a column a batch size, and a row a series
                key = (None if across else value.column, *_key(reading, table, value))
                groups.setdefault((*key, value.row) if across else key, []).append(value)
        for (column, *rest), values in groups.items():
            points = sorted(
                (
                    Point(size=value.get("batch_size"), speed=float(value.number.value), value=value)
                    for value in values
                    if value.number is not None and value.number.value > 0 and value.get("batch_size")
                ),
                key=lambda point: point.size,
            )
            sizes = [point.size for point in points]
            if len(sizes) == len(set(sizes)) and sizes:
                best = [item for item in speeds if item.get("best") and item.column == column
                        and _is_of(_key(reading, table, item), rest)]  # fmt: skip
                name = str(values[0].get("chip") or values[0].header)
                yield SpeedSeries(name=name, table=table, points=tuple(points), best=tuple(best))


def _key(reading: Reading, table: ReadTable, value: Value) -> tuple[object, ...]:
    """What the points of one series share beside the column."""
    return (value.place, setting(value, without=_OF_A_SIZE), *_labels(reading, table, value))


def _is_of(best: Sequence[object], series: Sequence[object]) -> bool:
    """Whether a best row is of a series: what its label cells say beside "best" is said there, too."""
    return all(said is None or said == other for said, other in zip(best, series, strict=True))


_OF_A_SIZE = ("batch_size", "best")
_AS_PRINTED = ("unit", "form", "rounding")


def setting(value: Value, without: Collection[str] = ()) -> tuple[tuple[str, str], ...]:
    """All that a value is of, which those it is compared with share; how it is printed is no part of it."""
    return tuple(
        sorted((key, str(said)) for key, said in value.meaning.items() if key not in (*_AS_PRINTED, *without))
    )


def _labels(reading: Reading, table: ReadTable, value: Value) -> Iterator[str | None]:
    """What the row's label cells say beside the batch size; None for one that says "best" instead."""
    words = reading.context.words
    for header, cell, label in zip(table.headers, table.rows[value.row], table.labels, strict=True):
        if label and words.is_whole(header, WordKind.BATCH_SIZE) is None:
            yield None if words.is_whole(cell, WordKind.BEST) is not None else BATCH.sub("", cell)


@once
def scores(reading: Reading) -> tuple[Value, ...]:
    """Every printed score that somebody measured, a chip's or a baseline's: shares of one, of any metric."""
    return tuple(
        value
        for value in reading.values
        if value.number is not None
        and value.get("role") in (Role.MEASURED, Role.BASELINE)
        and value.get("metric") is not None
        and Metric(value.get("metric")).is_score
    )


def scores_of(reading: Reading, table: ReadTable) -> list[Value]:
    """Those of `scores` that stand in one table."""
    mine = set(map(id, table.values))
    return [value for value in scores(reading) if id(value) in mine]


def is_difference(reading: Reading, value: Value) -> bool:
    """Whether a number is what two scores differ by, as its column's head or its row's label says."""
    words = reading.context.words
    return value.get("role") is Role.FACT and any(
        words.has(text, WordKind.DIFFERENCE) for text in (value.header, value.label)
    )


def where(value: Value) -> str:
    """A value as a sentence names it."""
    label = f"row {value.label!r}" if value.label else f"line {value.line}"
    return f"{label}, column {value.header!r}"
