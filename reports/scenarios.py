"""What LoadGen found in a scenario, in words: verdict with reasons, latencies, counts, seeds, logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reports import numbers
from reports.language import joined, say
from reports.recorded import plain, sequence
from reports.view import Fact


def invalid(detail: Mapping[str, Any]) -> bool:
    """Whether this is the detail of a run that LoadGen calls invalid."""
    found = detail.get("loadgen")
    return isinstance(found, Mapping) and found.get("valid") is False


def facts(found: Mapping[str, Any]) -> Iterator[Fact]:
    """All of it, a line each."""
    yield say("scenario"), say(str(found["scenario"]))
    yield say("LoadGen's verdict"), _verdict(found)
    rate = numbers.rate(found["samples_per_s"])
    yield say("LoadGen's throughput"), f"{rate} ({found['definition']})"
    if found.get("scored_ns") is not None:
        yield say("scored latency"), _scored(found)
    for name, value in found["percentiles_ns"].items():
        yield say("{percentile} by LoadGen", percentile=name), numbers.duration_ns(value)
    for name, text in (
        ("minimum_ns", say("fastest")),
        ("maximum_ns", say("slowest")),
        ("mean_ns", say("mean")),
    ):
        yield text, numbers.duration_ns(found[name])
    yield say("queries"), say(
        "{queries:,} of {samples:,} samples each",
        queries=found["queries"], samples=found["samples_per_query"],
    )  # fmt: skip
    if sequence(found.get("early_stopping")):
        yield say("early stopping"), " ".join(str(line) for line in found["early_stopping"])
    yield say("system under test"), _system(found)
    yield (
        say("asked for"),
        plain({name: value for name, value in found["asked"].items() if value is not None}),
    )
    yield say("seeds"), plain(found["seeds"])
    yield say("LoadGen"), str(found["version"])
    for name, text in (("errors", say("LoadGen's errors")), ("warnings", say("LoadGen's warnings"))):
        if sequence(found.get(name)):
            yield text, "; ".join(map(str, found[name]))
    yield say("LoadGen's settings"), plain(found["settings"])
    yield say("logs"), str(found["logs"])
    for name, digest in found["log_sha256"].items():
        yield say("SHA-256 of {name}", name=name), str(digest)


def _verdict(found: Mapping[str, Any]) -> str:
    if found["valid"]:
        return say("VALID")
    return joined("", [say("INVALID"), ": ", "; ".join(map(str, sequence(found["why"])))])


def _scored(found: Mapping[str, Any]) -> str:
    rank = f"p{found['scored_percentile'] * 100:g}"
    parts = [f"{rank} {numbers.duration_ns(found['scored_ns'])}"]
    estimate = found.get("early_stopping_ns")
    if estimate:
        told = numbers.duration_ns(estimate)
        parts.append(say("{value} by early stopping, which LoadGen scores", value=told))
    bound = found["asked"].get("target_latency_ms")
    if bound is not None:
        limit = numbers.duration_ns(bound * 1e6)
        text = say("{bound} allowed, {count:,} queries over it")
        parts.append(say(text, bound=limit, count=found["over_latency"] or 0))
    return joined("; ", parts)


def _system(found: Mapping[str, Any]) -> str:
    system = found["system"]
    text = say(
        "{batches:,} batches, {rows:,} rows only filled a batch; {answered:,} of {issued:,} samples answered",
        batches=system["batches"], rows=system["rows_filled"], answered=system["samples_answered"],
        issued=system["samples_issued"],
    )  # fmt: skip
    if not found.get("wait_s"):
        return text
    waited = say("a batch waited {time} to fill", time=numbers.duration_s(found["wait_s"]))
    return joined("; ", [text, waited])
