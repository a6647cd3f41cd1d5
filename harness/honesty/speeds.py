"""Two kinds of batch through one session in turns: whether one of them is faster."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy.typing as npt

from harness.ab.turns import FEWEST_CALLS, Turns, take_turns
from harness.errors import NotThere

Array = npt.NDArray[Any]
Call = Callable[[Sequence[Array]], object]

ROUND_S = 0.6  # both arms are one session: rounds are only where the interval is looked at
LONGEST_S = 6.0
CLOCK = time.perf_counter_ns
PRECISE = 0.02  # half of the interval: of a margin of 5 or 10 % enough


class Batches:
    """An arm: calls of the batches that `draw` gives, drawn before the clock starts."""

    def __init__(self, call: Call, draw: Callable[[], Sequence[Array]]) -> None:
        self._call = call
        self._draw = draw

    def turn(self, *, unmeasured: int, calls: int) -> int:
        """As `turns.Arm.turn`."""
        batches = [self._draw() for _ in range(unmeasured + calls)]
        for batch in batches[:unmeasured]:
            self._call(batch)
        start = CLOCK()
        for batch in batches[unmeasured:]:
            self._call(batch)
        return CLOCK() - start


def in_turns(
    call: Call, first: Callable[[], Sequence[Array]], second: Callable[[], Sequence[Array]], *, most_s: float
) -> Turns:
    """Calls of batches of `first` and of `second`, A B B A and B A A B; positive where the second is faster.

    Raises `NotThere` where the fewest calls that tell anything would take longer than `most_s` seconds.
    """
    arms: Mapping[str, Batches] = {"A": Batches(call, first), "B": Batches(call, second)}
    arms["A"].turn(unmeasured=0, calls=1)
    least_s = FEWEST_CALLS * arms["A"].turn(unmeasured=0, calls=1) / 1e9
    if least_s > most_s:
        raise NotThere(
            f"{FEWEST_CALLS} calls in turns would take {least_s:.0f} s, longer than the {most_s:.0f} s of "
            "its stamp",
            remedy="choose a smaller --bs, or a higher --stamp",
        )

    @contextmanager
    def start() -> Iterator[Mapping[str, Batches]]:
        yield arms

    return take_turns(start, longest_s=LONGEST_S, round_s=ROUND_S, precise=PRECISE, clock=_seconds)


def _seconds() -> float:
    return CLOCK() / 1e9
