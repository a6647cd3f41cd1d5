"""Two arms in turns: the order, the stopping, the processes and how they fail. Clocks are the tests' own."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from harness.ab import turns
from harness.ab.turns import MOST_CALLS, Process, Setup, processes, take_turns
from harness.effects import Finding
from harness.errors import MachineError, ZoocheckError

HERE = Path(__file__).parent


class Fake:
    """An arm whose calls take what a machine with a drifting speed makes of them."""

    def __init__(self, name: str, call_ns: float, machine: Machine) -> None:
        self.name, self.call_ns, self.machine = name, call_ns, machine

    def turn(self, *, unmeasured: int, calls: int) -> int:
        self.machine.order.append(self.name)
        took = self.machine.spend((unmeasured + calls) * self.call_ns)
        return int(took * calls / (unmeasured + calls))


class Machine:
    """A clock, and a speed that drifts by half over a minute and scatters by 5 % from turn to turn."""

    def __init__(self, seed: int = 0) -> None:
        self.now_s, self.draw, self.order = 0.0, random.Random(seed), []

    def spend(self, work_ns: float) -> float:
        took = work_ns * (1 + 0.5 * self.now_s / 60) * self.draw.lognormvariate(0, 0.05)
        self.now_s += took / 1e9
        return took

    def clock(self) -> float:
        return self.now_s

    @contextmanager
    def start(self, first_ns: float, second_ns: float) -> Iterator[dict[str, Fake]]:
        yield {"A": Fake("A", first_ns, self), "B": Fake("B", second_ns, self)}


def run(
    first_ns: float, second_ns: float, *, seed: int = 0, longest_s: float = 25.0
) -> tuple[turns.Turns, Machine]:
    machine = Machine(seed)
    found = take_turns(lambda: machine.start(first_ns, second_ns), longest_s=longest_s, clock=machine.clock)
    return found, machine


def test_five_per_cent_slower_survives_a_machine_that_drifts_by_half() -> None:
    found, _ = run(4e6, 4.2e6)
    assert found.effect.finding(margin=0.05, least=0.01) is Finding.WORSE
    assert found.effect.change == pytest.approx(1 / 1.05 - 1, abs=0.012)
    assert found.mean_ns[1] > found.mean_ns[0]


def test_the_same_is_the_same() -> None:
    found = [run(4e6, 4e6, seed=seed)[0].effect.finding(margin=0.05, least=0.01) for seed in range(20)]
    assert found.count(Finding.SAME) >= 19


def test_turns_are_a_b_b_a_and_then_b_a_a_b() -> None:
    _, machine = run(4e6, 4e6)
    text = "".join(machine.order)
    assert "ABBABAABABBA" in text


def test_it_stops_when_the_interval_is_narrow_or_the_time_is_up() -> None:
    quiet, _ = run(4e6, 4e6)
    assert quiet.seconds < 25
    assert len(quiet.rounds) >= turns.FEWEST_ROUNDS
    slow, machine = run(5e9, 5e9, longest_s=60)  # a call of 5 s: as few fours as tell anything
    assert [len(fours) for fours in slow.rounds] == [turns.FEWEST_FOURS] * turns.FEWEST_ROUNDS
    assert slow.calls_a_turn == 1
    assert machine.now_s > 60


def test_a_fast_call_is_made_often_in_a_turn() -> None:
    found, _ = run(1e4, 1e4)
    assert found.calls_a_turn == MOST_CALLS


# ------------------------------------------------------------------ processes


def setup(name: str = "A (current)", **content: object) -> Setup:
    return Setup(name=name, content={"call_ns": 4_000_000, **content}, module="arm", python_path=(HERE,))


def test_processes_answer_and_are_gone_afterwards() -> None:
    with processes(setup(), setup("B (other)", call_ns=5_000_000)) as arms:
        assert arms["A"].turn(unmeasured=1, calls=10) == 40_000_000
        assert arms["B"].turn(unmeasured=1, calls=10) == 50_000_000
        assert arms["A"].versions == {"numpy": "1"}
        started = [child.pid for child in psutil.Process().children()]
        assert len(started) >= 2
    assert not set(started) & {child.pid for child in psutil.Process().children()}


def test_what_an_arm_says_is_passed_on_with_its_name() -> None:
    with pytest.raises(ZoocheckError, match=r"^B \(x\.onnx\): onnxruntime cannot load the graph$"):
        Process(setup("B (x.onnx)", problem="onnxruntime cannot load the graph"))


def test_an_arm_that_ends() -> None:
    with pytest.raises(MachineError, match=r"A \(current\): its process ended with status 3 before"):
        Process(setup(dies=True))


def test_an_arm_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "ANSWER_S", 0.3)
    monkeypatch.setattr(turns, "START_S", 30.0)
    with processes(setup(hangs=True), setup()) as arms:
        started = [child.pid for child in psutil.Process().children()]
        with pytest.raises(MachineError, match=r"no answer for 0\.3 s: it hangs, and was ended"):
            arms["A"].turn(unmeasured=0, calls=1)
    assert not set(started) & {child.pid for child in psutil.Process().children()}
