"""A run's results as rows: each case once, called by the worst that was found of it."""

from __future__ import annotations

from typing import Any

import pytest
from making import make_case

from harness.comparing.side_by_side import Row, rows
from harness.domain.cases import Case, Kind
from harness.domain.catalog import Catalog
from harness.domain.datasets import Corpus
from harness.domain.measurements import Interval, Measurement, Origin, Provenance, Verdict, VerdictKind
from harness.domain.models import Protocol, Weights
from harness.setting import reproducing
from harness.store.results import Result

MADE = Provenance(
    target="chip", weights=Weights.FULL, weights_sha256="ab" * 32, data=Corpus.FULL, data_sha256="cd" * 32,
    protocol=Protocol.DOCUMENTED, limit=None, artifact="ef" * 32, backend="onnxruntime", machine={},
    versions={}, git_revision=None,
)  # fmt: skip
SCORE = {
    "own_fp32": 0.75, "flips": 2, "truncated": 1,
    "from_fp32": {"change": -0.25, "low": -0.5, "high": 0.125, "confidence": 0.95, "basis": "b"},
}  # fmt: skip


@pytest.fixture
def case(catalog: Catalog) -> Case:
    return make_case(catalog, "tinybert", "cpu")


def result(case: Case, kind: Kind, verdict: VerdictKind, message: str = "", **more: Any) -> Result:
    said = {"metrics": {}, "intervals": {}, "detail": {}, "check": "", **more}
    made = Measurement(
        id=f"{case.id}-{kind}-{said['check']}", run="r", created="2026-01-31T12:00:00+00:00", case=case.id,
        kind=kind, origin=Origin.CHIP, provenance=MADE, samples=8, stages_s={}, raw={}, **said,
    )  # fmt: skip
    judged = Verdict(
        kind=verdict, basis=None, metric=None, measured=None, expected=None, unit=None, tolerance=None,
        reference=None, message=message,
    )  # fmt: skip
    return Result(measurement=made, verdict=judged)


def row(case: Case, *results: Result) -> Row:
    [found] = rows([case], results)
    return found


def test_a_row_has_the_score_beside_its_own_fp32_and_the_speed(case: Case):
    found = row(
        case,
        result(case, Kind.ACCURACY, VerdictKind.SURVIVES, metrics={"accuracy": 0.5}, detail=SCORE),
        result(
            case, Kind.THROUGHPUT, VerdictKind.NO_REFERENCE, metrics={"throughput": 12.5},
            intervals={"throughput": Interval(low=12.0, high=13.0)},
            detail={"stamp": "quick", "stamp_asked": "quick", "noisy": ["a reason"]},
        ),
        result(case, Kind.CONFORMANCE, VerdictKind.SURVIVES),
    )  # fmt: skip
    assert found.score is not None
    assert (found.score.value, found.score.own_fp32, found.score.flips) == (0.5, 0.75, 2)
    assert found.score.change is not None
    assert (found.score.change.low, found.score.change.high) == (-0.5, 0.125)
    assert found.speed is not None
    assert (found.speed.samples_per_s, found.speed.stamp, found.speed.noisy) == (12.5, "quick", ("a reason",))
    assert (found.verdict, found.held, found.claims, found.problems) == (VerdictKind.SURVIVES, 2, 2, ())


def test_the_worst_verdict_is_the_rows_and_says_why_without_the_line_that_reproduces_it(case: Case):
    message = reproducing.ending("the mask does not matter", "pytest suites/test_conformance.py")
    found = row(
        case,
        result(case, Kind.CONFORMANCE, VerdictKind.SURVIVES),
        result(case, Kind.CONFORMANCE, VerdictKind.FALLS_SHORT, message, check="mask"),
    )
    assert (found.verdict, found.held, found.claims) == (VerdictKind.FALLS_SHORT, 1, 2)
    assert found.problems == ("the mask does not matter",)


def test_a_claim_that_nothing_can_be_said_of_does_not_hold(case: Case):
    """It is neither counted among those that do nor among those that do not, and its sentence is told."""
    found = row(
        case,
        result(case, Kind.CONFORMANCE, VerdictKind.SURVIVES),
        result(case, Kind.CONFORMANCE, VerdictKind.NOT_COMPARABLE, "it mixes the samples", check="batch"),
    )
    assert (found.verdict, found.held, found.claims) == (VerdictKind.SURVIVES, 1, 1)
    assert (found.problems, found.open) == ((), ("it mixes the samples",))


def test_an_audits_number_is_no_speed_and_nothing_is_nothing(case: Case, catalog: Catalog):
    other = make_case(catalog, "tinybert", "cpu", batch_size=2)
    audit = result(
        case, Kind.THROUGHPUT, VerdictKind.SURVIVES, metrics={"throughput": 1.0}, check="repeated sample"
    )
    first, second = rows([case, other], [audit])
    assert (first.speed, first.verdict) == (None, VerdictKind.SURVIVES)
    assert (second.verdict, second.claims, second.score, second.speed) == (None, 0, None, None)
