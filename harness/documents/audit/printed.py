"""The scores of a table against what the document shows its scripts to print."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from harness.documents.audit.findings import Found
from harness.documents.readme.cells import Number, number, whole
from harness.documents.readme.reading import Reading, Value
from harness.documents.readme.rounding import fits
from harness.domain.metrics import Metric, Sort
from harness.domain.references import Role
from harness.domain.words import WordKind

NEAR = Decimal("0.01")  # of a score: what lies further off, and is not called so, is another metric
FAR = Decimal("0.05")  # of a score: what lies further off is of another model, or of another part of the data
MANY_DIGITS = 3  # behind the point: what has fewer is near another number by chance
_FIGURE = re.compile(r"(?<![\w.:/%-])\d{1,3}\.\d{2,20}(?![\w.])")
_TIMES = re.compile(r"time|latency|cost|throughput|fps|\bms\b|\bmin\b|\bmax\b|loss|thresh", re.IGNORECASE)
_SUBSET = 50  # a whole number from here on, among a script's arguments, is how many samples it takes
_LONGEST = 1000  # characters of a line that prints a score


@dataclass(frozen=True, slots=True, kw_only=True)
class _Printed:
    """One number that a script printed, and the metrics that its line names.

    A line that says it is of a baseline, or of a precision, is of another run than the table's may be: it
    names none.
    """

    line: int
    number: Number
    metrics: frozenset[str]


def own_result(reading: Reading) -> Iterator[Found]:
    """A column of one score that no printed result is, where one is near it: two runs, or a slip."""
    shown: list[tuple[Decimal, _Printed]] | None = None
    for column in _columns(reading):
        if shown is None:
            shown = _scaled(_shown(reading))
        value, told = column[0], column[0].number
        near = [] if told is None else list(_near(told, shown))
        if told is None or any(fits(exact, told) for exact, _ in near):
            continue
        off = [
            (abs(exact - told.value), item) for exact, item in near if _comparable(value, told, exact, item)
        ]
        if off:
            _, item = min(off, key=lambda pair: pair[0])
            yield Found(
                line=value.line,
                sentence=f"column {value.header!r} has {value.text}, and line {item.line} shows the script "
                f"printing {item.number.printed}: of two runs, or a slip",
                numbers={"table": told.printed, "printed": item.number.printed},
            )


def _comparable(value: Value, told: Number, exact: Decimal, item: _Printed) -> bool:
    """Whether two numbers are of one score: they have one metric's name, or are near and have many digits."""
    near = abs(exact - told.value) <= _room(told, NEAR)
    return value.get("metric") in item.metrics or (
        near and min(told.digits, item.number.digits) >= MANY_DIGITS
    )


def _room(told: Number, share: Decimal) -> Decimal:
    """How far off a score may be: a share of it, and never less than its last digit."""
    return max(abs(told.value) * share, told.step)


def _scaled(shown: Iterable[_Printed]) -> list[tuple[Decimal, _Printed]]:
    """Each number once, as printed, in per cent and as a share, in order."""
    first = dict[str, _Printed]()
    for item in shown:
        first.setdefault(item.number.printed, item)
    scales = (Decimal(1), Decimal(100), Decimal(1) / 100)
    return sorted(
        ((item.number.value * scale, item) for item in first.values() for scale in scales),
        key=lambda pair: pair[0],
    )


def _near(told: Number, shown: Sequence[tuple[Decimal, _Printed]]) -> Iterator[tuple[Decimal, _Printed]]:
    """What was printed within `FAR` of a score, or within its last digit."""
    room = _room(told, FAR)
    at = bisect_left(shown, told.value - room, key=lambda pair: pair[0])
    while at < len(shown) and shown[at][0] <= told.value + room:
        yield shown[at]
        at += 1


def _columns(reading: Reading) -> Iterator[Sequence[Value]]:
    """Columns of one score alone that somebody measured, whatever sets their rows apart."""
    grids = {grid.line for grid in reading.readme.grids}
    groups: dict[tuple[int, int], list[Value]] = {}
    lines = {
        id(value): table.line for table in reading.tables if table.line in grids for value in table.values
    }
    for value in reading.values:
        metric = value.get("metric")
        fast = isinstance(metric, Metric) and metric.sort in (Sort.SPEED, Sort.TIME)
        if fast or value.get("difference") or value.get("role") is not Role.MEASURED:
            continue
        if id(value) in lines and value.number is not None:
            groups.setdefault((lines[id(value)], value.column), []).append(value)
    for values in groups.values():
        first = values[0].number
        if len({value.number for value in values}) == 1 and first is not None and first.digits >= 2:
            yield values


def _shown(reading: Reading) -> Iterator[_Printed]:
    """The numbers in fenced blocks that are no commands, nor of a run on a part of the data."""
    typed = {command.line: command for command in reading.commands}
    command = None
    for fence in reading.readme.fences:
        for line in fence.lines:
            command = typed.get(line.number, command)
            if line.number in typed or len(line.text) > _LONGEST or _TIMES.search(line.text):
                continue
            if command is not None and any((whole(item) or 0) >= _SUBSET for item in command.arguments):
                continue
            found = [item for match in _FIGURE.finditer(line.text) if (item := number(match[0]))]
            metrics = _metrics(reading, line.text) if found else frozenset[str]()
            yield from (_Printed(line=line.number, number=item, metrics=metrics) for item in found)


def _metrics(reading: Reading, text: str) -> frozenset[str]:
    words = reading.context.words
    of_another = any(words.has(text, kind) for kind in (WordKind.BASELINE, WordKind.PRECISION))
    return frozenset(() if of_another else words.values(text, WordKind.METRIC))
