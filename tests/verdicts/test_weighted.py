"""Metrics of weighted samples: a weight of n is the sample n times, as scikit-learn and scipy count it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from harness.domain.metrics import Metric
from harness.domain.parts import RAW, Pairs, Parts, kept
from harness.tasks.metrics import agreement
from harness.verdicts import paired, weighted

LABELS = (Metric.F1_MACRO, Metric.MCC)
NUMBERS = (Metric.PEARSON, Metric.SPEARMAN)


def repeated(pairs: Pairs, weights: list[int]) -> Pairs:
    """Each sample as often as its weight says."""
    return Pairs(
        metric=pairs.metric, predicted=np.repeat(pairs.predicted, weights).tolist(),
        true=np.repeat(pairs.true, weights).tolist(),
    )  # fmt: skip


SAMPLES = st.integers(2, 12).flatmap(
    lambda n: st.tuples(*(st.lists(st.integers(0, 3), min_size=n, max_size=n) for _ in range(3)))
)


@pytest.mark.parametrize("metric", [Metric.F1, *LABELS, *NUMBERS])
@given(SAMPLES)
@settings(max_examples=40, deadline=None)
def test_a_weight_is_a_repetition(metric: Metric, samples: tuple[list[int], list[int], list[int]]):
    predicted, true, weights = samples
    assume(sum(weights) > 1)
    if metric is Metric.F1:
        predicted, true = ([int(value == 1) for value in side] for side in (predicted, true))
        assume(any(p or t for p, t, w in zip(predicted, true, weights, strict=True) if w))
    some = repeated(Pairs(metric=metric, predicted=predicted, true=true), weights)
    if metric in NUMBERS:
        assume(len(set(some.predicted)) > 1)
        assume(len(set(some.true)) > 1)
    pairs = Pairs(metric=metric, predicted=predicted, true=true)
    found = weighted.values(pairs, np.array([weights]))
    assert found[0] == pytest.approx(agreement.of(some), abs=1e-9)


def test_a_draw_in_which_nothing_varies_has_no_correlation():
    pairs = Pairs(metric=Metric.PEARSON, predicted=[1, 2, 3], true=[1, 2, 4])
    assert not np.isfinite(weighted.values(pairs, np.array([[2, 0, 0]])))[0]


class TestChange:
    def noisy(self, metric: Metric, noise: float, seed: int = 0, samples: int = 400) -> Pairs:
        random = np.random.default_rng(1)
        true = random.normal(size=samples)
        predicted = true + 0.5 * random.normal(size=samples)
        predicted += noise * np.random.default_rng(seed).normal(size=samples)
        return Pairs(metric=metric, predicted=predicted.tolist(), true=true.tolist())

    @pytest.mark.parametrize("metric", NUMBERS)
    def test_a_real_loss_is_outside_of_chance_and_a_small_one_within(self, metric: Metric):
        before = self.noisy(metric, 0)
        large = paired.metric_change(before, self.noisy(metric, 1.0))
        assert large.change < 0
        assert large.high < 0
        small = paired.metric_change(before, self.noisy(metric, 1e-3))
        assert small.low < 0 < small.high or abs(small.change) < 1e-4
        assert abs(small.change) < paired.chance(before, self.noisy(metric, 1.0))

    @pytest.mark.parametrize("metric", LABELS)
    def test_labels_that_flip_by_chance_do_not_exclude_no_change(self, metric: Metric):
        random = np.random.default_rng(3)
        true = random.integers(0, 3, 300)
        before = np.where(random.random(300) < 0.8, true, (true + 1) % 3)
        after = np.where(random.random(300) < 0.02, (before + 1) % 3, before)
        change = paired.metric_change(*(
            Pairs(metric=metric, predicted=side.tolist(), true=true.tolist()) for side in (before, after)
        ))  # fmt: skip
        assert change.low < change.change < change.high

    def test_equal_predictions_have_no_chance_at_all(self):
        pairs = self.noisy(Metric.PEARSON, 0)
        assert paired.chance(pairs, pairs) == 0
        assert paired.metric_change(pairs, pairs).change == 0

    def test_a_mean_over_samples_is_measured_by_samples(self):
        parts = Parts(above=[1, 0], below=[1, 1])
        assert paired.chance(parts, parts) is None
        assert paired.chance(None, None) is None

    def test_the_interval_covers_what_the_whole_population_loses(self):
        """Of 100 pairs of runs on 200 samples each, about 5 may miss the change that 100,000 samples have."""
        random = np.random.default_rng(5)
        true = random.normal(size=100_000)
        before = true + 0.5 * random.normal(size=true.size)
        after = before + 0.4 * random.normal(size=true.size)
        whole = np.corrcoef(after, true)[0, 1] - np.corrcoef(before, true)[0, 1]
        missed = 0
        for at in range(0, 20_000, 200):
            some = slice(at, at + 200)
            first, second = (
                Pairs(metric=Metric.PEARSON, predicted=side[some].tolist(), true=true[some].tolist())
                for side in (before, after)
            )
            effect = paired.metric_change(first, second, confidence=0.95)
            missed += not effect.low <= whole <= effect.high
        assert missed <= 12


def test_what_a_result_keeps_is_read_back():
    pairs = Pairs(metric=Metric.MCC, predicted=[0, 1], true=[1, 1])
    parts = Parts(above=[1.0], below=[1.0])
    raw = {RAW: {"mcc": pairs.as_raw(), "f1": parts.as_raw()}}
    assert kept(raw, "mcc") == pairs
    assert kept(raw, "f1") == parts
    assert kept(raw, "accuracy") is None
