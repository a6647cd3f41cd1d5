"""One run of accuracy and throughput on a model and chips that tables alone have added: what it leaves."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest
from throwaway import RIGHT, SAMPLES
from zoo_runs import Once, Ran, Zoo

from harness.domain.datasets import Corpus
from harness.domain.measurements import Basis, Origin
from harness.domain.models import Protocol, Weights

FALLS_SHORT = (
    "mite-tally-bs1: accuracy 75.00 % below 99.00 - 0.5 points "
    "[mite-readme § results, row '1', column 'tally acc.']; 0 of 24 predictions flipped against fp32\n"
)
AGAIN = "pytest 'suites/test_accuracy.py::test_accuracy[mite-tally-bs1]'"


@pytest.fixture(scope="module")
def run(zoo: Zoo, once: Once) -> Ran:
    """Batch size 1 is documented, 2 is not."""
    arguments = (
        "-m", "mite and (abacus or tally or quipu) and not conformance", "--bs", "1,2",
        "--junitxml", "junit.xml", "--benchmark-json", "benchmark.json", "--report", "out/report",
        "--run-id", "nightly",
    )  # fmt: skip
    return once("serial", lambda folder: zoo.suites(folder, *arguments, charts=True))


def test_verdicts(run: Ran) -> None:
    """Every case comes to what its README makes of it, in one run; one that falls short stops no other.

    An undocumented batch size has the accuracy that is documented for all others, and no throughput.
    A stand-in's throughput is recorded and compared with nothing.
    """
    assert run.verdicts == {
        ("mite-abacus-bs1", "accuracy"): "reproduced",
        ("mite-abacus-bs2", "accuracy"): "reproduced",
        ("mite-tally-bs1", "accuracy"): "falls-short",
        ("mite-tally-bs2", "accuracy"): "falls-short",
        ("mite-quipu-bs1", "accuracy"): "reproduced",
        ("mite-quipu-bs2", "accuracy"): "reproduced",
        ("mite-abacus-bs1", "throughput"): "exceeds",
        ("mite-abacus-bs2", "throughput"): "no-reference",
        ("mite-tally-bs1", "throughput"): "no-reference",
        ("mite-tally-bs2", "throughput"): "no-reference",
        ("mite-quipu-bs1", "throughput"): "not-comparable",
        ("mite-quipu-bs2", "throughput"): "not-comparable",
        ("mite-quipu-int8-bs1", "accuracy"): "survives",
        ("mite-quipu-int8-bs2", "accuracy"): "survives",
        ("mite-quipu-int8-bs1", "throughput"): "not-comparable",
        ("mite-quipu-int8-bs2", "throughput"): "not-comparable",
    }
    assert len(run.results) == 16
    assert {result.measurement.run for result in run.results} == {"nightly"}


def test_exit_status_is_1_where_a_case_falls_short(run: Ran) -> None:
    assert run.status == 1


def test_a_failure_is_a_sentence_with_both_numbers(run: Ran, zoo: Zoo) -> None:
    """Measured, documented, tolerance, source, flips, and how to see it again; no traceback."""
    heading = r"^_+ test_accuracy\[mite-tally-bs1\] _+\n"
    (said,) = re.findall(heading + r"(.*?)\n[_=]{10}", run.out, re.MULTILINE | re.DOTALL)
    assert said == f"{FALLS_SHORT}reproduce: ZOOCHECK_TABLES={zoo.tables} {AGAIN}"
    assert "Traceback" not in run.out + run.err


def test_a_failing_case_keeps_its_measurement(run: Ran, zoo: Zoo) -> None:
    """The store has what was measured, with where it came from, and the verdict beside it."""
    result = run.result("mite-tally-bs1", "accuracy")
    measurement, verdict = result.measurement, result.verdict
    assert measurement.metrics["accuracy"] == RIGHT / SAMPLES
    assert measurement.samples == SAMPLES == len(measurement.raw["predictions"])
    assert measurement.origin is Origin.CHIP
    made = measurement.provenance
    assert (made.weights, made.data, made.protocol) == (Weights.FULL, Corpus.FULL, Protocol.DOCUMENTED)
    assert len(made.weights_sha256) == len(made.data_sha256 or "") == 64
    assert verdict is not None
    assert (verdict.basis, verdict.measured, verdict.expected) == (Basis.DOCUMENTED, 75.0, 99.0)
    assert verdict.message == f"{FALLS_SHORT}reproduce: ZOOCHECK_TABLES={zoo.tables} {AGAIN}"


def test_a_stand_in_is_recorded_as_one(run: Ran) -> None:
    """In fp16 on the CPU, under an origin of its own."""
    for kind in ("accuracy", "throughput"):
        measurement = run.result("mite-quipu-bs1", kind).measurement
        assert measurement.origin is Origin.STAND_IN
        assert measurement.provenance.backend == "onnxruntime"


def test_every_latency_is_kept(run: Ran) -> None:
    """pytest-benchmark's file and the store hold the same calls, one an iteration, in the same order."""
    written = json.loads((run.folder / "benchmark.json").read_text(encoding="utf-8"))
    extra = {item["extra_info"]["case"]: item for item in written["benchmarks"]}
    assert len(extra) == 8
    for case, item in extra.items():
        measurement = run.result(case, "throughput").measurement
        latencies_ns = measurement.raw["latencies_ns"]
        assert item["extra_info"]["latencies_ns"] == latencies_ns
        assert item["stats"]["rounds"] == len(latencies_ns) == measurement.detail["calls"]
        assert item["stats"]["iterations"] == 1
        per_s = item["extra_info"]["batch_size"] * len(latencies_ns) / (sum(latencies_ns) / 1e9)
        assert measurement.metrics["throughput"] == pytest.approx(per_s, rel=1e-12)


def test_header_says_what_each_chip_resolved_to_and_why(run: Ran) -> None:
    header = run.out.partition("rootdir")[0]
    assert "run nightly" in header
    assert "  abacus: chip (CPU (onnxruntime))\n" in header
    assert "  quipu: stand-in (`quipu-smi` not on PATH)\n" in header


def test_report_lies_under_the_current_folder(run: Ran) -> None:
    """`--report` is relative to where pytest was started; documented and measured stand side by side."""
    markdown = (run.folder / "out" / "report" / "report.md").read_text(encoding="utf-8")
    (row,) = re.findall(r"^\| 1 \|.*$", markdown, re.MULTILINE)
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[:7] == ["1", "75.00", "75.00 ✔", "99.00", "75.00 ▼", "75.00", "75.00 ✔"]
    page = (run.folder / "out" / "report" / "report.html").read_text(encoding="utf-8")
    for text in (markdown, page):
        assert "Mite (1 layer)" in text
        assert "mite-tally-bs2" in text
    assert not (run.folder / "build").exists()
    assert run.out.count("report.html") == 1


def properties(run: Ran) -> dict[str, dict[str, str]]:
    """The properties of each test in the run's JUnit file, each name once."""
    found = {}
    for test in ElementTree.parse(run.folder / "junit.xml").iter("testcase"):
        pairs = [(item.attrib["name"], item.attrib["value"]) for item in test.iter("property")]
        assert len(pairs) == len(dict(pairs))
        found[test.attrib["name"]] = dict(pairs)
    return found


def test_junit_carries_what_a_case_came_to(run: Ran) -> None:
    """The case by its parts, the verdict, both numbers, where each is from, and what was measured with."""
    assert properties(run)["test_accuracy[mite-tally-bs1]"] == {
        "case": "mite-tally-bs1", "kind": "accuracy", "chip": "tally", "model": "mite", "precision": "fp32",
        "batch_size": "1", "verdict": "falls-short", "basis": "documented", "metric": "accuracy",
        "measured": "75.0", "expected": "99.0", "unit": "percent", "origin": "chip", "weights": "full",
        "data": "full", "reference": "mite-readme § results, row '1', column 'tally acc.'",
        "measurement": run.result("mite-tally-bs1", "accuracy").measurement.id,
    }  # fmt: skip


def test_junit_leaves_out_what_is_not_known(run: Ran) -> None:
    """A stand-in's throughput has no expected value, though the document has one for its chip."""
    found = properties(run)
    speed = found["test_throughput[mite-quipu-bs1]"]
    assert (speed["verdict"], speed["origin"]) == ("not-comparable", "stand-in")
    assert not {"expected", "basis"} & speed.keys()
    assert found["test_accuracy[mite-quipu-int8-bs1]"]["precision"] == "int8"
