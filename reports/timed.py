"""How sure a throughput is, in words: its stamp, its interval, its warm-up, drift, noise, memory, energy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.domain.measurements import Measurement
from harness.domain.metrics import Metric
from harness.verdicts.stats import CALLS_FOR_PERCENTILE
from reports import numbers, scenarios
from reports.language import joined, say
from reports.recorded import plain, sequence
from reports.view import Fact

# The entries of a throughput's detail that are told here.
ENTRIES = (
    "affinity", "conditions", "drift", "ended", "energy", "first_call_ns", "import_s", "isolated", "load_s",
    "loadgen", "matmul", "memory", "noisy", "stamp", "stamp_asked", "warm_up", "work",
)  # fmt: skip


def marks(measurement: Measurement) -> Iterator[tuple[str, bool]]:
    """What stands beside the number in its row: the stamp, and what to mind."""
    found = measurement.detail
    if "stamp" not in found:
        return
    if scenarios.invalid(found):
        yield say("LoadGen: INVALID"), True
    stamp = found["stamp"]
    yield (say("no stamp"), True) if stamp is None else (say(str(stamp)), False)
    if sequence(found.get("noisy")):
        yield say("noisy"), True
    if _of(found, "drift").get("found"):
        yield say("drift"), True
    if _of(found, "warm_up").get("settled") is False:
        yield say("not warm"), True


def facts(measurement: Measurement) -> Iterator[Fact]:
    """All of it, a line each; nothing for what was not recorded."""
    found = measurement.detail
    if "stamp" in found:
        yield say("validity stamp"), _stamp(found)
    interval = measurement.intervals.get(Metric.THROUGHPUT)
    if interval is not None:
        yield say("95 % interval"), say(
            "{range}, of this run alone", range=numbers.rate_range(interval)
        )  # fmt: skip
    warm = _of(found, "warm_up")
    if warm:
        yield say("warm-up"), _warm_up(warm)
    if "first_call_ns" in found:
        yield say("first call"), numbers.duration_ns(found["first_call_ns"])
    if _of(found, "drift"):
        yield say("drift"), _drift(found["drift"])
    if "noisy" in found:
        reasons = [str(item) for item in sequence(found["noisy"])]
        yield say("disturbed by"), "; ".join(reasons) or say("nothing that the machine tells of")
    if _of(found, "conditions"):
        yield say("machine meanwhile"), _conditions(found["conditions"])
    if _of(found, "memory"):
        yield say("memory at most"), _memory(found["memory"])
    if _of(found, "energy"):
        yield say("energy"), _energy(found["energy"])
    yield from _work(_of(found, "work"))
    if sequence(found.get("affinity")):
        yield say("cores allowed"), ", ".join(map(str, sequence(found["affinity"])))
    if "isolated" in found:
        yield say("process"), say("its own") if found["isolated"] else say("that of the whole session")


def percentile(name: str, value: float, calls: Any) -> Fact:
    """One percentile with the calls that it stands on, and how many it takes."""
    needed = {f"p{rank:g}": count for rank, count in CALLS_FOR_PERCENTILE.items()}.get(name)
    if needed is None:
        return name, numbers.duration_ns(value)
    return name, say(
        "{value} ({calls} calls; it takes {needed})",
        value=numbers.duration_ns(value), calls=calls, needed=needed,
    )  # fmt: skip


def _of(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = found.get(name)
    return value if isinstance(value, Mapping) else {}


def _stamp(found: Mapping[str, Any]) -> str:
    stamp, asked = found["stamp"], found.get("stamp_asked")
    told = say("none: too few calls, or too short") if stamp is None else say(str(stamp))
    if asked is None or asked == stamp:
        return told
    return say("{stamp}; asked for was {asked}", stamp=told, asked=say(str(asked)))


def _warm_up(warm: Mapping[str, Any]) -> str:
    text = (
        say("settled after {calls} calls and {time}")
        if warm.get("settled")
        else say("not settled when it was ended after {calls} calls and {time}")
    )
    return say(text, calls=warm.get("calls"), time=numbers.duration_s(warm.get("seconds", 0.0)))


def _drift(drift: Mapping[str, Any]) -> str:
    change, p = drift["change"], drift["p"]
    if not drift.get("found"):
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


def _memory(memory: Mapping[str, Any]) -> str:
    host = numbers.size(memory["peak_rss_bytes"])
    parts = [say("{size} of {whose}", size=host, whose=say(str(memory.get("of", ""))))]
    if "peak_device_bytes" in memory:
        parts.append(say("{size} on the card", size=numbers.size(memory["peak_device_bytes"])))
    return joined("; ", parts)


def _work(work: Mapping[str, Any]) -> Iterator[Fact]:
    """Operations a sample and a second, and the shares whose whole is known."""
    if not work:
        return
    yield say("work of a sample"), say(
        "{giga:.4g} GFLOP in products of matrices, {source}",
        giga=work["flops_per_sample"] / 1e9, source=say(str(work["source"])),
    )  # fmt: skip
    yield say("achieved"), say("{giga:.4g} GFLOP/s", giga=work["flop_per_s"] / 1e9)
    if "chip_share" in work:
        yield say("share of the chip's peak"), say(
            "{share} of {tera:g} tera operations/s ({source})",
            share=numbers.percent(work["chip_share"]), tera=work["chip_peak_per_s"] / 1e12,
            source=str(work["chip_peak_source"]),
        )  # fmt: skip
    if "matmul_share" in work:
        yield say("share of this machine's matrix products"), say(
            "{share} of the {giga:.4g} GFLOP/s of fp32 products in the same run",
            share=numbers.percent(work["matmul_share"]), giga=work["matmul_peak_per_s"] / 1e9,
        )  # fmt: skip


def _energy(energy: Mapping[str, Any]) -> str:
    source = say(str(energy.get("source", "")))
    each = energy.get("joules_per_sample")
    if not isinstance(each, int | float):
        return source
    return say("{joules:.4g} J a sample ({source})", joules=each, source=source)
