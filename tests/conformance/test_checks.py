"""The one list of checks and the tests of the suite: each has the other, and its own cases."""

from __future__ import annotations

import re
from pathlib import Path

from making import make_case

from fixtures.checks import about
from harness.conformance.checks import METAMORPHIC
from harness.domain.catalog import Catalog

ROOT = Path(__file__).resolve().parents[2]


def test_the_suite_has_a_test_for_each_check():
    suite = (ROOT / "suites" / "test_conformance.py").read_text(encoding="utf-8")
    assert re.findall(r'mark\.check\("([^"]+)"\)', suite) == list(METAMORPHIC)


def test_the_documentation_has_each_check():
    said = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
    assert [name for name in METAMORPHIC if f"({name})" not in said] == []


def test_segments_are_asked_of_tasks_with_two_texts(catalog: Catalog):
    cases = tuple(make_case(catalog, model, "cpu") for model in catalog.models)
    assert {case.model.name for case in about("segments", cases)} == {"bert-squad", "spanbert"}
    assert about("mask", cases) == about("", cases) == cases
