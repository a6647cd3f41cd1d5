"""How numbers and foreign texts are written."""

from __future__ import annotations

import dataclasses

import pytest

from harness.domain.catalog import Catalog
from harness.domain.measurements import Interval
from harness.domain.metrics import Unit
from harness.domain.references import Reference, Rounding
from reports import numbers


@pytest.mark.parametrize(
    ("nanoseconds", "written"),
    [
        (850, "0.85 µs"),
        (812_400, "812.40 µs"),
        (1_000_000, "1.00 ms"),
        (4_170_000, "4.17 ms"),
        (1_200_000_000, "1.20 s"),
    ],
)
def test_latencies_are_written_in_the_unit_that_leaves_them_readable(nanoseconds, written):
    assert numbers.duration_ns(nanoseconds) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0.0034, "3 ms"), (0.35, "350 ms"), (12.34, "12.3 s"), (245, "4 min 05 s"), (119.6, "2 min 00 s")],
)
def test_stages_are_written_as_a_person_would_say_them(seconds, written):
    assert numbers.duration_s(seconds) == written


def test_scores_rates_and_intervals_have_two_decimals():
    assert numbers.percent(805 / 872) == "92.32 %"
    assert numbers.rate(5871.857) == "5871.86 samples/s"
    assert numbers.percent_range(Interval(low=0.90358, high=0.93908)) == "90.36–93.91 %"


def reference(catalog: Catalog, printed: str) -> Reference:
    return next(item for item in catalog.references if item.cell == printed)


def test_a_measured_score_is_written_with_the_digits_of_its_column(catalog):
    """TinyBERT prints 92.32 for 805 of 872; the Vastai block prints fractions to sixteen digits."""
    assert numbers.like_printed(805 / 872, reference(catalog, "92.32")) == "92.32"
    fraction = reference(catalog, "0.9874769041264627")
    assert numbers.like_printed(0.5, fraction) == "0.5"


def test_a_table_that_cuts_off_gets_cut_off_values(catalog):
    """bert-squad prints 87.17 for 87.17798699115454."""
    cut = reference(catalog, "87.17")
    assert cut.rounding is Rounding.TRUNCATED
    assert numbers.like_printed(0.8717798699115454, cut) == "87.17"
    rounded = dataclasses.replace(cut, rounding=Rounding.ROUNDED)
    assert numbers.like_printed(0.8717798699115454, rounded) == "87.18"


def test_cutting_off_works_on_decimals_not_on_their_binary_neighbours(catalog):
    """0.9266 x 100 is 92.66 to a reader; in binary it is 92.6599999999999966."""
    cut = dataclasses.replace(reference(catalog, "92.32"), rounding=Rounding.TRUNCATED)
    assert numbers.like_printed(0.9266, cut) == "92.66"


def test_a_cell_documented_as_absent_lends_no_digits(catalog):
    absent = reference(catalog, "无")
    assert numbers.like_printed(0.5, absent) == "50.00"


def test_tolerances_say_what_they_are_of():
    assert numbers.tolerance(0.5, Unit.PERCENT) == "0.50 points"
    assert numbers.tolerance(0.05, Unit.SAMPLES_PER_S) == "5 %"


def test_bytes_are_written_in_binary_units():
    assert [numbers.size(count) for count in (12, 2048, 3 * 2**20, 16 * 2**30)] == [
        "12 bytes",
        "2.0 KiB",
        "3.0 MiB",
        "16.0 GiB",
    ]


def test_utc_times_are_written_for_people_and_other_texts_left():
    assert numbers.moment("2026-01-02T03:04:05.678901+00:00") == "2026-01-02 03:04:05 UTC"
    assert numbers.moment("yesterday") == "yesterday"


def test_control_characters_surrogates_and_reordering_marks_are_replaced():
    assert numbers.one_line("a\x1b[31mb\x00\n\tc") == "a�[31mb� c"
    assert numbers.one_line("left\u202etfel \udcff") == "left�tfel �"
    assert numbers.printable("one\r\ntwo\rthree") == "one\ntwo\nthree"
