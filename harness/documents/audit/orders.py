"""Values that have an order whatever was measured: exact match below F1, longer sequences slower."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from harness.documents.audit.findings import Found, Severity
from harness.documents.readme.reading import Reading, ReadTable, Value
from harness.domain.metrics import Metric, Unit
from harness.domain.references import Role
from harness.domain.settings import SETTINGS
from harness.domain.words import WordKind

LENGTH_SLACK = 0.05  # of a speed: what noise may add to that of the longer sequence
_KEYS = ("role", "baseline", "best", "chip", "precision", "batch_size", "ratio", *SETTINGS)
_DIGITS = re.compile(r"\d+")


def exact_above_f1(reading: Reading) -> Iterator[Found]:
    """Exact matches above the F1 of the same answers: whatever matches exactly has an F1 of 1."""
    squad = "squad" in reading.context.words.values(reading.readme.text, WordKind.DATASET)
    for table in reading.tables:
        for exact, f1 in _exact_and_f1(reading, table):
            above, below = _fraction(exact), _fraction(f1)
            if above > below:
                yield Found(
                    line=exact.line,
                    sentence=f"exact match is {_digits(exact)}, and F1 {_digits(f1)} (line {f1.line}): what "
                    "matches exactly has an F1 of 1, so F1 is never below; they are swapped, or of two runs",
                    numbers={"exact": round(above, 6), "f1": round(below, 6)},
                    severity=Severity.ERROR if squad else Severity.WARNING,
                )


def _exact_and_f1(reading: Reading, table: ReadTable) -> Iterator[tuple[Value, Value]]:
    """The exact match and the F1 of one row, or of one column of rows that differ in the metric only."""
    groups: dict[tuple[object, ...], dict[object, list[Value]]] = {}
    for value in table.values:
        metric = value.get("metric")
        if metric in (Metric.EXACT, Metric.F1) and _is_measured(value):
            label = reading.context.words.without(value.label, WordKind.METRIC)
            groups.setdefault((_settings(value), label, value.part), {}).setdefault(metric, []).append(value)
    for group in groups.values():
        if len(group.get(Metric.EXACT, ())) == 1 and len(group.get(Metric.F1, ())) == 1:
            yield group[Metric.EXACT][0], group[Metric.F1][0]


def _is_measured(value: Value) -> bool:
    role = value.get("role") in (Role.MEASURED, Role.BASELINE)
    return value.number is not None and role and not value.get("difference")


def _settings(value: Value, without: str = "") -> tuple[object, ...]:
    """What was set when a value was measured, one setting left out."""
    return tuple(value.get(key) for key in _KEYS if key != without)


def _digits(value: Value) -> str:
    return "" if value.number is None else value.number.printed


def _fraction(value: Value) -> float:
    assert value.number is not None
    return float(value.number.value) / (100 if value.get("unit") is Unit.PERCENT else 1)


def longer_is_faster(reading: Reading) -> Iterator[Found]:
    """A longer sequence at a higher throughput, or a shorter time, than a shorter one set like it."""
    for table in reading.tables:
        for group in (*_by_length(table, "column"), *_by_length(table, "row")):
            for shorter, longer in pairwise(group):
                assert shorter.number is not None
                assert longer.number is not None
                one, other = float(shorter.number.value), float(longer.number.value)
                is_time = shorter.get("metric") == Metric.LATENCY
                gain = one / other if is_time else other / one
                if gain > 1 + LENGTH_SLACK:
                    yield Found(
                        line=longer.line,
                        sentence=f"length {longer.get('length')} has {longer.text}, and length "
                        f"{shorter.get('length')} {shorter.text} (line {shorter.line}), all else alike: a "
                        "longer sequence is no faster",
                        numbers={"longer": other, "shorter": one, "times": round(gain, 3)},
                    )


def _by_length(table: ReadTable, along: str) -> Iterator[Sequence[Value]]:
    """Speeds of one column, or of one row, that differ in the sequence length only, the shortest first."""
    groups: dict[tuple[object, ...], list[Value]] = {}
    for value in table.values:
        speed = value.get("metric") in (Metric.THROUGHPUT, Metric.LATENCY) and value.get("length")
        if speed and _is_measured(value) and value.number is not None and value.number.value > 0:
            label = _DIGITS.sub("", value.label)
            key = (getattr(value, along), value.get("metric"), value.get("unit"), label, value.part)
            groups.setdefault((*key, _settings(value, "length")), []).append(value)
    yield from (
        sorted(group, key=lambda value: value.get("length")) for group in groups.values() if _apart(group)
    )


def _apart(group: Iterable[Value]) -> bool:
    """Whether each value of a group has a length of its own."""
    lengths = [value.get("length") for value in group]
    return len(set(lengths)) == len(lengths) > 1
