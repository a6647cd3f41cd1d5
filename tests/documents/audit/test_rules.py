"""Each rule on READMEs that trip it and on READMEs that must not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import pytest
from examples import EXAMPLES as FIRST
from examples_of_steps import STEPS

from harness.documents.audit.findings import Found
from harness.documents.audit.rules import RULES, chosen
from harness.errors import UsageError

EXAMPLES = (*FIRST, *STEPS)


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{e.rule}-{e.name}-{e.trips}" for e in EXAMPLES])
def test_a_rule_finds_what_it_is_for_and_nothing_else(findings, example):
    """A finding has its rule, a line of the README, a sentence with the numbers, and a severity."""
    found = [item for item in findings(example.readme) if item.rule == example.rule]
    assert bool(found) is example.trips, [str(item) for item in found]
    if example.trips:
        assert example.says in " ".join(item.sentence for item in found)
        assert all(1 <= item.line <= len(example.readme.splitlines()) for item in found)
        assert all(item.numbers for item in found)
        assert example.severity in ("", *(item.severity for item in found))
        highest = next(rule.severity for rule in RULES if rule.id == example.rule)
        assert all(item.severity.rank <= highest.rank for item in found)


def test_every_rule_has_a_readme_that_trips_it_and_one_that_must_not():
    trips = {example.rule for example in EXAMPLES if example.trips}
    silent = {example.rule for example in EXAMPLES if not example.trips}
    assert trips == silent == {rule.id for rule in RULES if rule.check}


def test_rules_are_called_by_their_ids():
    assert [rule.id for rule in chosen(("usage",))] == ["usage"]
    assert "usage" not in [rule.id for rule in chosen((), ("usage",))]
    with pytest.raises(UsageError, match="no rule is called 'x'; there are ratio-follows"):
        chosen(("x",))


def test_a_text_without_numbers_has_no_findings(findings):
    assert findings("") == ()
    assert findings("# A\n\nNothing here.\n") == ()


def test_every_rule_is_explained():
    """docs/audit.md has a row for each, with the severity that its findings have at most, and its reason."""
    text = (Path(__file__).parents[3] / "docs" / "audit.md").read_text(encoding="utf-8")
    for rule in RULES:
        assert f"| `{rule.id}` | {rule.severity} |" in text
        assert len(rule.because) > 20, rule.id


def test_every_function_that_reads_a_readme_for_findings_is_a_row_of_the_table():
    """A check that no row names would never run; and each has one row."""
    written = {
        function
        for name in {rule.check.__module__ for rule in RULES if rule.check}
        for at, function in vars(sys.modules[name]).items()
        if not at.startswith("_") and getattr(function, "__module__", "") == name
        and get_type_hints(function).get("return") == Iterator[Found]
    }  # fmt: skip
    assert written == {rule.check for rule in RULES if rule.check}
    assert len(written) == sum(rule.across is None for rule in RULES)
