"""Printed scores as whole numbers out of a number of samples: what can be, and what could have been."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction

from harness.domain import Rounding, Unit
from harness.readme.cells import Number
from harness.readme.rounding import counts

DOUBLE_DIGITS = 12  # from so many digits on a score is a double, printed whole
LARGEST = 1_000_000  # denominators beyond say nothing
_SLACK = 4  # units in the last place of a double that percent and mean may have cost


def simplest(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of smallest denominator in ``[low, high]``, by continued fractions."""
    whole = math.floor(low)
    if whole == low:
        return Fraction(whole)
    if whole + 1 <= high:
        return Fraction(whole + 1)
    rest = simplest(1 / (high - whole), 1 / (low - whole))
    return whole + 1 / rest


def interval(printed: Number, unit: Unit) -> tuple[Fraction, Fraction]:
    """The fractions of one that may have been printed so, rounded."""
    scale = 100 if unit is Unit.PERCENT else 1
    value = Fraction(printed.value)
    half = Fraction(printed.step) / 2
    if printed.digits >= DOUBLE_DIGITS:
        half = max(half, Fraction(math.ulp(float(printed.value))) * _SLACK)
    return (value - half) / scale, (value + half) / scale


def smallest(printed: Number, unit: Unit) -> Fraction:
    """The simplest fraction that may have been printed so."""
    return simplest(*interval(printed, unit))


def common(scores: Sequence[tuple[Number, Unit]]) -> int:
    """The smallest denominator that all of these scores have in common."""
    return math.lcm(*(smallest(printed, unit).denominator for printed, unit in scores))


def possible(printed: Number, unit: Unit, samples: int) -> dict[Rounding, int]:
    """The count out of `samples` that was printed so, by each rounding that has one."""
    if printed.digits < DOUBLE_DIGITS:
        return counts(printed, unit, samples)
    low, high = interval(printed, unit)
    count = round(float(printed.value) * samples / (100 if unit is Unit.PERCENT else 1))
    return {Rounding.ROUNDED: count} if low <= Fraction(count, samples) <= high else {}


def denominators(printed: Number, unit: Unit, most: int = 3) -> Iterator[Fraction]:
    """The smallest denominators that could have made the digits, ascending; cut off counts as made."""
    low, high = interval(printed, unit)
    cut = Fraction(printed.value.quantize(printed.step, ROUND_DOWN)) / (100 if unit is Unit.PERCENT else 1)
    high = max(high, cut + Fraction(printed.step) / (100 if unit is Unit.PERCENT else 1))
    found, size = 0, simplest(low, high).denominator
    while found < most and size <= LARGEST:
        above = math.ceil(low * size)
        if Fraction(above, size) <= high and math.gcd(above, size) == 1:
            found += 1
            yield Fraction(above, size)
        size += 1
        if printed.digits >= DOUBLE_DIGITS:
            return


def exact(value: Decimal) -> Fraction:
    """A decimal as a fraction."""
    return Fraction(value)
