"""The latency of a call that a log tells, in milliseconds: the one that a document's words mean."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.errors import UsageError
from harness.tools.parsers import Latency, ToolRun

_PERCENTILE = re.compile(r"p(\d+(?:\.\d+)?)\b|(\d+(?:\.\d+)?)\s*(?:%|th\b|分位)", re.ASCII | re.IGNORECASE)
_STATISTIC = re.compile(r"\b(?:(median)|(min)(?:imum)?|(max)(?:imum)?)\b|(中位)|(最小)|(最大)", re.IGNORECASE)
_STATISTICS = ("median", "min", "max") * 2  # of the groups in their order
# What says nothing of which time is meant: the metric itself, its mean, its unit.
_PLAIN = frozenset(
    {
        "latency", "latencies", "time", "mean", "average", "avg", "cost", "per", "call", "batch",
        "percentile", "inference", "millisecond", "milliseconds", "ms", "us", "s",
    }
)  # fmt: skip
_PLAIN_CHINESE = re.compile("时延|延时|延迟|耗时|平均|时间|推理|毫秒|值")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTime:
    """A latency of a log, which it is in words, and why it may be another than the document's."""

    ms: float
    which: str
    why_not: str = ""


def call_time(name: str, run: ToolRun, called: str) -> CallTime:
    """The latency that `called` means, the document's words: of a stage and a statistic, else a call's mean.

    Words that name neither a stage of this log nor anything that is known leave open which time is meant,
    and nothing is compared then. Raises `UsageError` for a log that does not tell it: nothing is made up.
    """
    statistic = _statistic(called)
    named = [item for item in run.latencies if _plain(item.name) in _plain(called)] if called else []
    stage = max(named, key=lambda item: len(item.name), default=None)
    if statistic == "mean" and stage is None and run.batch_ms is not None:
        found = CallTime(ms=run.batch_ms, which="the mean of a call")
    else:
        found = _of(run.latencies if stage is None else (stage,), statistic, name, run, called)
    if stage is None and (unknown := _unknown(called)):
        why = f"the document says `{called}`, and which of the log's times `{unknown}` means is not known"
        return CallTime(ms=found.ms, which=found.which, why_not=why)
    return found


def _statistic(called: str) -> str:
    """``p99``, ``median``, ``min``, ``max`` or ``mean``: what a document's words ask of the calls' times."""
    if match := _PERCENTILE.search(called):
        return f"p{float(match[1] or match[2]):g}"
    if match := _STATISTIC.search(called):
        return next(what for what, group in zip(_STATISTICS, match.groups(), strict=True) if group)
    return "mean"


def _of(latencies: tuple[Latency, ...], statistic: str, name: str, run: ToolRun, called: str) -> CallTime:
    for item in latencies:
        plain = {"mean": item.mean_ms, "median": item.median_ms, "min": item.min_ms, "max": item.max_ms}
        value = {**plain, **item.percentiles_ms}.get(statistic)
        if value is not None:
            what = "the mean" if statistic == "mean" else statistic
            return CallTime(ms=value, which=f"{what} of `{item.name}`")
    told = sorted({key for item in latencies for key in item.percentiles_ms}) or ["no percentile"]
    meant = (
        f"the document means {statistic} ({called!r})" if called else "the document means a call's latency"
    )
    raise UsageError(f"{name}: {meant}, and the log of {run.tool} does not tell it ({', '.join(told)})")


def _unknown(called: str) -> str:
    """What of a document's words is neither a statistic nor the metric itself."""
    rest = _STATISTIC.sub(" ", _PERCENTILE.sub(" ", called))
    words = re.sub(r"[\W_]+", " ", _PLAIN_CHINESE.sub(" ", rest)).split()
    return " ".join(word for word in words if word.casefold() not in _PLAIN and not word.isdecimal())


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())
