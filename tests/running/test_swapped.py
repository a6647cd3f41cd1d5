"""Outputs in each other's place are found, whatever they do to the score."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from making import make_case

from harness.errors import BadOutput
from harness.running.swapped import require_in_place

BOUND = 0.1
LENGTHS = np.array([16, 3, 9, 16, 12, 5])
MASK = (np.arange(16) < LENGTHS[:, None]).astype(np.int64)


@pytest.fixture
def reference():
    """Start and end logits of six samples."""
    return list(np.random.default_rng(0).normal(0, 3, (2, 6, 16)).astype(np.float32))


@pytest.fixture
def case(catalog):
    return make_case(catalog, "spanbert", "ascend310p")


def noisy(arrays):
    generator = np.random.default_rng(1)
    return [array + generator.uniform(-BOUND, BOUND, array.shape).astype(np.float32) for array in arrays]


def test_rounding_is_nobody_elses(case, reference):
    require_in_place(case, noisy(reference), reference, MASK, BOUND)


def test_two_samples_in_each_others_place_are_named(case, reference):
    outputs = noisy(reference)
    for array in outputs:
        array[[0, 4]] = array[[4, 0]]
    with pytest.raises(BadOutput, match=r"in each other's place: 4 where 0 belongs, 0 where 4 belongs"):
        require_in_place(case, outputs, reference, MASK, BOUND)


def test_outputs_shifted_by_one_are_named(case, reference):
    outputs = [np.roll(array, 1, axis=0) for array in noisy(reference)]
    with pytest.raises(BadOutput, match=r"5 where 0 belongs, .*4 where 5 belongs|and 1 more"):
        require_in_place(case, outputs, reference, MASK, BOUND)


def test_start_and_end_in_each_others_place_are_named(case, reference):
    names = [item.name for item in case.model.outputs]
    with pytest.raises(BadOutput, match=f"{names[1]} where {names[0]} belongs, {names[0]} where {names[1]}"):
        require_in_place(case, noisy(reference)[::-1], reference, MASK, BOUND)


def test_outputs_that_are_merely_wrong_are_left_to_the_score(case, reference):
    wrong = [np.random.default_rng(9).normal(0, 3, array.shape).astype(np.float32) for array in reference]
    require_in_place(case, wrong, reference, MASK, BOUND)


def test_what_stands_in_the_padding_says_nothing(case, reference):
    """A stand-in's outputs are 0 there, a chip's are whatever it computed."""
    elsewhere = [np.where(MASK, array, 99).astype(np.float32) for array in noisy(reference)]
    require_in_place(case, elsewhere, reference, MASK, BOUND)


def test_equal_samples_change_places_unseen(case, reference):
    """Two samples of the same text have the same outputs: nothing is wrong."""
    same = [array.copy() for array in reference]
    for array in same:
        array[1] = array[0]
    require_in_place(case, noisy(same), same, MASK, BOUND)


def test_one_output_has_nothing_to_change_places_with(catalog, reference):
    case = dataclasses.replace(make_case(catalog, "tinybert", "ascend310p"), batch_size=1)
    require_in_place(case, [reference[0][:, :2]], [reference[0][:, :2]], MASK, BOUND)


def test_a_buffer_that_was_written_twice_is_named(case, reference):
    """The last sample has the first one's outputs, bit for bit, which are right where they are."""
    outputs = noisy(reference)
    for array in outputs:
        array[5] = array[0]
    with pytest.raises(BadOutput, match=r"in each other's place: 0 where 5 belongs"):
        require_in_place(case, outputs, reference, MASK, BOUND)


def test_two_logits_are_close_to_somebodys_by_chance(catalog):
    """Wrong outputs that all look like a few samples' are wrong, not misplaced: their score says so."""
    case = make_case(catalog, "tinybert", "ascend310p")
    reference = np.random.default_rng(0).normal(0, 3, (40, 2)).astype(np.float32)
    wrong = reference[np.random.default_rng(1).integers(0, 6, 40)] + np.float32(0.01)
    require_in_place(case, [wrong], [reference], np.ones((40, 64)), BOUND)


def test_two_samples_with_the_same_bits_by_chance_are_no_buffer(catalog):
    """fp16 has few values: of forty samples, all wrong but the first, one has the first one's very bits."""
    case = make_case(catalog, "tinybert", "ascend310p")
    reference = np.random.default_rng(0).normal(0, 3, (40, 2)).astype(np.float32)
    wrong = reference + np.float32(50) * np.arange(40, dtype=np.float32)[:, None]
    wrong[7] = wrong[0]
    require_in_place(case, [wrong], [reference], np.ones((40, 64)), BOUND)
