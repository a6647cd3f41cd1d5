"""Outputs in each other's place are found, whatever they do to the score."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from making import make_case

from harness.errors import BadOutput
from harness.running.bounds import Explained
from harness.running.swapped import require_in_place

BOUND = 0.1
WITHIN = Explained(largest=BOUND, rms=BOUND / 2)
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
    require_in_place(case, noisy(reference), reference, MASK, WITHIN)


def test_two_samples_in_each_others_place_are_named(case, reference):
    outputs = noisy(reference)
    for array in outputs:
        array[[0, 4]] = array[[4, 0]]
    with pytest.raises(BadOutput, match=r"in each other's place: 4 where 0 belongs, 0 where 4 belongs"):
        require_in_place(case, outputs, reference, MASK, WITHIN)


def test_outputs_shifted_by_one_are_named(case, reference):
    outputs = [np.roll(array, 1, axis=0) for array in noisy(reference)]
    with pytest.raises(BadOutput, match=r"5 where 0 belongs, .*4 where 5 belongs|and 1 more"):
        require_in_place(case, outputs, reference, MASK, WITHIN)


def test_start_and_end_in_each_others_place_are_named(case, reference):
    names = [item.name for item in case.model.outputs]
    with pytest.raises(BadOutput, match=f"{names[1]} where {names[0]} belongs, {names[0]} where {names[1]}"):
        require_in_place(case, noisy(reference)[::-1], reference, MASK, WITHIN)


def test_outputs_that_are_merely_wrong_are_left_to_the_score(case, reference):
    wrong = [np.random.default_rng(9).normal(0, 3, array.shape).astype(np.float32) for array in reference]
    require_in_place(case, wrong, reference, MASK, WITHIN)


def test_what_stands_in_the_padding_says_nothing(case, reference):
    """A stand-in's outputs are 0 there, a chip's are whatever it computed."""
    elsewhere = [np.where(MASK, array, 99).astype(np.float32) for array in noisy(reference)]
    require_in_place(case, elsewhere, reference, MASK, WITHIN)


def test_equal_samples_change_places_unseen(case, reference):
    """Two samples of the same text have the same outputs: nothing is wrong."""
    same = [array.copy() for array in reference]
    for array in same:
        array[1] = array[0]
    require_in_place(case, noisy(same), same, MASK, WITHIN)


def test_one_output_has_nothing_to_change_places_with(catalog, reference):
    case = dataclasses.replace(make_case(catalog, "tinybert", "ascend310p"), batch_size=1)
    require_in_place(case, [reference[0][:, :2]], [reference[0][:, :2]], MASK, WITHIN)


def test_a_buffer_that_was_written_twice_is_named(case, reference):
    """The last sample has the first one's outputs, bit for bit, which are right where they are."""
    outputs = noisy(reference)
    for array in outputs:
        array[5] = array[0]
    with pytest.raises(BadOutput, match=r"in each other's place: 0 where 5 belongs"):
        require_in_place(case, outputs, reference, MASK, WITHIN)


def test_two_logits_are_close_to_somebodys_by_chance(catalog):
    """Wrong outputs that all look like a few samples' are wrong, not misplaced: their score says so."""
    case = make_case(catalog, "tinybert", "ascend310p")
    reference = np.random.default_rng(0).normal(0, 3, (40, 2)).astype(np.float32)
    wrong = reference[np.random.default_rng(1).integers(0, 6, 40)] + np.float32(0.01)
    require_in_place(case, [wrong], [reference], np.ones((40, 64)), WITHIN)


def test_two_samples_with_the_same_bits_by_chance_are_no_buffer(catalog):
    """fp16 has few values: of forty samples, all wrong but the first, one has the first one's very bits."""
    case = make_case(catalog, "tinybert", "ascend310p")
    reference = np.random.default_rng(0).normal(0, 3, (40, 2)).astype(np.float32)
    wrong = reference + np.float32(50) * np.arange(40, dtype=np.float32)[:, None]
    wrong[7] = wrong[0]
    require_in_place(case, [wrong], [reference], np.ones((40, 64)), WITHIN)


class TestWhereMuchIsExplained:
    """Noise of 0.4 spreads, and a bound of eight standard deviations of it: nothing is four bounds away."""

    WITHIN = Explained(largest=3.2 * 3, rms=0.6 * 3)

    def rough(self, arrays):
        generator = np.random.default_rng(2)
        return [array + generator.normal(0, 0.4 * 3, array.shape).astype(np.float32) for array in arrays]

    def questions(self, count=12):
        generator = np.random.default_rng(3)
        return list(generator.normal(0, 3, (2, count, 64)).astype(np.float32)), np.ones((count, 64), np.int64)

    def test_three_pairs_that_changed_places_are_named(self, case):
        reference, mask = self.questions()
        outputs = self.rough(reference)
        require_in_place(case, outputs, reference, mask, self.WITHIN)
        for array in outputs:
            array[[0, 5, 2, 7, 3, 11]] = array[[5, 0, 7, 2, 11, 3]]
        said = "5 where 0 belongs, 7 where 2 belongs, 11 where 3 belongs, 0 where 5 belongs"
        with pytest.raises(BadOutput, match=f"{said}, 2 where 7 belongs, and 1 more"):
            require_in_place(case, outputs, reference, mask, self.WITHIN)

    def test_a_pair_is_found_among_others_that_are_merely_wrong(self, case):
        """A real loss on some samples hides no mix-up of others."""
        reference, mask = self.questions()
        outputs = self.rough(reference)
        for array in outputs:
            array[[0, 5]] = array[[5, 0]]
            array[6:] += np.random.default_rng(4).normal(0, 9, array[6:].shape).astype(np.float32)
        with pytest.raises(BadOutput, match="place: 5 where 0 belongs, 0 where 5 belongs; look"):
            require_in_place(case, outputs, reference, mask, self.WITHIN)

    def test_outputs_that_are_all_alike_are_left_to_the_score(self, case):
        """A network that says the same of everything is near somebody's output, and exchanged nothing."""
        reference, mask = self.questions()
        require_in_place(
            case, [array[[3]].repeat(12, 0) for array in reference], reference, mask, self.WITHIN
        )

    def test_two_wrong_logits_are_left_to_the_score(self, catalog):
        """Of two values, some wrong outputs are near each other's by chance."""
        case = make_case(catalog, "tinybert", "ascend310p")
        generator = np.random.default_rng(5)
        reference = generator.normal(0, 3, (200, 2)).astype(np.float32)
        wrong = reference + generator.normal(0, 3, (200, 2)).astype(np.float32)
        within = Explained(largest=1.0, rms=0.5)
        require_in_place(case, [wrong], [reference], np.ones((200, 64)), within)

    def test_two_logits_that_changed_places_are_named(self, catalog):
        """Positive where negative belongs, while all else is right."""
        case = make_case(catalog, "tinybert", "ascend310p")
        reference = np.array([[2, -2], [-2, 2], [2.1, -2], [-1, 1.5]], np.float32)
        outputs = reference + np.float32(0.1)
        outputs[[0, 1]] = outputs[[1, 0]]
        with pytest.raises(BadOutput, match="place: 1 where 0 belongs, 0 where 1 belongs; look"):
            require_in_place(case, [outputs], [reference], np.ones((4, 64)), Explained(largest=1.5, rms=0.5))
