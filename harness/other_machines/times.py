"""The latency of a call that a log tells, in milliseconds: the one that a document's words mean."""

from __future__ import annotations

import re

from harness.errors import UsageError
from harness.tools.parsers import ToolRun

_PERCENTILE = re.compile(r"p(\d+(?:\.\d+)?)\b|(\d+(?:\.\d+)?)\s*(?:%|th\b|分位)", re.ASCII | re.IGNORECASE)


def latency_ms(name: str, run: ToolRun, called: str) -> tuple[float, str]:
    """The latency of a call, and which it is, in words; a percentile where `called` names one, else the mean.

    Raises `UsageError` for a log that does not tell it: nothing is made up of a throughput.
    """
    named = _PERCENTILE.search(called)
    if named:
        wanted = f"p{float(named[1] or named[2]):g}"
        for latency in run.latencies:
            if wanted in latency.percentiles_ms:
                return latency.percentiles_ms[wanted], f"{wanted} of `{latency.name}`"
        told = sorted({key for latency in run.latencies for key in latency.percentiles_ms})
        raise UsageError(
            f"{name}: the document means {wanted} ({called!r}), and the log tells "
            f"{', '.join(told) or 'no percentile'}"
        )
    if run.batch_ms is not None:
        return run.batch_ms, "the mean of a call"
    for latency in run.latencies:
        if latency.mean_ms is not None:
            return latency.mean_ms, f"the mean of `{latency.name}`"
    raise UsageError(f"{name}: {run.tool} states no latency of a call, which the document does")
