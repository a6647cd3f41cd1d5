"""Columns that are made of their neighbours: ratios and differences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import permutations

from harness.documents.audit.findings import Found, Severity
from harness.documents.audit.series import where
from harness.documents.readme.cells import Number
from harness.documents.readme.reading import Reading, ReadTable, Value
from harness.documents.readme.rounding import fits, nearest, ratio_parts
from harness.domain.metrics import Metric
from harness.domain.references import Rounding


def _columns(table: ReadTable) -> Iterator[list[Value]]:
    for column in sorted({value.column for value in table.values}):
        yield [value for value in table.values if value.column == column and value.number is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ratio:
    """One ratio: what its neighbours come to, how far their own rounding may move that, what makes it.

    `exact` is None where the second of them is 0.
    """

    value: Value
    number: Number
    parts: tuple[Number, Number]
    exact: Decimal | None = None
    slack: Decimal = Decimal(0)
    ways: frozenset[Rounding] = frozenset()


def _ratio(value: Value, number: Number, parts: tuple[Number, Number]) -> _Ratio:
    above, below = parts
    if not below.value:
        return _Ratio(value=value, number=number, parts=parts)
    exact = above.value / below.value
    blur = (above.step + abs(exact) * below.step) / abs(below.value) / 2
    return _Ratio(
        value=value, number=number, parts=parts, exact=exact, slack=blur + number.step,
        ways=frozenset(fits(exact, number)),
    )  # fmt: skip


def _ratios(reading: Reading) -> Iterator[tuple[list[_Ratio], str]]:
    """Each ratio column that can be checked, with its head."""
    for table in reading.tables:
        for values in _columns(table):
            checked = []
            for value in values:
                parts = ratio_parts(value, table.of_row(value.row)) if value.get("ratio") else None
                if parts is not None and value.number is not None:
                    checked.append(_ratio(value, value.number, parts))
            if checked:
                yield checked, values[0].header


def ratio_follows(reading: Reading) -> Iterator[Found]:
    """A ratio that no rounding of its neighbours' quotient makes; a note where more of their digits might."""
    for checked, _ in _ratios(reading):
        for item in checked:
            if item.exact is None:
                yield _over_zero(item)
            elif not item.ways:
                yield _other(item, item.exact)


def _over_zero(item: _Ratio) -> Found:
    above, below = (part.printed for part in item.parts)
    return Found(
        line=item.value.line,
        sentence=f"{where(item.value)} prints {item.value.text}, its neighbours are {above} and {below}: a "
        "quotient by 0 is no number",
        numbers={"printed": item.value.text, "above": above, "below": below},
    )


def _other(item: _Ratio, exact: Decimal) -> Found:
    might = abs(item.number.value - exact) <= item.slack
    return Found(
        line=item.value.line,
        sentence=f"{where(item.value)} prints {item.value.text}, its neighbours' quotient is "
        f"{exact:.6f}, rounded {nearest(exact, item.number.digits)}"
        + ("; with the digits that they do not print it might follow" if might else ""),
        numbers={"printed": item.value.text, "quotient": float(exact)},
        severity=Severity.NOTE if might else Severity.ERROR,
    )


def ratio_rounding(reading: Reading) -> Iterator[Found]:
    """Ratios that only cutting off makes, or that were made in both ways."""
    for checked, header in _ratios(reading):
        cut = [item.value for item in checked if item.ways == {Rounding.TRUNCATED}]
        rounded = [item.value for item in checked if item.ways == {Rounding.ROUNDED}]
        if not cut:
            continue
        listed = ", ".join(value.text for value in cut)
        if rounded:
            others = ", ".join(value.text for value in rounded)
            sentence = f"column {header!r} cuts off {listed} and rounds {others}"
        else:
            fit = sum(bool(item.ways) for item in checked)
            sentence = f"all {fit} of column {header!r} fit cutting off, and {listed} fit nothing else"
        yield Found(
            line=cut[0].line, sentence=sentence,
            numbers={"cut_off": len(cut), "rounded": len(rounded), "checked": len(checked)},
        )  # fmt: skip


def difference_follows(reading: Reading) -> Iterator[Found]:
    """A difference that no two scores of its row come to; a note where more of their digits might."""
    for table in reading.tables:
        for value in table.values:
            if not value.get("difference") or value.number is None:
                continue
            scores = [item.number for item in table.of_row(value.row)
                      if item.number is not None and not item.get("difference")
                      and item.get("metric") != Metric.THROUGHPUT]  # fmt: skip
            row = [item.value for item in scores]
            blur = max((item.step for item in scores), default=Decimal(0))  # half a step of each of two
            made = {above - below for above, below in permutations(row, 2)}
            made |= {(above - below) / below * 100 for above, below in permutations(row, 2) if below}
            if made and not any(fits(item, value.number) for item in made):
                printed = value.number.value
                off_by = min(abs(item - printed) for item in made)
                yield Found(
                    line=value.line,
                    sentence=f"{where(value)} prints {value.text}, off by {off_by:.4f} from the nearest "
                    "difference of two scores of its row",
                    numbers={"printed": value.text, "off_by": float(off_by)},
                    severity=Severity.ERROR if off_by > blur + value.number.step else Severity.NOTE,
                )
