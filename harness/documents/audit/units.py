"""Units: missing, mixed, and percent signs on fractions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.documents.audit.findings import Found, Severity
from harness.documents.audit.series import scores, where
from harness.documents.readme.reading import Reading, ReadTable, Value
from harness.domain.metrics import Better, Metric, Unit
from harness.domain.references import Role
from harness.domain.words import WordKind

_DEVIATION = re.compile(r"^\s*(?:±|\+/-|\+-)\s*\d+(?:\.\d+)?")  # 90 ± 2 fps


def _printed(reading: Reading, value: Value) -> str:
    """The unit behind a number's digits, as printed; what else stands there is none."""
    after = "" if value.number is None else value.number.after.strip()
    if not after:
        return ""
    words = reading.context.words
    after = _DEVIATION.sub("", after).strip()
    begun = (after, *(re.split(cut, after, maxsplit=1)[0] for cut in (r"[\s,，;；)）]", r"[\s,，;；)）/]")))
    return next((text for text in begun if words.is_whole(text, WordKind.UNIT) is not None), "")


def _has_unit(reading: Reading, value: Value) -> bool:
    """Whether a unit stands beside a number, in its column's head, or in the head of its row."""
    heads = (value.header, value.label)
    return bool(_printed(reading, value)) or any(
        reading.context.words.has(head, WordKind.UNIT) for head in heads
    )


def _has_sign(reading: Reading, value: Value) -> bool:
    """Whether a percent sign stands behind a score or in its column's head."""
    return "%" in (_printed(reading, value), *value.header)


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
        if bare and unit not in reading.context.stated_units:
            read_as = "samples a second" if unit is Unit.SAMPLES_PER_S else "percent, being above 1"
            yield Found(
                line=bare[0].line,
                sentence=f"no unit stands beside the {what} {bare[0].text} (column {bare[0].header!r}) or "
                "in the text; "
                f"read as {read_as}",
                numbers={"values": len(bare)},
            )


def mixed(reading: Reading) -> Iterator[Found]:
    """Values of one metric in one column, some with a unit and some without, or fractions beside percents."""
    for table in reading.tables:
        for values in _columns(table):
            units = [_printed(reading, value) for value in values]
            kinds = [value.get("unit") for value in values if value.number is not None and value.number.value]
            if len(set(units)) > 1 or len(set(kinds)) > 1:
                first = values[0]
                other = next(
                    (value for value, unit in zip(values, units, strict=True)
                     if (unit, value.get("unit")) != (units[0], first.get("unit"))),
                    values[-1],
                )  # fmt: skip
                yield Found(
                    line=other.line,
                    sentence=f"column {first.header!r} prints {first.text} and {other.text}: two units in "
                    "one column",
                    numbers={"first": first.text, "second": other.text},
                )


def _columns(table: ReadTable) -> Iterator[list[Value]]:
    """The values of each column that are of one metric."""
    groups: dict[tuple[object, ...], list[Value]] = {}
    for value in table.values:
        if value.number is not None and value.get("role") is not Role.FACT:
            key = (value.column, value.place, *(value.get(key) for key in ("metric", "called", "variant")))
            groups.setdefault(key, []).append(value)
    yield from groups.values()


def percent_fraction(reading: Reading) -> Iterator[Found]:
    """A percent sign behind a score of one or less: surely a fraction where the percentage stands there."""
    found = scores(reading)
    for value in found:
        assert value.number is not None
        high = Metric(value.get("metric")).better is Better.HIGHER
        if high and _has_sign(reading, value) and 0 < value.number.value <= 1:
            also = next((item for item in found if _is_hundredfold(item, value)), None)
            said = "" if also is None else f"; line {also.line} prints {also.text}"
            yield Found(
                line=value.line,
                sentence=f"{where(value)} prints {value.text} with a percent sign: a fraction of one, or a "
                f"score of less than one percent{said}",
                numbers={"printed": value.text},
                severity=Severity.WARNING if also is None else Severity.ERROR,
            )


_NEAR = 5  # percentage points within which two scores of one metric in a document are of one kind


def _is_hundredfold(other: Value, value: Value) -> bool:
    """Whether another score of the metric is about what `value` is without its percent sign."""
    if other.number is None or value.number is None or other.get("unit") is not Unit.PERCENT:
        return False
    same = all(other.get(key) == value.get(key) for key in ("metric", "called"))
    return same and other.number.value > 1 and abs(other.number.value - value.number.value * 100) <= _NEAR


def out_of_range(reading: Reading) -> Iterator[Found]:
    """A score below the least or above the most of its metric; a little above, it may be relative."""
    for value in scores(reading):
        assert value.number is not None
        metric = Metric(value.get("metric"))
        scale = 100 if value.get("unit") is Unit.PERCENT else 1
        if not metric.least * scale <= value.number.value <= metric.most * scale:
            relative = metric.most * scale < value.number.value <= metric.most * scale * _RELATIVE
            yield Found(
                line=value.line,
                sentence=f"{where(value)} prints {value.text}: {_called(value)} lies from "
                f"{metric.least * 100:g} to {metric.most * 100:g} %",
                numbers={"printed": value.text},
                severity=Severity.WARNING if relative else Severity.ERROR,
            )


_RELATIVE = 1.1  # of a baseline's, which a chip hardly exceeds by more


def _called(value: Value) -> str:
    metric = Metric(value.get("metric"))
    return "a score" if metric is Metric.ACCURACY else str(value.get("called") or metric)
