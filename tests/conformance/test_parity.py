"""The statistics of parity against numbers worked out by hand, on valid positions only."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import make_case

from harness.conformance import parity
from harness.domain.catalog import Catalog
from harness.domain.models import Output
from harness.domain.precisions import Precision
from harness.errors import BadOutput, NoSamples
from harness.running.bounds import parity_bounds

LABELS = Output(name="logits", dtype="float32", shape=("batch", "labels"))
TOKENS = Output(name="tags", dtype="float32", shape=("batch", "length", "labels"))
START = Output(name="start", dtype="float32", shape=("batch", "length"))
MASK = np.array([[1, 1, 1, 0], [1, 1, 0, 0]])


def compare(ours, theirs, spec: Output, mask=MASK) -> parity.Parity:
    return parity.compare([np.float32(ours)], [np.float32(theirs)], mask, [spec], case="a case")


def test_the_statistics_of_four_logits():
    theirs = [[1.0, 3.0], [-1.0, -3.0]]
    ours = [[1.0, 3.5], [-1.0, -4.0]]
    found = compare(ours, theirs, LABELS)
    assert (found.samples, found.values) == (2, 4)
    assert found.spread == pytest.approx(math.sqrt(5))
    assert found.max_abs_difference == 1.0
    assert found.mean_abs_difference == 1.5 / 4
    assert found.relative_norm == pytest.approx(math.sqrt(1.25 / 20))
    assert found.largest_in_spread == pytest.approx(1 / math.sqrt(5))
    assert found.rms_in_spread == pytest.approx(math.sqrt(1.25 / 4 / 5))
    assert found.least_cosine == pytest.approx(13 / math.sqrt(10 * 17))
    assert found.p999_abs_difference is None
    assert (found.flips, found.decisions) == (0, 2)


def test_padding_has_no_part_in_it():
    """Its logits may be anything finite, and its largest one may move."""
    theirs = np.random.default_rng(0).normal(size=(2, 4, 3))
    ours = np.where(MASK[..., None] == 1, theirs, 1000.0 - theirs)
    found = compare(ours, theirs, TOKENS)
    assert (found.max_abs_difference, found.flips) == (0, 0)
    assert (found.values, found.decisions) == (15, 5)


def test_the_999th_of_a_thousand_is_stated_from_ten_thousand_values():
    mask = np.ones((10, 1000))
    theirs = np.random.default_rng(0).normal(size=mask.shape)
    ours = theirs.copy()
    ours[0, :20] += 5  # of 10000: beyond the percentile
    assert compare(ours, theirs, START, mask).p999_abs_difference == pytest.approx(5)
    assert compare(ours[:, 1:], theirs[:, 1:], START, mask[:, 1:]).p999_abs_difference is None


class TestFlips:
    def test_a_token(self):
        theirs = np.zeros((2, 4, 3))
        theirs[..., 0] = 1.0
        ours = theirs.copy()
        ours[1, 1, 2] = 1.25
        ours[1, 3, 2] = 9.0  # padding
        [flip] = compare(ours, theirs, TOKENS).first_flips
        assert (flip.output, flip.sample, flip.position) == ("tags", 1, 1)
        assert (flip.reference, flip.found, flip.margin, flip.difference) == (0, 2, 1.0, 1.25)

    def test_a_sample(self):
        [flip] = compare([[2.0, 1.0], [0.0, 1.0]], [[0.5, 1.0], [0.0, 1.0]], LABELS).first_flips
        assert (flip.sample, flip.position, flip.reference, flip.found) == (0, None, 1, 0)
        assert (flip.margin, flip.difference) == (0.5, 1.5)

    def test_the_start_of_an_answer_is_a_position_that_is_no_padding(self):
        theirs = [[0.0, 3.0, 1.0, 9.0], [1.0, 0.0, 9.0, 9.0]]
        ours = [[0.0, 1.0, 2.0, 9.0], [1.0, 0.0, 9.0, 9.0]]
        [flip] = compare(ours, theirs, START).first_flips
        assert (flip.sample, flip.reference, flip.found, flip.margin) == (0, 1, 2, 2.0)

    def test_the_surest_of_them_come_first_and_all_are_counted(self):
        mask = np.ones((40, 1))
        theirs = np.stack([np.zeros(40), np.linspace(0.1, 4.0, 40)], axis=1)
        found = compare(theirs[:, ::-1], theirs, LABELS, mask)
        margins = [flip.margin for flip in found.first_flips]
        assert (found.flips, len(margins)) == (40, parity.FLIPS_LISTED)
        assert margins == sorted(margins, reverse=True)
        assert margins[0] == pytest.approx(4.0)

    def test_a_flip_is_explained_up_to_twice_the_difference(self):
        """Both logits may move, towards each other."""
        found = compare([[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 1.0]], LABELS)
        explained = 0.5 / found.spread
        assert found.unexplained(explained * 1.01) == ()
        assert found.unexplained(explained * 0.99) == found.first_flips


class TestNoNumbers:
    @pytest.mark.parametrize(("value", "what"), [(np.nan, "a NaN"), (-np.inf, "an infinity")])
    @pytest.mark.parametrize("whose", [0, 1])
    def test_it_is_an_error_with_sample_position_and_output(self, value: float, what: str, whose: int):
        """In the artifact's outputs and in the reference's, in padding too; never zeroed or left out."""
        arrays = [np.zeros((2, 4, 3)), np.zeros((2, 4, 3))]
        arrays[whose][1, 3, 0] = value
        name = ["the artifact", "the fp32 reference"][whose]
        with pytest.raises(
            BadOutput, match=f"a case: {name}: output tags of sample 1 at position 3 holds {what}"
        ):
            compare(*arrays, TOKENS)

    @pytest.mark.parametrize("shape", [(2, 3), (2,), (1, 2)])
    def test_another_shape_is_an_error_with_both(self, shape: tuple[int, ...]):
        found = re.escape(str(list(shape)))
        with pytest.raises(BadOutput, match=rf"a case: output logits has shape {found}, expected \[2, 2\]"):
            compare(np.zeros(shape), np.ones((2, 2)), LABELS)

    def test_another_number_of_outputs_is_an_error(self):
        one = np.zeros((2, 2), np.float32)
        with pytest.raises(BadOutput, match="a case: 2 outputs, expected 1"):
            parity.compare([one, one], [one], MASK, [LABELS], case="a case")

    def test_nothing_to_compare_is_an_error(self):
        with pytest.raises(NoSamples):
            compare(np.zeros((2, 4)), np.zeros((2, 4)), START, np.zeros((2, 4)))


def test_a_difference_from_a_constant_is_above_every_bound():
    """Outputs whose spread is 0 have no scale: equal ones are equal, others infinitely far."""
    ones = np.ones((2, 2))
    assert compare(ones, ones, LABELS).largest_in_spread == 0
    assert compare(ones + 1, ones, LABELS).largest_in_spread == math.inf


@given(st.integers(0, 1000), st.floats(0.01, 100), st.floats(-10, 10))
def test_what_is_in_spreads_does_not_depend_on_scale_and_offset(seed: int, scale: float, offset: float):
    generator = np.random.default_rng(seed)
    theirs = generator.normal(size=(2, 4, 3)).astype(np.float32)
    ours = theirs + generator.normal(size=theirs.shape).astype(np.float32) * np.float32(0.1)
    one = compare(ours, theirs, TOKENS)
    other = compare(ours * scale + offset, theirs * scale + offset, TOKENS)
    assert other.largest_in_spread == pytest.approx(one.largest_in_spread, rel=0.01)
    assert other.rms_in_spread == pytest.approx(one.rms_in_spread, rel=0.01)


@pytest.mark.parametrize(("layers", "share"), [(12, 1.0), (3, 0.25), (24, 1.0)])
def test_a_models_own_bounds_are_of_the_documented_network(catalog: Catalog, layers: int, share: float):
    """Errors of layers add up at most: three layers of twelve have a quarter; more than twelve no more."""
    case = make_case(catalog, "bert-chinese-ner", "vacc", precision=Precision.INT8)
    own = next(item for item in case.model.parity if item.precision is Precision.INT8)
    found = parity_bounds(catalog.precisions[Precision.INT8], case, layers)
    assert (found.largest, found.rms) == (own.largest.most * share, own.rms.most * share)
    assert ("the share of" in found.reason) is (share < 1)


def test_a_precisions_bounds_are_of_any_depth(catalog: Catalog):
    case = make_case(catalog, "tinybert", "t4", precision=Precision.FP32)
    spec = catalog.precisions[Precision.FP32]
    assert parity_bounds(spec, case, 2) == parity_bounds(spec, case, 4)
    assert parity_bounds(spec, case, 2).largest == spec.largest.most
