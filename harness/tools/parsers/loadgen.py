"""MLCommons LoadGen's own logs of a performance run, version 6: its verdict, its numbers, its settings.

``mlperf_log_detail.txt`` is lines of JSON behind ``:::MLLOG``, a key and a value each, and says everything;
``mlperf_log_summary.txt`` repeats it for people, and is held against it. No percentile is computed here.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.decoding import Undecodable, json_object
from harness.errors import ParseError
from harness.tools.parsers.loadgen_numbers import contradiction, unlike
from harness.tools.parsers.loadgen_summary import DETAIL, hold

TOOL = "LoadGen"
_MARK = ":::MLLOG "
_PERCENTILE = re.compile(r"result_(\d+(?:\.\d+)?)_percentile_latency_ns", re.ASCII)
# What was not met, in words, in the order in which a reader should hear it.
_CONSTRAINTS = {
    "result_perf_constraints_met": "the latency bound was not met",
    "result_min_duration_met": "shorter than the minimum duration",
    "result_min_queries_met": "fewer queries than the minimum",
    "early_stopping_met": "too few queries for early stopping to state the percentile",
}
# The throughput of a scenario, and what LoadGen calls it.
_RATES = {
    "Offline": ("result_samples_per_second", "samples a second"),
    "SingleStream": ("result_qps_with_loadgen_overhead", "queries a second, with LoadGen's overhead"),
    "Server": ("result_completed_samples_per_sec", "completed samples a second"),
}
MULTI_STREAM_RATE = "samples a query / mean latency of a query"
_SEEDS = ("qsl_rng_seed", "sample_index_rng_seed", "schedule_rng_seed")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadgenLog:
    """One performance run as LoadGen tells it. Latencies are nanoseconds, of a query in multi-stream."""

    version: str
    scenario: str  # as LoadGen spells it
    valid: bool
    why: tuple[str, ...]  # each thing that was not met, in words; empty where valid
    bound_met: bool | None  # server's latency bound; None for a scenario that has none
    samples_per_s: float
    definition: str  # of `samples_per_s`, in words
    queries: int
    samples_per_query: int
    over_latency: int | None  # queries over the bound
    scored_percentile: (
        float | None
    )  # of latency, as a fraction; None for offline, which is scored by its rate
    early_stopping_ns: int | None  # LoadGen's own estimate of it from few queries, where it gives one
    percentiles_ns: Mapping[str, int]  # "p99.9" -> nanoseconds
    minimum_ns: int
    maximum_ns: int
    mean_ns: int
    early_stopping: tuple[str, ...]  # its lines
    ending: str  # how the issuing of queries ended, in LoadGen's words
    errors: tuple[str, ...]
    warnings: tuple[str, ...]
    seeds: Mapping[str, int]
    settings: Mapping[str, Any]  # the effective ones by name

    @property
    def scored_ns(self) -> int | None:
        """The latency at the scored percentile."""
        return (
            None
            if self.scored_percentile is None
            else self.percentiles_ns[percentile(self.scored_percentile)]
        )


def percentile(share: float) -> str:
    """0.99 as ``p99``, 0.999 as ``p99.9``."""
    return f"p{share * 100:.6g}"


@dataclass(slots=True)
class _Entries:
    """The values by key, the last of each with its line; and what was marked as an error or a warning."""

    values: dict[str, tuple[int, Any]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    end: int = 0
    last_ms: float = 0.0  # when the last entry was made, from the start of the log

    def has(self, key: str) -> bool:
        return key in self.values

    def get(self, key: str, expected: str, right: Callable[[Any], bool]) -> Any:
        if key not in self.values:
            raise ParseError(
                f"{TOOL}: there is no entry `{key}`; the log ends at line {self.end}",
                log=DETAIL, remedy="give the whole log of a performance run",
            )  # fmt: skip
        line, value = self.values[key]
        if not right(value):
            shown = json.dumps(value)[:120]
            raise ParseError(f"found {key} {shown}, expected {expected}", log=DETAIL, line=line)
        return value

    def text(self, key: str) -> str:
        return str(self.get(key, "a text", lambda value: isinstance(value, str)))

    def yes(self, key: str) -> bool:
        return bool(self.get(key, "true or false", lambda value: isinstance(value, bool)))

    def whole(self, key: str) -> int:
        return int(
            self.get(key, "a whole number of at least 0", lambda value: _is_whole(value) and value >= 0)
        )

    def rate(self, key: str) -> float:
        """A number above 0."""
        return float(
            self.get(key, "a number above 0", lambda value: _is_number(value) and 0 < value < math.inf)
        )


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def parse(detail: bytes | str, summary: bytes | str) -> LoadgenLog:
    """The run that the two logs tell of.

    Raises `ParseError` for a log that is cut or damaged, is of an accuracy run or an unknown scenario, or
    where the two contradict each other.
    """
    found = _entries(_text(detail))
    scenario = found.text("effective_scenario")
    mode = found.text("effective_test_mode")
    if mode != "PerformanceOnly":
        raise ParseError(
            f"found a run in the mode {mode}, expected PerformanceOnly", log=DETAIL, line=_line(found)
        )
    validity = str(
        found.get("result_validity", "VALID or INVALID", lambda value: value in ("VALID", "INVALID"))
    )
    valid = validity == "VALID"
    if valid and _unmet(found):
        raise ParseError(f"found VALID, where {'; '.join(_unmet(found))}", log=DETAIL)
    samples_per_query = found.whole("effective_samples_per_query")
    mean_ns = found.whole("result_mean_latency_ns")
    rate, definition = _rate(found, scenario, samples_per_query)
    scored = None if scenario == "Offline" else _scored(found)
    percentiles_ns = {
        f"p{float(match[1]):g}": found.whole(key)
        for key in found.values
        if (match := _PERCENTILE.fullmatch(key))
    }
    if scored is not None and percentile(scored) not in percentiles_ns:
        raise ParseError(
            f"{TOOL}: there is no entry of the scored percentile, {percentile(scored)}", log=DETAIL
        )
    early = {"SingleStream": "early_stopping_latency_ss", "MultiStream": "early_stopping_latency_ms"}
    estimate = found.whole(early[scenario]) if scenario in early else 0
    server = scenario == "Server"
    told = LoadgenLog(
        version=found.text("loadgen_version"),
        scenario=scenario,
        valid=valid,
        why=() if valid else _why(found),
        bound_met=found.yes("result_perf_constraints_met") if server else None,
        samples_per_s=rate,
        definition=definition,
        queries=found.whole("result_query_count"),
        samples_per_query=samples_per_query,
        over_latency=found.whole("result_overlatency_query_count") if server else None,
        scored_percentile=scored,
        early_stopping_ns=estimate or None,
        percentiles_ns=percentiles_ns,
        minimum_ns=found.whole("result_min_latency_ns"),
        maximum_ns=found.whole("result_max_latency_ns"),
        mean_ns=mean_ns,
        early_stopping=_starred(found.text("early_stopping_result")),
        ending=next((text for text in (*found.errors, *found.messages) if "Ending " in text), ""),
        errors=tuple(found.errors),
        warnings=tuple(found.warnings),
        seeds={name: found.whole(f"effective_{name}") for name in _SEEDS},
        settings={
            key.removeprefix("effective_"): value
            for key, (_, value) in found.values.items()
            if key.startswith("effective_")
        },
    )
    _held(told, found)
    hold(_text(summary), {key: value for key, (_, value) in found.values.items()})
    return told


def _held(log: LoadgenLog, found: _Entries) -> None:
    """Raises `ParseError` where the numbers of the detail cannot be true together."""
    errors = found.whole("num_errors")
    if errors != len(found.errors):
        line = found.values["num_errors"][0]
        raise ParseError(
            f"found num_errors {errors}, expected {len(found.errors)}, the errors in the log",
            log=DETAIL,
            line=line,
        )
    scheduled = "result_scheduled_samples_per_sec"
    wrong = contradiction(log, found.rate(scheduled) if found.has(scheduled) else None) or unlike(
        log, {key: value for key, (_, value) in found.values.items()}, found.last_ms
    )
    if wrong is not None:
        line = found.values["result_mean_latency_ns"][0]
        raise ParseError(f"found {wrong[0]}, expected {wrong[1]}", log=DETAIL, line=line)


def _rate(found: _Entries, scenario: str, samples_per_query: int) -> tuple[float, str]:
    """Samples a second, and by what definition. LoadGen states none for multi-stream."""
    if scenario == "MultiStream":
        return samples_per_query * 1e9 / found.rate("result_mean_latency_ns"), MULTI_STREAM_RATE
    if scenario not in _RATES:
        known = ", ".join(sorted({*_RATES, "MultiStream"}))
        raise ParseError(f"found the scenario {scenario!r}, expected one of {known}", log=DETAIL)
    key, definition = _RATES[scenario]
    return found.rate(key), definition


def _scored(found: _Entries) -> float:
    key = "effective_target_latency_percentile"
    return float(found.get(key, "a fraction", lambda value: _is_number(value) and 0 < value < 1))


def _unmet(found: _Entries) -> list[str]:
    """Each constraint that was not met, in words; one that we do not know by its name."""
    told = [words for key, words in _CONSTRAINTS.items() if found.has(key) and not found.yes(key)]
    further = [key for key in found.values if key.endswith("_met") and key not in _CONSTRAINTS]
    return told + [f"{key} is false" for key in further if not found.yes(key)]


def _why(found: _Entries) -> tuple[str, ...]:
    """What was not met, what LoadGen says of it, and its errors."""
    told = _unmet(found)
    if _CONSTRAINTS["early_stopping_met"] in told:
        told += _starred(found.text("early_stopping_result"))
    if found.has("result_invalid_reason"):
        told += _sentences(found.text("result_invalid_reason"))
    told += [error for error in found.errors if error not in told]
    return tuple(told) or ("LoadGen gives no reason",)


def _starred(text: str) -> tuple[str, ...]:
    """LoadGen's list: lines that go on are joined to the one that begins with a star."""
    return tuple(" ".join(part.split()) for part in re.split(r"(?:^|\s)\* ", text) if part.strip())


def _sentences(text: str) -> list[str]:
    return [" ".join(line.split()) for line in re.split(r"\n|(?:^|\s)\* ", text) if line.strip()]


def _entries(text: str) -> _Entries:
    found = _Entries()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        found.end = number
        if not line.startswith(_MARK):
            raise ParseError(
                f"found {line[:60]!r}, expected a line that begins with {_MARK}", log=DETAIL, line=number
            )
        try:
            entry = json_object(line[len(_MARK) :])
            key, value, metadata = entry["key"], entry["value"], entry["metadata"]
            wrong, doubtful = bool(metadata["is_error"]), bool(metadata["is_warning"])
            found.values[str(key)] = number, value
            made_ms: Any = entry.get("time_ms")
            if _is_number(made_ms):
                found.last_ms = max(found.last_ms, float(made_ms))
        except (Undecodable, KeyError, TypeError) as problem:
            raise ParseError(
                f"the line is no entry of {TOOL}: {problem}",
                log=DETAIL,
                line=number,
                remedy="give the whole log",
            ) from problem
        if wrong:
            found.errors.append(" ".join(str(value).split()))
        elif doubtful:
            found.warnings.append(" ".join(str(value).split()))
        elif key == "generic_message":
            found.messages.append(" ".join(str(value).split()))
    return found


def _text(data: bytes | str) -> str:
    return data if isinstance(data, str) else data.decode("utf-8", errors="replace")


def _line(found: _Entries) -> int:
    return found.values["effective_test_mode"][0]
