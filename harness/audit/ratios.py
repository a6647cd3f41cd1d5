"""Columns that are made of their neighbours: ratios and differences."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import permutations

from harness.audit.findings import Found, Rule, Severity
from harness.audit.series import where
from harness.domain import Metric, Role, Rounding
from harness.readme.reading import Reading, ReadTable, Value
from harness.readme.rounding import fits, of_ratio


def _columns(table: ReadTable) -> Iterator[list[Value]]:
    for column in sorted({value.column for value in table.values}):
        yield [value for value in table.values if value.column == column and value.number is not None]


def _ratios(reading: Reading) -> Iterator[tuple[list[tuple[Value, Decimal, set[Rounding]]], str]]:
    """Each ratio column: value, exact quotient, and the roundings that make it."""
    for table in reading.tables:
        for values in _columns(table):
            checked = []
            for value in values:
                exact = of_ratio(value, table.of_row(value.row)) if value.get("role") is Role.RATIO else None
                if exact is not None and value.number is not None:
                    checked.append((value, exact, fits(exact, value.number)))
            if checked:
                yield checked, values[0].header


def ratio_follows(reading: Reading) -> Iterator[Found]:
    """A ratio that no rounding of its neighbours' quotient makes."""
    for checked, _ in _ratios(reading):
        for value, exact, ways in checked:
            assert value.number is not None
            if not ways:
                would = round(exact, value.number.digits)
                yield Found(
                    line=value.line,
                    sentence=f"{where(value)} prints {value.text}, its neighbours' quotient is {exact:.6f}, "
                    f"rounded {would}",
                    numbers={"printed": value.text, "quotient": float(exact)},
                )


def ratio_rounding(reading: Reading) -> Iterator[Found]:
    """Ratios that only cutting off makes, or that were made in both ways."""
    for checked, header in _ratios(reading):
        cut = [value for value, _, ways in checked if ways == {Rounding.TRUNCATED}]
        rounded = [value for value, _, ways in checked if ways == {Rounding.ROUNDED}]
        if not cut:
            continue
        listed = ", ".join(value.text for value in cut)
        if rounded:
            others = ", ".join(value.text for value in rounded)
            sentence = f"column {header!r} cuts off {listed} and rounds {others}"
        else:
            fit = sum(bool(ways) for _, _, ways in checked)
            sentence = f"all {fit} of column {header!r} fit cutting off, and {listed} fit nothing else"
        yield Found(
            line=cut[0].line, sentence=sentence,
            numbers={"cut_off": len(cut), "rounded": len(rounded), "checked": len(checked)},
        )  # fmt: skip


def difference_follows(reading: Reading) -> Iterator[Found]:
    """A difference that no two scores of its row come to."""
    for table in reading.tables:
        for value in table.values:
            if not value.get("difference") or value.number is None:
                continue
            row = [item.number.value for item in table.of_row(value.row)
                   if item.number is not None and not item.get("difference")
                   and item.get("metric") != Metric.THROUGHPUT]  # fmt: skip
            made = {above - below for above, below in permutations(row, 2)}
            made |= {(above - below) / below * 100 for above, below in permutations(row, 2) if below}
            if made and not any(fits(item, value.number) for item in made):
                printed = value.number.value
                nearest = min(abs(item - printed) for item in made)
                yield Found(
                    line=value.line,
                    sentence=f"{where(value)} prints {value.text}, off by {nearest:.4f} from the nearest "
                    "difference of two scores of its row",
                    numbers={"printed": value.text, "off_by": float(nearest)},
                )


RULES = (
    Rule(
        id="ratio-follows",
        severity=Severity.ERROR,
        reads="ratio columns (310P/T4) and the throughputs beside them",
        claim="every ratio is its neighbours' quotient, rounded or cut off",
        check=ratio_follows,
    ),
    Rule(
        id="ratio-rounding",
        severity=Severity.NOTE,
        reads="ratio columns (310P/T4) and the throughputs beside them",
        claim="ratios are rounded",
        check=ratio_rounding,
    ),
    Rule(
        id="difference-follows",
        severity=Severity.ERROR,
        reads="difference columns and the scores beside them",
        claim="every difference is that of two scores of its row",
        check=difference_follows,
    ),
)
