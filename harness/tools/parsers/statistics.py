"""The two ways in which tools write a latency's statistics on one line; else a `ParseError`."""

from __future__ import annotations

import re

from harness.tools.parsers import consistency
from harness.tools.parsers.records import Latency
from harness.tools.parsers.text import Log, milliseconds

_EQUALS = re.compile(r"(?:^|,) *(?:percentile\((\d+(?:\.\d+)?)%\)|([^,=]*?)) *= *([^,]*)", re.ASCII)
_COLONS = re.compile(r"(?:^|(?<=\s))([A-Za-z][\w.-]*): *(\S+)")
_PERCENTILES = re.compile(r"\((\d+(?:\.\d+)?)%\) *(\S+)", re.ASCII)
_PERCENTILE = re.compile(r"p\d+(?:\.\d+)?", re.ASCII)
_KNOWN = ("min", "max", "mean", "median")


def equals_pairs(
    log: Log, line: int, name: str, text: str, unit: str = "ms", *, rel: float = consistency.PRINTED
) -> Latency:
    """``min = 1.5 ms, mean = 2, percentile(99%) = 3``: trtexec 8 and later, and ais_bench.

    What has no unit is in `unit`.
    """
    values: dict[str, float] = {}
    for found in _EQUALS.finditer(text.strip()):
        key = f"p{found[1]}" if found[1] else found[2].strip()
        values[key] = milliseconds(log, line, found[3], f"{name} {key}", unit)
    return latency(log, line, name, values, rel=rel)


def colon_pairs(
    log: Log, line: int, name: str, text: str, unit: str = "ms", *, last_digit_ms: float = 0.0
) -> Latency:
    """``min: 1.5  mean: 2  percentile: (90%) 3  (99%) 4``: mm_run. What has no unit is in `unit`."""
    before, _, ranked = text.partition("percentile:")
    values = {
        found[1]: milliseconds(log, line, found[2], f"{name} {found[1]}", unit)
        for found in _COLONS.finditer(before)
    }
    for found in _PERCENTILES.finditer(ranked):
        values[f"p{found[1]}"] = milliseconds(log, line, found[2], f"{name} p{found[1]}", unit)
    return latency(log, line, name, values, last_digit_ms=last_digit_ms)


def latency(
    log: Log,
    line: int,
    name: str,
    values: dict[str, float],
    *,
    last_digit_ms: float = 0.0,
    rel: float = consistency.PRINTED,
) -> Latency:
    """Statistics by ``min``, ``max``, ``mean``, ``median`` and ``p99``, in milliseconds, held to each other.

    A statistic of another name is kept under it. Raises `ParseError` where there is no mean, and for numbers
    that cannot be true together (`consistency.ordered`).
    """
    if "mean" not in values:
        raise log.wrong(line, f"{name} without a mean", "min, max, mean, median and percentiles")
    ranks = {key: value for key, value in values.items() if _PERCENTILE.fullmatch(key)}
    item = Latency(
        name=name,
        mean_ms=values["mean"],
        median_ms=values.get("median"),
        min_ms=values.get("min"),
        max_ms=values.get("max"),
        percentiles_ms=ranks,
        further_ms={key: value for key, value in values.items() if key not in (*_KNOWN, *ranks)},
    )
    return consistency.ordered(log, line, item, last_digit_ms=last_digit_ms, rel=rel)
