"""Which documented value a case is held against, and how far the documents let it drop."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.metrics import Metric, Unit
from harness.domain.precisions import Precision
from harness.domain.references import Reference, Rounding
from harness.tables.catalog import BUILT_IN, load
from harness.tables.references import baseline, consistent, documented_drop, for_case

ACCURACY, F1, EXACT, THROUGHPUT = Metric.ACCURACY, Metric.F1, Metric.EXACT, Metric.THROUGHPUT
FP32, FP16, INT8 = Precision.FP32, Precision.FP16, Precision.INT8


@pytest.fixture(scope="module")
def tables() -> Catalog:
    return load((BUILT_IN,))


def a_case(
    catalog: Catalog, model: str, chip: str, batch_size: int, precision: Precision | None = None
) -> Case:
    """A case by its names, at the chip's default precision unless told. Ids are not what is tested."""
    a_chip = catalog.chips[chip]
    return Case(
        id="any",
        model=catalog.models[model],
        chip=a_chip,
        precision=precision or a_chip.default_precision,
        batch_size=batch_size,
        documented=True,
    )


@pytest.mark.parametrize(
    ("model", "chip", "precision", "batch_size", "metric", "printed"),
    [
        # The value of the very batch size.
        ("tinybert", "ascend310p", None, 8, THROUGHPUT, "5871.86"),
        ("tinybert", "ascend310", FP16, 64, THROUGHPUT, "4018.88"),  # the best row says 4301.24
        ("tinybert", "t4", None, 16, THROUGHPUT, "3415.3590"),
        ("tinybert", "ascend310p", None, 8, ACCURACY, "92.32"),
        ("bert-large-ner", "t4", FP32, 1, THROUGHPUT, "57.6312"),
        ("spanbert", "ascend310p", None, 4, THROUGHPUT, "25.411"),
        ("bert-squad", "mlu370", FP32, 1, F1, "87.17798699115454"),  # the result block
        ("bert-squad", "mlu370", FP32, 32, F1, "87.17"),  # the table
        ("bert-squad", "mlu370", FP16, 32, EXACT, "79.09"),
        ("bert-chinese-ner", "vacc", INT8, 1, F1, "0.9024390243902438"),
        ("bert-chinese-ner", "vacc", None, 1, ACCURACY, "0.9874769041264627"),
        ("bert-chinese-ner", "cpu", FP32, 1, F1, "0.9590361445783132"),  # torchscript fp32
        # A value stated for all batch sizes.
        ("spanbert", "ascend310p", None, 16, F1, "93.95"),
        ("spanbert", "ascend310p", None, 2, F1, "93.95"),
        # A score of an undocumented batch size: what the documented ones agree on, in most digits.
        ("tinybert", "ascend310", None, 128, ACCURACY, "92.66"),
        ("bert-large-ner", "ascend310p", None, 2, ACCURACY, "90.74"),
        ("bert-chinese-ner", "vacc", INT8, 8, F1, "0.9024390243902438"),
        ("bert-squad", "mlu370", FP32, 16, F1, "87.17798699115454"),  # 87.17 is that, cut off
        ("bert-squad", "mlu370", FP16, 1, F1, "87.16"),
    ],
)
def test_a_case_is_judged_by_its_documented_value(
    tables, model, chip, precision, batch_size, metric, printed
):
    reference = for_case(tables, a_case(tables, model, chip, batch_size, precision), metric)
    assert reference is not None
    assert (reference.printed, reference.model, reference.chip) == (printed, model, chip)
    assert not reference.best


@pytest.mark.parametrize(
    ("model", "chip", "precision", "batch_size", "metric"),
    [
        ("tinybert", "ascend310p", None, 2, THROUGHPUT),  # no speed is guessed from its neighbours
        ("tinybert", "ascend310p", FP32, 8, ACCURACY),  # an undocumented precision
        ("tinybert", "ascend310p", FP32, 8, THROUGHPUT),
        ("tinybert", "ascend310p", None, 8, F1),
        ("tinybert", "t4", None, 8, ACCURACY),  # on T4 only the throughput was measured
        ("tinybert", "cpu", None, 8, ACCURACY),
        ("bert-large-ner", "t4", None, 8, ACCURACY),
        ("bert-chinese-ner", "vacc", None, 1, THROUGHPUT),  # that document has none
        ("bert-chinese-ner", "cpu", FP16, 1, F1),
        ("bert-squad", "mlu370", None, 32, THROUGHPUT),
    ],
)
def test_where_the_documents_say_nothing_there_is_no_reference(
    tables, model, chip, precision, batch_size, metric
):
    assert for_case(tables, a_case(tables, model, chip, batch_size, precision), metric) is None


@pytest.mark.parametrize(
    ("model", "chip", "precision", "batch_size", "metric", "printed"),
    [
        ("tinybert", "ascend310p", None, 8, ACCURACY, "92.6"),  # printed in the row of batch 32 only
        ("tinybert", "ascend310p", None, 32, ACCURACY, "92.6"),
        ("tinybert", "t4", None, 8, ACCURACY, "92.6"),  # though no accuracy of T4 is documented
        ("bert-large-ner", "ascend310p", None, 64, ACCURACY, "91.2"),
        ("spanbert", "ascend310p", None, 8, F1, "92.4"),
        ("bert-chinese-ner", "vacc", INT8, 1, F1, "0.9590361445783132"),
        ("bert-squad", "mlu370", FP16, 32, F1, "87.17"),
        ("bert-squad", "mlu370", FP16, 1, F1, "87.17"),  # of the table that has the fp16 value
        # None: the case is the zoo's own baseline, or the zoo has none.
        ("bert-chinese-ner", "cpu", FP32, 1, F1, None),
        ("bert-squad", "mlu370", FP32, 32, F1, None),
        ("tinybert", "ascend310p", None, 8, THROUGHPUT, None),
    ],
)
def test_a_case_is_held_against_the_baseline_of_its_zoo(
    tables, model, chip, precision, batch_size, metric, printed
):
    found = baseline(tables, a_case(tables, model, chip, batch_size, precision), metric)
    assert (found.printed if found else None) == printed


@pytest.mark.parametrize(
    ("model", "chip", "precision", "metric", "drop"),
    [
        ("tinybert", "ascend310p", None, ACCURACY, 0.0028),  # 92.6 - 92.32
        ("tinybert", "ascend310", None, ACCURACY, 0.0),  # 92.6 - 92.66 is negative
        ("bert-large-ner", "ascend310p", None, ACCURACY, 0.0046),  # 91.2 - 90.74
        ("spanbert", "ascend310p", None, F1, 0.0),  # 92.4 - 93.95 is negative
        ("bert-chinese-ner", "vacc", INT8, F1, 0.0565971201880694),  # 0.9590361445783132 - 0.9024390243902438
        (
            "bert-chinese-ner",
            "vacc",
            INT8,
            ACCURACY,
            0.0116334770409908,
        ),  # 0.9874769041264627 - 0.9758434270854719
        ("bert-chinese-ner", "vacc", FP16, F1, 0.0),
        ("bert-squad", "mlu370", FP16, F1, 0.0001),  # 87.17 - 87.16, both cut off
        ("bert-squad", "mlu370", FP16, EXACT, 0.0001),
        # No pair: no baseline, no measured value, or no score.
        ("bert-squad", "mlu370", FP32, F1, None),
        ("bert-chinese-ner", "cpu", FP32, F1, None),
        ("tinybert", "t4", None, ACCURACY, None),
        ("tinybert", "cpu", None, ACCURACY, None),
        ("tinybert", "ascend310p", None, THROUGHPUT, None),
    ],
)
@pytest.mark.parametrize("batch_size", [1, 2, 32])
def test_the_documented_drop_is_baseline_minus_chip_in_points_of_the_score(
    tables, model, chip, precision, metric, drop, batch_size
):
    """Exact: decimal figures are subtracted as printed, not as binary fractions."""
    found = documented_drop(tables, a_case(tables, model, chip, batch_size, precision), metric)
    assert (None if found is None else found.fraction) == drop


def test_the_documented_drop_names_both_of_its_values(catalog):
    found = documented_drop(catalog, a_case(catalog, "tinybert", "ascend310p", 8), ACCURACY)
    assert found is not None
    assert (found.baseline.printed, found.measured.printed) == ("92.6", "92.32")


def changed(catalog: Catalog, *pairs: tuple[Reference, Reference]) -> Catalog:
    """The catalog with some references replaced."""
    by_old = dict(pairs)
    return replace(catalog, references=tuple(by_old.get(item, item) for item in catalog.references))


def scores_of(catalog: Catalog, model: str, chip: str) -> list[Reference]:
    return [
        item
        for item in catalog.references
        if (item.model, item.chip, item.metric, item.best) == (model, chip, ACCURACY, False)
    ]


def test_documented_batch_sizes_that_disagree_say_nothing_of_an_undocumented_one(tables):
    old = scores_of(tables, "tinybert", "ascend310p")[-1]
    catalog = changed(tables, (old, replace(old, printed="92.31", value=92.31)))
    assert for_case(catalog, a_case(catalog, "tinybert", "ascend310p", 2), ACCURACY) is None
    assert documented_drop(catalog, a_case(catalog, "tinybert", "ascend310p", 2), ACCURACY) is None
    measured = for_case(catalog, a_case(catalog, "tinybert", "ascend310p", 64), ACCURACY)
    assert measured is not None
    assert measured.printed == "92.31"


def test_a_value_documented_as_absent_is_no_reference(tables):
    pairs = [
        (item, replace(item, printed="无", value=None))
        for item in scores_of(tables, "tinybert", "ascend310p")
    ]
    catalog = changed(tables, *pairs)
    assert for_case(catalog, a_case(catalog, "tinybert", "ascend310p", 8), ACCURACY) is None


def test_the_best_row_alone_gives_no_reference(tables):
    """The best-batch row repeats 92.32 and names no batch size: it is not a value for all of them."""
    catalog = replace(tables, references=tuple(item for item in tables.references if item.best))
    assert for_case(catalog, a_case(catalog, "tinybert", "ascend310p", 8), ACCURACY) is None
    assert for_case(catalog, a_case(catalog, "tinybert", "ascend310p", 8), THROUGHPUT) is None
    assert baseline(catalog, a_case(catalog, "tinybert", "ascend310p", 8), ACCURACY) is None


def test_of_two_values_for_one_batch_size_the_one_with_more_digits_is_taken(tables):
    block = for_case(tables, a_case(tables, "bert-squad", "mlu370", 1, FP32), F1)
    assert block is not None
    catalog = changed(tables, (block, replace(block, batch_size=32)))
    chosen = for_case(catalog, a_case(catalog, "bert-squad", "mlu370", 32, FP32), F1)
    assert chosen is not None
    assert chosen.printed == "87.17798699115454"


@pytest.mark.parametrize(
    ("longer", "shorter", "unit", "rounding", "same"),
    [
        ("87.17798699115454", "87.17", Unit.PERCENT, Rounding.TRUNCATED, True),
        ("87.17798699115454", "87.17", Unit.PERCENT, Rounding.ROUNDED, False),
        ("87.17798699115454", "87.18", Unit.PERCENT, Rounding.ROUNDED, True),
        ("92.66", "92.6", Unit.PERCENT, Rounding.TRUNCATED, True),
        ("92.66", "92.6", Unit.PERCENT, Rounding.ROUNDED, False),
        ("92.32", "92.32", Unit.PERCENT, Rounding.ROUNDED, True),
        ("92.32", "92.31", Unit.PERCENT, Rounding.TRUNCATED, False),
        ("92.32", "0.923", Unit.FRACTION, Rounding.ROUNDED, True),
        ("92.32", "0.9232", Unit.FRACTION, Rounding.ROUNDED, True),
        ("92.32", "0.924", Unit.FRACTION, Rounding.ROUNDED, False),
    ],
)
def test_two_printed_scores_agree_if_the_longer_one_shortened_is_the_other(
    tables, longer, shorter, unit, rounding, same
):
    some = scores_of(tables, "tinybert", "ascend310")[0]

    def printed(text: str, unit: Unit, rounding: Rounding) -> Reference:
        digits = len(text.partition(".")[2])
        return replace(some, printed=text, value=float(text), digits=digits, unit=unit, rounding=rounding)

    one, other = printed(longer, Unit.PERCENT, Rounding.ROUNDED), printed(shorter, unit, rounding)
    assert consistent(one, other) is same
    assert consistent(other, one) is same
