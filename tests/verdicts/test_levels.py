"""Levels of a series: what neighbours say, what lasts, and where it shifted, on simulated series."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import numpy as np
import pytest
import ruptures
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.verdicts import levels
from harness.verdicts.levels import Scatter
from harness.verdicts.nights import least_spread


def series(draw: random.Random, count: int, sd: float, lasting: float = 0.0) -> list[float]:
    """An AR(1) series of logarithms with that standard deviation."""
    values, last = [], draw.gauss(0, sd)
    for _ in range(count):
        last = lasting * last + math.sqrt(1 - lasting**2) * draw.gauss(0, sd)
        values.append(last)
    return values


def scatter(values: list[float], *others: list[float], least: float = 0.002) -> Scatter:
    near = max(levels.of_neighbours(values), least)
    lasting = levels.dependence([values, *others], least=0.002)
    return Scatter(of_neighbours=near, dependence=lasting, degrees=levels.degrees(len(values)))


def found(values: list[float], *others: list[float], least: float = 0.002) -> tuple[levels.Shift, ...]:
    return levels.shifts(values, scatter(values, *others, least=least), least=0.01)


def test_the_spread_of_neighbours_is_a_standard_deviation_and_ignores_a_step() -> None:
    still = series(random.Random(8), 2000, 0.02)
    stepped = [value + (0 if at < 1000 else 0.4) for at, value in enumerate(still)]
    assert levels.of_neighbours(still) == pytest.approx(0.02, rel=0.08)
    assert levels.of_neighbours(stepped) == pytest.approx(levels.of_neighbours(still), rel=0.01)
    assert levels.of_neighbours([1.0]) == levels.of_neighbours([1.0] * 9) == 0.0


@pytest.mark.parametrize("lasting", [0.0, 0.5, 0.8])
def test_how_much_lasts_is_known_from_many_series(lasting: float) -> None:
    draw = random.Random(3)
    many = [series(draw, 30, 0.01, lasting) for _ in range(60)]
    assert levels.dependence(many, least=1e-4) == pytest.approx(lasting, abs=0.15)
    assert levels.dependence([[0.0, 0.1]], least=1e-4) == 0.0


@pytest.mark.parametrize(("lasting", "most"), [(0.0, 4), (0.5, 8), (0.8, 20)])
def test_nights_that_follow_each_other_are_rarely_a_shift(lasting: float, most: int) -> None:
    """Of 200 series of 40: claimed are 2. It was 48 to 90 of 100 where a night follows from the last."""
    draw = random.Random(5)
    assert sum(bool(found(series(draw, 40, 0.01, lasting))) for _ in range(200)) <= most


@pytest.mark.parametrize(
    ("base", "digits", "sd"), [(12.3, 1, 0.004), (113, 0, 0.004), (45, 0, 0.01), (25.4, 1, 0.002)]
)
def test_numbers_that_a_tool_rounded_are_rarely_a_shift(base: float, digits: int, sd: float) -> None:
    """Of 100 series of 30; it was 60 of them for numbers rounded to whole ones."""
    draw, shifted = random.Random(6), 0
    for _ in range(100):
        rates = [float(round(base * math.exp(draw.gauss(0, sd)), digits)) for _ in range(30)]
        shifted += bool(found([math.log(rate) for rate in rates], least=least_spread(rates, told=True)))
    assert shifted <= 2


def test_a_shift_that_lasts_is_found_where_it_is() -> None:
    draw = random.Random(7)
    for _ in range(20):
        values = series(draw, 30, 0.005)
        stepped = [value + (0.06 if at >= 15 else 0) for at, value in enumerate(values)]
        # The other series of its machine know that nights do not follow from each other.
        others = [series(draw, 30, 0.005) for _ in range(10)]
        (shift,) = found(stepped, *others)
        assert abs(shift.at - 15) <= 1
        assert shift.after - shift.before == pytest.approx(0.06, abs=0.01)
        assert shift.p_value < 0.01 / 30
        rest = levels.without(stepped, (shift,))
        assert max(map(abs, rest)) < 0.06


@pytest.mark.parametrize(("each", "least"), [(5, 60), (8, 90), (10, 95)])
def test_a_step_of_twenty_deviations_is_found_by_the_series_alone(each: int, least: int) -> None:
    """Of 100: where a shift counts as dependence it is not, 4 of 100 with five results on each side."""
    draw, seen = random.Random(9), 0
    for _ in range(100):
        values = [draw.gauss(0, 0.005) + (0.1 if at >= each else 0) for at in range(2 * each)]
        seen += [shift.at for shift in found(values)] == [each]
    assert seen >= least


def test_too_few_values_have_no_shift() -> None:
    assert found([0.0, 0.0, 0.5, 0.5, 0.5]) == ()


@settings(deadline=None)
@given(
    st.lists(st.integers(-40, 40).map(lambda tenths: tenths / 10), min_size=6, max_size=60),
    st.floats(0.1, 20.0),
)
def test_segments_are_the_best_that_ruptures_finds(values: list[float], penalty: float):
    """The least squares and penalties of all splits, whatever ties there are."""

    def cost(ends: list[int]) -> float:
        parts = [values[start:stop] for start, stop in pairwise(ends)]
        return sum(float(np.var(part)) * len(part) + penalty for part in parts)

    ours = levels._segments(values, penalty=penalty)
    model = ruptures.Pelt(model="l2", min_size=levels.FEWEST, jump=1)
    theirs = [0, *model.fit(np.array(values).reshape(-1, 1)).predict(pen=penalty)]
    assert cost(ours) == pytest.approx(cost(theirs), rel=1e-9, abs=1e-9)
    assert min(np.diff(ours)) >= levels.FEWEST
