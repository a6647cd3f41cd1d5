"""The two ways in which tools write a latency's statistics on one line; else a `ParseError`."""

from __future__ import annotations

import re

from harness.tools.parsers.records import Latency
from harness.tools.parsers.text import Log, milliseconds

_EQUALS = re.compile(r"\b(min|max|mean|median|percentile\((\d+(?:\.\d+)?)%\)) ?= ?([^,]*)", re.ASCII)
_COLONS = re.compile(r"\b(min|max|mean|median): *(\S+)")
_PERCENTILES = re.compile(r"\((\d+(?:\.\d+)?)%\) *(\S+)", re.ASCII)


def equals_pairs(log: Log, line: int, name: str, text: str) -> Latency:
    """``min = 1.5 ms, mean = 2, percentile(99%) = 3``: trtexec 8 and later, and ais_bench."""
    values: dict[str, float] = {}
    for found in _EQUALS.finditer(text):
        key = found[1] if found[2] is None else f"p{found[2]}"
        values[key] = milliseconds(log, line, found[3], f"{name} {key}")
    return latency(log, line, name, values)


def colon_pairs(log: Log, line: int, name: str, text: str) -> Latency:
    """``min: 1.5  mean: 2  percentile: (90%) 3  (99%) 4``: mm_run."""
    values = {
        found[1]: milliseconds(log, line, found[2], f"{name} {found[1]}") for found in _COLONS.finditer(text)
    }
    for found in _PERCENTILES.finditer(text.partition("percentile:")[2]):
        values[f"p{found[1]}"] = milliseconds(log, line, found[2], f"{name} p{found[1]}")
    return latency(log, line, name, values)


def latency(log: Log, line: int, name: str, values: dict[str, float]) -> Latency:
    """Statistics by ``min``, ``max``, ``mean``, ``median`` and ``p99``, all in milliseconds."""
    if "mean" not in values:
        raise log.wrong(line, f"{name} without a mean", "min, max, mean, median and percentiles")
    return Latency(
        name=name,
        mean_ms=values["mean"],
        median_ms=values.get("median"),
        min_ms=values.get("min"),
        max_ms=values.get("max"),
        percentiles_ms={key: value for key, value in values.items() if key[0] == "p"},
    )
