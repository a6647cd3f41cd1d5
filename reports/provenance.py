"""How a result was made, in words: its calls, its provenance, its machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.domain.measurements import Measurement
from reports import numbers, scenarios, timed
from reports.histogram import histogram
from reports.language import say
from reports.numbers import NOTHING
from reports.recorded import plain, sequence, words
from reports.view import Fact, Latency


def latency(measurement: Measurement) -> Latency | None:
    """The timed calls in words and as a shape; None where nothing was timed."""
    found = measurement.detail
    if "loadgen" in found:
        return Latency(facts=(*scenarios.facts(found["loadgen"]), *timed.facts(measurement)), histogram=None)
    if "median_ns" not in found:
        return None
    facts: list[Fact] = [(say("timed calls"), f"{found.get('calls', NOTHING)}")]
    if "warm_up_calls" in found:
        facts.append((say("calls before, untimed"), str(found["warm_up_calls"])))
    facts.append((say("median of a call (one batch)"), numbers.duration_ns(found["median_ns"])))
    if "minimum_ns" in found:
        facts.append((say("fastest"), numbers.duration_ns(found["minimum_ns"])))
    if "maximum_ns" in found:
        facts.append((say("slowest"), numbers.duration_ns(found["maximum_ns"])))
    for name, value in found.get("percentiles_ns", {}).items():
        facts.append(timed.percentile(str(name), value, found.get("calls", NOTHING)))
    if "clock" in found:
        facts.append((say("clock"), str(found["clock"])))
    facts += timed.facts(measurement)
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


def made_with(measurement: Measurement) -> Iterator[Fact]:
    """Everything that the number was made with."""
    made = measurement.provenance
    yield say("origin"), say(str(measurement.origin))
    yield say("target"), say(made.target)
    yield say("backend"), made.backend
    yield say("weights"), say(str(made.weights))
    if "checkpoint" in measurement.detail:
        yield say("checkpoint"), str(measurement.detail["checkpoint"])
    yield say("weights SHA-256"), made.weights_sha256 or NOTHING
    yield say("data"), NOTHING if made.data is None else say(str(made.data))
    yield say("data SHA-256"), made.data_sha256 or NOTHING
    yield say("samples"), str(measurement.samples)
    yield say("protocol"), NOTHING if made.protocol is None else say(str(made.protocol))
    if made.limit is not None:
        yield say("limit"), say("first {count} samples", count=made.limit)
    yield say("artifact"), made.artifact or NOTHING
    built = measurement.detail.get("artifact")
    for name, value in built.items() if isinstance(built, Mapping) else ():
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
