"""Warm-up and timed calls, on a clock that the test moves."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from itertools import chain, repeat

import pytest

from harness.setting import plans
from harness.setting.plans import WarmUpRule
from harness.setting.stamps import Stamp
from harness.timing import calls as timing
from harness.toolchains.workers import loop

MS = 1_000_000  # nanoseconds
QUICK = plans.plan_for(Stamp.QUICK, 1)


class Model:
    """A model whose calls take given times on its own clock."""

    def __init__(self, *durations_ns: int, then: int) -> None:
        self.now = 0
        self.made = 0
        self._durations: Iterable[int] = chain(durations_ns, repeat(then))

    def call(self) -> None:
        self.now += next(iter(self._durations))
        self.made += 1

    def clock(self) -> int:
        return self.now

    def warm_up(self, **changed: float) -> timing.WarmUp:
        return timing.warm_up(self.call, WarmUpRule(**changed), self.clock)  # type: ignore[arg-type]


def test_a_steady_model_is_warm_after_two_windows():
    """At 100 ms a call: the first call, and two windows of three."""
    model = Model(then=100 * MS)
    found = model.warm_up()
    assert (found.calls, found.settled, found.ended) == (7, True, "settled")
    assert (found.first_ns, found.pace_ns, found.seconds) == (100 * MS, 100 * MS, 0.7)
    assert model.made == 7


def test_a_cold_first_call_is_told_apart():
    """3 s of allocation are in no window and not in the pace."""
    found = Model(3000 * MS, then=100 * MS).warm_up()
    assert (found.first_ns, found.pace_ns, found.medians_ns) == (3000 * MS, 100 * MS, (100 * MS, 100 * MS))


def test_calls_that_become_faster_go_on_warming_up():
    """Windows of 200, 150, 120, 118: the last is faster by no more than 2 %."""
    slow = [value * MS for value in (200, 150, 120, 118) for _ in range(3)]
    found = Model(900 * MS, *slow, then=50 * MS).warm_up()
    assert found.medians_ns == tuple(value * MS for value in (200, 150, 120, 118))
    assert (found.settled, found.calls, found.pace_ns) == (True, 13, 118 * MS)


def test_one_hiccup_in_a_window_does_not_count():
    """Its median stays, wherever the hiccup falls."""
    for at in range(1, 7):
        durations = [100 * MS] * 7
        durations[at] = 500 * MS
        assert Model(*durations, then=100 * MS).warm_up().pace_ns == 100 * MS


def test_a_window_of_fast_calls_is_long_enough():
    """Calls of 1 ms: 50 in each window, so that a clock frequency has time to rise."""
    found = Model(then=MS).warm_up()
    assert (found.calls, len(found.medians_ns)) == (101, 2)


def test_a_model_that_never_settles_runs_into_the_bound():
    """Each window 10 % faster than the last; after 15 s it is told that it did not settle."""
    faster = [int(3000 * 0.9**at) * MS for at in range(30) for _ in range(3)]
    found = Model(*faster, then=MS).warm_up()
    assert (found.settled, found.ended) == (False, "longest time of a warm-up")
    assert 15 <= found.seconds < 18


def test_the_warm_up_of_a_slow_model_is_short():
    """A call of 20 s is all of it, and its pace."""
    found = Model(then=20_000 * MS).warm_up()
    assert (found.calls, found.pace_ns, found.settled) == (1, 20_000 * MS, False)
    found = Model(30 * MS, then=8000 * MS).warm_up()
    assert (found.calls, found.pace_ns, found.settled) == (3, 8000 * MS, False)


def test_a_clock_that_stands_still_is_no_endless_warm_up():
    found = Model(then=0).warm_up(most_calls=500)
    assert (found.calls, found.ended) == (500, "most calls of a warm-up")


def test_calls_are_made_until_time_and_number_are_met():
    """10 ms a call: 200 fill the 2 s of a quick run; 200 ms a call: it takes 20."""
    latencies, ended = timing.timed_calls((model := Model(then=10 * MS)).call, QUICK, model.clock)
    assert (len(latencies), ended) == (200, plans.MET)
    latencies, ended = timing.timed_calls((model := Model(then=200 * MS)).call, QUICK, model.clock)
    assert (len(latencies), ended) == (20, plans.MET)


@pytest.mark.parametrize(
    ("call_ms", "calls", "ended"),
    [(0.01, 2000, "most calls"), (5000, 12, "longest time"), (90_000, 1, "longest time")],
)
def test_fast_and_slow_models(call_ms: float, calls: int, ended: str):
    """2000 calls do for a quick run; a slow model is ended after a minute; one call is always timed."""
    model = Model(then=int(call_ms * MS))
    latencies, why = timing.timed_calls(model.call, QUICK, model.clock)
    assert (len(latencies), why) == (calls, ended)


def test_longer_stamps_take_longer():
    """10 ms a call: 10 s are 1000 of them, 600 s are 60 000; of 5 s each, 24 before two minutes are over."""
    for stamp, calls in ((Stamp.NIGHTLY, 1000), (Stamp.MLPERF_LIKE, 60_000)):
        model = Model(then=10 * MS)
        assert len(timing.timed_calls(model.call, plans.plan_for(stamp, 1), model.clock)[0]) == calls
    model = Model(then=5000 * MS)
    latencies, ended = timing.timed_calls(model.call, plans.plan_for(Stamp.NIGHTLY, 1), model.clock)
    assert (len(latencies), ended) == (24, "longest time")


@pytest.mark.parametrize(
    ("call_ms", "calls"), [(0.0001, 2000), (10, 204), (200, 20), (3000, 20), (5000, 12), (90_000, 1)]
)
def test_calls_planned_by_the_pace(call_ms: float, calls: int):
    """As many as fill the time with 2 % to spare, between the fewest and the most."""
    assert QUICK.at_pace(call_ms * MS) == calls
    assert QUICK.at_pace(0) == 2000


def test_too_few_planned_calls_are_topped_up():
    """Where the pace was taken too slow, single calls are added until the time is met."""
    model = Model(then=10 * MS)
    latencies = [10 * MS] * 150
    assert timing.top_up(latencies, model.call, QUICK, model.clock) == plans.MET
    assert (len(latencies), model.made) == (200, 50)
    assert timing.top_up(latencies, model.call, QUICK, model.clock) == plans.MET
    assert model.made == 50


def test_every_call_is_timed_by_itself():
    """One latency a call, in order, in nanoseconds."""
    model = Model(5, 7, 11, then=13)
    assert timing.time_calls(model.call, 4, model.clock) == [5, 7, 11, 13]
    assert model.made == 4


def test_the_clock_is_the_performance_counter():
    """Unless told otherwise, calls are timed by a clock that never runs backwards."""
    made: list[None] = []
    latencies = timing.time_calls(lambda: made.append(None), 3)
    assert len(made) == len(latencies) == 3
    assert min(latencies) >= 0


@pytest.mark.parametrize(
    "durations_ms",
    [
        [100],
        [900, 200, 200, 200, 150, 150, 150, 149],
        [1],
        [20_000],
        [3000, *(2900 - 100 * at for at in range(25))],
    ],
)
def test_workers_warm_up_by_the_same_rule(durations_ms: list[int], monkeypatch: pytest.MonkeyPatch):
    """A vendor's interpreter has its own copy of the rule; both make the same calls and say the same."""
    durations = [value * MS for value in durations_ms]
    ours, theirs = (Model(*durations, then=durations[-1]) for _ in range(2))
    found = ours.warm_up()
    monkeypatch.setattr(loop.time, "perf_counter_ns", theirs.clock)
    first, told = loop.warmed_up(theirs.call, dataclasses.asdict(WarmUpRule()))
    assert (first, told) == (found.first_ns, found.recorded())
    assert theirs.made == ours.made
