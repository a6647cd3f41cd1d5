"""Everything about one result, in words and numbers: its row, its detail, its machine."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.domain import (
    Basis,
    Catalog,
    Corpus,
    Kind,
    Measurement,
    Metric,
    Origin,
    Protocol,
    Source,
    Unit,
    VerdictKind,
    Weights,
)
from reports import numbers
from reports.histogram import histogram
from reports.numbers import NOTHING
from reports.outcomes import Outcome, basis_words, documented, is_stand_in_speed
from reports.view import Detail, Fact, Latency, Line

FLIPS_NAMED = 20  # sample numbers spelled out; the count says the rest
# Entries of a measurement's detail that have a place of their own, or are part of another entry.
_LATENCY = ("calls", "clock", "maximum_ns", "median_ns", "minimum_ns", "percentiles_ns", "warm_up_calls")
_TOLD_ELSEWHERE = frozenset(
    (*_LATENCY, "artifact", "checkpoint", "commands", "correct", "flipped", "own_fp32_correct")
)
_PARTS_OF_ID = re.compile(r"[^a-z0-9]+")


def anchor(outcome: Outcome, number: int) -> str:
    """An id for links: unique by its number, safe whatever the case is called."""
    name = _PARTS_OF_ID.sub("-", f"{outcome.measurement.case}-{outcome.measurement.kind}".lower())
    return f"r{number}-{name.strip('-')}"


def line(outcome: Outcome, catalog: Catalog, place: str) -> Line:
    """One result in one row, documented beside measured."""
    measurement, verdict = outcome.measurement, outcome.verdict
    reference = documented(outcome, catalog)
    made = measurement.provenance
    interval = None if outcome.metric is None else measurement.intervals.get(outcome.metric)
    return Line(
        anchor=place,
        case=measurement.case,
        kind=str(measurement.kind),
        documented=NOTHING if reference is None else reference.cell,
        source="" if reference is None else str(reference.source),
        place="" if reference is None else _short(reference.source),
        measured=measured(outcome),
        interval="" if interval is None else numbers.percent_range(interval),
        tolerance=tolerance(outcome),
        status=outcome.status,
        basis=basis_words(verdict),
        origin=str(measurement.origin),
        weights=str(made.weights),
        data=NOTHING if made.data is None else str(made.data),
        tags=tuple(_tags(measurement)),
        extra="; ".join(_extra(outcome)),
    )


def _short(source: Source) -> str:
    """Where a value stands, for a narrow column. A value may stand under an empty header."""
    return ", ".join(part for part in (source.document, source.row, source.column) if part)


def _tags(measurement: Measurement) -> Iterator[tuple[str, bool]]:
    """What a number was made with; marked is whatever keeps it from being the documented one."""
    made = measurement.provenance
    yield str(measurement.origin), measurement.origin is not Origin.CHIP
    if made.data is None:
        yield f"{made.weights} weights", made.weights is not Weights.FULL
    elif str(made.data) == str(made.weights):
        yield str(made.weights), made.weights is not Weights.FULL
    else:
        yield f"{made.weights} weights", made.weights is not Weights.FULL
        yield f"{made.data} data", made.data is not Corpus.FULL


def measured(outcome: Outcome) -> str:
    """The measured number with its unit, or that there is none."""
    if outcome.value is not None and outcome.metric is not None:
        if outcome.metric.is_score:
            return numbers.percent(outcome.value)
        return numbers.rate(outcome.value) + ("\N{NO-BREAK SPACE}†" if is_stand_in_speed(outcome) else "")
    parity = outcome.measurement.detail.get("max_abs_difference")
    if outcome.measurement.kind is Kind.CONFORMANCE and isinstance(parity, int | float):
        return f"{numbers.difference(parity)} max. difference"
    return NOTHING


def tolerance(outcome: Outcome) -> str:
    """By how much the number may differ, and from what."""
    verdict = outcome.verdict
    bound = outcome.measurement.detail.get("bound")
    if outcome.measurement.kind is Kind.CONFORMANCE and isinstance(bound, int | float):
        return f"at most {numbers.difference(bound)}"
    if verdict is None or verdict.tolerance is None or verdict.unit is None:
        return ""
    allowed = numbers.tolerance(verdict.tolerance, verdict.unit)
    if verdict.basis is Basis.DROP and verdict.expected is not None and verdict.unit is Unit.PERCENT:
        return f"own fp32 {verdict.expected:.2f} % − {allowed}"
    return f"± {allowed}"


def _extra(outcome: Outcome) -> Iterator[str]:
    series = outcome.series
    if series.protocol is Protocol.STANDARD:
        yield "standard protocol"
    if series.limit is not None:
        yield f"first {series.limit} samples only"
    if outcome.times > 1:
        yield f"latest of {outcome.times}"


def detail(outcome: Outcome, row: Line, machine: int, versions: int) -> Detail:
    """The whole of one result."""
    measurement, verdict = outcome.measurement, outcome.verdict
    return Detail(
        line=row,
        message="There is no verdict on this result." if verdict is None else verdict.message,
        facts=tuple(_facts(outcome, row)),
        stages=tuple((name, numbers.duration_s(spent)) for name, spent in measurement.stages_s.items()),
        latency=_latency(measurement),
        made_with=tuple(_made_with(measurement)),
        commands=tuple(_command(item) for item in _sequence(measurement.detail.get("commands"))),
        machine=machine,
        versions=versions,
        attention=outcome.status in (VerdictKind.FALLS_SHORT, VerdictKind.ERROR),
    )


def _facts(outcome: Outcome, row: Line) -> Iterator[Fact]:
    """What was measured, by kind; then whatever else the run recorded."""
    measurement = outcome.measurement
    if row.source:
        yield "documented", f"{row.documented} [{row.source}]"
    for name, value in measurement.metrics.items():
        yield name, _metric(outcome, name, value)
    for name, value in measurement.detail.items():
        if name == "facts" and isinstance(value, Mapping):
            yield from (
                (_words(fact), _fact(str(fact), found)) for fact, found in value.items() if _there(found)
            )
        elif name not in _TOLD_ELSEWHERE and _there(value):
            yield _words(name), _recorded(name, value, measurement)


def _words(name: object) -> str:
    return str(name).replace("_", " ")


def _there(value: Any) -> bool:
    """Whether there is anything to tell; a zero is told, an empty list is not."""
    return value is not None and not (isinstance(value, str | Mapping | list | tuple) and not value)


def _fact(name: str, value: Any) -> str:
    """One of the counts and shares that a text pipeline keeps beside its score."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return numbers.percent(value) if name.endswith("_share") else f"{value:,}"
    return _plain(value)


def _metric(outcome: Outcome, name: str, value: float) -> str:
    if name == Metric.THROUGHPUT:
        return numbers.rate(value)
    measurement = outcome.measurement
    interval = measurement.intervals.get(name)
    correct = measurement.detail.get("correct") if name == outcome.metric else None
    counted = "" if correct is None else f", {correct} of {measurement.samples} samples"
    confidence = (
        "" if interval is None else f" ({interval.confidence * 100:g} %: {numbers.percent_range(interval)})"
    )
    return f"{numbers.percent(value)}{confidence}{counted}"


def _recorded(name: str, value: Any, measurement: Measurement) -> str:
    """One entry of a measurement's detail. What is not known here is shown as it was recorded."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if name == "own_fp32" and number:
        correct = measurement.detail.get("own_fp32_correct")
        return numbers.percent(value) + ("" if correct is None else f", {correct} of {measurement.samples}")
    if name == "flips" and number:
        which = [str(item) for item in _sequence(measurement.detail.get("flipped"))]
        more = ", …" if len(which) > FLIPS_NAMED else ""
        named = f"; sample numbers {', '.join(which[:FLIPS_NAMED])}{more}" if which else ""
        return f"{value} of {measurement.samples} predictions differ from fp32{named}"
    if name == "truncated" and number:
        return f"{value} of {measurement.samples} samples were cut to the model's length"
    if name == "grouped" and isinstance(value, Mapping):
        return at_real_length(value)
    if name == "ignored_weights":
        return ", ".join(map(str, _sequence(value))) or "none"
    if name.endswith(("_difference", "bound")) and number:
        return numbers.difference(value)
    return _plain(value)


def at_real_length(grouped: Mapping[str, Any]) -> str:
    """What a run of samples grouped by their length computed, and what it was proved by."""
    run, padded = grouped["positions_run"], grouped["positions_padded"]
    return (
        f"samples were run at their real length: {run:,} positions in place of {padded:,} "
        f"({numbers.percent(run / padded)}); on {grouped['proved_on']} seeded samples the logits differ from "
        f"those of the padded input by at most {numbers.difference(grouped['max_abs_difference'])}, where "
        f"{numbers.difference(grouped['bound'])} is allowed"
    )


def _plain(value: Any) -> str:
    """A recorded value that nothing is known about."""
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return NOTHING if value is None else str(value)


def _latency(measurement: Measurement) -> Latency | None:
    found = measurement.detail
    if "median_ns" not in found:
        return None
    facts: list[Fact] = [("timed calls", f"{found.get('calls', NOTHING)}")]
    if "warm_up_calls" in found:
        facts.append(("calls before, untimed", str(found["warm_up_calls"])))
    facts.append(("median of a call (one batch)", numbers.duration_ns(found["median_ns"])))
    if "minimum_ns" in found:
        facts.append(("fastest", numbers.duration_ns(found["minimum_ns"])))
    if "maximum_ns" in found:
        facts.append(("slowest", numbers.duration_ns(found["maximum_ns"])))
    for name, value in found.get("percentiles_ns", {}).items():
        facts.append((str(name), numbers.duration_ns(value)))
    if "clock" in found:
        facts.append(("clock", str(found["clock"])))
    drawn = histogram(measurement.raw.get("latencies_ns", ()))
    if drawn is None:
        return Latency(facts=tuple(facts), histogram=None)
    return Latency(
        facts=tuple(facts),
        histogram=drawn,
        low=numbers.duration_ns(drawn.low_ns),
        high=numbers.duration_ns(drawn.high_ns),
        median=numbers.duration_ns(found["median_ns"]),
        median_at=drawn.position(found["median_ns"]),
    )


def _made_with(measurement: Measurement) -> Iterator[Fact]:
    made = measurement.provenance
    yield "origin", str(measurement.origin)
    yield "target", made.target
    yield "backend", made.backend
    yield "weights", str(made.weights)
    if "checkpoint" in measurement.detail:
        yield "checkpoint", str(measurement.detail["checkpoint"])
    yield "weights SHA-256", made.weights_sha256 or NOTHING
    yield "data", NOTHING if made.data is None else str(made.data)
    yield "data SHA-256", made.data_sha256 or NOTHING
    yield "samples", str(measurement.samples)
    yield "protocol", NOTHING if made.protocol is None else str(made.protocol)
    if made.limit is not None:
        yield "limit", f"first {made.limit} samples"
    yield "artifact", made.artifact or NOTHING
    built = measurement.detail.get("artifact")
    for name, value in built.items() if isinstance(built, Mapping) else ():
        yield f"artifact: {str(name).replace('_', ' ')}", _plain(value)
    yield "measured at", numbers.moment(measurement.created)
    yield "run", measurement.run
    yield "zoocheck revision", made.git_revision or NOTHING
    load = made.machine.get("load_average")
    if load:
        yield "load average before", ", ".join(f"{item:.2f}" for item in _sequence(load))


def machine(measurement: Measurement) -> tuple[Fact, ...]:
    """The machine of a measurement, without what changes from run to run."""
    found = measurement.provenance.machine
    return tuple(
        (name.removesuffix("_bytes").replace("_", " "), _machine_value(name, value))
        for name, value in found.items()
        if name != "load_average"
    )


def _machine_value(name: str, value: Any) -> str:
    if name.endswith("_bytes") and isinstance(value, int | float):
        return numbers.size(value)
    return _plain(value)


def versions(measurement: Measurement) -> tuple[Fact, ...]:
    """The libraries of a measurement, by name."""
    return tuple(sorted(measurement.provenance.versions.items()))


def _command(item: Any) -> str:
    if isinstance(item, list | tuple):
        return shlex.join(str(part) for part in item)
    return str(item)


def _sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()
