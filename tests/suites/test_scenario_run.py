"""`pytest suites/ --scenario`: what a user is told, what is in the store and in the report."""

from __future__ import annotations

import pytest
from zoo_runs import Once, Ran, Zoo

from harness.domain.measurements import VerdictKind

WHICH = ("-m", "mite and abacus and throughput", "--threads", "1")
TARGETS = ("--target-qps", "1000", "--target-latency", "0.001")


@pytest.fixture(scope="module")
def late(zoo: Zoo, once: Once) -> Ran:
    """A bound that no machine meets."""
    arguments = (*WHICH, "--scenario", "server", *TARGETS, "--bs", "8")
    return once("scenario-server", lambda folder: zoo.suites(folder, *arguments))


def test_a_bound_that_is_not_met_fails_with_loadgens_reason(late: Ran) -> None:
    assert late.status == 1, late.out
    result = late.result("mite-abacus-bs8", "throughput")
    assert result.verdict is not None
    assert result.verdict.kind is VerdictKind.FALLS_SHORT
    assert result.measurement.check == "server"
    assert "in LoadGen's server scenario: INVALID (the latency bound was not met; " in late.out
    assert "(0.001 ms allowed)" in late.out


def test_the_report_shows_the_scenario_and_its_verdict(late: Ran) -> None:
    """In both languages, and no documented column holds the number."""
    page = (late.folder / "build" / "report" / "report.html").read_text("utf-8")
    for text in (
        "throughput (server)", "INVALID", "LoadGen: INVALID", "LoadGen：无效", "p99 by LoadGen", "seeds",
        "SHA-256 of mlperf_log_detail.txt", "queries over it", "It is not an MLPerf result",
    ):  # fmt: skip
        assert text in page, text
    assert "by the clock that each result names" not in page


def test_what_a_scenario_lacks_or_does_not_fit_is_said(zoo: Zoo, tmp_path) -> None:
    ran = zoo.collect(tmp_path, *WHICH, "--scenario", "server", "--target-qps", "5")
    assert ran.status == 4
    assert "--scenario server needs --target-latency" in ran.err
    ran = zoo.collect(tmp_path, *WHICH, "--scenario", "offline", "--target-qps", "-1")
    assert "found '-1', expected a positive number of queries a second" in ran.err
    ran = zoo.suites(tmp_path, *WHICH, "--scenario", "single-stream", "--bs", "8")
    assert ran.status == 0
    assert "single-stream sends one sample a query, and the artifact computes 8 at once" in ran.skips
