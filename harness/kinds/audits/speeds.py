"""Two kinds of batch through one session in turns: whether one of them is faster."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy.typing as npt

from harness.errors import NotApplicable
from harness.timing.arm import FOURS
from harness.timing.turns import (
    FEWEST_FOURS,
    FEWEST_ROUNDS,
    TOGETHER_TURN_S,
    Four,
    Turns,
    calls_a_turn,
    take_turns,
)

Array = npt.NDArray[Any]
Call = Callable[[Sequence[Array]], object]
Draw = Callable[[], Sequence[Array]]

LASTS_S = 0.3  # of a start, which loads nothing here: only where the interval is looked at
LONGEST_S = 6.0
CLOCK = time.perf_counter_ns
# Of the fewest rounds of two starts, a call being a turn, with the two fours before the first.
FEWEST_CALLS = 4 * (2 + 2 * FEWEST_ROUNDS * FEWEST_FOURS)


class Batches:
    """A pair of `harness.timing.turns` in this process: one session, and two ways to draw its batches."""

    lasts_s = LASTS_S

    def __init__(self, call: Call, first: Draw, second: Draw) -> None:
        self._call = call
        self._draws = (first, second)

    def start(self, *, second_first: bool) -> None:
        """Nothing is loaded anew: both arms are the same session."""

    def warm_up(self, calls: int | None) -> int:
        """As `turns.Pair.warm_up`."""
        if calls is not None:
            return calls  # the session is the one that was warm
        self._four(0, 1)
        return calls_a_turn(max(self._four(0, 1)) // 2, TOGETHER_TURN_S)

    def fours(self, number: int, calls: int) -> Sequence[Four]:
        """As `turns.Pair.fours`: one."""
        return [self._four(number, calls)]

    def _four(self, number: int, calls: int) -> Four:
        took = [0, 0]
        for arm in FOURS[number % 2]:
            took[arm] += self.turn(arm, calls)
        return took[0], took[1]

    def turn(self, arm: int, calls: int) -> int:
        """The time of `calls` calls in nanoseconds; their batches are drawn before the clock starts."""
        batches = [self._draws[arm]() for _ in range(calls)]
        start = CLOCK()
        for batch in batches:
            self._call(batch)
        return CLOCK() - start


def in_turns(call: Call, first: Draw, second: Draw, *, most_s: float) -> Turns:
    """Calls of batches of `first` and of `second`, A B B A and B A A B; positive where the second is faster.

    Raises `NotApplicable` where the fewest calls that tell anything would take longer than `most_s` seconds.
    """
    pair = Batches(call, first, second)
    pair.turn(0, 1)
    least_s = FEWEST_CALLS * pair.turn(0, 1) / 1e9
    if least_s > most_s:
        raise NotApplicable(
            f"{FEWEST_CALLS} calls in turns would take {least_s:.0f} s, longer than the {most_s:.0f} s of "
            "its stamp",
            remedy="choose a smaller --bs, or a higher --stamp",
        )
    return take_turns(pair, longest_s=LONGEST_S, clock=_seconds)


def _seconds() -> float:
    return CLOCK() / 1e9
