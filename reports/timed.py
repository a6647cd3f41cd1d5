"""How sure a throughput is, in words: its stamp, its interval, its warm-up, drift, noise, memory, energy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.domain.details import (
    Drift,
    Energy,
    Memory,
    Stamped,
    Steadiness,
    ThroughputDetail,
    WarmUp,
    Watched,
    Work,
)
from harness.domain.measurements import Measurement
from harness.domain.metrics import Metric
from harness.verdicts.stats import CALLS_FOR_PERCENTILE
from reports import numbers, scenarios
from reports.language import joined, say
from reports.recorded import plain
from reports.view import Fact

# The entries of a throughput's detail that are told here.
ENTRIES = (*Watched.keys(), *Steadiness.keys(), "loadgen", "work")


def marks(measurement: Measurement) -> Iterator[tuple[str, bool]]:
    """The stamp and the warnings beside the number in its row."""
    if not Stamped.from_stored(measurement.detail).told:
        return
    detail = ThroughputDetail.from_stored(measurement.detail)
    steady, watched = detail.steadiness, detail.watched
    if scenarios.invalid(measurement):
        yield say("LoadGen: INVALID"), True
    yield (say("no stamp"), True) if steady.stamp is None else (say(steady.stamp), False)
    if watched.noisy:
        yield say("noisy"), True
    if steady.drift is not None and steady.drift.found:
        yield say("drift"), True
    if watched.warm_up is not None and watched.warm_up.settled is False:
        yield say("not warm"), True


def facts(measurement: Measurement) -> Iterator[Fact]:
    """All of it, a line each; nothing for what was not recorded."""
    detail = ThroughputDetail.from_stored(measurement.detail)
    steady, watched = detail.steadiness, detail.watched
    if steady.told:
        yield say("validity stamp"), _stamp(steady)
    interval = measurement.intervals.get(Metric.THROUGHPUT)
    if interval is not None:
        yield say("95 % interval"), say(
            "{range}, of this run alone", range=numbers.rate_range(interval)
        )  # fmt: skip
    if watched.warm_up is not None:
        yield say("warm-up"), _warm_up(watched.warm_up)
    if watched.first_call_ns is not None:
        yield say("first call"), numbers.duration_ns(watched.first_call_ns)
    if steady.drift is not None:
        yield say("drift"), _drift(steady.drift)
    yield from _meanwhile(watched)
    if detail.work is not None:
        yield from _work(detail.work)
    if watched.affinity:
        yield say("cores allowed"), ", ".join(map(str, watched.affinity))
    if watched.isolated is not None:
        yield say("process"), say("its own") if watched.isolated else say("that of the whole session")


def _meanwhile(watched: Watched) -> Iterator[Fact]:
    """What the machine did while calls were timed."""
    if watched.noisy is not None:
        yield say("disturbed by"), "; ".join(watched.noisy) or say("nothing that the machine tells of")
    if watched.conditions:
        yield say("machine meanwhile"), _conditions(watched.conditions)
    if watched.memory is not None:
        yield say("memory at most"), _memory(watched.memory)
    if watched.energy is not None:
        yield say("energy"), _energy(watched.energy)


def percentile(name: str, value: float, calls: Any) -> Fact:
    """One percentile with the calls that it stands on, and how many it takes."""
    needed = {f"p{rank:g}": count for rank, count in CALLS_FOR_PERCENTILE.items()}.get(name)
    if needed is None:
        return name, numbers.duration_ns(value)
    return name, say(
        "{value} ({calls} calls; it takes {needed})",
        value=numbers.duration_ns(value), calls=calls, needed=needed,
    )  # fmt: skip


def _stamp(earned: Stamped) -> str:
    stamp, asked = earned.stamp, earned.stamp_asked
    told = say("none: too few calls, or too short") if stamp is None else say(stamp)
    if asked is None or asked == stamp:
        return told
    return say("{stamp}; asked for was {asked}", stamp=told, asked=say(asked))


def _warm_up(warm: WarmUp) -> str:
    text = (
        say("settled after {calls} calls and {time}")
        if warm.settled
        else say("not settled when it was ended after {calls} calls and {time}")
    )
    return say(text, calls=warm.calls, time=numbers.duration_s(warm.seconds))


def _drift(drift: Drift) -> str:
    change, p = drift.change, drift.p
    if not drift.found:
        return say("none (change of a call {change:+.2%}, p = {p:.2g})", change=change, p=p)
    if change > 0:
        return say("calls became slower by {change:.2%} (p = {p:.2g})", change=change, p=p)
    return say("calls became faster by {change:.2%} (p = {p:.2g})", change=-change, p=p)


def _conditions(seen: Mapping[str, Any]) -> str:
    parts = []
    for name, title in (("steal", say("steal")), ("others", say("other processes"))):
        value = seen.get(name)
        told = numbers.percent(value) if isinstance(value, int | float) else say("not told")
        parts.append(joined(" ", [title, told]))
    parts.append(say("{count:.0f} involuntary switches a second and core", count=seen["switches_per_s"]))
    for name, title in (
        ("frequency_mhz", say("MHz")),
        ("load_average", say("load average")),
        ("temperatures_c", say("temperatures in °C")),
        ("throttled", say("throttled")),
        ("card", say("card")),
    ):
        value = seen.get(name)
        if isinstance(value, Mapping) and {"before", "after"} <= value.keys():
            ends = [plain(value[when]) for when in ("before", "after")]
            parts.append(joined(" ", [title, ends[0] if ends[0] == ends[1] else " → ".join(ends)]))
        elif name in seen:
            parts.append(joined(" ", [title, say("not told") if value == "not told" else plain(value)]))
    return joined("; ", parts)


def _memory(memory: Memory) -> str:
    host = numbers.size(memory.peak_rss_bytes)
    parts = [say("{size} of {whose}", size=host, whose=say(memory.of))]
    if memory.peak_device_bytes is not None:
        parts.append(say("{size} on the card", size=numbers.size(memory.peak_device_bytes)))
    return joined("; ", parts)


def _work(work: Work) -> Iterator[Fact]:
    """Operations a sample and a second, and the shares whose whole is known."""
    yield say("work of a sample"), say(
        "{giga:.4g} GFLOP in products of matrices, {source}",
        giga=work.flops_per_sample / 1e9, source=say(work.source),
    )  # fmt: skip
    yield say("achieved"), say("{giga:.4g} GFLOP/s", giga=work.flop_per_s / 1e9)
    if work.chip_share is not None and work.chip_peak_per_s is not None:
        yield say("share of the chip's peak"), say(
            "{share} of {tera:g} tera operations/s ({source})",
            share=numbers.percent(work.chip_share), tera=work.chip_peak_per_s / 1e12,
            source=str(work.chip_peak_source),
        )  # fmt: skip
    if work.matmul_share is not None and work.matmul_peak_per_s is not None:
        yield say("share of this machine's matrix products"), say(
            "{share} of the {giga:.4g} GFLOP/s of fp32 products in the same run",
            share=numbers.percent(work.matmul_share), giga=work.matmul_peak_per_s / 1e9,
        )  # fmt: skip


def _energy(energy: Energy) -> str:
    source = say(energy.source)
    if energy.joules_per_sample is None:
        return source
    return say("{joules:.4g} J a sample ({source})", joules=energy.joules_per_sample, source=source)
