"""Printed scores as whole numbers out of a number of samples: what can be, and what could have been."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from harness.documents.readme.cells import Number
from harness.documents.readme.rounding import counts
from harness.domain.metrics import Unit
from harness.domain.references import Rounding

DOUBLE_DIGITS = 12  # from so many digits on a score is a double, printed whole
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
