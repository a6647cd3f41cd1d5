"""The one list of checks and the tests of the suite: each has the other, and its own cases."""

from __future__ import annotations

import re
from pathlib import Path

from making import make_case

from fixtures.checks import about
from harness.conformance.checks import DOCUMENTED_GRAPH, NAMES
from harness.domain.catalog import Catalog
from harness.domain.precisions import Precision

ROOT = Path(__file__).resolve().parents[2]


def test_the_suite_has_a_test_for_each_check():
    suite = (ROOT / "suites" / "test_conformance.py").read_text(encoding="utf-8")
    assert ("", *re.findall(r'mark\.check\("([^"]+)"\)', suite)) == NAMES


def test_the_documentation_has_each_check():
    said = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
    assert [name for name in NAMES if name and f"({name})" not in said] == []


def test_segments_are_asked_of_tasks_with_two_texts(catalog: Catalog):
    cases = tuple(make_case(catalog, model, "cpu") for model in catalog.models)
    assert {case.model.name for case in about("segments", cases)} == {"bert-squad", "spanbert"}
    assert about("mask", cases) == about("", cases) == cases


def test_the_documented_graph_is_asked_of_chips_that_are_given_one_below_opset_17(catalog: Catalog):
    """In fp16: fp32 holds every square. Documents that trace have LayerNorm as one operator."""
    chips = (("tinybert", "ascend310p"), ("tinybert", "t4"), ("spanbert", "ascend310p"), ("tinybert", "cpu"),
             ("bert-squad", "mlu370"), ("bert-chinese-ner", "vacc"))  # fmt: skip
    cases = tuple(make_case(catalog, model, chip, precision=Precision.FP16) for model, chip in chips)
    assert about(DOCUMENTED_GRAPH, cases) == cases[:3]
    assert about(DOCUMENTED_GRAPH, (make_case(catalog, "tinybert", "t4", precision=Precision.FP32),)) == ()
