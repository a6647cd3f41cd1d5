"""LoadGen's own logs: its verdict with the reasons, its numbers, and what is no log of its."""

from __future__ import annotations

import json
import re

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


@pytest.mark.parametrize(
    ("name", "key", "value", "says"),
    [
        ("single-stream", "num_errors", 5, "found num_errors 5, expected 0, the errors in the log"),
        ("single-stream", "result_query_count", 7, "found 7 queries, expected at least 64, where"),
        ("offline", "result_query_count", 0, "found 0 queries, expected at least 1"),
        ("multi-stream", "result_query_count", 9999, "found 9999 queries, expected at most 2088, as many as"),
        ("single-stream", "early_stopping_latency_ss", 1, "estimate of 1 ns, expected at least the scored"),
        ("multi-stream", "early_stopping_latency_ms", 10**15, "ns, expected at most the max, 3361838 ns"),
        ("multi-stream", "effective_samples_per_query", 800, "found 800 samples a query, expected 8"),
        ("single-stream", "result_qps_without_loadgen_overhead", 900.0, "expected 815.131, which a mean"),
        ("server", "effective_target_latency_ns", 9_000_000, "a latency bound of 9000000 ns that was met"),
        ("server", "result_mean_latency_ns", 5_150_581, "found Mean latency (ns) '5150580', where"),
        ("server", "result_90.00_percentile_latency_ns", 9_179_490, "found 90.00 percentile latency (ns)"),
        ("single-stream", "effective_target_latency_percentile", 0.5, "no line `50.0th percentile"),
        ("server", "sut_name", "Other", "found SUT name 'PySUT', where mlperf_log_detail.txt says 'Other'"),
    ],
)  # fmt: skip
def test_numbers_that_the_rest_of_the_log_contradicts(name: str, key: str, value: object, says: str) -> None:
    detail, summary = texts(name)
    with pytest.raises(ParseError, match=re.escape(says)):
        loadgen.parse(changed(detail, key, value), summary)


def both(name: str, key: str, value: object, line: str, other: str) -> tuple[str, str]:
    """The detail with another value, and the summary that says the same."""
    detail, summary = texts(name)
    assert line in summary
    return changed(detail, key, value), summary.replace(line, other)


@pytest.mark.parametrize(
    ("texts_", "says"),
    [
        (both("single-stream", "result_qps_with_loadgen_overhead", 1.0, ": 806.56", ": 1.00"),
         "found 1 samples a second, 244 s for all of them, expected at most 0.306404 s, after which the log"),
        (both("single-stream", "result_qps_without_loadgen_overhead", 900.0, ": 815.13", ": 900.00"),
         "found 900 queries a second, expected 815.131, which a mean of 1226796 ns gives"),
        (both("multi-stream", "effective_samples_per_query", 800, "samples_per_query : 8\n",
              "samples_per_query : 800\n"), "found 800 samples a query, expected 8, of which queries were"),
        (both("server", "effective_target_latency_ns", 9_000_000, ": 100000000", ": 9000000"),
         "found a latency bound of 9000000 ns that was met, expected what 11560686 ns, the scored one"),
        (both("server", "effective_target_latency_ns", 12_000_000, ": 100000000", ": 12000000"),
         "found 0 queries over 12000000 ns, expected what the max gives, 14440207 ns"),
    ],
)  # fmt: skip
def test_numbers_that_both_logs_have_wrong(texts_: tuple[str, str], says: str) -> None:
    with pytest.raises(ParseError, match=re.escape(says)):
        loadgen.parse(*texts_)


@pytest.mark.parametrize("name", NAMES)
def test_every_number_of_the_summary_is_held_to_the_detail(name: str) -> None:
    """Another digit in any line that the detail has, or the line left out: an error that names the line."""
    detail, summary = texts(name)
    lines = summary.splitlines()
    held = 0
    for at, line in enumerate(lines):
        head, colon, value = line.rpartition(": ")
        if not colon or not value.replace(".", "").isdigit():
            continue
        other = f"{head}: {'9' if value[0] != '9' else '8'}{value[1:]}"
        with pytest.raises(ParseError, match=r"^mlperf_log_summary.txt: found "):
            loadgen.parse(detail, "\n".join([*lines[:at], other, *lines[at + 1 :]]))
        held += 1
        if "percentile latency (ns)   :" in line or line.startswith(("Min l", "Mean l", "QPS", "Compl")):
            with pytest.raises(ParseError, match="there is no line"):
                loadgen.parse(detail, "\n".join([*lines[:at], line.replace("ns", "Nanos"), *lines[at + 1 :]])
                              if "ns" in line else "\n".join([*lines[:at], *lines[at + 1 :]]))  # fmt: skip
    assert held > 25


def test_the_summarys_count_of_errors_is_held_to_the_detail() -> None:
    detail, summary = texts("server-behind")
    for other in ("No errors", "2 ERRORS"):
        with pytest.raises(ParseError, match=r"errors, where mlperf_log_detail.txt says '1'"):
            loadgen.parse(detail, summary.replace("1 ERROR", other))
