"""Throughputs of one series against each other: how they rise, fall, and which is the best."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from harness.documents.audit.findings import Found, Severity
from harness.documents.audit.series import Point, SpeedSeries, throughputs, where
from harness.documents.readme.reading import Reading, Value
from harness.documents.readme.rounding import fits

DENT, DIP = 0.10, 0.20  # of a throughput: what is lost before it is gained again, strangely or impossibly
SUDDEN = 1 / 3  # of a throughput: what one step of the batch size takes, and a memory that fills up does not
STEEP = 0.5  # the power of the batch size that a peak gains with on one side, and loses with on the other
NOISE = 0.02  # what a throughput may be off by chance
TOLERANCE = 0.05  # what two measurements of one throughput are held equal within
GROWN_ERROR = (1 + TOLERANCE) / (1 - TOLERANCE)  # two throughputs, each off by as much as that allows


def falls(reading: Reading) -> Iterator[Found]:
    """Throughput below that of a smaller batch, each fall once, at its lowest point."""
    for series in throughputs(reading):
        points = series.points
        highest = list(accumulate((point.speed for point in points), max))
        tops = [at for at, point in enumerate(points) if not at or point.speed > highest[at - 1]]
        for top, until in zip(tops, [*tops[1:], len(points)], strict=True):
            low = min(points[top:until], key=lambda point: point.speed)
            if low.speed < points[top].speed:
                severity, why = next(_why_not(points, top, until), (Severity.NOTE, ""))
                yield _fall(series, points[top], low, severity, why)


def _fall(series: SpeedSeries, top: Point, low: Point, severity: Severity, why: str) -> Found:
    fall = _lost(top, low)
    return Found(
        line=low.value.line,
        sentence=f"throughput on {series.name} falls by {fall:.1%}, from {top.value.text} at batch "
        f"{top.size} to {low.value.text} at batch {low.size}" + (f"; {why}" if why else ""),
        numbers={"from": top.speed, "to": low.speed, "fall": round(fall, 6), "batch": low.size},
        severity=severity,
    )


def _why_not(points: Sequence[Point], top: int, until: int) -> Iterator[tuple[Severity, str]]:
    """Why a fall is more than a chip's memory filling up, the worst first; nothing where it may be that."""
    yield from ((Severity.ERROR, why) for why in _impossible(points, top, until))
    yield from ((Severity.WARNING, why) for why in _strange(points, top, until))


def _impossible(points: Sequence[Point], top: int, until: int) -> Iterator[str]:
    """Why no chip falls like that: what ails a larger batch does not leave one that is larger still."""
    for point, after in _taken_back(points, top, until, DIP):
        yield f"{_again(after)}, so batch {point.size} is an outlier"
    for at in range(top + 1, until):
        yield from _too_steep(points[at - 1], points[at], -1)
        if (
            at > top + 1
        ):  # one step may be an outlier; several are nearer to a rate of batches than to one of samples
            yield from _too_steep(points[top], points[at], -STEEP)
    if 0 < top < len(points) - 1:
        before, peak, after = points[top - 1 : top + 2]
        rise, fall = (
            _power(before.most, peak.least, before, peak),
            _power(peak.least, after.most, peak, after),
        )
        back = after.least <= (1 + DIP) * before.most  # else the smaller batch was only too small yet
        if back and rise >= STEEP and fall <= -STEEP:
            yield (
                f"batch {peak.size} is {peak.speed / before.speed:.2f} times as fast as batch {before.size} "
                f"and {peak.speed / after.speed:.2f} times as fast as batch {after.size}, so it is an outlier"
            )


def _strange(points: Sequence[Point], top: int, until: int) -> Iterator[str]:
    """Why a fall is not the smooth one of a memory that fills up, though a chip may do it."""
    for _, after in _taken_back(points, top, until, DENT):
        yield _again(after)
    for before, after in pairwise(points[top:until]):
        if after.most < (1 - SUDDEN) * before.least:
            yield f"one step, from batch {before.size} to {after.size}, loses {_lost(before, after):.0%}"


def _taken_back(points: Sequence[Point], top: int, until: int, share: float) -> Iterator[tuple[Point, Point]]:
    """Points that lie by more than `share` below the top before them and below the best larger batch."""
    again = list(accumulate(reversed(points), _faster))
    for at in range(top + 1, min(until, len(points) - 1)):
        point, after = points[at], again[len(points) - 2 - at]
        if point.most < (1 - share) * min(points[top].least, after.least):
            yield point, after


def _lost(before: Point, after: Point) -> float:
    """The share of a throughput that another one is below it."""
    return 1 - after.speed / before.speed


def _again(after: Point) -> str:
    return f"at batch {after.size} it is {after.value.text} again"


def _faster(one: Point, other: Point) -> Point:
    return one if one.speed >= other.speed else other


def _too_steep(before: Point, after: Point, least: float) -> Iterator[str]:
    """What is said of a throughput that falls with at least this power of the batch size."""
    if _power(before.least, after.most / (1 + NOISE), before, after) <= least:
        times = before.speed / after.speed * after.size / before.size
        yield (
            f"a batch of {after.size} would take {times:.1f} times as long as one of {before.size}: a rate "
            "of batches, or an outlier"
        )


def _power(first: float, second: float, before: Point, after: Point) -> float:
    """The power of the batch size that the throughput grows with: 1 is linear, 0 not at all."""
    return math.log(second / first) / math.log(after.size / before.size)


def superlinear(reading: Reading) -> Iterator[Found]:
    """A batch that is worked off faster, for each sample, than a smaller one by more than its size."""
    for series in throughputs(reading):
        for before, after in zip(series.points, series.points[1:], strict=False):
            grown, allowed = after.speed / before.speed, after.size / before.size
            if after.least / before.most > allowed * (1 + NOISE):
                sure = after.least / before.most > allowed * GROWN_ERROR
                yield Found(
                    line=after.value.line,
                    sentence=f"throughput on {series.name} grows {grown:.2f} times from batch "
                    f"{before.size} to {after.size}, {allowed:.2f} times the size: a larger batch would take "
                    "less time than a smaller one",
                    numbers={"grown": round(grown, 4), "sizes": allowed},
                    severity=Severity.ERROR if sure else Severity.WARNING,
                )


def best_is_best(reading: Reading) -> Iterator[Found]:
    """A best-batch row that prints less than its column has, or more than any batch size listed there."""
    for series in throughputs(reading):
        top = max(series.points, key=lambda point: point.speed)
        for value in series.best:
            if value.number is None or _same(value, top.value):
                continue
            less = float(value.number.value) < top.speed
            yield Found(
                line=value.line,
                sentence=f"{where(value)} prints {value.text} as the best, the best of its column is "
                f"{top.value.text} at batch {top.size}",
                numbers={"printed": float(value.number.value), "best": top.speed, "batch": top.size},
                severity=Severity.ERROR if less else Severity.WARNING,
            )


def _same(one: Value, other: Value) -> bool:
    """Whether one of two printed numbers is the other, printed with fewer digits."""
    assert one.number is not None
    assert other.number is not None
    long, short = sorted((one.number, other.number), key=lambda number: -number.digits)
    return long.value == short.value or bool(fits(long.value, short))
