"""The line that reproduces a verdict: which test, which options, quoted for a shell."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from harness.domain.cases import Case, Kind
from harness.domain.catalog import Catalog
from harness.domain.models import Protocol
from harness.setting.demands import FailOn
from harness.setting.options import Options, max_drop, until
from harness.setting.reproducing import TESTS, command, ending, pasted, without_ending
from harness.setting.scenarios import Ask, Scenario
from harness.setting.stamps import Stamp
from harness.tables import cases


@pytest.fixture
def case(catalog: Catalog) -> Case:
    return cases.named(catalog, "tinybert-ascend310p-bs8")


def further(line: str) -> list[str]:
    """The options of a line, as a shell would give them to pytest."""
    return shlex.split(line)[2:]


def test_a_run_without_options_needs_none(case: Case):
    """The node id alone, in quotes: shells expand brackets."""
    line = command(case, Kind.ACCURACY, Options(), protocol=Protocol.DOCUMENTED)
    assert line == "pytest 'suites/test_accuracy.py::test_accuracy[tinybert-ascend310p-bs8]'"


def test_what_differs_from_its_default_is_given(case: Case):
    """Each in pytest's spelling."""
    options = Options(
        target="stand-in", device=1, weights="random", data="mini", limit=10, tool_timeout_s=0.1,
        fail_on=FailOn.NOT_RUN,
    )  # fmt: skip
    expected = [
        "--target", "stand-in", "--device", "1", "--weights", "random", "--data", "mini", "--limit", "10",
        "--tool-timeout", "0.1", "--fail-on", "not-run",
    ]  # fmt: skip
    for kind, check in TESTS:
        assert further(command(case, kind, options, check=check))[: len(expected)] == expected


def test_the_protocol_is_the_scores_own(case: Case):
    """A run of both protocols has two verdicts, and each its line; other kinds know no protocol."""
    both = Options(protocols=(Protocol.DOCUMENTED, Protocol.STANDARD))
    assert further(command(case, Kind.ACCURACY, both, protocol=Protocol.DOCUMENTED)) == []
    assert further(command(case, Kind.ACCURACY, both, protocol=Protocol.STANDARD)) == [
        "--protocol", "standard",
    ]  # fmt: skip
    assert further(command(case, Kind.CONFORMANCE, both, protocol=Protocol.STANDARD)) == []


def test_the_bound_of_a_drop_is_the_scores_own(case: Case):
    """To the digit that was typed."""
    for text in ("1%", "0.5%", "0.07%", "33.3333%"):
        options = Options(max_drop=max_drop(text))
        assert further(command(case, Kind.ACCURACY, options)) == ["--max-drop", text]
        assert further(command(case, Kind.CONFORMANCE, options)) == []


def test_how_sure_a_score_was_to_be_is_given(case: Case):
    for text in ("sure", "sure:99.9%", "sure:66.67%"):
        options = Options(until=until(text))
        assert further(command(case, Kind.ACCURACY, options)) == ["--until", text]
        assert further(command(case, Kind.THROUGHPUT, options)) == []


def test_how_calls_are_timed_is_a_matter_of_throughput(case: Case):
    """Stamp, process and threads; an audit runs in the session's process, and has to be asked for."""
    options = Options(stamp=Stamp.NIGHTLY, isolate=True, threads=2)
    timed = ["--stamp", "nightly", "--isolate", "--threads", "2"]
    assert further(command(case, Kind.THROUGHPUT, options)) == timed
    assert further(command(case, Kind.ACCURACY, options)) == []
    audit = further(command(case, Kind.THROUGHPUT, options, check="repeated sample"))
    assert audit == ["--stamp", "nightly", "--threads", "2"]
    assert further(command(case, Kind.THROUGHPUT, Options(), check="repeated sample")) == ["--audits", "yes"]


def test_a_scenario_has_its_targets(case: Case):
    """No digit of a rate is rounded away. An audit of the same run is of no scenario."""
    ask = Ask(scenario=Scenario.SERVER, target_qps=123456.75, target_latency_ms=20.0)
    line = command(case, Kind.THROUGHPUT, Options(scenario=ask), check="server")
    assert further(line) == [
        "--scenario", "server", "--target-qps", "123456.75", "--target-latency", "20",
    ]  # fmt: skip
    audit = command(case, Kind.THROUGHPUT, Options(scenario=ask), check="alternate seed")
    assert further(audit) == ["--audits", "yes"]


def test_an_undocumented_case_is_selected_by_its_options(catalog: Catalog):
    """pytest collects it by them alone."""
    other = cases.named(catalog, "tinybert-ascend310p-int8-bs3")
    assert further(command(other, Kind.CONFORMANCE, Options())) == ["--bs", "3", "--precision", "int8"]


def test_a_line_has_the_tables_that_it_needs(case: Case, monkeypatch: pytest.MonkeyPatch):
    """Those of the run beside zoocheck's own, wherever it is pasted; a shell gets them as one word."""
    monkeypatch.setenv("ZOOCHECK_TABLES", os.pathsep.join(["", "/kept/my tables", "own"]))
    told, *words = shlex.split(command(case, Kind.CONFORMANCE, Options()))
    assert told == f"ZOOCHECK_TABLES=/kept/my tables{os.pathsep}{Path('own').absolute()}"
    assert words == ["pytest", f"suites/test_conformance.py::test_output_parity[{case.id}]"]
    monkeypatch.setenv("ZOOCHECK_TABLES", "")
    assert pasted("zoocheck", "bisect", case.id) == f"zoocheck bisect {case.id}"


def test_who_quotes_a_message_leaves_the_line_out():
    """And nothing else, whether there is one or not."""
    assert ending("short by 3", "pytest x") == "short by 3\nreproduce: pytest x"
    assert without_ending("failed\nlog\nreproduce: pytest x") == "failed\nlog"
    assert without_ending("failed\nlog") == "failed\nlog"
    assert without_ending("") == ""
