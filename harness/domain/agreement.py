"""What the numbers of one result have to say of each other: a score its counts, a speed its calls.

A result that was changed on its way, by a person or by a flipped bit, hardly changes all of them alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from harness.domain.cases import Kind
from harness.domain.details import AccuracyDetail, ThroughputDetail
from harness.domain.measurements import Measurement, Verdict
from harness.domain.metrics import Metric, Unit

_SLACK = 1e-9  # relative: what is left of rounding where the same number is computed twice
_MOST_DEVICES = 64  # of a card, where a document counts by the card


def disagreements(made: Measurement, verdict: Verdict | None) -> list[str]:
    """What in a result contradicts something else in it: a sentence each, with both numbers."""
    found = [] if made.check else [*_OF_KIND.get(made.kind, _nothing)(made)]
    return found + ([] if verdict is None else [*_judged(made, verdict)])


def _nothing(made: Measurement) -> Iterator[str]:
    return iter(())


def _score(made: Measurement) -> Iterator[str]:
    """A score is a fraction, in its own interval, and what its count comes to."""
    for name, value in made.metrics.items():
        least = Metric(name).least if name in list(Metric) else 0.0
        if not least <= value <= 1:
            yield f"{name} is {value!r}, expected a fraction from {least:g} to 1"
        interval = made.intervals.get(name)
        if interval is not None and not interval.low - _SLACK <= value <= interval.high + _SLACK:
            yield f"{name} is {value!r}, outside its own interval from {interval.low!r} to {interval.high!r}"
    detail = AccuracyDetail.from_stored(made.detail)
    counted = [value for name, value in made.metrics.items() if name in made.intervals]
    yield from _count("correct", detail.correct, made.samples, counted)
    own = detail.fp32
    yield from _count(
        "own_fp32_correct", own.own_fp32_correct, made.samples, [] if own.own_fp32 is None else [own.own_fp32]
    )


def _count(name: str, count: int | None, samples: int, shares: list[float]) -> Iterator[str]:
    """A share that a count is of: one of `shares`, where there are any."""
    if count is None or not shares:
        return
    if not 0 <= count <= samples or samples < 1:
        yield f"{name} is {count} of {samples} samples"
    elif not any(_same(share, count / samples) for share in shares):
        told = " or ".join(map(repr, shares))
        yield f"{name} is {count} of {samples} samples, which is {count / samples!r}, and not {told}"


def _speed(made: Measurement) -> Iterator[str]:
    """A throughput by our own clock is its samples in the time of its calls."""
    value = made.metrics.get(Metric.THROUGHPUT)
    if value is None:
        return
    if value <= 0:
        yield f"throughput is {value!r} samples/s, expected more than 0"
    calls = made.raw.get("latencies_ns")
    if not calls or not made.samples or ThroughputDetail.from_stored(made.detail).tool is not None:
        return
    told = isinstance(calls, list) and all(type(call) in (int, float) and call > 0 for call in calls)
    if not told:
        yield "latencies_ns are no list of times above 0"
    elif not _same(value, (timed := made.samples / (math.fsum(calls) / 1e9))):
        yield f"throughput is {value!r} samples/s, and {made.samples} samples in its calls are {timed!r}"


_OF_KIND = {Kind.ACCURACY: _score, Kind.THROUGHPUT: _speed}


def _judged(made: Measurement, verdict: Verdict) -> Iterator[str]:
    """What was judged is what was measured, by the card where the document counts by the card."""
    value = None if verdict.metric is None else made.metrics.get(verdict.metric)
    if value is None or verdict.measured is None or made.check:
        return
    if verdict.unit is Unit.PERCENT:
        agree = _same(verdict.measured, value * 100)
    else:
        times = round(verdict.measured / value) if value > 0 else 0
        agree = 1 <= times <= _MOST_DEVICES and _same(verdict.measured, value * times)
    if not agree:
        yield f"{verdict.metric} is {value!r}, and {verdict.measured!r} {verdict.unit} was judged"


def _same(first: float, second: float) -> bool:
    return math.isclose(first, second, rel_tol=_SLACK, abs_tol=1e-12)
