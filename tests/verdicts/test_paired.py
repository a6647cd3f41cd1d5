"""What two runs differ by on the same samples: McNemar's test, and resampling of the judged metric."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.domain.metrics import Metric
from harness.domain.parts import Pairs, Parts
from harness.errors import NoSamples
from harness.verdicts.effects import Finding
from harness.verdicts.paired import chance, mcnemar, metric_change, score_change


def test_mcnemar_is_the_binomial_test_of_the_flips() -> None:
    """1 gained and 9 lost: two-sided 2 (C(10,0) + C(10,1)) / 2^10."""
    before, after = "1" * 50 + "0" * 50, "1" * 41 + "0" * 9 + "1" + "0" * 49
    flips = mcnemar(before, after)
    assert (flips.samples, flips.lost, flips.gained) == (100, 9, 1)
    assert flips.p_value == pytest.approx(2 * 11 / 1024)
    assert flips.change == pytest.approx(-0.08)


def test_no_flips_are_no_change() -> None:
    found = score_change(mcnemar("1101", "1101"))
    assert (found.change, found.low, found.high) == (0.0, 0.0, 0.0)
    assert found.finding(margin=0.002) is Finding.SAME


@given(st.integers(0, 40), st.integers(0, 40))
def test_the_interval_goes_with_the_test(lost: int, gained: int) -> None:
    """It leaves out "no change" just where McNemar's test is below 1 %, up to that test's own two sides."""
    before = "1" * lost + "0" * gained + "1" * 20
    after = "0" * lost + "1" * gained + "1" * 20
    flips, found = mcnemar(before, after), score_change(mcnemar(before, after))
    assert found.low <= flips.change <= found.high
    if not found.low <= 0 <= found.high:
        assert flips.p_value <= 0.0101
    if flips.p_value <= 0.005:
        assert not found.low <= 0 <= found.high


@pytest.mark.parametrize(("before", "after"), [("", ""), ("1", "10")])
def test_samples_that_do_not_match(before: str, after: str) -> None:
    with pytest.raises(NoSamples, match="both need the same samples, at least one"):
        mcnemar(before, after)


# --------------------------------------------------------------- the metric itself


def mean(values: list[float]) -> Parts:
    return Parts(above=values, below=[1.0] * len(values))


def test_the_metric_is_resampled_and_not_the_marks() -> None:
    """Fifteen answers become exact, twelve nearly right ones wholly wrong: F1 falls, whatever marks say."""
    before = mean([1.0] * 40 + [0.89] * 15 + [0.95] * 45)
    after = mean([1.0] * 55 + [0.0] * 12 + [0.95] * 33)
    found = metric_change(before, after)
    assert found.change == pytest.approx(after.value - before.value) == pytest.approx(-0.0975)
    assert found.low < found.change < found.high < 0
    assert found.finding(margin=0.002) is Finding.WORSE
    assert found.basis == "1000 draws of the samples, 27 of 100 differ"
    turned = metric_change(after, before)
    assert turned.finding(margin=0.002) is Finding.BETTER


def test_the_same_answers_are_no_change() -> None:
    found = metric_change(mean([0.5, 1.0]), mean([0.5, 1.0]))
    assert (found.change, found.low, found.high) == (0.0, 0.0, 0.0)


def test_one_changed_sample_is_no_evidence() -> None:
    """Of a thousand: one more that is wrong may be chance, and its own spread is not known."""
    before, after = mean([1.0] * 1000), mean([0.0] + [1.0] * 999)
    found = metric_change(before, after)
    assert found.low < 0 < found.high
    assert found.finding(margin=0.002) is Finding.TOO_NOISY


def test_a_ratio_of_sums_is_resampled_as_one() -> None:
    """F1 of entities: sentences without any move nothing, and a false one lowers it."""
    draw = random.Random(1)
    truth = [draw.randint(0, 4) for _ in range(400)]
    before = Parts(above=[2 * n for n in truth], below=[2 * n for n in truth])
    lost = [min(n, 1) if at % 5 == 0 else 0 for at, n in enumerate(truth)]
    after = Parts(above=[2 * (n - k) for n, k in zip(truth, lost, strict=True)], below=before.below)
    found = metric_change(before, after)
    assert found.change == pytest.approx(-2 * sum(lost) / sum(before.below))
    assert found.finding(margin=0.002) is Finding.WORSE


def test_what_chance_does_is_rarely_a_change() -> None:
    """At 99 %: of 300 pairs of runs that flip ten answers each way at random, a few are called otherwise."""
    draw, alarms = random.Random(4), 0
    for _ in range(300):
        before = [draw.random() for _ in range(200)]
        after = [value + draw.gauss(0, 0.2) if draw.random() < 0.1 else value for value in before]
        found = metric_change(mean(before), mean(after))
        alarms += not found.low <= 0 <= found.high
    assert alarms <= 9


def test_metrics_of_other_samples() -> None:
    for before, after in ((mean([]), mean([])), (mean([1.0]), mean([1.0, 0.0]))):
        with pytest.raises(NoSamples, match="both need the same samples"):
            metric_change(before, after)


def test_parts_are_kept_without_a_line_of_ones() -> None:
    of_answers = mean([0.5, 1.0])
    assert of_answers.as_raw() == {"above": [0.5, 1.0]}
    assert Parts.of_raw({"parts": {"f1": of_answers.as_raw()}}, "f1") == of_answers
    of_entities = Parts(above=[2, 0], below=[3, 1])
    assert Parts.of_raw({"parts": {"f1": of_entities.as_raw()}}, "f1") == of_entities
    assert Parts.of_raw({"parts": {}}, "f1") is None
    assert Parts.of_raw({}, "f1") is None


def test_what_chance_explains_is_half_of_the_drops_interval() -> None:
    """Of an MCC, too, whose change goes down to -2: no logarithm of it is taken."""
    true = [at % 3 % 2 for at in range(60)]
    few = [*true[:-6], *(1 - item for item in true[-6:])]
    for after in (few, [1 - item for item in true]):
        runs = [Pairs(metric=Metric.MCC, predicted=made, true=true) for made in (true, after)]
        found = metric_change(*runs, confidence=0.95)
        assert chance(*runs) == (found.high - found.low) / 2
