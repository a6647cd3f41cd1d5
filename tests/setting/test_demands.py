"""What was asked for by name and is not here fails; whatever else is not here is skipped."""

from __future__ import annotations

import pytest

from harness.errors import NotApplicable, NotThere, NotYet, UsageError
from harness.setting.demands import Demands, FailOn, fail_on
from harness.tools.process.records import ToolMissing

FULL = {"weights": "full", "target": "auto", "data": None}


def why(problem: NotThere, chosen: FailOn = FailOn.DEMANDED) -> str:
    return Demands.of(FULL, chosen).why_failed(problem)


def test_only_what_an_option_names_was_asked_for():
    """`auto` and nothing at all name nothing."""
    assert Demands.of(FULL, FailOn.DEMANDED).named == {"weights": "full"}
    assert why(NotThere("x", option="weights")) == (
        "`--weights full` asks for it by name, so that it fails; `--fail-on not-run:never` would skip it"
    )
    assert (
        why(NotThere("x", option="target")) == why(NotThere("x", option="data")) == why(NotThere("x")) == ""
    )


@pytest.mark.parametrize(
    "missing", [NotThere("x"), NotThere("x", option="data"), NotYet("x"), ToolMissing("x")], ids=repr
)
def test_on_demand_everything_that_lacks_something_fails(missing: NotThere):
    assert why(missing, FailOn.NOT_RUN) == "`--fail-on not-run` fails what is not run"
    assert why(missing) == ""


def test_never_is_never():
    assert why(NotThere("x", option="weights"), FailOn.NEVER) == ""


@pytest.mark.parametrize("chosen", list(FailOn))
def test_what_cannot_be_asked_of_a_case_lacks_nothing(chosen: FailOn):
    assert why(NotApplicable("one text has no segments"), chosen) == ""


def test_a_tool_is_part_of_its_chip():
    """`--target chip` asks for the tools as well."""
    asked = Demands.of({"target": "chip"}, FailOn.DEMANDED)
    assert asked.why_failed(ToolMissing("`atc` is not on PATH")).startswith("`--target chip` asks")


def test_a_precision_that_is_not_driven_yet_was_asked_for_by_its_name():
    asked = Demands.of({"precision": "bf16"}, FailOn.DEMANDED)
    assert asked.why_failed(NotYet("not imitated", option="precision")).startswith("`--precision bf16` asks")
    assert asked.why_failed(NotYet("no text pipeline")) == ""


@pytest.mark.parametrize("text", ["", "not-run:always", "throughput:5%", "never"])
def test_other_words_are_refused(text: str):
    with pytest.raises(UsageError, match=f"^--fail-on {text}: expected not-run or not-run:never; "):
        fail_on(text)


def test_the_words():
    assert [fail_on(text) for text in (None, "not-run", "not-run:never")] == list(FailOn)
