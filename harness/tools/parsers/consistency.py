"""Whether the numbers of one log can be true together: the one place that decides it, for every parser.

Logs round what they print, so numbers are held to each other within `PRINTED`, and where a tool prints so
many digits behind the point, within one of the last of them. What cannot be true together is a `ParseError`
that has both numbers: nobody can tell which of the two is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

from harness.tools.parsers.records import Latency
from harness.tools.parsers.text import Log, number

PRINTED = (
    1e-3  # relative: tools print as few as four digits, and add thousands of times up in single precision
)
EXACT = 1e-6  # of what is printed in full, or is a whole number
# The most that a monitor can say of a card, with its unit. Accelerators shut down near 100 °C, and none is
# fed 10 kW: a negative number of milliwatts, kept in 32 bits, reads as 4,294,967 W.
_MOST_OF_A_CARD = {
    "utilisation_percent": (100.0, "%"),
    "temperature_c": (150.0, "C"),
    "power_w": (10_000.0, "W"),
}
_MEDIAN = 50.0
_MOST_CALLS = 1_000_000  # of which a mean is told apart from another


def at_most(low: float, high: float, *, last_digit: float = 0.0, rel: float = PRINTED) -> bool:
    """Whether `low` may be no more than `high`, both as printed."""
    return low <= high * (1 + rel) + last_digit


def same(found: float, expected: float, *, last_digit: float = 0.0, rel: float = PRINTED) -> bool:
    """Whether two numbers as printed may be one."""
    return math.isclose(found, expected, rel_tol=rel, abs_tol=last_digit)


def disorder(
    lowest: float | None,
    highest: float | None,
    within: Mapping[str, float],
    percentiles: Mapping[float, float],
    *,
    last_digit: float = 0.0,
    rel: float = PRINTED,
) -> tuple[str, str] | None:
    """What of a statistic cannot be: the number found in words, and the one that it contradicts, or None.

    `within` are numbers by name that lie between `lowest` and `highest`, a mean for one; `percentiles` values
    by percent, which lie there too and only grow. All in one unit, `last_digit` too.
    """

    def rises(low: float, high: float) -> bool:
        return at_most(low, high, last_digit=last_digit, rel=rel)

    ranks = sorted(percentiles)
    named = {**within, **{f"p{rank:g}": percentiles[rank] for rank in ranks}}
    if lowest is not None and highest is not None and not rises(lowest, highest):
        return f"min {lowest:g}", f"at most the max, {highest:g}"
    for name, value in named.items():
        if lowest is not None and not rises(lowest, value):
            return f"{name} {value:g}", f"at least the min, {lowest:g}"
        if highest is not None and not rises(value, highest):
            return f"{name} {value:g}", f"at most the max, {highest:g}"
    for (low, below), (high, above) in _in_order(within.get("median"), percentiles):
        if not rises(below, above):
            return f"{high} {above:g}", f"at least {low}, {below:g}"
    return None


def _in_order(
    median: float | None, percentiles: Mapping[float, float]
) -> Iterator[tuple[tuple[str, float], tuple[str, float]]]:
    """Neighbours by rank. The median may be the mean of two calls, which p50 is not: it stands for it."""
    ranked = {rank: (f"p{rank:g}", value) for rank, value in percentiles.items()}
    if median is not None:
        ranked[_MEDIAN] = ("the median", median)
    order = [ranked[rank] for rank in sorted(ranked)]
    yield from pairwise(order)


def ordered(
    log: Log, line: int, item: Latency, *, last_digit_ms: float = 0.0, rel: float = PRINTED
) -> Latency:
    """`item` itself, held to itself.

    Raises `ParseError` for a mean or percentile outside min..max, and for percentiles out of order.
    `last_digit_ms` is one of the last digit that the tool prints, where it prints a fixed number of them.
    """
    within = {"mean": item.mean_ms, "median": item.median_ms}
    wrong = disorder(
        item.min_ms,
        item.max_ms,
        {name: value for name, value in within.items() if value is not None},
        {float(name[1:]): value for name, value in item.percentiles_ms.items()},
        last_digit=last_digit_ms,
        rel=rel,
    )
    if wrong is not None:
        raise log.wrong(line, f"{item.name}: {wrong[0]} ms", f"{wrong[1]} ms")
    return item


def held(
    log: Log, line: int, what: str, found: float, expected: float, why: str, *, rel: float = PRINTED
) -> float:
    """`found`. Raises `ParseError` where it is not `expected`, which `why` gives, with both numbers."""
    if not same(found, expected, rel=rel):
        few = rel >= PRINTED
        shown = (f"{found:g}", f"{expected:g}") if few else (repr(found), repr(expected))
        raise log.wrong(line, f"{what} {shown[0]}", f"{shown[1]}, which {why} gives")
    return found


def stages(
    log: Log, line: int, whole: Latency, parts: Sequence[Latency], *, last_digit_ms: float = 0.0
) -> None:
    """Raises `ParseError` where a call's `whole` time cannot be that of its `parts`, one behind the other.

    No part takes longer than the whole, in no call: so neither by its mean, its extremes or any percentile.
    """
    of_whole = statistics_of(whole)
    for part in parts:
        for name, value in statistics_of(part).items():
            if name in of_whole and not at_most(value, of_whole[name], last_digit=last_digit_ms):
                raise log.wrong(
                    line,
                    f"{whole.name}: {name} {of_whole[name]:g} ms",
                    f"at least {value:g} ms, that of its part {part.name}",
                )


def added_up(log: Log, line: int, whole: Latency, parts: Sequence[Latency]) -> None:
    """Raises `ParseError` where the mean of `whole` is not the sum of those of all its `parts`."""
    means = [part.mean_ms for part in parts]
    if whole.mean_ms is not None and all(mean is not None for mean in means):
        total = sum(mean for mean in means if mean is not None)
        why = "the sum of " + ", ".join(part.name for part in parts)
        held(log, line, f"{whole.name}: mean", whole.mean_ms, total, why)


def statistics_of(item: Latency) -> dict[str, float]:
    """What is told of a latency, in milliseconds by ``min``, ``max``, ``mean``, ``median`` and ``p99``."""
    named = {"min": item.min_ms, "max": item.max_ms, "mean": item.mean_ms, "median": item.median_ms}
    return {name: value for name, value in named.items() if value is not None} | dict(item.percentiles_ms)


def under_way(
    log: Log, line: int, calls_per_s: float | None, mean_ms: float | None, streams: int | None, what: str
) -> int:
    """How many calls were under way at once: `streams`, else at least so many, where the log does not tell.

    A device that computes one call at a time makes at most 1000 / `mean_ms` of them a second; `what` names
    that mean. Raises `ParseError` for more calls a second than `streams` at once can make.
    """
    if calls_per_s is None or mean_ms is None:
        return streams or 1
    busy = calls_per_s * mean_ms / 1000
    if streams is None:
        return max(1, math.ceil(busy * (1 - 10 * PRINTED)))
    if not at_most(busy, streams, rel=10 * PRINTED):
        most = streams * 1000 / mean_ms
        calls = "one call" if streams == 1 else f"{streams} calls"
        raise log.wrong(
            line,
            f"{calls_per_s:g} calls a second",
            f"at most {most:g}: {calls} at a time, {what} {mean_ms:g} ms",
        )
    return streams


def percentage(log: Log, line: int, text: str, what: str) -> float:
    """`text` as a part of a whole. Raises `ParseError` for what is no number, and for more than 100 %."""
    value = number(log, line, text, what)
    if not at_most(value, 100.0):
        raise log.wrong(line, f"{what} {value:g} %", "at most 100 %")
    return value


def beyond(fact: str, value: float) -> str | None:
    """What a card's `fact` can be at most, in words, where `value` is more; None where it can be true."""
    most, unit = _MOST_OF_A_CARD.get(fact, (math.inf, ""))
    return None if at_most(value, most) else f"at most {most:g} {unit}"


def full_batch(log: Log, line: int, mean: float, told: int | None) -> int | None:
    """The batch size of calls whose mean is `mean` samples: a data set's last batch need not be full.

    `told` is the batch size that the log has beside. Without it the whole number that goes with such a mean,
    and None where several do: 41 samples in 6 calls are of batch size 7 or 8.

    Raises `ParseError` for more samples a call than fit.
    """
    if told is not None and not at_most(mean, told):
        raise log.wrong(
            line, f"a mean batch of {mean:g}", f"at most {told}, the batch size that the log tells"
        )
    if told is not None or mean == int(mean):
        return int(mean) if told is None else told
    share = Fraction(mean).limit_denominator(_MOST_CALLS)
    largest = (share.numerator - 1) // max(1, share.denominator - 1)  # all calls but the last hold so many
    return largest if largest == math.ceil(mean) else None
