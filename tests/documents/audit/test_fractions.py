"""Printed scores as fractions: what could have made the digits."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.documents.audit.fractions import common, possible, simplest, smallest
from harness.documents.readme.cells import number
from harness.domain.metrics import Unit
from harness.domain.references import Rounding


def printed(text: str):
    found = number(text)
    assert found is not None
    return found


@given(st.fractions(0, 1, max_denominator=400), st.fractions(0, 1, max_denominator=400))
def test_the_simplest_fraction_is_the_one_of_smallest_denominator(one, other):
    """Against trying every denominator in turn."""
    low, high = sorted((one, other))
    found = simplest(low, high)
    assert low <= found <= high
    tried = next(q for q in range(1, 401) if (low * q).__ceil__() <= high * q)
    assert found.denominator == tried


@given(st.integers(2, 20_000), st.data())
def test_a_fraction_printed_as_a_double_is_found_again(samples, data):
    """Sixteen digits tell every denominator this size; percentages too, in spite of the factor."""
    count = data.draw(st.integers(1, samples - 1))
    fraction = Fraction(count, samples)
    text = repr(count / samples)
    assume("e" not in text and len(text) > 14)
    assert smallest(printed(text), Unit.FRACTION) == fraction
    assert possible(printed(text), Unit.FRACTION, samples) == {Rounding.ROUNDED: count}
    percent = repr(count / samples * 100)
    assume(len(percent.partition(".")[2]) >= 12)
    assert smallest(printed(percent), Unit.PERCENT) == fraction


def test_the_denominator_of_the_vacc_pair():
    """As printed by people_daily_eval.py: 14613 is 3 * 4871, and the second one is a third of it."""
    pair = [(printed(text), Unit.FRACTION) for text in ("0.9758434270854719", "0.9874769041264627")]
    assert [smallest(*item) for item in pair] == [Fraction(14260, 14613), Fraction(4810, 4871)]
    assert common(pair) == 14613


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("92.66", {Rounding.ROUNDED: 808, Rounding.TRUNCATED: 808}),
        ("92.32", {Rounding.ROUNDED: 805}),
        ("92.6", {Rounding.TRUNCATED: 808}),
        ("92.61", {}),
        ("100.00", {Rounding.ROUNDED: 872, Rounding.TRUNCATED: 872}),
        ("0.00", {Rounding.ROUNDED: 0, Rounding.TRUNCATED: 0}),
    ],
)
def test_counts_out_of_872(text, expected):
    """SST-2's dev set has 872 sentences; TinyBERT's README prints the first three."""
    assert possible(printed(text), Unit.PERCENT, 872) == expected
