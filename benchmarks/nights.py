"""How often a night is called worse or better where nothing changed, and how often a loss is seen: simulated.

    python benchmarks/nights.py [--nights 2000] [--only WORD] [--seed 1]

Each cell is a machine with 30 series (throughputs of 20 to 3000 samples/s) whose nights scatter as its line
says: by so much each on its own, by so much all alike. A night is held against the one before it, as
`zoocheck nightly` does it: what the nights before say of the spread (`verdicts.nights`), the interval of each
change (`verdicts.effects`), and what that comes to. A false alarm is a night with any "better" or "worse"
among its 30. In every night one more series is made slower by twice the half width that is stated for it:
that has to be "worse".

Claimed are at most 1 % of false nights, and 95 % of such losses. Shares have Wilson's 95 % interval.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.only import only  # noqa: E402
from harness.comparing.judging import THROUGHPUT_MARGIN  # noqa: E402
from harness.comparing.runs import FALSE_ALARMS  # noqa: E402
from harness.comparing.spreads import WINDOW  # noqa: E402
from harness.verdicts import nights  # noqa: E402
from harness.verdicts.effects import LEAST_CHANGE, Effect, Finding, Timed, throughput_change  # noqa: E402
from harness.verdicts.stats import wilson  # noqa: E402

AT_ONCE = 40  # nights of one machine, before another one is drawn
NEWS = (Finding.BETTER, Finding.WORSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One kind of machine, and which of its nights is judged."""

    name: str
    own: float = 0.005  # standard deviations of a logarithm: 0.005 is half a per cent
    shared: float = 0.0
    lasting: float = 0.0  # AR(1) of both from night to night
    series: int = 30
    digits: int | None = None  # a tool tells the numbers, rounded to so many
    noisier: float = 1.0  # every tenth series scatters so many times as much
    night: int | None = None  # of a new machine, 2 for its second one; None: of one that runs on and on
    new_case: bool = False  # one series has only the night before
    back: int = 1  # how many nights before it the night lies that it is held against
    machines: int = 1  # hosts, each judged by its own nights
    fastest: float = 3000.0  # samples/s; the slowest has 20, or a fifth of the fastest
    partial: int = 0  # runs of one series alone between two nights


def cells() -> Iterator[Cell]:
    """Everything that is simulated."""
    for night in (2, 3, 4, 5, 6):
        for own, shared in ((0.005, 0.0), (0.01, 0.0), (0.005, 0.01), (0.015, 0.0)):
            yield Cell(name=f"night {night}", own=own, shared=shared, night=night)
    yield Cell(name="night 2, 3 series", own=0.01, series=3, night=2)
    yield Cell(name="night 6, 1 series", own=0.01, series=1, night=6)
    yield Cell(name="a new case, night 7", own=0.01, night=7, new_case=True)
    yield Cell(name="a new case, night 32", own=0.01, night=32, new_case=True)
    for own, shared in ((0.005, 0.0), (0.01, 0.0), (0.005, 0.01)):
        yield Cell(name="nights", own=own, shared=shared)
    yield Cell(name="nights, AR(0.5)", own=0.01, lasting=0.5)
    yield Cell(name="nights, AR(0.5)", own=0.005, shared=0.01, lasting=0.5)
    yield Cell(name="nights, AR(0.8)", own=0.01, lasting=0.8)
    yield Cell(name="against a baseline 20 nights ago", own=0.01, back=20)
    yield Cell(name="the same, AR(0.5)", own=0.01, back=20, lasting=0.5)
    yield Cell(name="rounded to whole", own=0.01, digits=0)
    yield Cell(name="rounded to tenths", own=0.004, digits=1)
    yield Cell(name="rounded to whole, 12 to 60 samples/s", own=0.01, digits=0, fastest=60)
    yield Cell(name="rounded to whole, 6 to 30 samples/s", own=0.004, digits=0, fastest=30)
    yield Cell(name="4 runs of one case between nights", own=0.005, shared=0.03, partial=4)
    yield Cell(name="every tenth series 4 times noisier", own=0.004, noisier=4.0)
    yield Cell(name="8 hosts", own=0.01, shared=0.005, machines=8)


class Machine:
    """One that gives a night after the other."""

    def __init__(self, cell: Cell, random: np.random.Generator) -> None:
        self.cell, self.random = cell, random
        self.level = np.log(random.uniform(min(20, cell.fastest / 5), cell.fastest, cell.series))
        self.own = cell.own * np.where(np.arange(cell.series) % 10 == 0, cell.noisier, 1.0)
        self.apart = random.normal(size=cell.series) * self.own
        self.alike = random.normal() * cell.shared

    def night(self) -> np.ndarray:
        """Throughputs ``[series]`` of the next night."""
        keep = self.cell.lasting
        fresh = math.sqrt(1 - keep**2)
        self.apart = keep * self.apart + fresh * self.random.normal(size=len(self.own)) * self.own
        self.alike = keep * self.alike + fresh * self.random.normal() * self.cell.shared
        rates = np.exp(self.level + self.apart + self.alike)
        return rates if self.cell.digits is None else np.maximum(np.round(rates, self.cell.digits), 1)


def judged(cell: Cell, earlier: list[np.ndarray], tonight: np.ndarray) -> tuple[bool, bool, float]:
    """Whether any of a night's changes is news, whether a planted loss is seen, and the median half width.

    `earlier` are the nights before, the one that it is held against among them.
    """
    before, keys = earlier[-cell.back], range(cell.series)
    told = set() if cell.digits is None else set(keys)
    names, table = _table(cell, earlier)
    known = nights.of_nights(table, names, told)
    changes = {key: math.log(tonight[key] / before[key]) for key in keys}
    least = {key: nights.least_spread([before[key], tonight[key]], told=key in told) for key in keys}
    pair = nights.of_pair(changes, least)

    def change(key: int, factor: float = 1.0) -> Effect:
        return throughput_change(
            Timed(samples_per_s=float(before[key])), Timed(samples_per_s=float(tonight[key]) * factor),
            known.noise(key) or pair.get(key),
            confidence=1 - FALSE_ALARMS / cell.series, together=1 - FALSE_ALARMS,
        )  # fmt: skip

    found = [change(key) for key in keys]
    news = any(finding(effect) in NEWS for effect in found)
    halves = [effect.half_width for effect in found]
    victim = int(np.random.default_rng(len(earlier)).integers(cell.series))
    lost = finding(change(victim, math.exp(-2 * halves[victim]))) is Finding.WORSE
    return news, lost, float(np.median(halves))


def _table(cell: Cell, earlier: list[np.ndarray]) -> tuple[list[str], dict[int, dict[str, float]]]:
    """The runs in order, and what each series has in them: partial ones of one series between the nights."""
    first = len(earlier) - 1 if cell.new_case else 0  # the nights of the last series
    names: list[str] = []
    table: dict[int, dict[str, float]] = {key: {} for key in range(cell.series)}
    for at, rates in enumerate(earlier):
        names.append(f"{at:03}")
        for key in range(cell.series):
            if key < cell.series - 1 or at >= first:
                table[key][names[-1]] = float(rates[key])
        for extra in range(cell.partial):
            names.append(f"{at:03}-{extra}")
            table[extra][names[-1]] = float(rates[extra])
    return names, table


def finding(effect: Effect) -> Finding:
    return effect.finding(margin=THROUGHPUT_MARGIN, least=LEAST_CHANGE)


def simulated(cell: Cell, count: int, random: np.random.Generator) -> Iterator[tuple[bool, bool, float]]:
    """`count` judged nights of a cell."""
    if cell.night is not None:
        for _ in range(count):
            machine = Machine(cell, random)
            rates = [machine.night() for _ in range(cell.night)]
            yield judged(cell, rates[:-1], rates[-1])
        return
    for start in range(0, count, AT_ONCE * cell.machines):
        hosts = [Machine(cell, random) for _ in range(cell.machines)]
        past = [deque((host.night() for _ in range(WINDOW)), maxlen=WINDOW) for host in hosts]
        for at in range(min(AT_ONCE * cell.machines, count - start)):
            host, mine = hosts[at % cell.machines], past[at % cell.machines]
            tonight = host.night()
            yield judged(cell, list(mine), tonight)
            mine.append(tonight)


def after_a_step(size: float, count: int, random: np.random.Generator) -> None:
    """A machine that became faster as a whole: in which of the nights after it a loss of 10 % is seen."""
    cell, nights_before = Cell(name=""), 31
    shares = []
    for ago in (1, 2, 3, 5, 8, 10, 12, 14, 16, 18, 20, 25):
        seen = 0
        for _ in range(count):
            machine = Machine(cell, random)
            rates = [
                machine.night() * (1 + size if at >= nights_before - ago else 1)
                for at in range(nights_before + 1)
            ]
            rates[-1][9] *= 0.9
            table = {key: {f"{at:03}": float(item[key]) for at, item in enumerate(rates[1:-1])}
                     for key in range(cell.series)}  # fmt: skip
            known = nights.of_nights(table, [f"{at:03}" for at in range(len(rates) - 2)])
            effect = throughput_change(
                Timed(samples_per_s=float(rates[-2][9])), Timed(samples_per_s=float(rates[-1][9])),
                known.noise(9), confidence=1 - FALSE_ALARMS / cell.series, together=1 - FALSE_ALARMS,
            )  # fmt: skip
            seen += finding(effect) is Finding.WORSE
        shares.append(f"{ago}: {seen / count * 100:.0f} %")
    print(f"all 30 series {size * 100:+g} % for good, one loses 10 % so many nights later; seen after "
          f"{', '.join(shares)} ({count} nights each)", flush=True)  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--nights", type=int, default=2000, help="in each cell")
    parser.add_argument("--only", default="", metavar="WORD", help="cells whose name has it")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    random = np.random.default_rng(options.seed)
    print(f"{options.nights} nights a cell; own and shared spread, false nights, losses of twice the "
          "half width seen, median half width")  # fmt: skip
    for cell in only(options.only, cells()):
        began = time.monotonic()
        found = list(simulated(cell, options.nights, random))
        false, seen = (sum(item[at] for item in found) for at in (0, 1))
        print(
            f"{cell.name:36} own {cell.own * 100:3.1f} % shared {cell.shared * 100:3.1f} %: "
            f"{share(false, len(found))} false, {share(seen, len(found))} seen, "
            f"{math.expm1(float(np.median([item[2] for item in found]))) * 100:4.1f} %"
            f"   [{time.monotonic() - began:.0f} s]",
            flush=True,
        )
    if not options.only:
        for size in (0.2, 0.1):
            after_a_step(size, max(20, options.nights // 20), random)


def share(hits: int, of: int) -> str:
    """A share with its interval: ``0.45 % (0.2 to 0.9)``."""
    interval = wilson(hits, of)
    return f"{hits / of * 100:6.2f} % ({interval.low * 100:.2f} to {interval.high * 100:.2f})"


if __name__ == "__main__":
    main()
