"""Two arms in turns: the order, the stopping, the processes and how they fail. Clocks are the tests' own."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path

import psutil
import pytest

from harness.errors import MachineError, ZoocheckError
from harness.timing import arm as worker
from harness.timing import turns
from harness.timing.turns import MOST_CALLS, Apart, Process, Setup, Together, arms, take_turns
from harness.verdicts.effects import Finding

HERE = Path(__file__).parent


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


class Fakes:
    """Two arms in one process, whose calls take what the machine makes of them."""

    lasts_s = turns.TOGETHER_S

    def __init__(self, machine: Machine, *calls_ns: float) -> None:
        self.machine, self.calls_ns = machine, calls_ns

    def start(self, *, second_first: bool) -> None:
        self.order = [1, 0] if second_first else [0, 1]

    def warm_up(self, calls: int | None) -> int:
        return calls or turns.calls_a_turn(int(max(self.calls_ns)), turns.TOGETHER_TURN_S)

    def fours(self, number: int, calls: int) -> list[tuple[int, int]]:
        took = [0.0, 0.0]
        for arm in worker.FOURS[number % 2]:
            self.machine.order.append("AB"[arm])
            took[arm] += self.machine.spend(calls * self.calls_ns[arm])
        return [(int(took[0]), int(took[1]))]


def run(
    first_ns: float, second_ns: float, *, seed: int = 0, longest_s: float = 25.0
) -> tuple[turns.Turns, Machine]:
    machine = Machine(seed)
    fakes = Fakes(machine, first_ns, second_ns)
    return take_turns(fakes, longest_s=longest_s, clock=machine.clock), machine


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
    assert text.startswith("ABBABAABABBA")


def test_it_ends_when_the_time_is_up_and_not_because_an_interval_happens_to_be_narrow() -> None:
    for seed in range(5):
        quiet, _ = run(4e6, 4e6, seed=seed)
        assert quiet.seconds <= 25 < quiet.seconds * (1 + 1.5 / len(quiet.rounds))
        assert len(quiet.rounds) > 10 * turns.FEWEST_ROUNDS
    slow, machine = run(5e9, 5e9, longest_s=60)  # a call of 5 s: as few fours as tell anything
    assert [len(fours) for fours in slow.rounds] == [2 * turns.FEWEST_FOURS] * turns.FEWEST_ROUNDS
    assert slow.calls_a_turn == 1
    assert machine.now_s > 60


def test_a_fast_call_is_made_often_in_a_turn() -> None:
    found, _ = run(1e4, 1e4)
    assert found.calls_a_turn == MOST_CALLS


# ------------------------------------------------------------------ processes


def setup(name: str = "A (current)", call_ns: int = 4_000_000, **content: object) -> Setup:
    said = {"arms": [{"call_ns": call_ns}], **content}
    return Setup(name=name, content=said, module="arm", python_path=(HERE,))


@pytest.fixture
def others() -> set[int]:
    """Processes that other tests' charts are drawn by, and that live on."""
    return {child.pid for child in psutil.Process().children()}


def test_two_arms_of_the_same_packages_share_a_process_which_is_gone_afterwards(others: set[int]) -> None:
    with arms(setup(), setup("B (other)", call_ns=5_000_000)) as pair:
        assert isinstance(pair, Together)
        assert pair.warm_up(None) == 1
        found = list(pair.fours(0, 10))
        assert set(found) == {(80_000_000, 100_000_000)}
        assert len(found) == 2 * round(turns.TOGETHER_S / 0.018 / 2)  # a four of one call each takes 18 ms
        assert pair.versions == ({"numpy": "1"}, {"numpy": "1"})
        running = [child.pid for child in psutil.Process().children()]
        assert running
    assert not set(running) - others & {child.pid for child in psutil.Process().children()}


def test_what_is_loaded_first_is_turned_round_and_told_as_a_and_b() -> None:
    with arms(setup(), setup("B (other)", call_ns=5_000_000)) as pair:
        pair.start(second_first=True)
        pair.warm_up(None)
        assert set(pair.fours(0, 10)) == {(80_000_000, 100_000_000)}


def test_arms_of_other_packages_have_a_process_each(tmp_path: Path, others: set[int]) -> None:
    other = dataclasses.replace(setup("B (numpy==2)", call_ns=5_000_000), python_path=(tmp_path, HERE))
    with arms(setup(), other) as pair:
        assert isinstance(pair, Apart)
        pair.start(second_first=True)
        assert list(pair.fours(0, 10)) == [(80_000_000, 100_000_000)]
        running = [child.pid for child in psutil.Process().children()]
        assert len(running) >= 2
    assert not set(running) - others & {child.pid for child in psutil.Process().children()}


def test_the_first_calls_say_how_many_make_a_turn() -> None:
    with arms(setup(call_ns=100_000), setup("B", call_ns=100_000)) as pair:
        assert pair.warm_up(None) == 10  # 1 ms of 0.1 ms
        assert pair.warm_up(3) == 3


def test_what_an_arm_says_is_passed_on_with_its_name() -> None:
    with pytest.raises(ZoocheckError, match=r"^B \(x\.onnx\): onnxruntime cannot load the graph$"):
        Process(setup("B (x.onnx)", problem="onnxruntime cannot load the graph"))


def test_an_arm_that_ends() -> None:
    with pytest.raises(MachineError, match=r"A \(current\): its process ended with status 3 before"):
        Process(setup(dies=True))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("", "no JSON"),
        ("[1]", "a list"),
        ('{"versions": NaN}', "NaN"),
        ('{"versions": ' + "[" * 10_000, "lists or objects nested"),
    ],
)
def test_an_answer_that_cannot_be_read_is_the_machines_fault(line: str, found: str) -> None:
    with pytest.raises(MachineError, match=rf"A \(current\): .* no answer that can be read: .*found {found}"):
        Process(setup(garbles=line))


def test_an_arm_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, others: set[int]) -> None:
    monkeypatch.setattr(turns, "ANSWER_S", 0.3)
    monkeypatch.setattr(turns, "START_S", 30.0)
    with arms(setup(hangs=True), setup()) as pair:
        running = [child.pid for child in psutil.Process().children()]
        with pytest.raises(MachineError, match=r"no answer for 0\.3 s: it hangs, and was ended"):
            pair.warm_up(None)
    assert not set(running) - others & {child.pid for child in psutil.Process().children()}
