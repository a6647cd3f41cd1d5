"""Printed scores as fractions: what could have made the digits."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from harness.documents.audit.fractions import MOST_SAMPLES, Common, common, possible, simplest
from harness.documents.readme.cells import number
from harness.domain.metrics import Unit
from harness.domain.references import Rounding

TRIED = 200_000  # samples, each in turn
BOTH = frozenset(Rounding)


def printed(text: str):
    found = number(text)
    assert found is not None
    return found


def percent(*texts: str):
    return [(printed(text), Unit.PERCENT) for text in texts]


def makes(count, samples, text: str, way: Rounding):
    """Whether `count` out of `samples` is printed as `text` per cent; in whole numbers of the last digit."""
    digits, whole = int(text.replace(".", "")), 100 * 10 ** len(text.partition(".")[2])
    units, rest = np.divmod(count * whole, samples)
    if way is Rounding.TRUNCATED:
        return units == digits
    return ((units == digits) & (2 * rest <= samples)) | ((units == digits - 1) & (2 * rest >= samples))


def tried(texts, way: Rounding) -> int | None:
    """The smallest number of samples up to `TRIED`, by trying each."""
    samples = np.arange(1, TRIED + 1)
    good = np.ones(TRIED, bool)
    for text in texts:
        whole = 100 * 10 ** len(text.partition(".")[2])
        near = int(text.replace(".", "")) * samples // whole
        counts = [near + more for more in (-1, 0, 1)]
        good &= np.any([makes(n, samples, text, way) & (n >= 0) & (n <= samples) for n in counts], axis=0)
    return int(samples[good][0]) if good.any() else None


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
    found = common([(printed(text), Unit.FRACTION)])
    assert found == Common(samples=fraction.denominator, counts=(fraction.numerator,), ways=BOTH)
    assert possible(printed(text), Unit.FRACTION, samples) == {Rounding.ROUNDED: count}
    percent = repr(count / samples * 100)
    assume(len(percent.partition(".")[2]) >= 12)
    assert common([(printed(percent), Unit.PERCENT)]) == found


def test_the_denominator_of_the_vacc_pair():
    """As printed by people_daily_eval.py: 14613 is 3 * 4871, and the second one is a third of it."""
    texts = ("0.9758434270854719", "0.9874769041264627")
    found = common([(printed(text), Unit.FRACTION) for text in texts])
    assert found == Common(samples=14613, counts=(14260, 14430), ways=BOTH)
    samples = np.arange(1, TRIED + 1)
    good = [np.abs(np.rint(float(text) * samples) / samples - float(text)) < 1e-15 for text in texts]
    assert samples[good[0] & good[1]][0] == 14613


@pytest.mark.parametrize(
    ("texts", "samples", "counts", "ways"),
    [
        (("92.69", "92.37"), 616, (571, 569), BOTH),
        (("92.71", "91.13"), 631, (585, 575), {Rounding.ROUNDED}),
        (("90.05", "88.88"), 171, (154, 152), {Rounding.TRUNCATED}),
        (("66.66",), 3, (2,), {Rounding.TRUNCATED}),
        (("66.67",), 3, (2,), {Rounding.ROUNDED}),
        (("100.00", "0.00"), 1, (1, 0), BOTH),
    ],
)
def test_the_smallest_number_of_samples(texts, samples, counts, ways):
    """The first is no multiple of either one's own (73 and 118); one way of printing holds for all."""
    assert common(percent(*texts)) == Common(samples=samples, counts=counts, ways=frozenset(ways))
    each = {way: tried(texts, way) for way in Rounding}
    assert min(filter(None, each.values())) == samples
    assert {way for way, found in each.items() if found == samples} == ways


@settings(max_examples=60)
@given(st.integers(0, 3), st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_no_smaller_number_of_samples_would_do(digits, scores):
    """Every number of samples up to 200,000 tried in turn, rounded and cut off."""
    texts = [f"{100 * score:.{digits}f}" for score in scores]
    least = [found for way in Rounding if (found := tried(texts, way)) is not None]
    found = common(percent(*texts))
    assert (found.samples if found is not None and found.samples <= TRIED else None) == min(
        least, default=None
    )
    if found is not None:
        for text, count in zip(texts, found.counts, strict=True):
            assert 0 <= count <= found.samples
            assert makes(count, found.samples, text, min(found.ways))
            assert found.ways <= set(possible(printed(text), Unit.PERCENT, found.samples))


@pytest.mark.parametrize("texts", [("104.00",), ("-3.1",), ("0.00000001",), ("92.66", "100.4")])
def test_scores_that_no_number_of_samples_makes(texts):
    """Above 1, below 0, or less than one of a million."""
    assert MOST_SAMPLES == 1_000_000
    assert common(percent(*texts)) is None


@pytest.mark.parametrize("text", ["92.67", "92.68"])
def test_a_tie_is_printed_either_way(text):
    """3707 of 4000 is 92.675 %: ``%.2f`` of the double beside it gives 92.67, by hand it is 92.68."""
    assert f"{100 * 3707 / 4000:.2f}" == "92.67"
    assert possible(printed(text), Unit.PERCENT, 4000)[Rounding.ROUNDED] == 3707


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
