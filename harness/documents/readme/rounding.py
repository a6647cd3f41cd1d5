"""How a README made its printed digits: rounded or cut off, as far as its other numbers tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_DOWN, ROUND_HALF_DOWN, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from harness.documents.readme.cells import Number
from harness.documents.readme.once import once
from harness.documents.readme.reading import Reading, ReadTable, Value
from harness.domain.datasets import DatasetSpec
from harness.domain.metrics import Metric, Unit
from harness.domain.references import Role, Rounding

Roundings = Mapping[tuple[int, int], Rounding]  # (line of the table, column) -> what fits it alone

# Numbers are printed with up to 15 digits before the point and 20 behind it: quotients have up to 35 and 20.
_WIDE = Context(prec=60)


def nearest(exact: Decimal, digits: int) -> Decimal:
    """`exact` with so many digits behind the point, a tie away from 0."""
    return exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, _WIDE)


def fits(exact: Decimal | Fraction, printed: Number) -> set[Rounding]:
    """Which ways of rounding make `printed` of `exact`.

    A tie may go either way: printing rounds the double beside it (3707/4000 is 92.675 %, and ``%.2f`` of it
    is 92.67).
    """
    value = Decimal(exact.numerator) / Decimal(exact.denominator) if isinstance(exact, Fraction) else exact
    found = set()
    ties = (ROUND_HALF_UP, ROUND_HALF_DOWN)
    if printed.value in (value.quantize(printed.step, mode, _WIDE) for mode in ties):
        found.add(Rounding.ROUNDED)
    if printed.value == value.quantize(printed.step, ROUND_DOWN, _WIDE):
        found.add(Rounding.TRUNCATED)
    return found


def counts(printed: Number, unit: Unit, samples: int) -> dict[Rounding, int]:
    """The whole number out of `samples` that makes `printed`, by each way of rounding that has one."""
    scale = 100 if unit is Unit.PERCENT else 1
    near = int(printed.value * samples / scale)
    found: dict[Rounding, int] = {}
    for count in range(max(near - 2, 0), min(near + 3, samples) + 1):
        for way in fits(Fraction(count * scale, samples), printed):
            found.setdefault(way, count)
    return found


def ratio_parts(value: Value, row: Iterable[Value]) -> tuple[Number, Number] | None:
    """The two numbers of its row that a ratio is of; None where one is absent."""
    of_chip: dict[tuple[str, bool], Number | None] = {
        (item.get("chip"), bool(item.get("aoe"))): item.number
        for item in row
        if item.get("metric") == value.get("metric") and item.get("role") is Role.MEASURED
    }
    numerator, denominator = value.get("ratio") or ("", "")
    above = of_chip.get((numerator, bool(value.get("aoe"))))  # what is tuned is the first one
    below = of_chip.get((denominator, False))
    return (above, below) if above and below else None


def of_ratio(value: Value, row: Iterable[Value]) -> Decimal | None:
    """What a ratio's neighbours in its row come to; None where one is absent, or the second is 0."""
    parts = ratio_parts(value, row)
    return parts[0].value / parts[1].value if parts and parts[1].value else None


def dataset_of(reading: Reading) -> DatasetSpec | None:
    """The data set that a README's scores are of: its model's."""
    return None if reading.model is None else reading.catalog.datasets.get(reading.model.dataset)


@once
def roundings(reading: Reading) -> Roundings:
    """The rounding of each column whose numbers fit only one; of the scores of a table together."""
    found: dict[tuple[int, int], Rounding] = {}
    for table in reading.tables:
        scores: dict[int, set[Rounding]] = {}
        for column in sorted({value.column for value in table.values}):
            values = [item for item in table.values if item.column == column and item.number is not None]
            ways = list(_ways(reading, table, values))
            only = set.intersection(*ways) if ways else set(Rounding)
            if only == {Rounding.TRUNCATED}:
                found[table.line, column] = Rounding.TRUNCATED
            if (
                values
                and values[0].get("role") is not Role.RATIO
                and values[0].get("metric") != Metric.THROUGHPUT
            ):
                scores[column] = only
        if {Rounding.TRUNCATED} in scores.values() and {Rounding.ROUNDED} not in scores.values():
            found |= {(table.line, column): Rounding.TRUNCATED for column in scores}
    return found


def _ways(reading: Reading, table: ReadTable, values: Iterable[Value]) -> Iterator[set[Rounding]]:
    """For each value that can be checked, the roundings that make it."""
    dataset = dataset_of(reading)
    for value in values:
        assert value.number is not None
        if value.get("role") is Role.RATIO:
            exact = of_ratio(value, table.of_row(value.row))
            if exact is not None and (ways := fits(exact, value.number)):
                yield ways
            continue
        samples = 0 if dataset is None else dataset.counts.get("samples", 0)
        if value.get("metric") == Metric.ACCURACY and samples:
            coarse = Fraction(100 if value.get("unit") is Unit.PERCENT else 1, samples) > Fraction(
                value.number.step
            )
            if coarse and (by_count := counts(value.number, value.get("unit"), samples)):
                yield set(by_count)
        for longer in longer_prints(reading, value):
            assert longer.number is not None
            if ways := fits(longer.number.value, value.number):
                yield ways


def longer_prints(reading: Reading, value: Value) -> Iterator[Value]:
    """The same metric of the same chip and precision, printed elsewhere with more digits."""
    keys = ("metric", "unit", "chip", "precision")
    for other in reading.values:
        if (
            other.number is not None
            and value.number is not None
            and other.number.digits > value.number.digits
            and all(other.get(key) == value.get(key) for key in keys)
            and (other.get("role"), value.get("role")) == (Role.MEASURED, Role.MEASURED)
            and value.get("metric") != Metric.THROUGHPUT
            and value.get("chip") is not None
        ):
            yield other
