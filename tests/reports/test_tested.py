"""The headline says which documented numbers were tested, and why none was."""

from __future__ import annotations

import dataclasses

import factory
import pytest

from harness.domain.datasets import Corpus
from harness.domain.measurements import Origin, VerdictKind
from harness.domain.models import Protocol, Weights
from harness.verdicts import plain
from reports import markdown, tested
from reports.document import document
from reports.outcomes import outcomes
from reports.page import build
from reports.terminal import documented_line

CASE = "tinybert-ascend310p-bs8"


def test_a_number_is_tested_where_it_was_held_to_the_printed_one(catalog):
    """Of eleven results the chip's four; a stand-in's, a mini's and a check's are of no documented number."""
    found = outcomes(factory.mixed(catalog), catalog)
    assert tested.documented(found) == {"falls-short": 1, "reproduced": 3}
    assert document(factory.mixed(catalog))["documented"] == {"falls-short": 1, "reproduced": 3}
    assert documented_line(factory.mixed(catalog)) == (
        "4 documented numbers were tested: falls short 1, reproduced 3; 1 drop survives"
    )


def test_one_number_held_to_twice_counts_once_with_the_worse(catalog):
    """The chip's own speed here and an imported one are two results and one number."""
    results = [
        factory.throughput(catalog, CASE, 5800.0, **factory.on_chip()),
        factory.throughput(catalog, CASE, 4000.0, **factory.on_chip() | {"origin": Origin.IMPORTED}),
    ]
    assert [item.status for item in outcomes(results, catalog)] == ["reproduced", "falls-short"]
    assert documented_line(results) == "1 documented number was tested: falls short 1"


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ({}, "no published checkpoint, no documented data"),
        ({"weights": Weights.FULL}, "no documented data"),
        ({"data": Corpus.FULL}, "no published checkpoint"),
        ({"weights": Weights.FULL, "data": Corpus.FULL, "limit": 9}, "no whole data set"),
        (
            {"weights": Weights.FULL, "data": Corpus.FULL, "protocol": Protocol.STANDARD},
            "no documented protocol",
        ),
    ],
)
def test_where_none_was_tested_the_reason_is_told(catalog, made, why):
    results = [factory.accuracy(catalog, CASE, 190, 240, **made)]
    assert documented_line(results).startswith(f"No documented number was tested: {why}")
    headline = build(catalog, results).headline
    assert f"No documented number was tested: {why}" in headline
    assert "没有检验任何文档值：" in headline.zh


def test_a_stand_ins_speed_wants_the_card(catalog):
    results = [factory.throughput(catalog, CASE, 100.0), factory.accuracy(catalog, CASE, 190, 240)]
    assert documented_line(results) == (
        "No documented number was tested: no published checkpoint, no documented data, "
        "no card of the documented chips; 1 drop survives"
    )


def test_checks_alone_and_cases_without_a_number(catalog):
    """Neither can test a documented number, whatever is here."""
    assert documented_line([factory.conformance(catalog, CASE)]) == (
        "No documented number was tested: neither accuracy nor throughput was measured"
    )
    assert documented_line([factory.throughput(catalog, "tinybert-cpu-bs8", 456.75, origin=Origin.CHIP)]) == (
        "No documented number was tested: the documents give none for these cases"
    )


def test_a_case_that_failed_tested_nothing(catalog):
    good = factory.accuracy(catalog, CASE, 805, 872, **factory.on_chip())
    failed = dataclasses.replace(good, verdict=plain.error("NaN", good.verdict.reference))
    assert documented_line([failed]) == "No documented number was tested: each result says why"


def test_a_known_gap_in_a_documented_number_was_tested(catalog):
    """It fell short of the printed number; that it is excused does not make it untested."""
    short = factory.throughput(catalog, CASE, 4000.0, **factory.on_chip())
    excused = dataclasses.replace(
        short, verdict=dataclasses.replace(short.verdict, kind=VerdictKind.KNOWN_GAP)
    )
    assert documented_line([excused]) == "1 documented number was tested: known gap 1"


def test_what_ran_where_tells_a_part_of_the_data_from_all_of_it(catalog):
    """Of 649 drawn questions, or of the first ones, it is not said that the whole set ran."""
    results = [
        factory.drawn(catalog, CASE, 140, 150), factory.accuracy(catalog, CASE, 190, 240, **factory.on_chip())
    ]  # fmt: skip
    data = [dict(row)["data"] for row in build(catalog, results).ran]
    assert data == ["full", "mini, in part"]
    assert "by 150 of 240 samples, sequential, 99 %" in markdown.render(catalog, results)
