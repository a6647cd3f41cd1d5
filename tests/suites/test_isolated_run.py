"""`--isolate`: a throughput timed in a process of its own, and one whose process dies or hangs."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from zoo_runs import ROOT, Once, Ran, Zoo

from harness.domain.measurements import VerdictKind

HERE = Path(__file__).parent
RUN = ("-m", "mite and abacus and throughput", "--isolate")


@pytest.fixture(scope="module")
def run(zoo: Zoo, once: Once) -> Ran:
    """One case, on one thread."""
    arguments = (*RUN, "--bs", "1", "--threads", "1", "--benchmark-json", "benchmark.json")
    return once("isolated", lambda folder: zoo.suites(folder, *arguments))


def test_an_isolated_measurement_has_the_form_of_any_other(run: Ran) -> None:
    """Latencies, throughput with its interval, stamp; pytest-benchmark holds the child's calls."""
    assert run.status == 0, run.out
    result = run.result("mite-abacus-bs1", "throughput")
    made, detail = result.measurement, result.measurement.detail
    latencies_ns = made.raw["latencies_ns"]
    assert result.verdict is not None
    assert result.verdict.kind is VerdictKind.EXCEEDS
    assert len(latencies_ns) == detail["calls"] >= 20
    interval = made.intervals["throughput"]
    assert interval.low <= made.metrics["throughput"] <= interval.high
    assert (detail["stamp"], detail["stamp_asked"]) == ("quick", "quick")
    written = json.loads((run.folder / "benchmark.json").read_text(encoding="utf-8"))
    (timed,) = written["benchmarks"]
    assert timed["extra_info"]["latencies_ns"] == latencies_ns
    assert timed["stats"]["rounds"] == len(latencies_ns)
    assert timed["extra_info"]["stamp"] == "quick"


def test_load_first_call_and_the_rest_are_told_apart(run: Ran) -> None:
    stages = run.result("mite-abacus-bs1", "throughput").measurement.stages_s
    assert {"build", "import", "load", "first call", "warm-up", "timed calls"} <= stages.keys()
    assert all(seconds >= 0 for seconds in stages.values())


def test_the_child_is_alone_with_its_memory_and_its_core(run: Ran) -> None:
    """One thread was asked for: one core is allowed. A session that has built a model takes more memory."""
    detail = run.result("mite-abacus-bs1", "throughput").measurement.detail
    assert detail["isolated"] is True
    assert detail["threads"] == detail["session"]["threads"] == len(detail["affinity"]) == 1
    assert detail["memory"]["of"] == "its own process"
    assert 20 * 2**20 < detail["memory"]["peak_rss_bytes"] < 2**30
    assert {"conditions", "noisy", "energy", "drift", "warm_up"} <= detail.keys()
    assert detail["commands"][-1]["argv"][1:3] == ["-m", "harness.timing.child"]


@pytest.fixture(scope="module")
def dead(zoo: Zoo, once: Once) -> Ran:
    """A process is killed, one crashes, one hangs."""
    how = {1: "killed", 2: "crashed", 4: "hung"}
    dies = ",".join(f"mite-abacus-bs{size}={fate}" for size, fate in how.items())

    def make(folder: Path) -> Ran:
        shutil.copy(HERE / "dying_child.py", folder / "sitecustomize.py")
        path = os.pathsep.join([str(folder), str(ROOT), str(HERE)])
        broken = zoo.but(changes={"DIES": dies, "PYTHONPATH": path})
        sizes = ",".join(map(str, how))
        return broken.suites(folder, *RUN, "--bs", sizes, "--tool-timeout", "10")

    return once("isolated-dead", make)


def said(run: Ran, size: int) -> str:
    heading = rf"^_+ test_throughput\[mite-abacus-bs{size}\] _+\n"
    (text,) = re.findall(heading + r"(.*?)\n(?:[_=]{10}|-+ Captured)", run.out, re.MULTILINE | re.DOTALL)
    return str(text)


def machines(run: Ran, size: int) -> bool:
    return bool(run.result(f"mite-abacus-bs{size}", "throughput").measurement.detail["machine"])


@pytest.mark.parametrize(
    ("size", "sentence", "machine"),
    [
        (1, "harness.timing.child: ended by SIGKILL", True),
        (2, "harness.timing.child: ended by SIGSEGV", False),
        (4, "harness.timing.child: ended after its time limit of 10 s", True),
    ],
)
def test_a_child_that_dies_is_an_error_in_a_sentence(
    dead: Ran, size: int, sentence: str, machine: bool
) -> None:
    """With the last lines of what it printed where it could not answer; whose fault it is, is recorded."""
    text = said(dead, size)
    assert sentence in text
    assert "Traceback" not in text
    assert "about to be" in text
    assert machines(dead, size) is machine
    assert dead.verdicts[f"mite-abacus-bs{size}", "throughput"] == "error"


def test_one_that_dies_stops_no_other_and_leaves_nothing(dead: Ran) -> None:
    """Every case was tried; no child is left, the hung one included."""
    assert dead.status == 1
    assert len(dead.results) == 3
    left = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if b"harness.timing.child" in command and str(dead.folder).encode() in command:
            left.append(process.name)
    assert left == []
