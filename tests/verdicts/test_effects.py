"""What two measurements differ by: the intervals hold what they promise, on simulated noise."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import NoSamples
from harness.verdicts.effects import (
    ASSUMED_SPREAD,
    Effect,
    Finding,
    Spread,
    Timed,
    mcnemar,
    pooled,
    score_change,
    spread_of_neighbours,
    spread_of_results,
    throughput_change,
    turns_change,
)


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


def test_five_per_cent_are_seen_through_quiet_noise() -> None:
    draw = random.Random(5)
    found = [throughput_change(timed(draw), timed(draw, slower=0.05)) for _ in range(40)]
    assert all(item.finding(margin=0.05, least=0.01) is Finding.WORSE for item in found)
    assert all(item.change == pytest.approx(1 / 1.05 - 1, abs=0.01) for item in found)


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


def known(values: list[float], *others: list[float]) -> Spread:
    spreads = [spread_of_results(item, counted=True) for item in (values, *others)]
    return pooled(spreads[0], spreads[1:])


def nights(draw: random.Random, spread: float, count: int = 20) -> list[float]:
    return [2000 * math.exp(draw.gauss(0, spread)) for _ in range(count)]


def test_earlier_results_say_how_far_runs_lie_apart() -> None:
    """Runs that scatter by 5 % are not told apart by 8 %, however quiet each was within; quiet ones are."""
    draw = random.Random(7)
    pair = timed(draw), timed(draw, slower=0.08)
    wild, calm = known(nights(draw, 0.05)), known(nights(draw, 0.003))
    assert throughput_change(*pair, wild).finding(margin=0.05, least=0.01) is Finding.TOO_NOISY
    assert throughput_change(*pair, calm).finding(margin=0.05, least=0.01) is Finding.WORSE
    assert "20 earlier results" in throughput_change(*pair, calm).basis


def test_the_series_of_a_machine_help_to_know_the_spread_of_each() -> None:
    """Ten nights that scatter by 1 %, a hundred pairs: 8 % is seen with 40 other series, not without them."""
    draw = random.Random(11)
    pair = Timed(samples_per_s=2000.0), Timed(samples_per_s=1840.0)
    own, others = nights(draw, 0.01, 10), [nights(draw, 0.01, 10) for _ in range(40)]
    alone = throughput_change(*pair, known(own), confidence=1 - 0.01 / 100)
    helped = throughput_change(*pair, known(own, *others), confidence=1 - 0.01 / 100)
    assert alone.finding(margin=0.05, least=0.01) is Finding.TOO_NOISY
    assert helped.finding(margin=0.05, least=0.01) is Finding.WORSE
    assert "with 40 other series of this machine" in helped.basis


def test_a_series_that_scatters_more_than_its_machine_keeps_its_own_spread() -> None:
    draw = random.Random(12)
    wild = known(nights(draw, 0.08), *(nights(draw, 0.005) for _ in range(30)))
    assert wild.sd == spread_of_results(nights(random.Random(12), 0.08), counted=True).sd


def test_results_that_drift_slowly_do_not_look_steady() -> None:
    """Neighbours that differ by 1 % and nights a month apart that differ by 6 %: the latter counts."""
    drifting = [2000 * math.exp(0.06 * math.sin(at / 5)) for at in range(30)]
    assert spread_of_neighbours(drifting) < 0.015
    assert spread_of_results(drifting, counted=True).sd > 0.03


@pytest.mark.parametrize(("counted", "least"), [(True, 0.002), (False, 0.005)])
def test_equal_results_are_no_proof_of_a_machine_without_noise(counted: bool, least: float) -> None:
    assert spread_of_results([100.0] * 8, counted=counted).sd == least
    assert spread_of_results([100.0] * 4, counted=counted) is None


def test_a_tools_number_alone_gets_an_assumed_spread_and_says_so() -> None:
    found = throughput_change(Timed(samples_per_s=100.0), Timed(samples_per_s=90.0))
    assert "assumed spread of 1.5 %" in found.basis
    half = math.log1p(found.high) - math.log1p(found.change)
    assert half == pytest.approx(2.5758 * ASSUMED_SPREAD * math.sqrt(2), rel=1e-3)
    assert found.finding(margin=0.05, least=0.01) is Finding.WORSE


@pytest.mark.parametrize("rate", [0.0, -1.0, math.inf, math.nan])
def test_a_throughput_of_nothing(rate: float) -> None:
    with pytest.raises(NoSamples, match="nothing to compare"):
        throughput_change(Timed(samples_per_s=rate), Timed(samples_per_s=1.0))


def test_the_spread_of_neighbours_is_a_standard_deviation_and_ignores_a_step() -> None:
    draw = random.Random(8)
    still = [math.exp(draw.gauss(0, 0.02)) for _ in range(2000)]
    stepped = [value * (1 if at < 1000 else 1.5) for at, value in enumerate(still)]
    assert spread_of_neighbours(still) == pytest.approx(0.02, rel=0.08)
    assert spread_of_neighbours(stepped) == pytest.approx(spread_of_neighbours(still), rel=0.01)
    with pytest.raises(NoSamples):
        spread_of_neighbours([1.0])


# ---------------------------------------------------------------------- flips


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


# ---------------------------------------------------------------------- turns


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
