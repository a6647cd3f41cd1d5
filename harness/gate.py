"""What counts as worse, of two results of one claim on one machine: the one place that decides it."""

from __future__ import annotations

from statistics import median

from harness.domain import Kind, Measurement, VerdictKind
from harness.stats import CALLS_FOR_PERCENTILE, ratio_of_medians
from harness.store import Result

SLOWER = 0.05  # a median that is slower by less is no news
_SLACK = 1e-12  # of a fraction: binary arithmetic's
_FEWEST_CALLS = int(CALLS_FOR_PERCENTILE[50.0])  # that a median is stated from


def worse(before: Result, after: Result) -> str:
    """In what `after` is worse than `before`, with both numbers; nothing where it is not.

    A verdict that is worse; a score that is lower at all, because the same weights on the same data and
    machine give the same predictions; a median call that is slower by more than `SLOWER`, where
    the interval of the ratio leaves no doubt that it is slower.
    """
    parts = [_verdict(before, after)]
    if after.measurement.kind is Kind.ACCURACY:
        parts.append(_score(before, after))
    elif after.measurement.kind is Kind.THROUGHPUT:
        parts.append(_speed(before.measurement, after.measurement))
    return "; ".join(filter(None, parts))


def _rank(result: Result) -> int:
    """How bad a verdict is: good, falls short, error."""
    if result.verdict is None or result.verdict.kind is VerdictKind.ERROR:
        return 2
    return 0 if result.verdict.kind.good else 1


def _verdict(before: Result, after: Result) -> str:
    if _rank(after) <= _rank(before):
        return ""
    old, new = ("not judged" if item.verdict is None else str(item.verdict.kind) for item in (before, after))
    said = "" if after.verdict is None else f" ({after.verdict.message})"
    return f"{old} -> {new}{said}"


def _score(before: Result, after: Result) -> str:
    """By how many points the judged score is lower, and how many predictions changed."""
    metric = None if after.verdict is None else after.verdict.metric
    old, new = before.measurement.metrics.get(metric or ""), after.measurement.metrics.get(metric or "")
    if old is None or new is None or new >= old - _SLACK:
        return ""
    said = f"{metric} {old * 100:.2f} % -> {new * 100:.2f} %, {(old - new) * 100:.2f} points lower"
    first, second = (item.measurement.raw.get("predictions") for item in (before, after))
    if not first or not second or len(first) != len(second):
        return said
    flips = sum(one != other for one, other in zip(first, second, strict=True))
    return f"{said}, {flips} of {len(second)} predictions changed"


def _speed(before: Measurement, after: Measurement) -> str:
    """By how many per cent it is slower: by the vendor's tool where that was judged, else by our calls."""
    old, new = before.raw.get("latencies_ns"), after.raw.get("latencies_ns")
    if not old or not new or "tool" in after.detail or "tool" in before.detail:
        return _rate(before, after)
    slower = median(new) / median(old) - 1
    if slower <= SLOWER:
        return ""
    said = f"median {median(old) / 1e6:.3g} ms -> {median(new) / 1e6:.3g} ms, {slower * 100:.1f} % slower"
    if min(len(old), len(new)) < _FEWEST_CALLS:
        return f"{said} (too few calls for an interval: {len(old)} and {len(new)}){_loads(before, after)}"
    ratio = ratio_of_medians(old, new)
    if ratio.low <= 1:
        return ""
    low, high = (f"{(bound - 1) * 100:.1f}" for bound in (ratio.low, ratio.high))
    noise = f"{ratio.confidence * 100:.0f} % interval {low} to {high} %"
    return f"{said} ({noise}){_loads(before, after)}"


def _rate(before: Measurement, after: Measurement) -> str:
    old, new = before.metrics.get("throughput"), after.metrics.get("throughput")
    if not old or new is None or new >= old * (1 - SLOWER):
        return ""
    said = f"{old:.2f} -> {new:.2f} samples/s, {(1 - new / old) * 100:.1f} % lower"
    return f"{said} (the tool's number: no interval){_loads(before, after)}"


def _loads(before: Measurement, after: Measurement) -> str:
    """How busy the machine was before each run, for who wonders."""
    loads = [item.provenance.machine.get("load_average") for item in (before, after)]
    if not all(loads):
        return ""
    return f", load {loads[0][0]:.1f} then {loads[1][0]:.1f}"  # type: ignore[index]
