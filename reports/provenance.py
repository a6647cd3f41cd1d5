"""How a result was made, in words: its calls, its provenance, its machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.domain.details import Calls, Common, ScenarioDetail
from harness.domain.measurements import Measurement
from reports import entries, numbers, scenarios, timed
from reports.histogram import histogram
from reports.language import say
from reports.numbers import NOTHING
from reports.recorded import plain, sequence, words
from reports.view import Fact, Latency


def latency(measurement: Measurement) -> Latency | None:
    """The timed calls in words and as a shape; None where nothing was timed."""
    run = ScenarioDetail.from_stored(measurement.detail).loadgen
    if run is not None:
        return Latency(facts=(*scenarios.facts(run), *timed.facts(measurement)), histogram=None)
    summary = Calls.from_stored(measurement.detail)
    if summary.median_ns is None:
        return None
    facts = (*_calls(summary, summary.median_ns), *timed.facts(measurement))
    drawn = histogram(measurement.raw.get("latencies_ns", ()))
    if drawn is None:
        return Latency(facts=facts, histogram=None)
    return Latency(
        facts=facts,
        histogram=drawn,
        low=numbers.duration_ns(drawn.low_ns),
        high=numbers.duration_ns(drawn.high_ns),
        median=numbers.duration_ns(summary.median_ns),
        median_at=drawn.position(summary.median_ns),
    )


def _calls(summary: Calls, median_ns: float) -> Iterator[Fact]:
    """Our own calls in numbers."""
    calls = NOTHING if summary.calls is None else summary.calls
    yield say("timed calls"), f"{calls}"
    if summary.warm_up_calls is not None:
        yield say("calls before, untimed"), str(summary.warm_up_calls)
    yield say("median of a call (one batch)"), numbers.duration_ns(median_ns)
    if summary.minimum_ns is not None:
        yield say("fastest"), numbers.duration_ns(summary.minimum_ns)
    if summary.maximum_ns is not None:
        yield say("slowest"), numbers.duration_ns(summary.maximum_ns)
    for name, value in (summary.percentiles_ns or {}).items():
        yield timed.percentile(name, value, calls)
    if summary.clock is not None:
        yield say("clock"), summary.clock


def made_with(measurement: Measurement) -> Iterator[Fact]:
    """Everything that the number was made with."""
    made = measurement.provenance
    yield say("origin"), say(str(measurement.origin))
    yield say("target"), say(made.target)
    yield say("backend"), made.backend
    yield say("weights"), say(str(made.weights))
    common = Common.from_stored(measurement.detail)
    if common.checkpoint is not None:
        yield say("checkpoint"), common.checkpoint
    yield say("weights SHA-256"), made.weights_sha256 or NOTHING
    yield say("data"), NOTHING if made.data is None else say(str(made.data))
    yield say("data SHA-256"), made.data_sha256 or NOTHING
    if common.samples_sha256 is not None:
        yield say("samples SHA-256"), common.samples_sha256
    yield say("samples"), str(measurement.samples)
    yield say("protocol"), NOTHING if made.protocol is None else say(str(made.protocol))
    if told := entries.taken(measurement):
        yield say("limit"), told
    yield say("artifact"), made.artifact or NOTHING
    for name, value in (common.artifact or {}).items():
        yield say("artifact: {name}", name=words(name)), plain(value)
    yield say("measured at"), numbers.moment(measurement.created)
    yield say("run"), measurement.run
    yield say("zoocheck revision"), made.git_revision or NOTHING
    load = made.machine.get("load_average")
    if load:
        yield say("load average before"), ", ".join(f"{item:.2f}" for item in sequence(load))


def machine(measurement: Measurement) -> tuple[Fact, ...]:
    """The machine of a measurement, without what changes from run to run."""
    found = measurement.provenance.machine
    return tuple(
        (say(name.removesuffix("_bytes").replace("_", " ")), _machine_value(name, value))
        for name, value in found.items()
        if name != "load_average"
    )


def _machine_value(name: str, value: Any) -> str:
    if name.endswith("_bytes") and isinstance(value, int | float):
        return numbers.size(value)
    return plain(value)


def versions(measurement: Measurement) -> tuple[Fact, ...]:
    """The libraries of a measurement, by name."""
    return tuple(sorted(measurement.provenance.versions.items()))
