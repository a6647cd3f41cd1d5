"""When enough samples are drawn to be sure of a drop: bets against it, valid at every stop.

A drop is a mean over a finite population: of what each sample adds to the own fp32 score, less what it adds
to the artifact's. Samples are drawn without replacement, and after each draw the mean of those that are
left is known for whatever mean the population is taken to have. Who bets on the next draw against the
population's mean being at least (or at most) so much, and never more than he has, cannot hope to win where
that is so: his capital is a supermartingale, and in at most one population of a hundred it ever grows to a
hundred times what it was (Ville's inequality). So a run may stop after any draw and for any reason, and be
looked at as often as one likes: there is no penalty for peeking. Sources: I. Waudby-Smith and A. Ramdas,
"Confidence sequences for sampling without replacement" (NeurIPS 2020), and "Estimating means of bounded
random variables by betting" (JRSS-B 86, 2024).

**Two questions, each at the whole error.** One capital bets that the drop is within what is allowed,
another that it is beyond. Of a population only one of the two is wrong, so that each may have all of the
error that the confidence leaves: one-sided bets at 1 % make verdicts of which at most 1 % are wrong.

**Drawn by weight.** Where a sample counts as more than one (a sentence as its words) the next one is drawn
with a probability in proportion to its weight, of those left. What is bet on is its difference *a word*,
from -1 to 1 however long it is, whose mean over the draw is that of all words that are left (S. Shekhar, Z.
Xu, Z. Lipton, P. Liang and A. Ramdas, "Risk-limiting financial audits via weighted sampling without
replacement", UAI 2023). With equal weights it is the above.

**A share of a score that is not known.** Allowed is the larger of a fixed drop and a share r of the own
score, of which no more is known than was drawn. ``own - other > r own`` is ``(1 - r) own - other > 0``, a
mean of bounded differences as well. Beyond is what is beyond both, so that each has to be shown; within is
what is within one of them, so that it is bet on the one which allows more by what was drawn before.

**How much is bet.** Nobody knows beforehand how rare flips are. Several gamblers bet each a constant part
of the most that may be bet, from all of it to a 32nd, and their capitals are added up.

Of the libraries, `confseq` 0.0.11 names ``np.float_``, which numpy 2 no longer has, and `expectation` needs
Python 3.12.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.setting.options import SURE
from harness.verdicts.plain import SLACK

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

SEED = 16

FIRST, FEWEST = 0.02, 64  # of all samples, and at least: drawn before the first look
GROWTH = 1.25  # of what was drawn, from look to look: at most a fifth of what is drawn came too late

# Parts of the most that may be bet, and the shares of the capital at the beginning. The larger ones suit
# the rare flips that are the rule.
_PARTS = np.array([1, 3 / 4, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32])
_SHARES = np.array([8, 8, 8, 8, 4, 2, 1]) / 39

_MOST_HELD = 1e300  # a capital's logarithm has no end, a number has


class Sure(StrEnum):
    """What is known of a drop."""

    WITHIN = "within"  # what is allowed
    BEYOND = "beyond"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How far a score may fall below its own fp32: `fixed`, a fraction, or that `share` of it if larger."""

    fixed: float
    share: float = 0.0

    def of(self, own: Any) -> Any:
        """What is allowed of an own score, a fraction; an array of them for an array."""
        return np.maximum(self.fixed, self.share * own)


def drawn(weights: npt.NDArray[Any], seed: int = SEED) -> IntArray:
    """All samples in a seeded order, int64 ``[n]``, each next one drawn by its weight of those left.

    `weights` are ``[n]``, 0 or more; samples of weight 0 come last, as they are. By exponential keys (P.
    Efraimidis and P. Spirakis, 2006); of equal weights it is a shuffle.
    """
    keys = np.random.default_rng(seed).exponential(size=len(weights))
    with np.errstate(divide="ignore"):
        return np.argsort(keys / np.asarray(weights, np.float64), kind="stable").astype(np.int64)


def looks(samples: int) -> Iterator[tuple[int, int]]:
    """The parts of `samples` drawn ones after each of which it is asked whether enough is known."""
    start, stop = 0, max(FEWEST, math.ceil(FIRST * samples))
    while start < samples:
        yield start, min(stop, samples)
        start, stop = stop, math.ceil(GROWTH * stop)


class Race:
    """Whether a drop is within what is allowed, from the samples drawn so far.

    Of one population, or of several side by side: `total`, the weight of all samples, is then ``[...]``, and
    each array of `see` has those axes before its own. `confidence` is of each verdict: where it is 0.99 at
    most 1 of 100 populations gets a wrong one, whenever it is stopped.
    """

    def __init__(self, total: npt.ArrayLike, allowed: Allowance, confidence: float = SURE) -> None:
        self._total = np.asarray(total, np.float64)
        self._allowed = allowed
        self._enough = 1 / (1 - confidence)  # times what a capital was at the beginning
        shape = self._total.shape
        self.weight, self.own, self.other = (np.zeros(shape) for _ in range(3))  # sums of what was seen
        self._rules = (_Rule(share=0.0, drop=allowed.fixed), _Rule(share=allowed.share, drop=0.0))
        self._within = _Capital(shape)
        self._beyond = tuple(_Capital(shape) for _ in self._rules)

    def see(self, weights: npt.NDArray[Any], own: npt.NDArray[Any], other: npt.NDArray[Any]) -> None:
        """The next samples in the order of `drawn`, ``[..., k]`` each: their weights and what they add.

        `own` is to the fp32 score, `other` to the artifact's, each from 0 to the weight. How draws are cut
        into calls changes nothing.
        """
        if not np.shape(weights)[-1]:
            return
        before = tuple(
            sums[..., None] + _before(part)
            for sums, part in ((self.weight, weights), (self.own, own), (self.other, other))
        )
        left = self._total[..., None] - before[0]
        counts = np.asarray(weights) > 0
        a, b = (np.divide(part, weights, out=np.zeros(counts.shape), where=counts) for part in (own, other))
        fixed, share = (rule.drawn(a, b, before, left, self._total[..., None]) for rule in self._rules)
        with np.errstate(divide="ignore", invalid="ignore"):
            score = np.where(before[0] > 0, before[1] / before[0], 1.0)
        by_share = self._allowed.share * score >= self._allowed.fixed
        chosen = _Draw(*(np.where(by_share, one, two) for one, two in zip(share, fixed, strict=True)))
        self._within.bet(chosen.below, counts)
        for capital, draw in zip(self._beyond, (fixed, share), strict=True):
            capital.bet(draw.above, counts)
        self.weight = self.weight + np.sum(weights, axis=-1)
        self.own = self.own + np.sum(own, axis=-1)
        self.other = self.other + np.sum(other, axis=-1)

    @property
    def drop(self) -> FloatArray:
        """Of what was seen: the own score less the other, a fraction; a NaN of nothing."""
        with np.errstate(invalid="ignore"):
            return np.asarray((self.own - self.other) / self.weight)

    @property
    def within(self) -> BoolArray:
        """Where it is sure that the drop of all samples is within what is allowed, ``[...]``."""
        return (self._sure(self._within) | self._seen_all) & (self._beyond_now <= 0)

    @property
    def beyond(self) -> BoolArray:
        """Where it is sure that it is beyond that, ``[...]``."""
        fixed, share = map(self._sure, self._beyond)
        return ((fixed & share) | self._seen_all) & (self._beyond_now > 0)

    @property
    def sure(self) -> Sure | None:
        """What is known of one population; None where more has to be drawn."""
        return Sure.WITHIN if self.within else Sure.BEYOND if self.beyond else None

    def _sure(self, capital: _Capital) -> BoolArray:
        return np.asarray(capital.most >= self._enough)

    @property
    def _seen_all(self) -> BoolArray:
        """With nothing left to draw the drop is known, and nothing is bet any more."""
        return np.asarray(self.weight >= self._total)

    @property
    def _beyond_now(self) -> FloatArray:
        """How far the drop of what was seen is beyond what is allowed of it.

        Its own numbers never say the other thing than a verdict does: else more is drawn, which costs no
        confidence.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            own = self.own / self.weight
            return np.asarray(self.drop - self._allowed.of(own) - SLACK * (self.weight > 0))


def surely_apart(
    total: float,
    weights: npt.NDArray[Any],
    added: npt.NDArray[Any],
    stated: float,
    within: float,
    sure: float = SURE,
) -> bool:
    """Whether the mean of all samples is surely not `stated`, give or take `within`; both are fractions.

    `weights` and what each sample adds are ``[k]``, of the first k in the order of `drawn`; `total` is the
    weight of all. Either side has half of the error.
    """
    known = stated * np.asarray(weights, np.float64)
    races = [Race(total, Allowance(fixed=within), (1 + sure) / 2) for _ in range(2)]
    races[0].see(weights, known, added)
    races[1].see(weights, added, known)
    return any(race.sure is Sure.BEYOND for race in races)


@dataclass(frozen=True, slots=True)
class _Draw:
    """What each draw brings to a bet of everything, ``[..., k]``: from -1, which loses it, upwards.

    Infinite where the population cannot have the mean that is bet against.
    """

    below: FloatArray  # of who bets that the mean is smaller than the rule's
    above: FloatArray

    def __iter__(self) -> Iterator[FloatArray]:
        return iter((self.below, self.above))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """Allowed is a mean of ``(1 - share) own - other`` up to `drop`."""

    share: float
    drop: float

    def drawn(
        self, own: FloatArray, other: FloatArray, before: tuple[FloatArray, ...], left: FloatArray, total: Any
    ) -> _Draw:
        """`own` and `other` a unit of weight; the sums `before` each draw; the weight that is `left` then."""
        part, most, least = 1 - self.share, 1 - self.share, -1.0
        value = part * own - other
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = (self.drop * total - (part * before[1] - before[2])) / left  # of those left, at the edge
            below = np.where(mean > most + SLACK, np.inf, (mean - value) / np.maximum(most - mean, SLACK))
            above = np.where(mean < least - SLACK, np.inf, (value - mean) / np.maximum(mean - least, SLACK))
        return _Draw(np.maximum(below, -1.0), np.maximum(above, -1.0))


class _Capital:
    """The capitals of several gamblers, ``[..., gamblers]``, and the most that they ever had together."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._held = np.broadcast_to(_SHARES, (*shape, len(_SHARES))).copy()
        self.most = np.ones(shape)

    def bet(self, brings: FloatArray, counts: BoolArray) -> None:
        """Bet on each draw, ``[..., k]``, of those that count."""
        brings = np.where(counts, brings, 0.0)
        together = np.zeros(brings.shape)
        # Beyond what a number holds is enough, whatever follows; nothing of it is left is less than nothing.
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            for at, part in enumerate(_PARTS):
                held = self._held[..., at, None] * np.cumprod(1 + part * brings, axis=-1)
                together += held
                self._held[..., at] = np.nan_to_num(held[..., -1], nan=0.0, posinf=_MOST_HELD)
        self.most = np.fmax(self.most, np.fmax.reduce(together, axis=-1))
        self.most = np.where(np.isposinf(brings).any(axis=-1), np.inf, self.most)


def _before(part: npt.NDArray[Any]) -> FloatArray:
    """The sums of all samples before each, ``[..., k]``."""
    return np.asarray(np.cumsum(part, axis=-1, dtype=np.float64) - part)
