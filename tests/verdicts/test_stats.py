"""Statistics: Wilson's interval, percentiles and throughput, each against a source or another way."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import NoSamples
from harness.verdicts import stats


@pytest.mark.parametrize(
    ("correct", "samples", "low", "high"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3 (score, no correction).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(correct: int, samples: int, low: float, high: float):
    """Newcombe's four examples, to his four digits."""
    interval = stats.wilson(correct, samples)
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)
    assert interval.confidence == 0.95


def test_wilson_solves_its_equation():
    """The bounds are where the share is exactly z standard errors away: (p - x)^2 = z^2 x (1 - x) / n."""
    interval = stats.wilson(805, 872)
    z = 1.959963984540054  # the normal quantile at 0.975
    for bound in (interval.low, interval.high):
        assert math.isclose((805 / 872 - bound) ** 2, z * z * bound * (1 - bound) / 872, rel_tol=1e-9)


@pytest.mark.parametrize("samples", [1, 2, 872, 10**9])
def test_wilson_ends_exactly(samples: int):
    """None right begins at 0, all right ends at 1, with no rounding error left."""
    assert stats.wilson(0, samples).low == 0.0
    assert stats.wilson(samples, samples).high == 1.0
    assert 0 < stats.wilson(0, samples).high < 1
    assert 0 < stats.wilson(samples, samples).low < 1


COUNTS = st.integers(1, 10**7).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(COUNTS)
def test_wilson_contains_the_share(counts: tuple[int, int]):
    """The share lies in its interval, and the interval in [0, 1]."""
    correct, samples = counts
    interval = stats.wilson(correct, samples)
    assert 0 <= interval.low <= correct / samples <= interval.high <= 1


@given(COUNTS, st.floats(0.5, 0.9), st.floats(0.91, 0.999))
def test_more_confidence_is_wider(counts: tuple[int, int], less: float, more: float):
    """An interval of more confidence contains one of less."""
    inner, outer = stats.wilson(*counts, less), stats.wilson(*counts, more)
    assert outer.low <= inner.low
    assert inner.high <= outer.high


@given(COUNTS)
def test_wilson_is_symmetric(counts: tuple[int, int]):
    """The interval of what is wrong is the mirror of the interval of what is right."""
    correct, samples = counts
    right, wrong = stats.wilson(correct, samples), stats.wilson(samples - correct, samples)
    assert math.isclose(right.low, 1 - wrong.high, abs_tol=1e-12)
    assert math.isclose(right.high, 1 - wrong.low, abs_tol=1e-12)


def test_a_share_of_nothing_is_an_error():
    """Empty is an error, never zero (rule 3)."""
    with pytest.raises(NoSamples, match="no samples"):
        stats.wilson(0, 0)


@pytest.mark.parametrize(("correct", "samples"), [(-1, 5), (6, 5), (1, -5)])
def test_what_is_no_share(correct: int, samples: int):
    """A count outside its whole is an error."""
    with pytest.raises(ValueError, match=f"{correct} of {samples} is not a share"):
        stats.wilson(correct, samples)


@pytest.mark.parametrize("rank", [90.0, 95.0, 99.0, 99.9])
def test_calls_for_a_percentile_are_mlperfs(rank: float):
    """The fewest n with P(Binomial(n, 1 - p) <= 1) <= 0.01: MLPerf Inference, early stopping."""
    p = Fraction(str(rank)) / 100

    def at_most_one_slower(n: int) -> Fraction:
        return p**n + n * (1 - p) * p ** (n - 1)

    n = stats.CALLS_FOR_PERCENTILE[rank]
    assert at_most_one_slower(n) <= Fraction(1, 100) < at_most_one_slower(n - 1)


@pytest.mark.parametrize(
    ("calls", "stated"),
    [
        (1, set()),
        (19, set()),
        (20, {"p50"}),
        (63, {"p50"}),
        (64, {"p50", "p90"}),
        (661, {"p50", "p90", "p95"}),
        (662, {"p50", "p90", "p95", "p99"}),
        (6636, {"p50", "p90", "p95", "p99", "p99.9"}),
    ],
)
def test_a_percentile_is_stated_only_from_enough_calls(calls: int, stated: set[str]):
    """p50 from 20, p90 from 64, p99 from 662 (design.md, "The way of one case")."""
    assert set(stats.summarise(range(1, calls + 1), 1).percentiles_ns) == stated


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=200), st.floats(0, 100))
def test_percentiles_are_numpys(values: list[int], rank: float):
    """Linear interpolation, as numpy's default method."""
    ours = stats.percentile(sorted(values), rank)
    assert math.isclose(ours, float(np.percentile(values, rank)), rel_tol=1e-9)


def test_percentiles_of_nothing_and_of_no_rank_are_errors():
    """Neither no values nor a rank outside 0 to 100 has a percentile."""
    with pytest.raises(NoSamples, match="percentile 50"):
        stats.percentile([], 50)
    for rank in (-1, 100.5, math.nan):
        with pytest.raises(ValueError, match="expected 0 to 100"):
            stats.percentile([1, 2], rank)


def test_a_summary_of_known_latencies():
    """Three calls of 1, 2 and 3 ms with 8 samples each: 24 samples in 6 ms."""
    summary = stats.summarise([3_000_000, 1_000_000, 2_000_000], batch_size=8)
    assert (summary.calls, summary.batch_size) == (3, 8)
    assert summary.samples_per_s == 4000.0
    assert (summary.minimum_ns, summary.median_ns, summary.maximum_ns) == (1_000_000, 2_000_000, 3_000_000)


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=100), st.integers(1, 64), st.randoms())
def test_the_order_of_calls_does_not_matter(latencies: list[int], batch_size: int, random):
    """A summary is of a set of calls, and throughput is batch x calls / time."""
    shuffled = random.sample(latencies, len(latencies))
    summary = stats.summarise(latencies, batch_size)
    assert stats.summarise(shuffled, batch_size) == summary
    assert math.isclose(summary.samples_per_s, batch_size * len(latencies) * 1e9 / sum(latencies))


def test_no_calls_are_an_error():
    """Nothing timed has no throughput, not a throughput of zero (rule 3)."""
    with pytest.raises(NoSamples, match="no timed calls"):
        stats.summarise([], 8)


@pytest.mark.parametrize("latency", [0, -5])
def test_a_clock_that_did_not_move_is_an_error(latency: int):
    """A call of no time at all would have infinite throughput."""
    with pytest.raises(ValueError, match=f"a call of {latency} ns"):
        stats.summarise([10, latency, 20], 8)
