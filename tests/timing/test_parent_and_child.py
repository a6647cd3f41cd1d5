"""A throughput in a process of its own: what the child answers, and what the parent makes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from making import make_case, make_place
from mutating import NO_OBJECTS

from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.errors import GraphError, MachineError
from harness.setting.plans import plan_for
from harness.setting.stamps import Stamp
from harness.timing import child, parent
from harness.toolchains.loading import load

TOOLS = ("ascend", "magicmind", "tensorrt", "vastai")
HERE = ("onnxruntime", "torch-cuda", "torchscript")


@pytest.fixture
def case(catalog: Catalog) -> Case:
    return make_case(catalog, "tinybert", "cpu", batch_size=1)


def answered(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: BaseException) -> None:
    """The parent reads what a child wrote that met `problem`."""

    def fail(job: object) -> None:
        raise problem

    answer, job = tmp_path / "answer.json", tmp_path / "job.json"
    job.write_text(json.dumps({"answer": str(answer)}), encoding="utf-8")
    monkeypatch.setattr(child, "timed", fail)
    monkeypatch.setattr("sys.argv", ["isolated", str(job)])
    child.main()
    parent.read(case, answer)


@pytest.mark.parametrize(
    ("problem", "kind", "sentence"),
    [
        (GraphError("no such operator"), parent.Crashed, "no such operator"),
        (MachineError("device 0 was lost"), MachineError, "device 0 was lost"),
        (
            MemoryError(),
            MachineError,
            "there is too little memory for this; give more (ulimit -v), or ask for less: a smaller --bs or "
            "--limit, fewer workers (-n)",
        ),
        (
            OSError(28, "No space left on device", "calls.json"),
            MachineError,
            "calls.json: No space left on device; make room there, or name a place on another disk "
            "(ZOOCHECK_HOME is the home)",
        ),
        (ZeroDivisionError("by nothing"), parent.Crashed, "ZeroDivisionError: by nothing"),
    ],
)
def test_what_fails_in_the_child_is_the_same_sentence_here(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    problem: Exception, kind: type, sentence: str,
) -> None:  # fmt: skip
    """As the machine's fault where it is, as the case's where it is not; what is unforeseen is in the log."""
    with pytest.raises(kind) as found:
        answered(case, tmp_path, monkeypatch, problem)
    assert str(found.value) == sentence
    assert isinstance(found.value, MachineError) is (kind is MachineError)
    assert ("Traceback" in capsys.readouterr().err) is isinstance(problem, ZeroDivisionError)


def test_a_child_that_leaves_no_answer_is_the_machines_fault(case: Case, tmp_path: Path) -> None:
    with pytest.raises(MachineError, match=r"left no answer"):
        parent.read(case, tmp_path / "answer.json")


@pytest.mark.parametrize("content", NO_OBJECTS.values(), ids=NO_OBJECTS)
def test_a_childs_answer_that_cannot_be_read_is_the_machines_fault(
    case: Case, tmp_path: Path, content: bytes
) -> None:
    answer = tmp_path / "answer.json"
    answer.write_bytes(content)
    with pytest.raises(MachineError, match=r"left no answer: .*found "):
        parent.read(case, answer)


def test_a_child_has_time_for_its_calls_and_no_more(tmp_path: Path) -> None:
    """Twice what it plans at most and the load, unless a limit was given."""
    for stamp in Stamp:
        plan = plan_for(stamp, 1)
        assert parent.limit_s(plan, make_place(tmp_path)) > plan.longest_s + plan.warm_up.longest_s
        assert parent.limit_s(plan, make_place(tmp_path, tool_timeout_s=7.0)) == 7.0


@pytest.mark.parametrize("name", [*TOOLS, *HERE])
def test_a_backend_says_what_computes_in_this_process(name: str) -> None:
    """A vendor's tool has a process of its own already; a library here is imported by the child first."""
    assert bool(load(name).computes_here) is (name in HERE)
