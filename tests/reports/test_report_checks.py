"""Several claims of one kind: folded where they are good, told where they are not; trivial scores beside."""

from __future__ import annotations

import factory
import pytest

from harness.domain.cases import Kind
from harness.store.results import Result
from reports import github, page
from reports.folding import rows
from reports.language import in_language
from reports.outcomes import outcomes
from reports.terminal import verdict_table

CASE = "tinybert-ascend310p-bs8"


def a_check(catalog, name: str, holds: bool = True) -> Result:
    from harness.tables.cases import named
    from harness.verdicts import checks

    made = factory.measurement(
        CASE, Kind.CONFORMANCE, check=name, data=None, protocol=None,
        detail={"claim": f"{name} matters", "difference_in_spread": 0.25, "deterministic": True},
    )  # fmt: skip
    verdict = checks.judge_relation(
        named(catalog, CASE), f"{name} matters", difference=0.25, bound=0.5, holds=holds, must_change=False,
        worst=3, noise=0.0,
    )  # fmt: skip
    return Result(measurement=made, verdict=verdict)


@pytest.fixture
def results(catalog):
    checks = [a_check(catalog, name, name != "order") for name in ("batch", "mask", "order")]
    return [factory.conformance(catalog, CASE), *checks, factory.accuracy(catalog, CASE, 190, 240)]


def test_good_checks_share_a_row_and_a_bad_one_has_its_own(results, catalog):
    made = {row.outcome.measurement.check: row for row in rows(outcomes(results, catalog)) if row.of > 1}
    assert [row.said for row in made.values()] == ["3 of 4 checks"]
    page_lines = page.build(catalog, results).lines
    parity = page.build(catalog, results[:1]).lines[0]
    assert page_lines[1].tolerance == parity.tolerance
    lines = [(line.kind, line.measured, line.status) for line in page_lines]
    assert lines[1:] == [
        ("conformance", f"{parity.measured}, 3 of 4 checks", "survives"),
        ("conformance (order)", "0.25 spreads", "falls-short"),
    ]
    assert in_language(page.build(catalog, results).lines[1].measured, "zh").endswith("4 项检查中 3 项通过")


def test_a_folded_row_says_that_two_equal_calls_differ(results, catalog):
    """Whichever of its checks has seen it."""
    assert page.build(catalog, results).lines[1].marks == ()
    results[2].measurement.detail["deterministic"] = False
    assert page.build(catalog, results).lines[1].marks == (("not deterministic", True),)


def test_every_check_has_its_detail(results, catalog):
    """Claim, difference and bound; folded or not."""
    details = {item.line.kind: dict(item.facts) for item in page.build(catalog, results).details}
    assert details["conformance (mask)"]["difference in spread"] == "0.25 spreads"
    assert details["conformance (mask)"]["deterministic"] == "yes"
    assert details["conformance (mask)"]["claim"] == "mask matters"


def test_a_check_alone_is_called_by_its_name(catalog):
    """Of one alone nothing is folded."""
    [row] = rows(outcomes([a_check(catalog, "mask")], catalog))
    assert (row.folded, row.said) == ((), None)


def test_terminal_and_job_summary_fold_too(results, catalog):
    table = verdict_table(results)
    assert table.row_count == 3
    lines = github.job_summary("run-1", outcomes(results, catalog), [])
    assert sum(line.startswith(f"| {CASE} | conformance") for line in lines) == 2
    assert any("3 of 4 checks" in line for line in lines)


def test_a_flip_of_parity_is_told_with_its_margin(catalog):
    flip = {
        "output": "tags", "sample": 3, "position": 7, "reference": 0, "found": 2, "margin": 0.5,
        "difference": 0.75,
    }  # fmt: skip
    result = factory.conformance(catalog, CASE)
    result.measurement.detail.update(first_flips=[flip], flips=1, decisions=90)
    [detail] = page.build(catalog, [result]).details
    [told] = detail.flips
    assert (told.number, told.text) == (3, "tags at position 7")
    assert told.became == "0 → 2; margin 0.5 in fp32, difference 0.75"
    assert dict(detail.facts)["flips"] == "1 of 90 decisions differ from fp32"


@pytest.mark.parametrize(("correct", "marked"), [(144, True), (145, False)])
def test_an_accuracy_stands_beside_what_needs_no_network(catalog, correct: int, marked: bool):
    result = factory.accuracy(catalog, CASE, correct, 240)
    result.measurement.detail["trivial"] = {"majority class": {"accuracy": 0.6}}
    report = page.build(catalog, [result])
    assert dict(report.details[0].facts)["accuracy"].endswith("; without a network: majority class 60.00 %")
    assert ("no better than majority class" in report.lines[0].extra) is marked
