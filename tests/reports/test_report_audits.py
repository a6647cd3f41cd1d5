"""Audits of a throughput in reports: beside the number, never in its place."""

from __future__ import annotations

import dataclasses

import factory
import pytest

from harness.comparing.runs import compare
from harness.domain.cases import Kind
from harness.domain.measurements import VerdictKind
from harness.records import to_json
from harness.store.results import Result
from harness.verdicts.effects import Effect, Finding
from reports import page
from reports.folding import rows
from reports.language import in_language
from reports.numbers import NOTHING
from reports.outcomes import outcomes
from reports.provenance import latency

CASE = "tinybert-ascend310p-bs8"


def audited(catalog, name: str, change: float = 0.01, finding: Finding = Finding.SAME) -> Result:
    from harness.tables.cases import named
    from harness.verdicts import checks

    effect = Effect(change=change, low=change - 0.02, high=change + 0.02, confidence=0.99, basis="a test")
    made = factory.measurement(
        CASE, Kind.THROUGHPUT, check=name, protocol=None,
        detail={"change": to_json(effect), "finding": str(finding), "margin": 0.1},
    )  # fmt: skip
    return Result(measurement=made, verdict=checks.judge_repeated(named(catalog, CASE), effect, finding, 0.1))


@pytest.fixture
def results(catalog):
    return [
        factory.throughput(catalog, CASE, 1000.0, **factory.on_chip()),
        audited(catalog, "outputs of the timed run"),
        audited(catalog, "repeated sample", 0.5, Finding.BETTER),
        audited(catalog, "alternate seed", 0.09, Finding.TOO_NOISY),
    ]


def test_the_number_keeps_its_row_and_every_audit_has_one(results, catalog):
    """What is shown to be faster falls short; what is too noisy to tell is not told to be good."""
    assert all(row.said is None for row in rows(outcomes(results, catalog)))
    lines = {line.kind: line for line in page.build(catalog, results).lines}
    assert lines["throughput"].measured.startswith("1000.00")
    assert lines["throughput (repeated sample)"].measured == "+50.0% (+48.0% … +52.0%)"
    assert lines["throughput (repeated sample)"].status == VerdictKind.FALLS_SHORT
    assert lines["throughput (alternate seed)"].status == VerdictKind.NOT_COMPARABLE
    assert lines["throughput (alternate seed)"].documented == NOTHING
    details = {item.line.kind: dict(item.facts) for item in page.build(catalog, results).details}
    assert details["throughput (alternate seed)"]["change"] == "+9.0% (+7.0% … +11.0%)"
    assert details["throughput (alternate seed)"]["finding"] == "too noisy to tell"
    assert in_language(lines["throughput (repeated sample)"].kind, "zh") == "吞吐（重复样本）"


def test_an_audit_that_failed_is_not_in_the_documents_table(results, catalog):
    """Nor among what the document has no column for."""
    broken = factory.failed(CASE, Kind.THROUGHPUT, "the card was lost", check="repeated sample")
    built = page.build(catalog, [results[0], broken])
    [section] = built.sections
    cells = [cell.text for table in section.tables for row in table.rows for cell in row]
    assert any(text.startswith("1000.00") for text in cells)
    assert "error" not in cells
    assert section.others is None


def test_an_audit_is_compared_by_its_verdict_alone(results, catalog):
    """Whatever stamp is asked for: it has none."""
    number, fine, bad, _ = results
    number = dataclasses.replace(
        number, measurement=dataclasses.replace(number.measurement, detail={"stamp": "nightly"})
    )
    worse = Result(measurement=dataclasses.replace(fine.measurement, id="another"), verdict=bad.verdict)
    found = compare([number, fine], [number, worse], stamp="nightly")
    assert found.not_compared == {}
    [pair] = found.of(Finding.WORSE)
    assert (pair.claim, pair.effect, pair.verdict_worse) == (
        "throughput (outputs of the timed run)", None, True,
    )  # fmt: skip


@pytest.mark.parametrize("known", [True, False])
def test_work_and_shares_are_told_where_they_are_known(catalog, known: bool):
    work = {"flops_per_sample": 6.04e8, "source": "counted in the artifact's graph", "flop_per_s": 6.04e11}
    if known:
        work |= {
            "chip_share": 0.0086, "chip_peak_per_s": 70e12, "chip_peak_source": "a data sheet",
            "matmul_share": 0.5, "matmul_peak_per_s": 1.2e12,
        }  # fmt: skip
    made = factory.throughput(catalog, CASE, 1000.0).measurement
    facts = dict(latency(dataclasses.replace(made, detail={**made.detail, "work": work})).facts)
    assert facts["work of a sample"] == "0.604 GFLOP in products of matrices, counted in the artifact's graph"
    assert facts["achieved"] == "604 GFLOP/s"
    share = facts.get("share of the chip's peak")
    assert share == ("0.86 % of 70 tera operations/s (a data sheet)" if known else None)
    assert ("share of this machine's matrix products" in facts) is known
