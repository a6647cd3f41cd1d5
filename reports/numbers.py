"""How numbers and texts from outside are written, in every form of the report."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from harness.domain.measurements import Interval
from harness.domain.metrics import Metric, Unit
from harness.domain.references import Reference, Rounding
from reports.language import say

NOTHING = "—"  # there is no such value
_DIGITS_READ = 12
_SCALED = {Unit.PERCENT: 100, Unit.S: 0.001, Unit.US: 1000}  # from what is measured to what is printed
_REPLACED = "\N{REPLACEMENT CHARACTER}"
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and line feed
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # what makes a line read in another order
    "\ud800-\udfff]"  # lone surrogates
)


def percent(fraction: float) -> str:
    """A fraction as a percentage with two decimals: ``92.32 %``."""
    return f"{fraction * 100:.2f} %"


def percent_range(interval: Interval) -> str:
    """An interval of a fraction: ``90.36-93.91 %``, with an en dash."""
    return f"{interval.low * 100:.2f}\N{EN DASH}{interval.high * 100:.2f} %"


def rate_range(interval: Interval) -> str:
    """An interval of a throughput, with an en dash: ``5801.20-5940.11 samples/s``."""
    return f"{interval.low:.2f}\N{EN DASH}{interval.high:.2f} samples/s"


def rate(samples_per_s: float) -> str:
    """A throughput with two decimals: ``5871.86 samples/s``."""
    return f"{samples_per_s:.2f} samples/s"


def written(metric: str | None, value: float) -> str:
    """A measured value in the unit that its metric is kept in: a share, samples a second, milliseconds."""
    if metric == Metric.THROUGHPUT:
        return rate(value)
    return f"{value:.3f} ms" if metric == Metric.LATENCY else percent(value)


def duration_ns(nanoseconds: float) -> str:
    """A latency in the unit that leaves the number readable: ``812.40 µs``, ``4.17 ms``, ``1.20 s``."""
    if nanoseconds < 1e6:
        return f"{nanoseconds / 1e3:.2f} µs"
    if nanoseconds < 1e9:
        return f"{nanoseconds / 1e6:.2f} ms"
    return f"{nanoseconds / 1e9:.2f} s"


def duration_s(seconds: float) -> str:
    """The time of a stage: ``350 ms``, ``12.3 s``, ``4 min 05 s``."""
    if seconds < 1:
        return f"{seconds * 1e3:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def difference(value: float) -> str:
    """A difference between outputs: ``0.00123`` or ``4.1e-08``, three digits that count."""
    return f"{value:.3g}"


def size(count: float) -> str:
    """A number of bytes: ``15.6 GiB``."""
    for unit in ("bytes", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"


def like_printed(value: float, reference: Reference) -> str:
    """A measured value with the digits and the rounding that a table prints its own with.

    `value` is a fraction for scores, samples per second for throughput, milliseconds for a latency; the
    table's unit decides what is written. A cell documented as absent has no digits: two then.
    """
    scaled = value * _SCALED.get(reference.unit, 1)
    digits = 2 if reference.value is None else max(reference.digits, 0)
    mode = ROUND_DOWN if reference.rounding is Rounding.TRUNCATED else ROUND_HALF_UP
    return shortened(scaled, digits, mode)


def shortened(value: float, digits: int, mode: str = ROUND_HALF_UP) -> str:
    """`value` with `digits` behind the point, rounded or cut off as `decimal` does.

    The arithmetic is decimal, from twelve digits of the value: 0.9266 times 100 is 92.66 to a reader,
    not 92.65999999999999, and must not be cut off to 92.65. Where a table prints more digits than that,
    as many are written as the value has: none is made up.
    """
    if not math.isfinite(value):
        return str(value)
    if digits >= _DIGITS_READ:
        return repr(float(value))
    return str(Decimal(f"{value:.{_DIGITS_READ}g}").quantize(Decimal(1).scaleb(-digits), rounding=mode))


def tolerance(value: float, unit: Unit) -> str:
    """A tolerance as it was applied: points for scores, per cent of the value for speeds."""
    relative = unit in (Unit.SAMPLES_PER_S, Unit.MS)
    return f"{value * 100:g} %" if relative else say("{value:.2f} points", value=value)


def moment(created: str) -> str:
    """An ISO 8601 time in UTC for people: ``2026-01-02 03:04:05 UTC``; any other text as it is."""
    try:
        found = datetime.fromisoformat(created)
    except ValueError:
        return created
    return f"{found:%Y-%m-%d %H:%M:%S} UTC" if found.utcoffset() == timedelta(0) else created


def one_line(text: object) -> str:
    """`text` on one line, with characters that steer a terminal or the reading order replaced."""
    return " ".join(printable(text).split())


def printable(text: object) -> str:
    """`text` with its line breaks, but nothing else that is not to be seen.

    Control characters, lone surrogates (which no UTF-8 file can hold) and marks that turn the reading
    order around become the replacement character.
    """
    return _UNSEEN.sub(_REPLACED, str(text).replace("\r\n", "\n").replace("\r", "\n"))
