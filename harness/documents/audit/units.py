"""Units: missing, mixed, and percent signs on fractions."""

from __future__ import annotations

from collections.abc import Iterator

from harness.documents.audit.findings import Found
from harness.documents.audit.series import scores, where
from harness.documents.readme.reading import Reading, ReadTable, Value
from harness.domain.metrics import Metric, Unit
from harness.domain.references import Role
from harness.domain.words import WordKind


def _has_unit(reading: Reading, value: Value) -> bool:
    words = reading.context.words
    after = value.number.after.strip() if value.number is not None else ""
    return bool(after) or words.has(value.header, WordKind.UNIT)


def missing(reading: Reading) -> Iterator[Found]:
    """Throughput without a unit anywhere; a score above one without a percent sign or word."""
    speeds = [value for value in reading.values
              if value.get("metric") == Metric.THROUGHPUT and value.get("role") is Role.MEASURED
              and value.number is not None]  # fmt: skip
    for values, unit, what in (
        (speeds, Unit.SAMPLES_PER_S, "throughput"),
        ([item for item in scores(reading) if item.get("unit") is Unit.PERCENT], Unit.PERCENT, "score"),
    ):
        bare = [value for value in values if not _has_unit(reading, value)]
        if bare and not _stated(reading, unit):
            read_as = "samples a second" if unit is Unit.SAMPLES_PER_S else "percent, being above 1"
            yield Found(
                line=bare[0].line,
                sentence=f"no unit stands beside the {what} {bare[0].text} (column {bare[0].header!r}) or "
                "in the text; "
                f"read as {read_as}",
                numbers={"values": len(bare)},
            )


def _stated(reading: Reading, unit: Unit) -> bool:
    """Whether running text states the unit beside the metric's word."""
    words = reading.context.words
    return any(
        unit in words.values(line.text, WordKind.UNIT) and words.has(line.text, WordKind.METRIC)
        for line in reading.readme.prose
    )


def mixed(reading: Reading) -> Iterator[Found]:
    """A column in which some values carry a unit and others none, or fractions stand beside percentages."""
    for table in reading.tables:
        for values in _columns(table):
            units = {value.number.after.strip() for value in values if value.number is not None}
            kinds = {value.get("unit") for value in values if value.number is not None and value.number.value}
            if len(units) > 1 or len(kinds) > 1:
                first, other = values[0], next(v for v in values if _unit(v) != _unit(values[0]))
                yield Found(
                    line=other.line,
                    sentence=f"column {first.header!r} prints {first.text} and {other.text}: two units in "
                    "one column",
                    numbers={"first": first.text, "second": other.text},
                )


def _unit(value: Value) -> tuple[str, object]:
    return ("" if value.number is None else value.number.after.strip(), value.get("unit"))


def _columns(table: ReadTable) -> Iterator[list[Value]]:
    for column in sorted({value.column for value in table.values}):
        values = [value for value in table.values if value.column == column and value.number is not None]
        if values and values[0].get("role") is not Role.FACT:
            yield values


def percent_fraction(reading: Reading) -> Iterator[Found]:
    """A percent sign behind a fraction: a score of one percent or less."""
    for value in scores(reading):
        assert value.number is not None
        if "%" in (*value.number.after, *value.header) and 0 < value.number.value <= 1:
            yield Found(
                line=value.line,
                sentence=f"{where(value)} prints {value.text} with a percent sign: a fraction of one, or a "
                "score of "
                "less than one percent",
                numbers={"printed": value.text},
            )


def out_of_range(reading: Reading) -> Iterator[Found]:
    """A score below nothing or above all."""
    for value in scores(reading):
        assert value.number is not None
        if not 0 <= value.number.value <= (100 if value.get("unit") is Unit.PERCENT else 1):
            yield Found(
                line=value.line,
                sentence=f"{where(value)} prints {value.text}: a score lies from 0 to 100 %",
                numbers={"printed": value.text},
            )
