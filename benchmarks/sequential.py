"""How often a sequential verdict is wrong, and what share of the samples it takes: simulated.

    python benchmarks/sequential.py [--populations 2000] [--only WORD] [--seed 1]

Each cell is populations of samples of which the own fp32 has 90 % right. A share of the samples flips, half
of them lost and half gained; as many more are lost as the drop is. Samples are drawn and looked at as
`--until sure` does it (`verdicts.sequential`), and the verdict is held against the drop of all samples. A
drop of 0.99 or 1.01 times the allowed one is the last whole sample on that side of it. Words are those of
sentences, some of one word and some of many, drawn by their length; any word may flip.

Claimed is that at most 1 % of the verdicts of each cell are wrong. The exit status is 1 where more are than
chance explains: where Wilson's 95 % interval is above that.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.only import only  # noqa: E402
from harness.setting.options import SURE  # noqa: E402
from harness.verdicts.sequential import Allowance, Race, looks  # noqa: E402
from harness.verdicts.stats import wilson  # noqa: E402

OWN = 0.9  # of the samples, right in fp32
FLIPS = (0.0005, 0.005, 0.05)
DROPS = (0.0, 0.5, 0.99, 1.01, 1.5, 3.0)  # times what is allowed
AT_ONCE, PIECE = 200, 512  # populations and draws: what fits a cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One kind of population."""

    name: str
    counted: int  # what the score counts: samples, or words
    drawn: int | None = None  # sentences that the words are of; None: each is drawn by itself
    max_drop: float | None = None  # None: 1 % of the own score, or two samples
    flips: float = 0.0
    drop: float = 0.0  # times what is allowed

    @property
    def allowed(self) -> Allowance:
        """As `--until sure` has it of a case without a documented drop."""
        if self.max_drop is not None:
            return Allowance(fixed=self.max_drop)
        return Allowance(fixed=2 / self.counted, share=0.01)

    @property
    def lost_more(self) -> int:
        """By how many samples the artifact is worse."""
        allowed = float(self.allowed.of(round(OWN * self.counted) / self.counted)) * self.counted
        return math.floor(self.drop * allowed) if self.drop < 1 else math.ceil(self.drop * allowed)


CELLS = (
    Cell(name="872 samples", counted=872),
    Cell(name="10,570 questions", counted=10_570),
    Cell(name="10,570, --max-drop 0.1%", counted=10_570, max_drop=0.001),
    Cell(name="46,435 words in 3,453 sentences", counted=46_435, drawn=3453),
    Cell(name="46,435 samples", counted=46_435),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What the populations of a cell came to."""

    used: npt.NDArray[np.float64]  # [populations]: the share of what the score counts
    wrong: int


def populations(cell: Cell, count: int, random: np.random.Generator) -> tuple[npt.NDArray[np.float64], ...]:
    """Weights, own and other in the order in which they are drawn, ``[count, drawn]`` each."""
    right = round(OWN * cell.counted)
    gained = round(cell.flips * cell.counted / 2)
    lost = gained + cell.lost_more
    own, other = np.zeros(cell.counted), np.zeros(cell.counted)
    own[:right] = other[:right] = 1
    other[:lost], other[right : right + gained] = 0, 1
    shuffled = np.argsort(random.random((count, cell.counted)), axis=1)
    owns, others = own[shuffled], other[shuffled]
    if cell.drawn is None:
        return np.ones_like(owns), owns, others
    lengths = 1 + random.multinomial(cell.counted - cell.drawn, _shares(cell.drawn))
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    owns, others = (np.add.reduceat(each, starts, axis=1) for each in (owns, others))
    order = np.argsort(random.exponential(size=owns.shape) / lengths, axis=1)
    weights = np.broadcast_to(lengths, owns.shape)
    return tuple(
        np.take_along_axis(each, order, axis=1).astype(np.float64) for each in (weights, owns, others)
    )


def _shares(sentences: int) -> npt.NDArray[np.float64]:
    """Of the words, by sentence: exponential, so that there are many of one or two words and some of 80."""
    places = (np.arange(sentences) + 0.5) / sentences
    lengths = -np.log1p(-places)
    return lengths / lengths.sum()


def run(cell: Cell, count: int, random: np.random.Generator) -> Came:
    """Draw `count` populations until each is sure."""
    used, wrong = [], 0
    for start in range(0, count, AT_ONCE):
        drawn = populations(cell, min(AT_ONCE, count - start), random)
        shares, sure_beyond = _until_sure(cell, drawn)
        used.append(shares)
        wrong += int(np.sum(sure_beyond != (cell.drop > 1)))
    return Came(used=np.concatenate(used), wrong=wrong)


def _until_sure(
    cell: Cell, drawn: Sequence[npt.NDArray[np.float64]]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """The share that each population took, and whether its drop was then told to be beyond."""
    count, samples = drawn[0].shape
    race = Race(np.full(count, cell.counted), cell.allowed, SURE)
    used, told = np.ones(count), np.zeros(count, bool)
    open_still = np.ones(count, bool)
    for start, stop in looks(samples):
        for at in range(start, stop, PIECE):
            race.see(*(each[:, at : min(at + PIECE, stop)] for each in drawn))
        beyond = race.beyond
        now = open_still & (race.within | beyond)
        used[now], told[now] = (race.weight / cell.counted)[now], beyond[now]
        open_still &= ~now
        if not open_still.any():
            break
    assert not open_still.any(), "with every sample drawn each verdict is sure"
    return used, told


def cells(word: str) -> Iterator[Cell]:
    """Every cell whose name holds a word."""
    for cell in only(word, CELLS):
        yield from (replace(cell, flips=flips, drop=drop) for flips in FLIPS for drop in DROPS)


def main() -> int:
    """Print the table; 1 where surely more than 1 % of a cell's verdicts are wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--populations", type=int, default=2000, help="of each cell")
    parser.add_argument("--only", default="", help="cells whose name holds this")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began, worst = time.process_time(), 0
    heads = " | ".join(f"drop {drop:g}" for drop in DROPS)
    print(f"| population | flips | {heads} |\n|---|---:|{'---:|' * len(DROPS)}", end="")
    for number, cell in enumerate(cells(given.only)):
        came = run(cell, given.populations, np.random.default_rng([given.seed, number]))
        worst = max(worst, came.wrong)
        if number % len(DROPS) == 0:
            print(f"\n| {cell.name} | {cell.flips * 100:g} % |", end="")
        told = f" ({came.wrong} wrong)" if came.wrong else ""
        print(f" {came.used.mean() * 100:.1f} %{told} |", end="", flush=True)
    share = worst / given.populations
    print(
        f"\n\n{given.populations} populations a cell; most wrong verdicts of a cell: {worst} ({share:.2%}); "
        f"{time.process_time() - began:.0f} s of CPU"
    )
    return int(wilson(worst, given.populations).low > 1 - SURE)


if __name__ == "__main__":
    sys.exit(main())
