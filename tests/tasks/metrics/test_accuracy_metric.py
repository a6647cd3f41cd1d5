"""Accuracy as counts, and the samples that two runs label differently."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import BadOutput, NoSamples
from harness.tasks.metrics.accuracy import Accuracy, accuracy, flips

LABELS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1)


def test_counts_and_the_fraction():
    score = accuracy(np.array([1, 0, 1, 1]), np.array([1, 1, 1, 0]))
    assert score == Accuracy(correct=2, samples=4)
    assert score.value == 0.5


def test_documented_values_are_whole_counts_of_872():
    """92.66 and 92.32 of ascend-tinybert.md are 808 and 805 of 872."""
    assert f"{100 * Accuracy(correct=808, samples=872).value:.2f}" == "92.66"
    assert f"{100 * Accuracy(correct=805, samples=872).value:.2f}" == "92.32"


def test_none_right_is_zero_and_not_an_error():
    assert accuracy(np.array([0, 0]), np.array([1, 1])).value == 0.0


@pytest.mark.parametrize("function", [accuracy, flips])
def test_nothing_to_compare_is_an_error(function):
    with pytest.raises(NoSamples, match="no predictions"):
        function(np.array([], np.int64), np.array([], np.int64))


def test_a_score_over_no_samples_cannot_be_made():
    with pytest.raises(NoSamples):
        Accuracy(correct=0, samples=0)


@pytest.mark.parametrize("correct", [-1, 3])
def test_a_score_of_more_than_all_samples_cannot_be_made(correct):
    with pytest.raises(BadOutput, match=f"found {correct} correct of 2 samples"):
        Accuracy(correct=correct, samples=2)


@pytest.mark.parametrize("function", [accuracy, flips])
@pytest.mark.parametrize(
    ("left", "right", "message"),
    [
        pytest.param([1, 0], [1], "found 2 predictions and 1 ", id="one-label-short"),
        pytest.param([1], [1, 0], "found 1 predictions and 2 ", id="one-prediction-short"),
        pytest.param([[1], [0]], [1, 0], r"predictions int64 \[2, 1\], expected", id="would-broadcast"),
        pytest.param([1, 0], [[1, 0]], r" int64 \[1, 2\], expected", id="label-matrix"),
        pytest.param([1.0, 0.0], [1, 0], "predictions float64", id="floats"),
    ],
)
def test_arrays_that_do_not_match_are_an_error(function, left, right, message):
    with pytest.raises(BadOutput, match=message):
        function(np.array(left), np.array(right))


def test_flips_are_the_indices_that_differ():
    found = flips(np.array([1, 0, 1, 1]), np.array([1, 1, 1, 0]))
    assert found.tolist() == [1, 3]
    assert found.dtype == np.int64


@settings(deadline=None)
@given(pairs=LABELS)
def test_right_and_flipped_samples_are_all_samples(pairs):
    left, right = np.array(pairs).T
    score = accuracy(left, right)
    assert score.correct + len(flips(left, right)) == score.samples == len(pairs)
    assert score.correct == sum(a == b for a, b in pairs)


@settings(deadline=None)
@given(pairs=LABELS, data=st.data())
def test_the_order_of_samples_does_not_matter(pairs, data):
    mixed = data.draw(st.permutations(pairs))
    assert accuracy(*np.array(pairs).T) == accuracy(*np.array(mixed).T)


def test_flips_of_predictions_with_several_parts():
    """The tags of a sentence as one string: a sentence that differs in one tag is one flip."""
    found = flips(np.array(["0012", "", "11"]), np.array(["0002", "", "1100"]))
    assert found.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("left", "right", "message"),
    [
        (["1"], [1], "predictions <U1 and reference predictions int64, expected one kind"),
        ([1.0], [1.0], "predictions float64 .* expected integers or strings"),
        ([["1"]], [["1"]], r"predictions <U1 \[1, 1\], expected integers or strings"),
    ],
)
def test_flips_of_other_kinds_are_an_error(left, right, message):
    with pytest.raises(BadOutput, match=message):
        flips(np.array(left), np.array(right))


def test_a_share_of_right_strings_is_no_accuracy():
    with pytest.raises(BadOutput, match="expected integers"):
        accuracy(np.array(["1"]), np.array(["1"]))
