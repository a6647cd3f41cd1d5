"""Values that are not padding: one rule for parity, for swapped outputs, for the proof of the real length."""

from __future__ import annotations

import numpy as np
import pytest
from making import make_case

from harness.domain.catalog import Catalog
from harness.domain.models import Output
from harness.domain.precisions import Precision
from harness.errors import BadOutput, NotNumbers
from harness.running.valid import (
    counted,
    decisions,
    largest_valid_difference,
    overflow_told,
    require_numbers,
    spread,
    spreads,
    typical_difference,
)

TOKENS = Output(name="logits", dtype="float32", shape=("batch", "length", "labels"))
START = Output(name="start", dtype="float32", shape=("batch", "length"))
WHOLE = Output(name="logits", dtype="float32", shape=("batch", "labels"))
MASK = np.array([[1, 1, 0], [1, 0, 0]])


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.bool_])
def test_padding_is_left_out_whatever_the_masks_dtype(dtype: type):
    mask = MASK.astype(dtype)
    assert counted(np.zeros((2, 3, 2)), TOKENS, mask).sum() == 6
    assert counted(np.zeros((2, 3)), START, mask).sum() == 3
    assert counted(np.zeros((2, 2)), WHOLE, mask).all()


def test_a_position_in_padding_is_never_chosen():
    """Of a span's logits; of a token's every valid position decides for itself."""
    start = np.array([[0.0, 1.0, 9.0], [0.5, 9.0, 9.0]])
    assert decisions(start, START, MASK).chosen.tolist() == [1, 0]
    tokens = np.array([[[0, 1], [1, 0], [9, 0]], [[1, 0], [0, 9], [0, 9]]], np.float32)
    found = decisions(tokens, TOKENS, MASK)
    assert found.chosen.tolist() == [1, 0, 0]
    assert (found.rows.tolist(), found.positions.tolist()) == ([0, 0, 1], [0, 1, 0])


def test_differences_in_padding_are_none():
    ours, theirs = np.zeros((2, 3, 2), np.float32), np.zeros((2, 3, 2), np.float32)
    theirs[0, 0] = [1, -1]
    ours[0, 2] = 100
    assert largest_valid_difference([ours], [theirs], MASK, [TOKENS]) == 1
    # One of two samples differs by 0.5 on the mean of its two positions, the other by nothing: the median.
    scale = float(np.std(theirs[counted(theirs, TOKENS, MASK)]))
    assert typical_difference([ours], [theirs], MASK, [TOKENS]) == 0.25 / scale


def test_a_spread_is_summed_in_float64_and_a_typical_difference_in_the_logits_own_float32():
    """The two have been recorded so; among many large logits they are not the same number."""
    logits = (np.random.default_rng(0).standard_normal((2000, 2)) + 3000).astype(np.float32)
    mask = np.ones((2000, 3), np.int64)
    wide = spread([logits], mask, [WHOLE])
    assert wide == np.std(logits, dtype=np.float64)
    off = typical_difference([logits + 1], [logits], mask, [WHOLE])
    assert off == float(np.median(np.abs(logits + 1 - logits).mean(axis=1))) / float(np.std(logits))


class TestRequireNumbers:
    def outputs(self, value: float) -> list[np.ndarray]:
        array = np.zeros((2, 3, 2), np.float32)
        array[1, 2, 0] = value
        return [array]

    @pytest.mark.parametrize(("value", "said"), [(np.nan, "a NaN"), (-np.inf, "an infinity")])
    def test_the_place_is_named_in_padding_too(self, value: float, said: str):
        message = f"a case: output logits of sample 1 at position 2 holds {said}, the first of 1 values of 12"
        with pytest.raises(BadOutput, match=message):
            require_numbers(self.outputs(value), "a case", specs=[TOKENS])

    def test_without_a_table_outputs_go_by_number_and_samples_by_their_own(self):
        with pytest.raises(BadOutput, match="a case: output 0 of sample 41 holds a NaN"):
            require_numbers(self.outputs(np.nan), "a case", rows=np.array([40, 41]))

    def test_of_values_that_are_not_kept_nothing_is_asked(self):
        kept = [counted(self.outputs(0)[0], TOKENS, MASK)]
        require_numbers(self.outputs(np.nan), "a case", specs=[TOKENS], kept=kept)


def test_outputs_of_a_graph_are_measured_each_in_its_own_spread():
    """Boxes in pixels hide no score between 0 and 1; an encoder's two outputs are of one kind."""
    boxes, marks = np.array([[0.0, 600.0], [200.0, 400.0]]), np.array([[0.1, 0.2], [0.3, 0.4]])
    ones = np.ones((2, 1))
    graph = [Output(name=name, dtype="float32", shape=("batch", 2), own_spread=True) for name in "ab"]
    assert spreads([boxes, marks], ones, graph) == [np.std(boxes), np.std(marks)]
    encoder = [Output(name=name, dtype="float32", shape=("batch", 2)) for name in "ab"]
    assert len(set(spreads([boxes, marks], ones, encoder))) == 1


def test_a_value_far_out_counts_for_the_spread():
    """Of a thousand zeros and a one the deviation is 0.03: a sixteenth of the one is more."""
    output = np.zeros((1, 1001), np.float32)
    output[0, 7] = 1
    specs = [Output(name="a", dtype="float32", shape=("batch", 1001), own_spread=True)]
    [found] = spreads([output], np.ones((1, 1)), specs)
    assert found == pytest.approx((1 - 1 / 1001) / 16)


def test_whole_numbers_are_decisions_and_no_logits():
    """None of them counts for a spread; each is a decision whose margin nobody knows."""
    spec = Output(name="label", dtype="int64", shape=("batch",), own_spread=True)
    output = np.array([3.0, 1.0], np.float32)
    assert spreads([output], np.ones((2, 1)), [spec]) == [0.0]
    made = decisions(output, spec, np.ones((2, 1)))
    assert (made.chosen.tolist(), made.margin.tolist()) == ([3, 1], [0, 0])


@pytest.mark.parametrize(
    ("precision", "of_reference", "told"),
    [(Precision.FP16, False, True), (Precision.FP32, False, False), (Precision.FP16, True, False)],
)
def test_an_overflow_is_looked_for_where_fp16_is(
    catalog: Catalog, precision: Precision, of_reference: bool, told: bool
):
    """Not of fp32's own outputs, and not of an artifact in fp32; wrapped or not."""
    case = make_case(catalog, "tinybert", "cpu", precision=precision)
    with pytest.raises(NotNumbers) as found:
        require_numbers([np.array([np.nan])])
    found.value.of_reference = of_reference
    wrapped = BadOutput(f"in other words: {found.value}")
    wrapped.__cause__ = found.value
    for problem in (found.value, wrapped):
        with pytest.raises(BadOutput) as raised, overflow_told(case):
            raise problem
        assert ("fp16 holds no more than 65504" in str(raised.value)) is told
