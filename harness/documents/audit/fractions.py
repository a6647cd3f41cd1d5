"""Printed scores as whole numbers out of a number of samples: what can be, and what could have been."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from harness.documents.readme.cells import Number
from harness.documents.readme.rounding import counts
from harness.domain.metrics import Unit
from harness.domain.references import Rounding

DOUBLE_DIGITS = 12  # from so many digits on a score is a double, printed whole
_ADDED = "0.001"  # to a number of samples
_SLACK = 4  # units in the last place of a double that percent and mean may have cost
MOST_SAMPLES = 1_000_000  # the largest documented count is 219197 characters

Score = tuple[Number, Unit]


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """The smallest number of samples that scores have in common, and how each was then printed.

    ``counts[i]`` out of `samples` is the i-th score, printed in any of `ways`: each holds for all of them.
    """

    samples: int
    counts: tuple[int, ...]
    ways: frozenset[Rounding]


def simplest(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of smallest denominator in ``[low, high]``, by continued fractions."""
    whole = math.floor(low)
    if whole == low:
        return Fraction(whole)
    if whole + 1 <= high:
        return Fraction(whole + 1)
    rest = simplest(1 / (high - whole), 1 / (low - whole))
    return whole + 1 / rest


def common(scores: Sequence[Score], ways: Iterable[Rounding] = Rounding) -> Common | None:
    """The smallest number of samples out of which every one of `scores` is a whole number.

    All rounded or all cut off, as one script prints: the smaller of the two, and both where it is the same;
    of `ways` alone. None where no number up to `MOST_SAMPLES` is one.
    """
    found: Common | None = None
    for way in ways:
        ranges = [_Range.of(printed, unit, way) for printed, unit in scores]
        samples = _least(ranges, MOST_SAMPLES if found is None else found.samples)
        if samples is None:
            continue
        both = {way} if found is None or samples < found.samples else {*found.ways, way}
        made = tuple(item.count(samples) for item in ranges)
        if found is not None and samples == found.samples:
            made = found.counts  # rounded first: what fits both ways is taken to be rounded
        found = Common(samples=samples, counts=made, ways=frozenset(both))
    return found


def nearly(printed: Number, unit: Unit, samples: int) -> bool:
    """Whether a score of many digits is a count out of a hair more than `samples`.

    Scripts add a small number to what they divide by, so as never to divide by 0: 1e-5, and up to 1e-3.
    """
    if printed.digits < DOUBLE_DIGITS:
        return False
    count = Fraction(printed.value) / (100 if unit is Unit.PERCENT else 1) * samples
    return count > 0 and 0 <= Fraction(math.ceil(count)) / count - 1 <= Fraction(_ADDED) / samples


def possible(printed: Number, unit: Unit, samples: int) -> dict[Rounding, int]:
    """The count out of `samples` that was printed so, by each rounding that has one."""
    if printed.digits < DOUBLE_DIGITS:
        return counts(printed, unit, samples)
    span = _Range.of(printed, unit, Rounding.ROUNDED)
    return {Rounding.ROUNDED: span.count(samples)} if span.holds(samples) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Range:
    """The scores, as fractions of one, that are printed alike: `low` to `high`, the latter if `closed`."""

    value: Fraction
    low: Fraction
    high: Fraction
    closed: bool

    @classmethod
    def of(cls, printed: Number, unit: Unit, way: Rounding) -> _Range:
        """What may have been printed so. A double printed whole is the same by either way."""
        scale = 100 if unit is Unit.PERCENT else 1
        value, step = Fraction(printed.value), Fraction(printed.step)
        if printed.digits >= DOUBLE_DIGITS:
            half = max(step / 2, Fraction(math.ulp(float(printed.value))) * _SLACK)
            low, high, closed = value - half, value + half, True
        elif way is Rounding.ROUNDED:
            low, high, closed = value - step / 2, value + step / 2, True
        else:
            low, high, closed = value, value + step, False
        low, high = low / scale, high / scale
        if high > 1:
            high, closed = Fraction(1), True
        return cls(value=value / scale, low=max(low, Fraction(0)), high=high, closed=closed)

    def count(self, samples: int) -> int:
        """The whole number out of `samples` within that is nearest to what was printed, where one `holds`."""
        lowest, highest = math.ceil(self.low * samples), math.floor(self.high * samples)
        if not self.closed and highest == self.high * samples:
            highest -= 1
        return min(max(round(self.value * samples), lowest), highest)

    @property
    def whole(self) -> tuple[int, int, int, int]:
        """Whole numbers (a, b, width, closed): n samples hold where ``-a * n % b < width * n + closed``.

        ``a / b`` is `low`, and the remainder over b is the way from ``low * n`` up to the next whole number.
        """
        b = math.lcm(self.low.denominator, self.high.denominator)
        return int(self.low * b), b, int((self.high - self.low) * b), int(self.closed)

    def holds(self, samples: int) -> bool:
        """Whether a whole number out of `samples` lies within."""
        a, b, width, closed = self.whole
        return -a * samples % b < width * samples + closed

    def only(self) -> tuple[int, int]:
        """(stride, until): below `until` samples, only multiples of `stride` may hold.

        Let ``p / stride`` be the simplest fraction within, d the way from it to the farther end. Another
        fraction ``a / n`` differs from it by at least ``1 / (stride * n)``, so it lies within only for n
        of at least ``1 / (stride * d)``.
        """
        first = simplest(self.low, self.high)
        far = max(self.high - first, first - self.low)
        stride = first.denominator
        return stride, math.ceil(1 / (stride * far)) if far else MOST_SAMPLES + 1


def _least(ranges: Sequence[_Range], most: int) -> int | None:
    """The smallest number of samples up to `most` that holds in all of `ranges`; None without one."""
    if any(item.low > item.high for item in ranges):  # a score below 0 or above 1
        return None
    narrowest = sorted(ranges, key=lambda item: item.high - item.low)
    only = [item.only() for item in narrowest]
    edges = sorted({1, most + 1, *(min(until, most + 1) for _, until in only)})
    (a, b, width, closed), *others = [item.whole for item in narrowest]
    for start, stop in pairwise(edges):
        stride = math.lcm(*(stride for stride, until in only if until >= stop))
        first = -(-start // stride) * stride
        for samples in (n for n in range(first, stop, stride) if -a * n % b < width * n + closed):
            if all(-c * samples % d < more * samples + end for c, d, more, end in others):
                return samples
    return None
