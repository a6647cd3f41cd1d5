"""What the numbers of one result have to say of each other: a score its counts, a speed its calls.

A result that was changed on its way, by a person or by a flipped bit, hardly changes all of them alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from harness.domain.cases import Kind
from harness.domain.details import AccuracyDetail, ThroughputDetail
from harness.domain.measurements import Basis, Measurement, Verdict, VerdictKind
from harness.domain.metrics import Metric, Unit

_SLACK = 1e-9  # relative: what is left of rounding where the same number is computed twice
_MOST_DEVICES = 64  # of a card, where a document counts by the card
_AT_THE_EDGE = "at the edge of"
_WHERE = {
    VerdictKind.FALLS_SHORT: ("below", _AT_THE_EDGE),
    VerdictKind.EXCEEDS: ("above", _AT_THE_EDGE),
    VerdictKind.REPRODUCED: ("within", _AT_THE_EDGE),
    VerdictKind.SURVIVES: ("within", "above", _AT_THE_EDGE),
}
_HELD_TO = {Basis.DOCUMENTED: "a documented number", Basis.DROP: "the checkpoint's own fp32"}


def disagreements(made: Measurement, verdict: Verdict | None) -> list[str]:
    """What in a result contradicts something else in it: a sentence each, with both numbers."""
    if made.check:
        return []
    found = [*_OF_KIND.get(made.kind, _nothing)(made)]
    return found + ([] if verdict is None else [*_judged(made, verdict), *_comes_to(made, verdict)])


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
    if verdict.metric is None or verdict.measured is None:
        return
    value = made.metrics.get(verdict.metric)
    if value is None:
        there = ", ".join(made.metrics) or "none"
        yield f"{verdict.measured!r} {verdict.unit} of {verdict.metric} was judged; its metrics are {there}"
        return
    if not made.detail:
        yield f"{verdict.metric} is {value!r}, with no detail of how it was measured"
    if verdict.unit is Unit.PERCENT:
        agree = _same(verdict.measured, value * 100)
    else:
        times = round(verdict.measured / value) if value > 0 else 0
        agree = 1 <= times <= _MOST_DEVICES and _same(verdict.measured, value * times)
    if not agree:
        yield f"{verdict.metric} is {value!r}, and {verdict.measured!r} {verdict.unit} was judged"


def _comes_to(made: Measurement, verdict: Verdict) -> Iterator[str]:
    """A kind of verdict is what its own numbers come to (`harness.verdicts.scores`, `throughputs`).

    An error may hold any numbers, and so may a known gap, which was one or fell short.
    """
    kind, said = verdict.kind, f"the verdict is {verdict.kind}"
    if made.kind not in _OF_KIND or kind in (VerdictKind.ERROR, VerdictKind.KNOWN_GAP):
        return
    if kind.silent:
        if verdict.expected is not None or verdict.basis is not None:
            yield f"{said}, and {verdict.expected!r} ({verdict.basis or 'no basis'}) was expected"
        return
    if None in (verdict.measured, verdict.expected, verdict.tolerance) or verdict.basis is None:
        yield f"{said}, with no number that was expected, or without its tolerance"
        return
    basis = Basis.DROP if kind is VerdictKind.SURVIVES else Basis.DOCUMENTED
    if verdict.basis is not basis and kind is not VerdictKind.FALLS_SHORT:
        yield f"{said}, said of what is held to {_HELD_TO[basis]}; it was to {_HELD_TO[verdict.basis]}"
    if (away := _away(verdict)) not in _WHERE[kind]:
        yield (
            f"{said}, and {verdict.measured!r} is {away} {verdict.expected!r} with a tolerance of "
            f"{verdict.tolerance!r}"
        )
    yield from _of_reference(made, verdict)


def _away(verdict: Verdict) -> str:
    """Where the measured number lies: of a score in points, of a speed relative to what was expected."""
    assert verdict.measured is not None
    assert verdict.expected is not None
    assert verdict.tolerance is not None
    allowed = verdict.tolerance * (1 if verdict.unit is Unit.PERCENT else verdict.expected)
    difference = verdict.measured - verdict.expected
    if math.isclose(abs(difference), allowed, rel_tol=_SLACK, abs_tol=_SLACK):
        return _AT_THE_EDGE
    return "below" if difference < -allowed else "above" if difference > allowed else "within"


def _of_reference(made: Measurement, verdict: Verdict) -> Iterator[str]:
    """What was expected by a document is what its cell says, of the same model."""
    reference = verdict.reference
    if verdict.basis is not Basis.DOCUMENTED:
        return
    if reference is None:
        yield f"{verdict.expected!r} is documented, without the place where"
        return
    documented = reference.value
    if verdict.unit is Unit.PERCENT:
        documented = None if reference.fraction is None else reference.fraction * 100
    if documented is None or not _same(documented, verdict.expected or 0.0):
        yield f"{verdict.expected!r} was expected, and the document says {reference.printed!r}"
    if not made.case.startswith(f"{reference.model}-"):
        yield f"it is of {made.case}, and the documented number of {reference.model}"


def _same(first: float, second: float) -> bool:
    return math.isclose(first, second, rel_tol=_SLACK, abs_tol=1e-12)
