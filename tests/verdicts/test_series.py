"""What a series of calls says of itself: its interval and its drift, by simulation; and the stamps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.setting import stamps
from harness.setting.stamps import Stamp
from harness.verdicts import stats

SERIES = 1000  # simulated ones of each kind
MEAN_NS, SPREAD_NS = 10_000_000, 400_000


def autoregressive(rho: float, calls: int, *, seed: int = 0, trend: float = 0.0) -> np.ndarray:
    """``[SERIES, calls]`` latencies in ns: AR(1) about `MEAN_NS`, slower by `trend` of it at the end."""
    noise = np.random.default_rng(seed).standard_normal((SERIES, calls + 100))
    found = np.empty_like(noise)
    found[:, 0] = noise[:, 0] / np.sqrt(1 - rho**2)
    for at in range(1, noise.shape[1]):
        found[:, at] = rho * found[:, at - 1] + noise[:, at]
    sloped = MEAN_NS * (1 + trend * np.linspace(0, 1, calls))
    return np.rint(sloped + SPREAD_NS * found[:, 100:]).astype(np.int64)


def covered(series: np.ndarray, truth: float) -> float:
    """The share of the series whose interval holds the true throughput."""
    intervals = [stats.throughput_interval(one, 8) for one in series.tolist()]
    return sum(one is not None and one.low <= truth <= one.high for one in intervals) / len(intervals)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("calls", [stats.FEWEST_CALLS, 200, 500])
def test_the_interval_covers_the_true_throughput(rho: float, calls: int):
    """In 95 of 100 at least, from the fewest calls on, and however closely calls follow each other."""
    assert covered(autoregressive(rho, calls, seed=calls), 8 / (MEAN_NS / 1e9)) >= 0.94  # 95, of 1000 draws


@pytest.mark.parametrize("calls", [stats.FEWEST_CALLS, 200, 500])
def test_rare_slow_calls_are_covered_whether_a_run_shows_one_or_not(calls: int):
    """One call of a hundred is slower, by as much again on average: many short runs have none."""
    random = np.random.default_rng(calls)
    rare = (random.random((SERIES, calls)) < 0.01) * random.exponential(size=(SERIES, calls))
    series = np.rint(MEAN_NS * (1 + 0.01 * random.standard_normal((SERIES, calls)) + rare)).astype(np.int64)
    assert covered(series, 8 / (1.01 * MEAN_NS / 1e9)) >= 0.94


def test_independent_calls_have_hardly_a_wider_interval_than_students():
    """Of 500 calls: no more than a quarter above Student's own, beside the room for rare calls."""
    widths = []
    for series in autoregressive(0.0, 500, seed=9)[:200].tolist():
        found = stats.throughput_interval(series, 8)
        assert found is not None
        rate = stats.summarise(series, 8).samples_per_s
        widths.append(np.log(found.high / rate) / (1.96 * np.std(series) / np.mean(series) / np.sqrt(500)))
        assert np.log(rate / found.low) - np.log(found.high / rate) == pytest.approx(3 / 500)
    assert 1.0 < np.median(widths) < 1.25


def test_calls_that_follow_each_other_widen_the_interval():
    """An interval that takes calls for independent would be as narrow for rho 0.9 as for 0."""

    def width(rho: float) -> float:
        (series,) = autoregressive(rho, 500)[:1].tolist()
        found = stats.throughput_interval(series, 1)
        assert found is not None
        return (found.high - found.low) / float(np.std(series))

    assert width(0.9) > 2 * width(0.0)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("calls", [stats.FEWEST_CALLS, 500])
def test_a_series_without_a_trend_is_rarely_called_drifting(rho: float, calls: int):
    """By its significance of 1 %, in no more than 3 of 100."""
    found = [stats.drift(series) for series in autoregressive(rho, calls, seed=3).tolist()]
    assert sum(one is not None and one.found for one in found) / SERIES <= 0.03


def test_a_trend_is_found_and_told():
    """4 % slower at the end, beneath noise of 4 % a call: found in nine of ten, with a change about right."""
    found = [stats.drift(series) for series in autoregressive(0.0, 500, seed=4, trend=0.04).tolist()]
    assert sum(one is not None and one.found for one in found) / SERIES >= 0.9
    assert np.median([one.change for one in found if one is not None]) == pytest.approx(0.04, rel=0.1)


def test_a_trend_too_small_to_mind_is_no_drift():
    """Ever so significant: half a per cent is not called drift."""
    found = stats.drift([MEAN_NS + 100 * at for at in range(500)])
    assert found is not None
    assert (found.p < 1e-6, found.found) == (True, False)
    assert found.change == pytest.approx(0.005, rel=0.05)


@given(st.lists(st.integers(1, 10**10), min_size=stats.FEWEST_CALLS, max_size=200))
def test_the_interval_holds_what_was_measured(latencies: list[int]):
    """The run's own throughput lies in it, and nothing of it is negative or infinite."""
    found = stats.throughput_interval(latencies, 4)
    assert found is not None
    measured = stats.summarise(latencies, 4).samples_per_s
    assert 0 < found.low <= measured * (1 + 1e-9)
    assert measured <= found.high * (1 + 1e-9)
    assert np.isfinite(found.high)


def test_calls_that_are_all_equal_leave_room_for_rare_ones_alone():
    found, moved = stats.throughput_interval([1_000_000] * 75, 2), stats.drift([1_000_000] * 75)
    assert found is not None
    assert moved is not None
    assert found.high == 2000.0
    assert found.low == pytest.approx(2000.0 * np.exp(-3 / 75))  # rare slow calls, which 75 may not show
    assert (moved.change, moved.found) == (0.0, False)


def test_of_too_few_calls_nothing_is_said():
    assert stats.throughput_interval([1] * (stats.FEWEST_CALLS - 1), 1) is None
    assert stats.drift([1] * (stats.FEWEST_CALLS - 1)) is None


@pytest.mark.parametrize(("freedom", "quantile"), [(7, 2.3646), (9, 2.2622), (31, 2.0395)])
def test_students_t(freedom: int, quantile: float):
    """The tables' quantiles at 0.975 (Abramowitz and Stegun, table 26.10)."""
    assert stats.student_t(0.975, freedom) == pytest.approx(quantile, rel=1e-3)


@pytest.mark.parametrize(
    ("calls", "timed_s", "batch_size", "stamp"),
    [
        (19, 600.0, 1, None),  # a median is stated from 20
        (20, 1.99, 1, None),
        (20, 2.0, 1, Stamp.QUICK),
        (2000, 0.05, 1, Stamp.QUICK),  # calls of 25 us
        (63, 100.0, 1, Stamp.QUICK),  # a p90 is stated from 64
        (64, 9.99, 1, Stamp.QUICK),
        (64, 10.0, 8, Stamp.NIGHTLY),
        (10**6, 599.9, 1, Stamp.NIGHTLY),
        (64, 600.0, 1, Stamp.MLPERF_LIKE),  # SingleStream: p90
        (661, 600.0, 8, Stamp.NIGHTLY),  # MultiStream: p99
        (662, 600.0, 8, Stamp.MLPERF_LIKE),
    ],
)
def test_a_stamp_is_earned_by_time_and_calls(calls: int, timed_s: float, batch_size: int, stamp: Stamp):
    assert stamps.earned(calls, timed_s, batch_size) == stamp


def test_a_higher_stamp_meets_a_lower_one():
    """A gate that asks for `nightly` takes `mlperf-like`, and nothing that earned no stamp."""
    assert stamps.meets("mlperf-like", "nightly")
    assert stamps.meets("nightly", Stamp.NIGHTLY)
    assert not stamps.meets("quick", "nightly")
    assert not stamps.meets(None, "quick")


@pytest.mark.parametrize("batch_size", [1, 8])
def test_what_is_stamped_has_its_percentiles(batch_size: int):
    """Each stamp's calls allow the percentile that it is for: the median, p90, and p99 of batches."""
    stated = {
        stamp: stats.summarise([1] * demand.fewest_calls(batch_size), batch_size).percentiles_ns
        for stamp, demand in stamps.DEMANDS.items()
    }
    assert "p50" in stated[Stamp.QUICK]
    assert "p90" in stated[Stamp.NIGHTLY]
    assert ("p99" if batch_size > 1 else "p90") in stated[Stamp.MLPERF_LIKE]
