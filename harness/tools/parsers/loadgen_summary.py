"""LoadGen's summary, held line by line to the detail log that it repeats for people."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.errors import ParseError
from harness.tools.parsers.consistency import EXACT, same

SUMMARY, DETAIL = "mlperf_log_summary.txt", "mlperf_log_detail.txt"
_LINE = re.compile(r"^ *(\S.*?) *: *(\S+) *$", re.MULTILINE)
_ERRORS = re.compile(r"^(No|\d+) errors? encountered", re.MULTILINE | re.IGNORECASE)
_NAMED = {
    "Scenario": "effective_scenario",
    "Mode": "effective_test_mode",
    "Result is": "result_validity",
    "SUT name": "sut_name",
    "Performance constraints satisfied": "result_perf_constraints_met",
    "Min duration satisfied": "result_min_duration_met",
    "Min queries satisfied": "result_min_queries_met",
    "Early stopping satisfied": "early_stopping_met",
    "Samples per second": "result_samples_per_second",
    "Scheduled samples per second": "result_scheduled_samples_per_sec",
    "Completed samples per second": "result_completed_samples_per_sec",
    "QPS w/ loadgen overhead": "result_qps_with_loadgen_overhead",
    "QPS w/o loadgen overhead": "result_qps_without_loadgen_overhead",
    "Min latency (ns)": "result_min_latency_ns",
    "Max latency (ns)": "result_max_latency_ns",
    "Mean latency (ns)": "result_mean_latency_ns",
}
_RANK = re.compile(r"(\d+\.\d+)(?:th)? percentile latency \(ns\)", re.ASCII)
_ESTIMATE = re.compile(r"\* Early stopping (\d+\.\d+)th percentile estimate", re.ASCII)
_ESTIMATES = {"SingleStream": "early_stopping_latency_ss", "MultiStream": "early_stopping_latency_ms"}
_SETTING = re.compile(r"([a-z]\w*)(?: \((ms|ns)\))?", re.ASCII)
_NEEDED = ("Scenario", "Mode", "Result is")  # in this order, for the message of a summary that is none
_WORDS = {"yes": True, "no": False}


def hold(text: str, values: Mapping[str, Any]) -> None:
    """Hold each line of the summary `text` to the detail's `values` by key.

    Raises `ParseError` for a line that says another thing, and for one that is not there: every result in the
    detail that the summary has a name for. A line that the detail has nothing beside says nothing new.
    """
    said = [(name, _key(name, values), value) for name, value in _LINE.findall(text)]
    names = {name for name, _, _ in said}
    for name in [*_NEEDED, *_expected(values)]:
        if name not in names:
            raise ParseError(
                f"LoadGen: there is no line `{name}`", log=SUMMARY, remedy="give the whole summary"
            )
    for name, key, shown in said:
        if key in values and not _same(shown, values[key]):
            raise ParseError(f"found {name} {shown!r}, where {DETAIL} says {str(values[key])!r}", log=SUMMARY)
    counted, errors = _ERRORS.search(text), values.get("num_errors")
    if counted is not None and errors is not None:
        told = 0 if counted[1].lower() == "no" else int(counted[1])
        if told != errors:
            raise ParseError(f"found {told} errors, where {DETAIL} says {str(errors)!r}", log=SUMMARY)


def _key(name: str, values: Mapping[str, Any]) -> str:
    """The detail's key of what the summary calls `name`."""
    rank, setting = _RANK.fullmatch(name), _SETTING.fullmatch(name)
    if rank:
        return f"result_{float(rank[1]):.2f}_percentile_latency_ns"
    estimate = _ESTIMATE.fullmatch(name)
    scored = values.get("effective_target_latency_percentile")
    if estimate and isinstance(scored, float) and same(float(estimate[1]), 100 * scored, rel=EXACT):
        return _ESTIMATES.get(str(values.get("effective_scenario")), name)
    if setting and name not in _NAMED:
        return f"effective_{setting[1]}" + (f"_{setting[2]}" if setting[2] else "")
    return _NAMED.get(name, name)


def _expected(values: Mapping[str, Any]) -> Iterator[str]:
    """The summary's names of the results that the detail has, a stream's scored percentile among them."""
    scored = values.get("effective_target_latency_percentile")
    if values.get("effective_scenario") in _ESTIMATES and isinstance(scored, float):
        yield f"{100 * scored:.1f}th percentile latency (ns)"
    yield from (name for name, key in _NAMED.items() if key in values and key.startswith("result_"))
    for key in values:
        if key.endswith("_percentile_latency_ns") and key.startswith("result_"):
            yield f"{key.split('_')[1]} percentile latency (ns)"


def _same(shown: str, value: Any) -> bool:
    """Whether the summary's word is the detail's value, as it prints it."""
    if isinstance(value, bool):
        return _WORDS.get(shown.lower(), {"1": True, "0": False}.get(shown)) is value
    if isinstance(value, int | float):
        try:
            number = float(shown)
        except ValueError:
            return False
        digits = len(shown.partition(".")[2])
        return same(
            number, value, last_digit=10.0**-digits if digits else 0.0, rel=10 * EXACT if digits else 0.0
        )
    return shown == str(value)
