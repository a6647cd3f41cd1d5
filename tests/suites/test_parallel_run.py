"""A run in two processes of pytest-xdist: one run, one report, nothing lost or doubled."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from witness import WRITTEN
from zoo_runs import Once, Ran, Zoo

CHECKS = 8  # of conformance, for a task with one text, in any precision
CASES = [f"mite-{chip}-bs{size}" for chip in ("abacus", "quipu", "quipu-int8") for size in (1, 4)]


@pytest.fixture(scope="module")
def run(zoo: Zoo, once: Once) -> Ran:
    """The store's URL is relative: both workers mean the controller's folder."""
    arguments = ("-p", "witness", "-n", "2", "-m", "mite and (abacus or quipu)")
    return once("parallel", lambda folder: zoo.suites(folder, *arguments))


def test_all_good_is_exit_status_0(run: Ran) -> None:
    assert run.status == 0, run.out


def test_nothing_is_lost_or_doubled(run: Ran) -> None:
    """Each accuracy and conformance case is in the store once, with one verdict, under one run."""
    expected = {(case, "accuracy"): "reproduced" for case in CASES}
    expected |= {(case, "conformance"): "survives" for case in CASES}
    expected |= {(f"mite-quipu-int8-bs{size}", "accuracy"): "survives" for size in (1, 4)}
    assert run.verdicts == expected
    claims = Counter((item.measurement.case, item.measurement.claim) for item in run.results)
    assert set(claims.values()) == {1}
    alone = [case for case in CASES if case.endswith("-bs1")]  # two checks are about a batch's other samples
    fp16 = [case for case in CASES if case.startswith("mite-quipu-bs")]  # one is of its documented graph
    assert len(claims) == len(CASES) * (1 + CHECKS) - 2 * len(alone) + len(fp16)
    assert Counter(result.measurement.run for result in run.results).keys() == {
        re.findall(r"zoocheck \S+, run (\S+),", run.out)[0]
    }


def test_throughput_skips_with_the_reason(run: Ran) -> None:
    """It is never measured beside other tests, and pytest-benchmark neither passes it nor warns."""
    said = "throughput is not measured beside other tests; run it without -n, in a call of its own"
    assert re.search(rf"^SKIPPED \[6\] .*{said}$", run.out, re.MULTILINE)
    assert not any(result.measurement.kind == "throughput" for result in run.results)
    assert "PytestBenchmarkWarning" not in run.out + run.err


def test_the_report_lists_what_the_workers_skipped(run: Ran) -> None:
    """int8's accuracy on a stand-in is no skip; the six throughputs are, with their reason, in both forms."""
    said = "throughput is not measured beside other tests; run it without -n, in a call of its own"
    assert f"6 claims were not run (6: {said})" in run.out
    folder = run.folder / "build" / "report"
    markdown = (folder / "report.md").read_text(encoding="utf-8")
    assert (
        "6 claims were not run. 4 documented numbers were tested: reproduced 4; 2 drops survive.**"
        in markdown
    )
    assert (
        f"- **6**: {said}: mite-abacus-bs{{1,4}} (throughput), mite-quipu-bs{{1,4}} (throughput), "
        "mite-quipu-int8-bs{1,4} (throughput)"
    ) in markdown
    assert '<section id="not-run">' in (folder / "report.html").read_text(encoding="utf-8")


def test_one_report_of_all_workers(run: Ran) -> None:
    """The controller renders it, once, from the store."""
    assert run.out.count("report.html") == 1
    assert len((run.folder / WRITTEN).read_text().splitlines()) == 1
    assert "50 results: reproduced 4, survives 46" in run.out
    markdown = (run.folder / "build" / "report" / "report.md").read_text(encoding="utf-8")
    assert all(case in markdown for case in CASES)
