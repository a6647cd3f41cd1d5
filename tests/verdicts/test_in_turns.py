"""The change of arms in turns: the interval holds what it promises, on simulated noise."""

from __future__ import annotations

import math
import random

import pytest

from harness.errors import NoSamples
from harness.verdicts.effects import Finding
from harness.verdicts.in_turns import turns_change


def rounds(draw: random.Random, change: float, *, starts: int = 4, fours: int = 12, of_start: float = 0.0):
    made = []
    for _ in range(starts):
        own = draw.gauss(0, of_start)
        made.append([math.log1p(change) + own + draw.gauss(0, 0.04) for _ in range(fours)])
    return made


@pytest.mark.parametrize("of_start", [0.0, 0.01, 0.02, 0.05])
def test_turns_of_the_same_are_hardly_ever_different(of_start: float) -> None:
    """Whether or not two processes of one program differ as long as they live."""
    draw = random.Random(int(of_start * 100))
    found = [turns_change(rounds(draw, 0.0, of_start=of_start)) for _ in range(200)]
    alarms = sum(not item.low <= 0 <= item.high for item in found)
    assert alarms <= 6


def test_turns_see_five_per_cent_through_noise_and_outliers() -> None:
    draw = random.Random(9)
    for _ in range(30):
        made = rounds(draw, -0.05, starts=12)
        made[0][3] += 2.0  # another job came by
        found = turns_change(made)
        assert found.finding(margin=0.05, least=0.01) is Finding.WORSE
        assert found.change == pytest.approx(-0.05, abs=0.02)


def test_thousands_of_turns_are_averaged_by_neighbours() -> None:
    draw = random.Random(10)
    found = turns_change(rounds(draw, -0.01, starts=4, fours=2500))
    assert found.change == pytest.approx(-0.01, abs=0.002)
    assert found.basis == "10000 times A B B A in 4 rounds"


def test_too_few_turns() -> None:
    with pytest.raises(NoSamples, match="expected 6 or more"):
        turns_change([[0.0] * 5])
