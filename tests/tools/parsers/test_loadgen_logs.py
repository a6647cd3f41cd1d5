"""LoadGen's own logs: its verdict with the reasons, its numbers, and what is no log of its."""

from __future__ import annotations

import json

import pytest
from mutating import NO_OBJECTS
from recordings import EXCERPTS

from harness.errors import ParseError
from harness.tools.parsers import loadgen
from harness.tools.parsers.loadgen import LoadgenLog

NAMES = (
    "offline", "offline-short", "single-stream", "multi-stream", "server", "server-late", "server-behind",
)  # fmt: skip


def texts(name: str) -> tuple[str, str]:
    folder = EXCERPTS / "loadgen"
    return tuple((folder / f"{name}-{part}.txt").read_text("utf-8") for part in ("detail", "summary"))


def parsed(name: str) -> LoadgenLog:
    return loadgen.parse(*texts(name))


def entry(text: str, key: str):
    """The value of one entry, read apart from the parser."""
    (line,) = [line for line in text.splitlines() if f'"key": "{key}"' in line]
    return json.loads(line.removeprefix(":::MLLOG "))["value"]


def changed(text: str, key: str, value: object) -> str:
    """The log with another value of one entry."""
    lines = []
    for line in text.splitlines():
        found = json.loads(line.removeprefix(":::MLLOG "))
        if found["key"] == key:
            line = ":::MLLOG " + json.dumps({**found, "value": value})
        lines.append(line)
    return "\n".join(lines)


@pytest.mark.parametrize("content", NO_OBJECTS.values(), ids=NO_OBJECTS)
def test_an_entry_that_cannot_be_read_is_told_with_its_line(content: bytes) -> None:
    detail, summary = texts("offline")
    bad = detail.encode() + b":::MLLOG " + content + b"\n"
    with pytest.raises(ParseError, match="the line is no entry of ") as caught:
        loadgen.parse(bad, summary)
    assert caught.value.line == len(detail.splitlines()) + 1


@pytest.mark.parametrize("name", NAMES)
def test_the_verdict_and_the_percentiles_are_the_summarys(name: str) -> None:
    """Both logs say the same: what the parser takes from the one stands in the other."""
    log, (_, summary) = parsed(name), texts(name)
    assert f"Result is : {'VALID' if log.valid else 'INVALID'}\n" in summary
    assert bool(log.why) is not log.valid
    for rank, latency_ns in log.percentiles_ns.items():
        assert f"{float(rank[1:]):.2f} percentile latency (ns)   : {latency_ns}\n" in summary
    assert list(log.percentiles_ns) == ["p50", "p90", "p95", "p97", "p99", "p99.9"]
    assert log.seeds == {"qsl_rng_seed": 0, "sample_index_rng_seed": 0, "schedule_rng_seed": 0}
    assert log.version.startswith("6.0.17 ")


@pytest.mark.parametrize(
    ("name", "key", "scored"),
    [
        ("offline", "result_samples_per_second", None),
        ("single-stream", "result_qps_with_loadgen_overhead", 0.9),
        ("server", "result_completed_samples_per_sec", 0.99),
    ],
)
def test_the_throughput_is_loadgens_own(name: str, key: str, scored: float | None) -> None:
    log = parsed(name)
    assert log.samples_per_s == entry(texts(name)[0], key)
    assert log.scored_percentile == scored
    assert log.scored_ns == (None if scored is None else log.percentiles_ns[loadgen.percentile(scored)])


def test_multi_stream_has_a_latency_a_query_and_a_throughput_made_of_it() -> None:
    log = parsed("multi-stream")
    assert log.samples_per_query == 8
    assert log.queries == 662
    assert log.samples_per_s == pytest.approx(8e9 / log.mean_ns)
    assert log.definition == loadgen.MULTI_STREAM_RATE
    assert log.early_stopping_ns == log.maximum_ns  # 662 queries: none is discarded


def test_why_a_run_is_invalid_is_told_in_words() -> None:
    assert parsed("offline-short").why == (
        "shorter than the minimum duration",
        "Increase expected QPS so the loadgen pre-generates a larger (coalesced) query.",
    )
    late = parsed("server-late")
    assert late.bound_met is False
    assert late.why[0] == "the latency bound was not met"
    assert "Reduce target QPS to improve latency." in late.why
    assert late.over_latency == 5816
    behind = parsed("server-behind")
    assert "Too many outstanding queries" in behind.ending
    assert behind.ending in behind.why
    assert parsed("server").bound_met is True


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("result_validity", "MAYBE", 'found result_validity "MAYBE", expected VALID or INVALID'),
        ("result_completed_samples_per_sec", 0, "expected a number above 0"),
        ("result_completed_samples_per_sec", float("nan"), "found NaN, expected a finite number"),
        ("result_query_count", -1, "expected a whole number of at least 0"),
        ("result_perf_constraints_met", "yes", "expected true or false"),
        ("effective_test_mode", "AccuracyOnly", "found a run in the mode AccuracyOnly"),
        ("effective_target_latency_percentile", 0.42, "there is no entry of the scored percentile, p42"),
        ("result_validity", "INVALID", "found Result is 'VALID', where"),
    ],
)
def test_a_changed_log_is_refused_with_what_is_wrong(key: str, value: object, says: str) -> None:
    detail, summary = texts("server")
    with pytest.raises(ParseError, match=r"^mlperf_log_") as raised:
        loadgen.parse(changed(detail, key, value), summary)
    assert says in str(raised.value)


def test_an_unknown_scenario_is_refused() -> None:
    detail, summary = texts("offline")
    summary = summary.replace("Scenario : Offline", "Scenario : Interactive")
    with pytest.raises(ParseError, match=r"scenario 'Interactive', expected one of MultiStream, Offline"):
        loadgen.parse(changed(detail, "effective_scenario", "Interactive"), summary)


def test_a_log_that_is_cut_anywhere_is_refused() -> None:
    """At the end of a line or within one: the last entry says that a log is whole."""
    detail, summary = texts("single-stream")
    lines = detail.splitlines()
    for at in range(len(lines)):
        with pytest.raises(ParseError, match=r"^mlperf_log_detail.txt: LoadGen: there is no entry"):
            loadgen.parse("\n".join(lines[:at]), summary)
    with pytest.raises(
        ParseError, match=rf"^mlperf_log_detail.txt:{len(lines)}: the line is no entry of LoadGen"
    ):
        loadgen.parse(detail[:-40], summary)
    with pytest.raises(ParseError, match=r"^mlperf_log_summary.txt: LoadGen: there is no line `Scenario`"):
        loadgen.parse(detail, "")


@pytest.mark.parametrize("line", ["not a log", ":::MLLOG []", ":::MLLOG {}", ":::MLLOG " + "[" * 100_000])
def test_other_text_is_refused_with_its_line(line: str) -> None:
    with pytest.raises(ParseError, match=r"^mlperf_log_detail.txt:2: "):
        loadgen.parse(f"\n{line}", texts("server")[1])
