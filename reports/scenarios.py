"""What LoadGen found in a scenario, in words: verdict with reasons, latencies, counts, seeds, logs."""

from __future__ import annotations

from collections.abc import Iterator

from harness.domain.details import Loadgen, ScenarioDetail
from harness.domain.measurements import Measurement
from reports import numbers
from reports.language import joined, say
from reports.recorded import plain
from reports.view import Fact


def invalid(measurement: Measurement) -> bool:
    """Whether this is a run that LoadGen calls invalid."""
    run = ScenarioDetail.from_stored(measurement.detail).loadgen
    return run is not None and not run.valid


def facts(run: Loadgen) -> Iterator[Fact]:
    """All of it, a line each."""
    yield say("scenario"), say(run.scenario)
    yield say("LoadGen's verdict"), _verdict(run)
    rate = numbers.rate(run.samples_per_s)
    yield say("LoadGen's throughput"), f"{rate} ({run.definition})"
    if run.scored_ns is not None:
        yield say("scored latency"), _scored(run)
    for name, value in run.percentiles_ns.items():
        yield say("{percentile} by LoadGen", percentile=name), numbers.duration_ns(value)
    for text, duration in (
        (say("fastest"), run.minimum_ns),
        (say("slowest"), run.maximum_ns),
        (say("mean"), run.mean_ns),
    ):
        yield text, numbers.duration_ns(duration)
    yield say("queries"), say(
        "{queries:,} of {samples:,} samples each",
        queries=run.queries, samples=run.samples_per_query,
    )  # fmt: skip
    if run.early_stopping:
        yield say("early stopping"), " ".join(run.early_stopping)
    yield say("system under test"), _system(run)
    yield say("asked for"), plain(run.targets)
    yield say("seeds"), plain(run.seeds)
    yield say("LoadGen"), run.version
    for text, lines in ((say("LoadGen's errors"), run.errors), (say("LoadGen's warnings"), run.warnings)):
        if lines:
            yield text, "; ".join(lines)
    yield say("LoadGen's settings"), plain(run.settings)
    yield say("logs"), run.logs
    for name, digest in run.log_sha256.items():
        yield say("SHA-256 of {name}", name=name), digest


def _verdict(run: Loadgen) -> str:
    if run.valid:
        return say("VALID")
    return joined("", [say("INVALID"), ": ", "; ".join(run.why)])


def _scored(run: Loadgen) -> str:
    rank = "" if run.scored_percentile is None else f"p{run.scored_percentile * 100:g} "
    parts = [f"{rank}{numbers.duration_ns(run.scored_ns or 0)}"]
    if run.early_stopping_ns:
        told = numbers.duration_ns(run.early_stopping_ns)
        parts.append(say("{value} by early stopping, which LoadGen scores", value=told))
    bound = run.asked.get("target_latency_ms")
    if bound is not None:
        limit = numbers.duration_ns(bound * 1e6)
        text = say("{bound} allowed, {count:,} queries over it")
        parts.append(say(text, bound=limit, count=run.over_latency or 0))
    return joined("; ", parts)


def _system(run: Loadgen) -> str:
    system = run.system
    text = say(
        "{batches:,} batches, {rows:,} rows only filled a batch; {answered:,} of {issued:,} samples answered",
        batches=system["batches"], rows=system["rows_filled"], answered=system["samples_answered"],
        issued=system["samples_issued"],
    )  # fmt: skip
    if not run.wait_s:
        return text
    waited = say("a batch waited {time} to fill", time=numbers.duration_s(run.wait_s))
    return joined("; ", [text, waited])
