"""Two arms that take turns: A B B A, then B A A B, in processes that are started anew every few seconds."""

from __future__ import annotations

import json
import math
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from harness.effects import Effect, turns_change
from harness.errors import MachineError, ZoocheckError

TURN_S = 0.06  # of one arm's calls in a row: short beside what else happens on a machine
MOST_CALLS = 50  # in a turn
WARM_UP_S = 0.3
WARM_UP_CALLS = 10
ROUND_S = 3.0  # between two starts of the processes
FEWEST_ROUNDS = 3
FEWEST_FOURS = 2  # in a round
PRECISE = 0.012  # half of the interval that is narrow enough to stop: a loss of 5 % is then beyond doubt
ANSWER_S = 300.0  # an arm that says nothing for so long hangs
# What the fewest rounds come to where a call is a turn: its pace, its warm-up, and the turns themselves.
FEWEST_CALLS = 2 * 2 + FEWEST_ROUNDS * (2 + 4 * FEWEST_FOURS)
START_S = 300.0  # likewise while it loads its artifact

_FOURS = ("ABBA", "BAAB")


class Arm(Protocol):
    """Something that makes calls in turns."""

    def turn(self, *, unmeasured: int, calls: int) -> int:
        """Some calls, then `calls` under the clock: nanoseconds of the latter."""


Starts = Callable[[], tuple[Arm, Arm]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """What came of it: `rounds` holds log(throughput B / throughput A) of each four turns."""

    rounds: tuple[tuple[float, ...], ...]
    calls_a_turn: int
    seconds: float
    effect: Effect
    mean_ns: tuple[float, float]  # of a call of A and of B, over all turns


@dataclass(slots=True)
class _Totals:
    took_ns: dict[str, int] = field(default_factory=lambda: {"A": 0, "B": 0})
    calls: dict[str, int] = field(default_factory=lambda: {"A": 0, "B": 0})


def take_turns(
    start: Callable[[], Any],
    *,
    longest_s: float = 25.0,
    round_s: float = ROUND_S,
    precise: float = PRECISE,
    confidence: float = 0.99,
    clock: Callable[[], float] = time.monotonic,
) -> Turns:
    """Let two arms take turns until half of the interval is `precise` or less, or `longest_s` have passed.

    `start` gives a context of two fresh arms. Whether to stop depends on the interval's width alone, never on
    where it lies. At least `FEWEST_ROUNDS` rounds of `FEWEST_FOURS` are taken, however long they last.
    """
    began = clock()
    rounds: list[tuple[float, ...]] = []
    totals = _Totals()
    calls = 0
    while True:
        with start() as arms:
            calls = calls or _pace(arms)
            _warm_up(arms, calls)
            rounds.append(_round(arms, calls, totals, clock, round_s))
        if len(rounds) < FEWEST_ROUNDS:
            continue
        effect = turns_change(rounds, confidence=confidence)
        half = (math.log1p(effect.high) - math.log1p(effect.low)) / 2
        took = clock() - began
        if half <= precise or took + took / len(rounds) > longest_s:
            means = tuple(totals.took_ns[name] / totals.calls[name] for name in "AB")
            return Turns(
                rounds=tuple(rounds),
                calls_a_turn=calls,
                seconds=took,
                effect=effect,
                mean_ns=(means[0], means[1]),
            )


def _pace(arms: Mapping[str, Arm]) -> int:
    """How many calls make a turn of `TURN_S`: by the slower arm, after its first call."""
    slowest = 0
    for arm in arms.values():
        arm.turn(unmeasured=0, calls=1)
        slowest = max(slowest, arm.turn(unmeasured=0, calls=1))
    return min(max(round(TURN_S * 1e9 / max(slowest, 1)), 1), MOST_CALLS)


def _warm_up(arms: Mapping[str, Arm], calls: int) -> None:
    """Both, until each has made `WARM_UP_CALLS` or spent `WARM_UP_S`."""
    for arm in arms.values():
        spent = made = 0
        while made < WARM_UP_CALLS and spent < WARM_UP_S * 1e9:
            spent += arm.turn(unmeasured=0, calls=calls)
            made += calls


def _round(
    arms: Mapping[str, Arm], calls: int, totals: _Totals, clock: Callable[[], float], round_s: float
) -> tuple[float, ...]:
    """Fours until `round_s` have passed. The first call after the other's turn is not counted."""
    fours: list[float] = []
    began = clock()
    while len(fours) < FEWEST_FOURS or clock() - began < round_s:
        took = {"A": 0, "B": 0}
        for name in _FOURS[len(fours) % 2]:
            took[name] += arms[name].turn(unmeasured=1 if calls > 1 else 0, calls=calls)
        for name, spent in took.items():
            totals.took_ns[name] += spent
            totals.calls[name] += 2 * calls
        fours.append(math.log(max(took["A"], 1) / max(took["B"], 1)))
    return tuple(fours)


# ------------------------------------------------------------------- processes


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How one arm's process is started."""

    name: str  # in words, for errors
    content: Mapping[str, Any]  # what its first line says: see `worker.open_call`
    python_path: Sequence[Path] = ()  # folders of packages that come before the installed ones
    module: str = "harness.ab.worker"


class Process:
    """An arm in a process of its own, which this one sleeps beside."""

    def __init__(self, setup: Setup) -> None:
        self.name = setup.name
        code = Path(__file__).resolve().parents[2]
        paths = [*setup.python_path, code, *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, "-m", setup.module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))},
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        try:
            self.versions: Mapping[str, str] = self._ask(dict(setup.content), START_S)["versions"]
        except BaseException:
            self.close()
            raise

    def turn(self, *, unmeasured: int, calls: int) -> int:
        """As `Arm.turn`. Raises `ZoocheckError` with what the process says, `MachineError` if it is gone."""
        return int(self._ask({"unmeasured": unmeasured, "calls": calls}, ANSWER_S)["took_ns"])

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _ask(self, content: dict[str, Any], limit_s: float) -> dict[str, Any]:
        sender, answers = self._process.stdin, self._process.stdout
        assert sender is not None
        assert answers is not None
        try:
            sender.write(json.dumps(content) + "\n")
            sender.flush()
            with selectors.DefaultSelector() as wait:
                wait.register(answers, selectors.EVENT_READ)
                if not wait.select(limit_s):
                    raise MachineError(f"{self.name}: no answer for {limit_s:g} s: it hangs, and was ended")
            line = answers.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            status = self._process.wait()
            raise MachineError(f"{self.name}: its process ended with status {status} before it answered")
        said: dict[str, Any] = json.loads(line)
        if "problem" in said:
            raise ZoocheckError(f"{self.name}: {said['problem']}")
        return said


@contextmanager
def processes(first: Setup, second: Setup) -> Iterator[dict[str, Process]]:
    """Two fresh arms, ended afterwards whatever happens."""
    with ExitStack() as stack:
        arms = {}
        for name, setup in (("A", first), ("B", second)):
            arms[name] = Process(setup)
            stack.callback(arms[name].close)
        yield arms
