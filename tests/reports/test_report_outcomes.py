"""Results to outcomes: the latest of each claim, told apart by how it was measured."""

from __future__ import annotations

import dataclasses

import factory
import pytest

from harness.domain.cases import Kind
from harness.domain.datasets import Corpus
from harness.domain.measurements import Basis, Origin, VerdictKind
from harness.domain.metrics import Metric
from harness.domain.models import Protocol, Weights
from harness.domain.precisions import Precision
from harness.errors import NoSamples
from harness.tables import claimed, references
from harness.tables.cases import enumerate_cases, named
from reports import case_parts
from reports import outcomes as module
from reports.case_parts import parts_of
from reports.histogram import histogram
from reports.likeness import label
from reports.outcomes import counts, outcomes

CASE = "tinybert-ascend310p-bs8"


def test_no_results_are_an_error_that_says_what_to_run(catalog):
    with pytest.raises(NoSamples, match="no results to report; run `pytest suites/`"):
        outcomes([], catalog)


def test_every_case_id_is_read_back_to_its_parts(catalog):
    """The inverse of harness.tables.cases, for all documented cases and one of another size and precision."""
    cases = [
        *enumerate_cases(catalog),
        *enumerate_cases(catalog, batch_sizes=(7,), precisions=tuple(Precision)),
    ]
    for case in cases:
        parts = parts_of(catalog, case.id)
        assert parts is not None
        assert (parts.model, parts.chip, parts.precision, parts.batch_size) == (
            case.model,
            case.chip,
            case.precision,
            case.batch_size,
        )


def test_many_batch_sizes_of_a_case_look_its_chip_up_once(catalog, monkeypatch):
    """A store has a hundred thousand cases of a hundred stems: chips are made once a catalog."""
    fresh, made = dataclasses.replace(catalog), []
    monkeypatch.setattr(case_parts, "chip_of", lambda *given: made.append(given) or claimed.chip_of(*given))
    sizes = range(1, 1000)
    found = [parts_of(fresh, f"{CASE.rpartition('-bs')[0]}-bs{size}") for size in sizes]
    assert [parts.batch_size for parts in found] == list(sizes)
    assert len(made) == len({*catalog.chips, *catalog.devices})


@pytest.mark.parametrize(
    "identifier",
    [
        "",
        "bs8",
        "tinybert",
        "tinybert-tpu-bs8",
        "tinybert-ascend310p-fp16-bs8",  # fp16 is the chip's default, left out of ids
        *("tinybert-ascend310p-bs" + size for size in ("", "0", "08", "-8", "8 ", "８", "9" * 5000)),
    ],
)
def test_an_id_that_no_table_knows_is_told_apart(catalog, identifier):
    assert parts_of(catalog, identifier) is None


def test_the_latest_of_one_claim_counts_and_the_others_are_counted(catalog):
    results = [
        factory.accuracy(catalog, CASE, correct, 240, created=f"2026-01-0{day}T00:00:00+00:00", number=day)
        for day, correct in ((1, 180), (3, 200), (2, 190))
    ]
    (found,) = outcomes(results, catalog)
    assert found.measurement.detail["correct"] == 200
    assert found.times == 3


def test_of_two_made_in_one_instant_the_one_written_last_counts(catalog):
    results = [factory.accuracy(catalog, CASE, correct, 240, number=correct) for correct in (180, 190)]
    (found,) = outcomes(results, catalog)
    assert found.measurement.detail["correct"] == 190


@pytest.mark.parametrize(
    "other",
    [
        {"origin": Origin.CHIP},
        {"weights": Weights.FULL},
        {"data": Corpus.FULL},
        {"limit": 10},
        {"protocol": Protocol.STANDARD},
    ],
)
def test_results_made_in_another_way_never_take_each_others_place(catalog, other):
    results = [
        factory.accuracy(catalog, CASE, 190, 240),
        factory.accuracy(catalog, CASE, 180, 240, created="2027-01-01T00:00:00+00:00", **other),
    ]
    assert [found.times for found in outcomes(results, catalog)] == [1, 1]


def test_an_error_is_gone_once_the_same_case_was_measured(catalog):
    """The failed run did not come to know its data: its series alone would keep it for ever."""
    early = {"data": None, "protocol": None, "created": "2026-01-01T00:00:00+00:00"}
    broken = factory.failed(CASE, Kind.ACCURACY, "no space left", **early)
    good = factory.accuracy(catalog, CASE, 190, 240)
    assert [found.status for found in outcomes([broken, good], catalog)] == [VerdictKind.SURVIVES]


def test_an_error_after_a_good_result_is_shown_beside_it(catalog):
    late = {"data": None, "protocol": None, "created": "2027-01-01T00:00:00+00:00"}
    broken = factory.failed(CASE, Kind.ACCURACY, "no space left", **late)
    good = factory.accuracy(catalog, CASE, 190, 240)
    assert {found.status for found in outcomes([broken, good], catalog)} == {
        VerdictKind.SURVIVES,
        VerdictKind.ERROR,
    }


def test_an_error_on_the_chip_is_not_mended_by_a_stand_in(catalog):
    broken = factory.failed(CASE, Kind.ACCURACY, "device lost", origin=Origin.CHIP)
    good = factory.accuracy(catalog, CASE, 190, 240, created="2027-01-01T00:00:00+00:00")
    assert len(outcomes([broken, good], catalog)) == 2


def test_a_documented_success_hides_no_error_of_the_standard_protocol(catalog):
    """Two protocols are two claims: what one scores says nothing of the other."""
    broken = factory.failed(CASE, Kind.ACCURACY, "NaN logits", protocol=Protocol.STANDARD)
    documented = factory.accuracy(catalog, CASE, 190, 240, created="2027-01-01T00:00:00+00:00")
    found = outcomes([broken, documented], catalog)
    assert [(item.likeness.protocol, item.status) for item in found] == [
        (Protocol.DOCUMENTED, VerdictKind.SURVIVES),
        (Protocol.STANDARD, VerdictKind.ERROR),
    ]
    mending = dataclasses.replace(
        documented.measurement,
        provenance=dataclasses.replace(documented.measurement.provenance, protocol=Protocol.STANDARD),
    )
    (found,) = outcomes([broken, dataclasses.replace(documented, measurement=mending)], catalog)
    assert found.status == VerdictKind.SURVIVES


def test_the_order_is_that_of_the_tables_whatever_the_order_of_the_results(catalog):
    results = factory.mixed(catalog)
    forward = outcomes(results, catalog)
    assert outcomes(results[::-1], catalog) == forward
    cases = [found.measurement.case for found in forward]
    assert cases.index("tinybert-ascend310-bs8") < cases.index(CASE) < cases.index("tinybert-cpu-bs8")


def test_without_a_catalog_the_results_of_one_case_stay_together(catalog):
    results = [
        factory.accuracy(catalog, CASE, 190, 240),
        factory.accuracy(catalog, "tinybert-t4-bs8", 190, 240),
        factory.throughput(catalog, CASE, 100.0),
    ]
    assert [found.measurement.case for found in outcomes(results)] == [CASE, CASE, "tinybert-t4-bs8"]


def test_counts_put_what_needs_an_eye_first(catalog):
    found = outcomes(factory.mixed(catalog), catalog)
    assert list(counts(found).items()) == [
        (VerdictKind.FALLS_SHORT, 2),
        (VerdictKind.ERROR, 1),
        (VerdictKind.REPRODUCED, 3),
        (VerdictKind.SURVIVES, 2),
        (VerdictKind.NO_REFERENCE, 1),
        (VerdictKind.NOT_COMPARABLE, 2),
    ]


def test_a_result_without_a_verdict_is_not_judged(catalog):
    result = dataclasses.replace(factory.accuracy(catalog, CASE, 190, 240), verdict=None)
    (found,) = outcomes([result], catalog)
    assert found.status == module.NOT_JUDGED
    assert found.value == 190 / 240


def test_the_documented_value_is_found_even_where_the_verdict_has_none(catalog):
    broken = factory.failed(CASE, Kind.THROUGHPUT, "device lost")
    (found,) = outcomes([broken], catalog)
    reference = module.documented(found, catalog)
    assert reference is not None
    assert reference.cell == "5871.86"


def test_the_documented_value_is_the_one_that_a_case_is_judged_by(catalog):
    """Of two values for one case the one with the most digits, whichever comes first."""
    (found,) = outcomes([factory.failed(CASE, Kind.ACCURACY, "device lost")], catalog)
    fine = module.documented(found, catalog)
    assert fine is not None
    coarse = dataclasses.replace(fine, printed="92.3", value=92.3, digits=1)
    for order in ((coarse, *catalog.references), (*catalog.references, coarse)):
        assert module.documented(found, dataclasses.replace(catalog, references=order)) == fine
    (other,) = outcomes([factory.failed("tinybert-ascend310p-bs3", Kind.ACCURACY, "lost")], catalog)
    assert module.documented(other, catalog) == references.for_case(
        catalog, named(catalog, "tinybert-ascend310p-bs3"), Metric.ACCURACY
    )


def test_a_comparable_number_is_a_chips_own(catalog):
    made = {
        "chip": factory.throughput(catalog, CASE, 5000.0, **factory.on_chip()),
        "imported": factory.throughput(catalog, CASE, 5000.0, **factory.on_chip(origin=Origin.IMPORTED)),
        "stand-in": factory.throughput(catalog, CASE, 100.0),
        "mini on the chip": factory.throughput(catalog, CASE, 5000.0, origin=Origin.CHIP),
    }
    comparable = {name: outcomes([result], catalog)[0].comparable for name, result in made.items()}
    assert comparable == {"chip": True, "imported": True, "stand-in": False, "mini on the chip": False}


def test_the_basis_of_a_verdict_is_said_in_words(catalog):
    by_drop = factory.accuracy(catalog, CASE, 190, 240).verdict
    by_document = factory.accuracy(catalog, CASE, 805, 872, **factory.on_chip()).verdict
    assert by_drop is not None
    assert by_drop.basis is Basis.DROP
    assert module.basis_words(by_drop) == "by the drop"
    assert module.basis_words(by_document) == "by the documented value"


def test_a_histogram_counts_every_call_once():
    latencies = [*range(1_000_000, 1_000_990), 9_000_000] * 2
    drawn = histogram(latencies)
    assert drawn is not None
    assert sum(drawn.counts) + drawn.beyond == len(latencies)
    assert drawn.beyond >= 2
    assert drawn.low_ns == 1_000_000
    assert 0 <= drawn.position(drawn.low_ns) < drawn.position(1_000_500) < drawn.position(9_000_000) == 1


@pytest.mark.parametrize("latencies", [[], [5] * 19, [7] * 500])
def test_few_or_equal_calls_have_no_shape(latencies):
    assert histogram(latencies) is None


def test_an_imported_log_says_that_its_weights_are_not_told(catalog):
    """It shares a column neither with the chip's own numbers nor with another import of known weights."""
    known = factory.throughput(catalog, CASE, 5000.0, **factory.on_chip(origin=Origin.IMPORTED))
    unknown = factory.throughput(
        catalog, CASE, 5000.0, **factory.on_chip(origin=Origin.IMPORTED) | {"weights": Weights.UNKNOWN}
    )
    own = factory.throughput(catalog, CASE, 5000.0, **factory.on_chip())
    labels = [label(outcome.likeness) for outcome in outcomes([known, unknown, own], catalog)]
    assert labels == ["chip, full", "imported, full", "imported, weights not told"]
