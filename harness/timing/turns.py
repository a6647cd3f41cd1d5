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
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from harness.decoding import Undecodable, json_object
from harness.errors import MachineError, ZoocheckError
from harness.setting.home import CODE
from harness.timing.arm import FOURS
from harness.verdicts.effects import Effect
from harness.verdicts.in_turns import turns_change

FEWEST_ROUNDS = 4
FEWEST_FOURS = 1  # of a start
ANSWER_S = 300.0  # an arm that says nothing for so long hangs
START_S = 300.0  # likewise while it loads its artifact

# Two arms in one process: as short as the clock allows, because nothing has to be woken for a turn.
TOGETHER_TURN_S = 0.001
TOGETHER_S = 0.25
TOGETHER_WARM_UP_S = 0.05
SLOW_S = 2.0  # of four turns
# In a process each: long enough for the first call after waking, which is not counted, to be a small part.
APART_TURN_S = 0.06
APART_S = 2.0
APART_WARM_UP_S = 0.3
MOST_CALLS = 50  # in a turn

Four = tuple[int, int]  # nanoseconds that the calls of A and of B took


class Pair(Protocol):
    """Two arms."""

    lasts_s: float  # for how long they take turns before they are started anew

    def start(self, *, second_first: bool) -> None:
        """Load both anew, the first one first, or the second."""

    def warm_up(self, calls: int | None) -> int:
        """Make the first calls; returns how many make a turn, which is `calls` where that is given."""

    def fours(self, number: int, calls: int) -> Sequence[Four]:
        """The next fours: one or more; `number` were made before since the start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """All turns that were taken: `rounds` holds log(throughput B / throughput A) of each four of them."""

    rounds: tuple[tuple[float, ...], ...]
    calls_a_turn: int
    seconds: float
    effect: Effect
    mean_ns: tuple[float, float]  # of a call of A and of B, over all turns


@dataclass(slots=True)
class _Totals:
    took_ns: list[int] = field(default_factory=lambda: [0, 0])
    calls: int = 0  # of each arm


def take_turns(
    pair: Pair,
    *,
    longest_s: float = 25.0,
    confidence: float = 0.99,
    clock: Callable[[], float] = time.monotonic,
) -> Turns:
    """Let two arms take turns until another round would last longer than `longest_s`.

    A round is two starts, A first and B first: what is loaded first may lie better in memory. Nothing that
    was measured ends it but the time that a round takes: an interval that happens to be narrow early misses
    the truth more often than it says. At least `FEWEST_ROUNDS` are taken, however long they last. Raises as
    `Pair` does.
    """
    began = clock()
    rounds: list[tuple[float, ...]] = []
    totals = _Totals()
    calls: int | None = None
    while True:
        fours: list[float] = []
        for second_first in (False, True):
            pair.start(second_first=second_first)
            calls = pair.warm_up(calls)
            fours += _fours(pair, calls, totals, clock)
        rounds.append(tuple(fours))
        assert calls is not None, "a start says how many calls make a turn"
        if len(rounds) < FEWEST_ROUNDS:
            continue
        took = clock() - began
        if took + took / len(rounds) > longest_s:
            first, second = (spent / totals.calls for spent in totals.took_ns)
            return Turns(
                rounds=tuple(rounds), calls_a_turn=calls, seconds=took, mean_ns=(first, second),
                effect=turns_change(rounds, confidence=confidence),
            )  # fmt: skip


def _fours(pair: Pair, calls: int, totals: _Totals, clock: Callable[[], float]) -> list[float]:
    """Fours until the time of one start has passed: log(time of A / time of B) of each."""
    logs: list[float] = []
    began = clock()
    while len(logs) < FEWEST_FOURS or clock() - began < pair.lasts_s:
        for first, second in pair.fours(len(logs), calls):
            totals.took_ns[0] += first
            totals.took_ns[1] += second
            totals.calls += 2 * calls
            logs.append(math.log(max(first, 1) / max(second, 1)))
    return logs


def calls_a_turn(slowest_ns: int, turn_s: float) -> int:
    """How many calls of that length make a turn."""
    return min(max(round(turn_s * 1e9 / max(slowest_ns, 1)), 1), MOST_CALLS)


# ------------------------------------------------------------------- processes


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How one arm's process is started."""

    name: str  # in words, for errors
    content: Mapping[str, Any]  # what its first line says: see `timing.arm.open_arm`
    python_path: Sequence[Path] = ()  # folders of packages that come before the installed ones
    module: str = "harness.timing.arm"


def both(first: Setup, second: Setup) -> Setup:
    """The setup of one process for two arms that run with the same packages."""
    content = {**first.content, "arms": [*first.content["arms"], *second.content["arms"]]}
    return Setup(
        name=f"{first.name} and {second.name}", content=content, python_path=first.python_path,
        module=first.module,
    )  # fmt: skip


class Process:
    """An arm in a process of its own, which this one sleeps beside."""

    def __init__(self, setup: Setup) -> None:
        self.name = setup.name
        paths = [*setup.python_path, CODE, *filter(None, [os.environ.get("PYTHONPATH")])]
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
        """`unmeasured` calls, then `calls` under the clock: the nanoseconds of these.

        Raises `ZoocheckError` with what the process says, and `MachineError` where it is gone or hangs.
        """
        return int(self._ask({"unmeasured": unmeasured, "calls": calls}, ANSWER_S)["took_ns"])

    def fours(self, fours: int, calls: int, *, unmeasured: int, first: int) -> list[Four]:
        """`fours` times A B B A or B A A B behind `unmeasured` ones, of a process with both arms."""
        request = {"fours": fours, "calls": calls, "unmeasured": unmeasured, "first": first}
        took = self._ask(request, ANSWER_S)["took_ns"]
        return [(first, second) for first, second in took]

    def open(self, order: Sequence[int]) -> None:
        """Load the arms anew, in that order."""
        self._ask({"open": list(order)}, START_S)

    def answer(self, arm: int, samples: Path, to: Path) -> None:
        """Write the outputs of one of its arms for `samples` (an npz file by input) to an npz file."""
        self._ask({"answer": arm, "samples": str(samples), "to": str(to)}, ANSWER_S)

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
        try:
            said = json_object(line)
        except Undecodable as problem:
            raise MachineError(
                f"{self.name}: its process gave no answer that can be read: {problem}"
            ) from problem
        if "problem" in said:
            raise ZoocheckError(f"{said.get('arm') or self.name}: {said['problem']}")
        return said


class Apart:
    """Two arms in a process each, for packages that cannot be in one."""

    lasts_s = APART_S

    def __init__(self, first: Setup, second: Setup) -> None:
        self._setups = (first, second)
        self._arms: dict[int, Process] = {}

    @property
    def versions(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """The library versions of A and of B, once they are started."""
        return self._arms[0].versions, self._arms[1].versions

    def start(self, *, second_first: bool) -> None:
        """As `Pair.start`."""
        self.close()
        for arm in (1, 0) if second_first else (0, 1):
            self._arms[arm] = Process(self._setups[arm])

    def close(self) -> None:
        """End both."""
        while self._arms:
            self._arms.popitem()[1].close()

    def answer(self, arm: int, samples: Path, to: Path) -> None:
        """As `Process.answer`, of A (0) or B (1), once they are started."""
        self._arms[arm].answer(0, samples, to)

    def warm_up(self, calls: int | None) -> int:
        """As `Pair.warm_up`: the slower arm decides, after its first call."""
        slowest = 0
        for arm in self._arms.values():
            arm.turn(unmeasured=0, calls=1)
            slowest = max(slowest, arm.turn(unmeasured=0, calls=1))
        chosen = calls or calls_a_turn(slowest, APART_TURN_S)
        for arm in self._arms.values():
            spent = 0
            while spent < APART_WARM_UP_S * 1e9:
                spent += arm.turn(unmeasured=0, calls=chosen)
        return chosen

    def fours(self, number: int, calls: int) -> Sequence[Four]:
        """One. The first call after the other's turn is not counted."""
        took = [0, 0]
        for arm in FOURS[number % 2]:
            took[arm] += self._arms[arm].turn(unmeasured=1 if calls > 1 else 0, calls=calls)
        return [(took[0], took[1])]


class Together:
    """Two arms in one process, call by call: a disturbance of the machine meets both."""

    lasts_s = TOGETHER_S

    def __init__(self, first: Setup, second: Setup) -> None:
        self._process = Process(both(first, second))
        self._a_four_s = 0.0
        self._first = 0  # the arm that was loaded first, and begins

    @property
    def versions(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """The library versions of A and of B."""
        return self._process.versions, self._process.versions

    def start(self, *, second_first: bool) -> None:
        """As `Pair.start`."""
        self._first = 1 if second_first else 0
        self._process.open([1, 0] if second_first else [0, 1])

    def close(self) -> None:
        """End the process."""
        self._process.close()

    def answer(self, arm: int, samples: Path, to: Path) -> None:
        """As `Process.answer`, of A (0) or B (1)."""
        self._process.answer(arm, samples, to)

    def warm_up(self, calls: int | None) -> int:
        """As `Pair.warm_up`: the first four is for the kernels, the second says how long one takes."""
        ((first, second),) = self._process.fours(1, 1, unmeasured=1, first=self._first)
        chosen = calls or calls_a_turn(max(first, second) // 2, TOGETHER_TURN_S)
        self._a_four_s = max((first + second) * chosen / 1e9, 1e-6)
        return chosen

    def fours(self, number: int, calls: int) -> Sequence[Four]:
        """All of a start at once, as many of either order, behind `TOGETHER_WARM_UP_S` of others."""
        both_orders = max(1, round(self.lasts_s / self._a_four_s / 2))
        unmeasured = max(1, round(TOGETHER_WARM_UP_S / self._a_four_s / 2))
        if self._a_four_s > SLOW_S:
            unmeasured = 0  # waking up is nothing beside such calls
        return self._process.fours(2 * both_orders, calls, unmeasured=2 * unmeasured, first=self._first)


@contextmanager
def arms(first: Setup, second: Setup) -> Iterator[Apart | Together]:
    """Two arms, ended afterwards whatever happens: in one process where their packages are the same."""
    same = (first.python_path, first.module) == (second.python_path, second.module)
    pair = Together(first, second) if same else Apart(first, second)
    try:
        yield pair
    finally:
        pair.close()
