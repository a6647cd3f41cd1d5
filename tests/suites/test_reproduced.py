"""The line that a bad verdict ends with collects one test: the one whose verdict it is."""

from __future__ import annotations

import ast
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from zoo_runs import ROOT

from harness.domain.cases import Kind
from harness.domain.catalog import Catalog
from harness.domain.models import Protocol
from harness.setting.options import Options
from harness.setting.reproducing import TESTS, command, of_test
from harness.setting.scenarios import Ask, Scenario
from harness.setting.stamps import Stamp
from harness.tables import cases

CASE = "spanbert-ascend310p-bs8"  # of two texts and several samples: every check can be asked of it
OPERATOR = "suites/test_operators.py::test_within_bound_at_berts_shapes[stand-in-fp16-gemm]"
SERVER = Ask(scenario=Scenario.SERVER, target_qps=12.5, target_latency_ms=20.0)


def claims() -> Iterator[tuple[Kind, str, str]]:
    """Kind, check and node id, without a case, of each test of the suites that makes a claim about one."""
    for path in sorted((ROOT / "suites").glob("test_*.py")):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        (marked,) = (node.value for node in body if ast.unparse(node).startswith("pytestmark ="))
        for node in body:
            if not (isinstance(node, ast.FunctionDef) and any(arg.arg == "case" for arg in node.args.args)):
                continue
            marks = [
                mark for mark in node.decorator_list if ast.unparse(mark).startswith("pytest.mark.check(")
            ]
            check = ast.literal_eval(marks[0].args[0]) if marks else ""
            kind = Kind(ast.unparse(marked).removeprefix("pytest.mark."))
            yield kind, check, f"suites/{path.name}::{node.name}"


def collected(line: str, tmp_path: Path) -> list[str]:
    """What a shell's words of the line collect from the repository's root."""
    program, *arguments = shlex.split(line)
    assert program == "pytest"
    # A pytest that a person starts does not hear that this one may be a worker.
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, "--collect-only", "-q", "-p", "no:cacheprovider"],
        cwd=ROOT, env={**ours, "ZOOCHECK_HOME": str(tmp_path)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return [line for line in done.stdout.splitlines() if "::" in line]


def test_every_claim_of_the_suites_has_its_test():
    """A scenario is the throughput's own test with options; all else has a test of its own."""
    known = {key: test for key, test in TESTS.items() if key[1] not in list(Scenario)}
    assert {(kind, check): test for kind, check, test in claims()} == known
    assert {TESTS[Kind.THROUGHPUT, scenario] for scenario in Scenario} == {TESTS[Kind.THROUGHPUT, ""]}


@pytest.mark.parametrize(
    ("kind", "check", "case", "options"),
    [
        pytest.param(Kind.ACCURACY, "", CASE, Options(weights="mini", limit=5), id="accuracy"),
        pytest.param(Kind.ACCURACY, "", "tinybert-cpu-bf16-bs3", Options(), id="undocumented case"),
        pytest.param(Kind.THROUGHPUT, "", CASE, Options(isolate=True, stamp=Stamp.NIGHTLY), id="throughput"),
        pytest.param(Kind.THROUGHPUT, "server", CASE, Options(scenario=SERVER), id="scenario"),
        pytest.param(Kind.CONFORMANCE, "segments", CASE, Options(target="stand-in"), id="check"),
        pytest.param(Kind.THROUGHPUT, "repeated sample", CASE, Options(), id="audit"),
        pytest.param(
            Kind.THROUGHPUT, "alternate seed", CASE, Options(stamp=Stamp.NIGHTLY), id="audit of a night"
        ),
    ],
)
def test_the_line_collects_one_test(
    catalog: Catalog, tmp_path: Path, kind: Kind, check: str, case: str, options: Options
):
    """By its node id, whatever the options of the run were."""
    line = command(cases.named(catalog, case), kind, options, check=check, protocol=Protocol.STANDARD)
    assert collected(line, tmp_path) == [f"{TESTS[kind, check]}[{case}]"]


def test_the_line_of_an_operator_collects_it(tmp_path: Path):
    """Operators are no case's; their node id is enough."""
    assert collected(of_test(OPERATOR), tmp_path) == [OPERATOR]
