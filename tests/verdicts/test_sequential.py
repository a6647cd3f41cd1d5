"""Drops that are told before every sample is drawn: how often wrongly, and what they do not depend on."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.verdicts.sequential import FEWEST, Allowance, Race, Sure, drawn, looks, surely_apart

ONE_PERCENT = Allowance(fixed=0.0, share=0.01)


@st.composite
def populations(draw: st.DrawFn, most: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights, own and other of a few samples: words of sentences, right in fp32 and in the artifact."""
    weights = np.array(draw(st.lists(st.integers(1, 9), min_size=1, max_size=most)))
    own, other = (np.array([draw(st.integers(0, int(weight))) for weight in weights]) for _ in range(2))
    return weights, own, other


def is_beyond(own: np.ndarray, other: np.ndarray, total: float, allowed: Allowance) -> bool:
    score = own.sum() / total
    return bool(score - other.sum() / total > allowed.of(score) + 1e-12)


def raced(weights: np.ndarray, own: np.ndarray, other: np.ndarray, allowed: Allowance, **more: float) -> Race:
    race = Race(weights.sum(), allowed, **more)
    race.see(weights, own, other)
    return race


# ------------------------------------------------------------------ exact at the end


@given(populations(), st.floats(0, 0.3), st.floats(0, 0.3))
def test_with_every_sample_drawn_a_verdict_is_that_of_the_whole(
    population: tuple[np.ndarray, ...], fixed: float, share: float
):
    weights, own, other = population
    allowed = Allowance(fixed=fixed, share=share)
    race = raced(weights, own, other, allowed)
    beyond = is_beyond(own, other, weights.sum(), allowed)
    assert race.sure is (Sure.BEYOND if beyond else Sure.WITHIN)


def test_a_drop_that_is_just_allowed_is_within():
    """Two of 200 samples, where two are allowed; three are beyond."""
    own, other = np.ones(200), np.ones(200)
    other[:2] = 0
    allowed = Allowance(fixed=2 / 200)
    assert raced(np.ones(200), own, other, allowed).sure is Sure.WITHIN
    other[2] = 0
    assert raced(np.ones(200), own, other, allowed).sure is Sure.BEYOND


# ------------------------------------------------------------------ wrong as often as said


def ever_wrong(
    weights: np.ndarray, own: np.ndarray, other: np.ndarray, allowed: Allowance, confidence: float
) -> tuple[float, float]:
    """Over all orders, looked at after every draw: how probable a wrong verdict is, and an early one."""
    orders = np.array(list(permutations(range(len(weights)))))
    w, a, b = (each[orders].astype(float) for each in (weights, own, other))
    left = weights.sum() - (np.cumsum(w, axis=1) - w)
    probability = np.prod(w / left, axis=1)
    race = Race(np.full(len(orders), weights.sum()), allowed, confidence)
    wrong, early = np.zeros(len(orders), bool), np.zeros(len(orders), bool)
    beyond = is_beyond(own, other, weights.sum(), allowed)
    for at in range(len(weights) - 1):
        race.see(w[:, at : at + 1], a[:, at : at + 1], b[:, at : at + 1])
        wrong |= race.within if beyond else race.beyond
        early |= race.within | race.beyond
    assert probability.sum() == pytest.approx(1)
    return float(probability[wrong].sum()), float(probability[early].sum())


@pytest.mark.parametrize("confidence", [0.5, 0.7, 0.9])
@pytest.mark.parametrize("lost", range(5))
@pytest.mark.parametrize("equal", [True, False])
def test_over_all_orders_of_a_population_no_more_verdicts_are_wrong_than_said(
    confidence: float, lost: int, equal: bool
):
    """Ville's inequality, exactly: all 720 orders of six samples, each with its probability."""
    weights = np.ones(6, int) if equal else np.array([1, 1, 2, 3, 4, 5])
    own = weights.copy()
    other = own.copy()
    other[1 : 1 + lost] = 0
    for allowed in (Allowance(fixed=0.3), Allowance(fixed=0.1, share=0.5), Allowance(fixed=0.0, share=0.4)):
        wrong, _ = ever_wrong(weights, own, other, allowed, confidence)
        assert wrong <= 1 - confidence + 1e-12


def test_verdicts_come_early_at_all():
    """Nothing lost of seven where more than half may be: who is content with 70 % need not draw them all."""
    weights = np.ones(7, int)
    wrong, early = ever_wrong(weights, weights, weights, Allowance(fixed=0.6), 0.7)
    assert (wrong, early) == (0, 1)


@pytest.mark.parametrize("more_lost", [9, 10])
@pytest.mark.parametrize("flips", [0, 40])
def test_at_the_edge_of_what_is_allowed(more_lost: int, flips: int):
    """9 samples are within 1 % of 950, and 10 beyond: of 300 populations, looked at after every other draw,
    at most eight are called the other thing (1 % are three)."""
    random = np.random.default_rng(3)
    own, other = np.ones(1000), np.ones(1000)
    own[950:] = other[950:] = 0
    other[: more_lost + flips] = 0
    other[950 : 950 + flips] = 1
    orders = np.argsort(random.random((300, 1000)), axis=1)
    race = Race(np.full(300, 1000), ONE_PERCENT)
    wrong = np.zeros(300, bool)
    for at in range(0, 998, 2):
        race.see(np.ones((300, 2)), own[orders[:, at : at + 2]], other[orders[:, at : at + 2]])
        wrong |= race.beyond if more_lost == 9 else race.within
    assert wrong.sum() <= 8


def test_without_a_flip_a_few_hundred_samples_are_enough():
    """Every bet of everything brings 1 % and more: ln(100 x 39 / 8) / ln(1.01) = 622 of 10,000, and the share
    of those left grows as they are drawn."""
    ones = np.ones(700)
    race = Race(10_000, ONE_PERCENT)
    race.see(ones[:450], ones[:450], ones[:450])
    assert race.sure is None
    race.see(ones[:250], ones[:250], ones[:250])
    assert race.sure is Sure.WITHIN


def test_a_broken_artifact_is_told_at_once():
    """Half of the samples lost, 1 % allowed."""
    race = Race(10_000, ONE_PERCENT)
    race.see(np.ones(64), np.ones(64), np.tile([0, 1], 32))
    assert race.sure is Sure.BEYOND


def test_what_the_rest_cannot_make_up_for_is_sure():
    """30 of 40 lost, and the last ten can gain nothing: no bet is needed."""
    race = Race(40, Allowance(fixed=0.5), 0.999999)
    race.see(np.ones(30), np.ones(30), np.zeros(30))
    assert race.sure is Sure.BEYOND


# ------------------------------------------------------------------ nothing else counts


@given(populations(), st.lists(st.integers(0, 60), max_size=5), st.floats(0, 0.2))
def test_how_draws_are_cut_changes_nothing(population: tuple[np.ndarray, ...], cuts: list[int], fixed: float):
    allowed = Allowance(fixed=fixed, share=0.05)
    seen = len(population[0]) * 2 // 3
    total = population[0].sum()
    whole, parted = (Race(total, allowed, 0.6) for _ in range(2))
    whole.see(*(each[:seen] for each in population))
    edges = [0, *sorted(min(cut, seen) for cut in cuts), seen]
    for start, stop in pairwise(edges):
        parted.see(*(each[start:stop] for each in population))
    assert parted.sure is whole.sure
    assert np.array_equal(parted.drop, whole.drop, equal_nan=True)


@given(populations(), st.integers(2, 5))
def test_a_unit_of_weight_may_be_anything(population: tuple[np.ndarray, ...], times: int):
    """Twice the words, twice as many right: the same."""
    seen = len(population[0]) * 2 // 3
    small, large = (
        Race(population[0].sum() * factor, Allowance(fixed=0.02, share=0.05), 0.6) for factor in (1, times)
    )
    small.see(*(each[:seen] for each in population))
    large.see(*(each[:seen] * times for each in population))
    assert small.sure is large.sure


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=20, max_size=20))
def test_populations_side_by_side_are_those_one_by_one(marks: list[tuple[int, int]]):
    own, other = np.array(marks).T.reshape(2, 4, 5)
    together = Race(np.full(4, 8), Allowance(fixed=0.1, share=0.1), 0.7)
    together.see(np.ones((4, 5)), own, other)
    for at in range(4):
        alone = Race(8, Allowance(fixed=0.1, share=0.1), 0.7)
        alone.see(np.ones(5), own[at], other[at])
        assert (bool(together.within[at]), bool(together.beyond[at])) == (
            bool(alone.within), bool(alone.beyond),
        )  # fmt: skip


def test_samples_that_count_nothing_change_nothing():
    weights, own, other = np.array([3, 0, 2]), np.array([3, 0, 1]), np.array([3, 0, 2])
    race, without = Race(9, ONE_PERCENT), Race(9, ONE_PERCENT)
    race.see(weights, own, other)
    without.see(weights[[0, 2]], own[[0, 2]], other[[0, 2]])
    assert (race.sure, race.drop) == (without.sure, without.drop)


# ------------------------------------------------------------------ the order


@given(st.lists(st.integers(0, 9), min_size=1, max_size=50))
def test_every_sample_is_drawn_once_and_those_that_count_nothing_last(weights: list[int]):
    order = drawn(np.array(weights))
    assert sorted(order) == list(range(len(weights)))
    counted = np.array(weights)[order] > 0
    assert not np.any(counted[1:] & ~counted[:-1])
    assert np.array_equal(order, drawn(np.array(weights)))


def test_a_sample_is_drawn_first_as_often_as_its_weight_says():
    """Of 4000 seeds one of 3 in 6 comes first 2000 times, give or take 2 standard deviations of 32."""
    first = [drawn(np.array([1, 2, 3]), seed)[0] for seed in range(4000)]
    assert np.bincount(first) / 4000 == pytest.approx([1 / 6, 2 / 6, 3 / 6], abs=0.016)


@given(st.integers(1, 50_000))
def test_looks_part_the_samples(samples: int):
    parts = list(looks(samples))
    assert parts[0][0] == 0
    assert parts[-1][1] == samples
    assert all(before[1] == after[0] for before, after in pairwise(parts))
    assert parts[0][1] >= min(samples, FEWEST)
    assert len(parts) < 25


# ------------------------------------------------------------------ a score that was stated


def test_a_score_that_is_far_from_the_stated_one_is_told():
    """900 of 1000 are stated, and 300 drawn ones have 60 % right, or all."""
    weights = np.ones(300)
    for share in (0.6, 1.0):
        added = (np.arange(300) % 10 < 10 * share).astype(float)
        assert surely_apart(1000, weights, added, 0.9, 0.002)
    as_stated = (np.arange(300) % 10 < 9).astype(float)
    assert not surely_apart(1000, weights, as_stated, 0.9, 0.002)


def test_a_score_as_stated_is_told_apart_in_one_of_a_hundred_at_most():
    """500 orders of 200 samples, 180 of them right; five would be 1 %, told after any 100 of them."""
    random = np.random.default_rng(7)
    added = np.repeat([1.0, 0.0], [180, 20])
    told = [surely_apart(200, np.ones(100), random.permutation(added)[:100], 0.9, 0.0) for _ in range(500)]
    assert sum(told) <= 12
