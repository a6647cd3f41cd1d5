"""Columns that are made of their neighbours: ratios and differences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import permutations, product

from harness.documents.audit.findings import Found, Severity
from harness.documents.audit.series import is_difference, where
from harness.documents.readme.cells import Number
from harness.documents.readme.reading import Reading, ReadTable, Value
from harness.documents.readme.rounding import fits, nearest
from harness.domain.metrics import Metric, Sort
from harness.domain.references import Role, Rounding

_SEVERAL, _SPREAD = 3, 0.02  # ratios that are off by one factor, and how far apart its values may lie


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

    @property
    def near(self) -> bool:
        """Whether digits that its parts do not print might make it."""
        return self.exact is not None and abs(self.number.value - self.exact) <= self.slack


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


def _is_exact(number: Number) -> bool:
    """Whether a number is said to be just that, and not about, at least or at most that."""
    return not number.before.strip().endswith(
        ("<", ">", "≤", "≥", "~", "≈", "约", "±", "＜", "＞", "<=", ">=")
    )


def _pairs(value: Value, row: Sequence[Value]) -> Iterator[tuple[Number, Number]]:
    """The numbers of its row that a ratio may be of: of its two chips, those measured as it was first.

    A chip may have several columns there (with AOE and without); times may be divided either way.
    """
    chips = value.get("ratio") or (None, None)
    sides = [[item for item in row if item.get("chip") == chip and item.number is not None
              and item.get("metric") == value.get("metric")
              and item.get("role") in (Role.MEASURED, Role.BASELINE)] for chip in chips]  # fmt: skip
    for side in sides:
        side.sort(key=lambda item: item.get("aoe") != value.get("aoe"))
    for above, below in product(*sides):
        if above.number is not None and below.number is not None:
            yield above.number, below.number
            if value.get("metric") == Metric.LATENCY:
                yield below.number, above.number


def _ratios(reading: Reading) -> Iterator[tuple[list[_Ratio], str]]:
    """Each ratio column that can be checked, with its head; of several quotients the one that fits."""
    for table in reading.tables:
        for values in _columns(table):
            checked = []
            for value in values:
                number = value.number
                if number is None or not value.get("ratio") or not _is_exact(number):
                    continue
                made = [_ratio(value, number, parts) for parts in _pairs(value, table.of_row(value.row))]
                best = next((item for item in made if item.ways), None)
                near = next((item for item in made if item.exact is not None and item.near), None)
                if made:
                    checked.append(best or near or made[0])
            if checked:
                yield checked, values[0].header


def ratio_follows(reading: Reading) -> Iterator[Found]:
    """A ratio that no rounding of its neighbours' quotient makes; a note where more of their digits might."""
    for checked, header in _ratios(reading):
        factor = _factor(checked)
        if factor is not None:
            yield _throughout(checked, header, factor)
            continue
        for item in checked:
            if item.exact is None:
                yield _over_zero(item)
            elif not item.ways:
                yield _other(item, item.exact)


def _factor(checked: Sequence[_Ratio]) -> float | None:
    """What every ratio of a column is of its neighbours' quotient, where that is one number and none fits."""
    times = [float(item.number.value / item.exact) for item in checked if item.exact]
    off = len(times) == len(checked) >= _SEVERAL and not any(item.ways or item.near for item in checked)
    return times[0] if off and times[0] > 0 and max(times) <= min(times) * (1 + _SPREAD) else None


def _throughout(checked: Sequence[_Ratio], header: str, factor: float) -> Found:
    """One finding for a column that counts a card of several chips, or the like, on one side."""
    return Found(
        line=checked[0].value.line,
        sentence=f"all {len(checked)} of column {header!r} are {factor:.3g} times their neighbours' "
        "quotient: one side is counted otherwise than its column, which the document does not say",
        numbers={"checked": len(checked), "factor": round(factor, 6)},
        severity=Severity.WARNING,
    )


def _over_zero(item: _Ratio) -> Found:
    above, below = (part.printed for part in item.parts)
    return Found(
        line=item.value.line,
        sentence=f"{where(item.value)} prints {item.value.text}, its neighbours are {above} and {below}: a "
        "quotient by 0 is no number",
        numbers={"printed": item.value.text, "above": above, "below": below},
    )


def _other(item: _Ratio, exact: Decimal) -> Found:
    might = item.near
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
    """A difference that no two scores of its row come to; a note where more of their digits might.

    Of two scores of one metric: in points, or relative to either of them, with the sign of either order.
    """
    for table in reading.tables:
        for value in table.values:
            if value.number is None or not is_difference(reading, value) or not _is_exact(value.number):
                continue
            made = list(_differences(table.of_row(value.row)))
            if made and not any(fits(item, value.number) for item, _ in made):
                printed = value.number.value
                off_by, blur = min((abs(item - printed), blur) for item, blur in made)
                yield Found(
                    line=value.line,
                    sentence=f"{where(value)} prints {value.text}, off by {off_by:.4f} from the nearest "
                    "difference of two scores of its row",
                    numbers={"printed": value.text, "off_by": float(off_by)},
                    severity=Severity.ERROR if off_by > blur + value.number.step else Severity.NOTE,
                )


def _differences(row: Sequence[Value]) -> Iterator[tuple[Decimal, Decimal]]:
    """What two scores of a row differ by, said in any way, and how far their own rounding may move that."""
    scores = [item for item in row
              if item.number is not None and item.get("role") in (Role.MEASURED, Role.BASELINE)
              and Metric(item.get("metric")).sort in (Sort.SCORE, Sort.DISTANCE, Sort.OTHER)]  # fmt: skip
    for above, below in permutations(scores, 2):
        same = all(above.get(key) == below.get(key) for key in ("metric", "called", "dataset"))
        if not same or above.number is None or below.number is None:
            continue
        a, b = above.number.value, below.number.value
        blur = max(above.number.step, below.number.step)
        for scale in (Decimal(1), Decimal(100), Decimal("0.01")):
            yield (a - b) * scale, blur * scale
        for reference in (item for item in (a, b) if item):
            share = (a - b) / reference
            yield share * 100, blur / abs(reference) * 200
            yield share, blur / abs(reference) * 2
