"""How many whole numbers may be others, against what noise on the numbers that decide really turns over."""

from __future__ import annotations

import numpy as np
import pytest

from harness.domain.cases import Case
from harness.domain.measurements import VerdictKind
from harness.verdicts import whole_numbers
from harness.verdicts.whole_numbers import Whole, explained


@pytest.mark.parametrize("choices", [10, 1000])
@pytest.mark.parametrize("rms", [0.01, 0.08])
def test_noise_of_so_many_spreads_is_explained_and_eight_times_as_much_is_not(
    choices: int, rms: float
) -> None:
    """Of normal numbers: of two choices a third as many turn over, which is allowed too."""
    generator, count = np.random.default_rng(1), 4000
    logits = generator.standard_normal((count, choices))
    noise = generator.standard_normal(logits.shape)
    turned = [int(((logits + far * noise).argmax(1) != logits.argmax(1)).sum()) for far in (rms, 8 * rms)]
    assert turned[0] <= explained(count, rms) < turned[1]


@pytest.mark.parametrize(("rms", "most"), [(2e-5, 0), (0.01, 2), (0.7, 4)])
def test_of_a_few_decisions_never_more_than_half(rms: float, most: int) -> None:
    """fp32's bound, fp16's and int8's."""
    assert explained(8, rms) == most


@pytest.mark.parametrize(("unequal", "good"), [(0, True), (2, True), (3, False)])
def test_both_numbers_are_told(on_310p: Case, unequal: int, good: bool) -> None:
    verdict = whole_numbers.judge_parity(on_310p, Whole(values=8, unequal=unequal, worst=5), 0.01)
    assert verdict.kind is (VerdictKind.SURVIVES if good else VerdictKind.FALLS_SHORT)
    assert verdict.measured == unequal / 8
    said = (
        "above the 2 that fp16 explains" if not good else "within the 2" if unequal else "all 8 whole numbers"
    )
    assert said in verdict.message


def test_the_worse_of_two_kinds_of_output_decides(on_310p: Case) -> None:
    """Its numbers are the verdict's; both sentences are told."""
    same, other = (
        whole_numbers.judge_relation(
            on_310p, "it stays", Whole(values=8, unequal=count, worst=3), Whole(values=8, unequal=0, worst=0)
        )
        for count in (0, 1)
    )
    for one, two in ((same, other), (other, same)):
        found = whole_numbers.joined(on_310p, one, two, "it stays")
        assert (found.kind, found.measured) == (VerdictKind.FALLS_SHORT, 1 / 8)
        assert "all 8 whole numbers stay" in found.message
        assert "violated: it stays: 1 of 8 whole numbers are others (sample 3)" in found.message
