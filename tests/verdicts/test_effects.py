"""What two measurements differ by: the intervals hold what they promise, on simulated noise."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import NoSamples
from harness.verdicts.effects import Effect, Finding, Timed, throughput_change
from harness.verdicts.noise import ASSUMED, NOTHING, Noise, Spread


def effect(low: float, high: float, change: float | None = None) -> Effect:
    middle = (low + high) / 2 if change is None else change
    return Effect(change=middle, low=low, high=high, confidence=0.99, basis="")


@pytest.mark.parametrize(
    ("low", "high", "finding"),
    [
        (-0.08, -0.02, Finding.WORSE),
        (0.02, 0.08, Finding.BETTER),
        (-0.03, 0.04, Finding.SAME),
        (-0.01, 0.07, Finding.TOO_NOISY),  # 7 % more is not ruled out
        (-0.012, -0.002, Finding.SAME),  # surely slower, by less than is news, and surely by less than 5 %
        (-0.2, 0.18, Finding.TOO_NOISY),
        (0.0, 0.0, Finding.SAME),
    ],
)
def test_findings(low: float, high: float, finding: Finding) -> None:
    assert effect(low, high).finding(margin=0.05, least=0.01) is finding


@given(st.floats(-0.5, 0.5), st.floats(0, 0.5), st.floats(0, 0.5))
def test_a_finding_turns_round_with_the_sign(change: float, below: float, above: float) -> None:
    """What is better one way is worse the other; the same and too noisy stay."""
    one = effect(change - below, change + above, change).finding(margin=0.05, least=0.01)
    other = effect(-change - above, -change + below, -change).finding(margin=0.05, least=0.01)
    turned = {Finding.BETTER: Finding.WORSE, Finding.WORSE: Finding.BETTER}
    assert other is turned.get(one, one)


# ----------------------------------------------------------------- throughput


def noise(draw: random.Random, count: int, rho: float, spread: float) -> list[float]:
    """Logarithms of latencies whose neighbours are correlated by `rho`."""
    values, last = [], draw.gauss(0, spread)
    for _ in range(count):
        last = rho * last + math.sqrt(1 - rho**2) * draw.gauss(0, spread)
        values.append(last)
    return values


def timed(draw: random.Random, *, slower: float = 0.0, rho: float = 0.0, spread: float = 0.01) -> Timed:
    calls = [int(4e6 * (1 + slower) * math.exp(value)) for value in noise(draw, 200, rho, spread)]
    return Timed(samples_per_s=8e9 * len(calls) / sum(calls), latencies_ns=calls)


@pytest.mark.parametrize("rho", [0.0, 0.9, 0.99])
def test_the_same_twice_is_hardly_ever_a_difference(rho: float) -> None:
    """At 99 %, of 300 pairs with noise of any memory at most a few are called better or worse."""
    draw = random.Random(int(rho * 100))
    changes = [throughput_change(timed(draw, rho=rho), timed(draw, rho=rho)) for _ in range(300)]
    alarms = sum(not item.low <= 0 <= item.high for item in changes)
    assert alarms <= 9  # 3 are expected of an exact interval; this one is wider for independent calls


QUIET = Noise(own=Spread(sd=0.004, degrees=20), shared=NOTHING, words="of 20 nights", assumed=False)


def test_five_per_cent_are_seen_through_quiet_noise() -> None:
    draw = random.Random(5)
    found = [throughput_change(timed(draw), timed(draw, slower=0.05), QUIET) for _ in range(40)]
    assert all(item.finding(margin=0.05, least=0.01) is Finding.WORSE for item in found)
    assert all(item.change == pytest.approx(1 / 1.05 - 1, abs=0.01) for item in found)


def test_of_two_processes_alone_nothing_below_the_assumed_spread_is_told() -> None:
    """Ever so many quiet calls: two processes that differ by 1 % gave a false alarm in 34 of 100 pairs."""
    draw = random.Random(2)
    alarms = 0
    for _ in range(400):
        levels = [draw.gauss(0, 0.01) for _ in range(2)]
        pair = [timed(draw, slower=math.expm1(level), spread=0.005) for level in levels]
        alarms += throughput_change(*pair).finding(margin=0.05, least=0.01) is not Finding.TOO_NOISY
    assert alarms == 0


def test_what_all_series_share_is_one_draw_a_night() -> None:
    """Thirty series each need a wider interval; what the machine does to all of them alike does not."""
    own, shared = (
        Noise(own=first, shared=second, words="", assumed=False)
        for first, second in ((Spread(sd=0.01), NOTHING), (NOTHING, Spread(sd=0.01)))
    )
    each, together = 1 - 0.01 / 30, 0.99
    assert own.half_width(each, together) == pytest.approx(3.5880 * 0.01 * math.sqrt(2), rel=1e-3)
    assert shared.half_width(each, together) == pytest.approx(2.5758 * 0.01 * math.sqrt(2), rel=1e-3)


def test_the_machines_own_speed_widens_the_interval() -> None:
    """10 % slower while the machine multiplied matrices 10 % slower is no finding about the artifact."""
    draw = random.Random(6)
    quiet, slow = timed(draw), timed(draw, slower=0.1)
    told = [
        Timed(samples_per_s=item.samples_per_s, latencies_ns=item.latencies_ns, machine=speeds)
        for item, speeds in ((quiet, (100.0, 101.0)), (slow, (90.0, 91.0)))
    ]
    assert throughput_change(quiet, slow).finding(margin=0.05, least=0.01) is Finding.WORSE
    found = throughput_change(*told)
    assert found.finding(margin=0.05, least=0.01) is Finding.TOO_NOISY
    assert "the machine's own speed differed by" in found.basis


def test_a_tools_number_alone_gets_an_assumed_spread_and_says_so() -> None:
    found = throughput_change(Timed(samples_per_s=100.0), Timed(samples_per_s=90.0))
    assert "assumed spread of 1.5 %" in found.basis
    half = math.log1p(found.high) - math.log1p(found.change)
    assert half == pytest.approx(2.5758 * ASSUMED.sd * math.sqrt(2), rel=1e-3)
    assert found.finding(margin=0.05, least=0.01) is Finding.WORSE


@pytest.mark.parametrize("rate", [0.0, -1.0, math.inf, math.nan])
def test_a_throughput_of_nothing(rate: float) -> None:
    with pytest.raises(NoSamples, match="nothing to compare"):
        throughput_change(Timed(samples_per_s=rate), Timed(samples_per_s=1.0))
