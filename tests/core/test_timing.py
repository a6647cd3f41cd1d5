"""The timing plan, on a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, repeat

import pytest

from harness import timing

MS = 1_000_000  # nanoseconds


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


def test_calls_fill_the_time_of_a_quick_run():
    """At 10 ms a call, 2 s are 200 calls; the warm-up is five."""
    model = Model(then=10 * MS)
    assert timing.plan(model.call, model.clock) == timing.TimingPlan(warm_up_calls=5, calls=200)
    assert model.made == 5


def test_a_cold_first_call_does_not_count():
    """The first call allocates: 3 s of it do not make the model slow."""
    model = Model(3000 * MS, then=10 * MS)
    assert timing.plan(model.call, model.clock).calls == 200


def test_one_hiccup_does_not_count():
    """The median of the warm-up is its pace, wherever the hiccup falls."""
    for at in range(1, 5):
        durations = [10 * MS] * 5
        durations[at] = 500 * MS
        model = Model(*durations, then=10 * MS)
        assert timing.plan(model.call, model.clock).calls == 200


@pytest.mark.parametrize(
    ("call_ms", "calls"),
    [
        (0.0001, timing.MOST_CALLS),
        (1, 2000),
        (200, timing.FEWEST_CALLS),  # 2 s are 10 calls, a median needs 20
        (3000, 20),  # 20 calls of 3 s take just LONGEST_S
        (5000, 12),
        (90_000, 1),  # however slow, one call is timed
    ],
)
def test_fast_and_slow_models(call_ms: float, calls: int):
    """Never more than 2000 calls; at least 20, unless those take longer than a minute."""
    model = Model(then=int(call_ms * MS))
    assert timing.plan(model.call, model.clock).calls == calls


def test_the_warm_up_of_a_slow_model_is_short():
    """After 15 s of warm-up no more is made: its pace is that of the calls there were."""
    model = Model(then=20_000 * MS)
    assert timing.plan(model.call, model.clock) == timing.TimingPlan(warm_up_calls=1, calls=3)
    model = Model(then=8000 * MS)
    assert timing.plan(model.call, model.clock).warm_up_calls == 2


def test_a_clock_that_stands_still():
    """A call faster than the clock's step is as fast as can be, and no division by zero."""
    model = Model(then=0)
    assert timing.plan(model.call, model.clock).calls == timing.MOST_CALLS


def test_every_call_is_timed_by_itself():
    """One latency a call, in order, in nanoseconds."""
    model = Model(5, 7, 11, then=13)
    assert timing.time_calls(model.call, 4, model.clock) == [5, 7, 11, 13]
    assert model.made == 4


def test_the_clock_is_the_performance_counter():
    """Unless told otherwise, calls are timed by a clock that never runs backwards."""
    made = []
    latencies = timing.time_calls(lambda: made.append(None), 3)
    assert len(made) == len(latencies) == 3
    assert min(latencies) >= 0
