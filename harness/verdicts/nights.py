"""How far throughputs lie apart from run to run: what the nights of one machine say of each of its series.

A night's logarithm of a throughput is taken for the sum of three: the level of its series, what the machine
did to all of them that night, and what it did to this one alone. The last two have a `Spread` each.

Of a machine of which too little is known the spread is assumed, and said to be.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from statistics import median
from typing import Generic, TypeVar

import numpy as np

from harness.verdicts import levels
from harness.verdicts.effects import LEAST_CHANGE
from harness.verdicts.levels import Scatter, Shift
from harness.verdicts.noise import ASSUMED, NOTHING, Noise, Spread

Key = TypeVar("Key", bound=Hashable)

FEWEST_NIGHTS = 5  # from which what a machine does to all of its series alike is known
FEWEST_SERIES = 3  # from which what all share is told from what each has
FEWEST_DEGREES = 10.0  # of all series together, from which a series without nights of its own has a spread
MANY = 10  # results, of which the median says how far out is odd
MOST_DEGREES = 60.0  # nights are not as independent as their number
LEAST_SPREAD = 0.002  # relative: no machine repeats itself more closely for months
LEAST_SHARED = 0.001  # likewise of all series together
LEAST_TOLD = 0.005  # of numbers that a tool told, which may be rounded
_ODD = 3.0
_OF_A_UNIT = 0.6
_SETTLED = 6  # rounds of medians in which what nights share is told from what series have
_STRAYING = 1.5  # times as far from the middle as from the neighbour: a level may have shifted


@dataclass(frozen=True, slots=True, kw_only=True)
class Nights(Generic[Key]):
    """What the nights of one machine say."""

    own: Mapping[Key, Spread]  # of each series with two nights or more
    least: Mapping[Key, float]  # below which no spread of a series is taken
    prior: Spread | None  # of a series of which nothing is known; None: too few series to say
    shared: Spread | None  # None: too few nights or series to say
    of_machine: Mapping[str, float]  # night -> what it did to all alike, from the oldest on
    step: Shift | None  # the last one of all series together, by its place in `of_machine`
    nights: int

    def noise(self, key: Key) -> Noise | None:
        """The noise of a series; None where too little is known to say it."""
        own, degrees = self.own.get(key), sum(item.degrees for item in self.own.values())
        alone = own is not None and own.results >= FEWEST_NIGHTS
        if not alone and (self.prior is None or degrees < FEWEST_DEGREES):
            return None
        spread = moderated(own, self.prior)
        spread = Spread(sd=max(spread.sd, self.least.get(key, LEAST_SPREAD)), degrees=spread.degrees)
        shared = self.shared
        if shared is None:
            # Of too few series to tell the two apart, enough nights of its own hold both.
            shared = NOTHING if alone and self.prior is None else ASSUMED
        return Noise(own=spread, shared=shared, words=self._words(spread, shared), assumed=shared is ASSUMED)

    def _words(self, own: Spread, shared: Spread) -> str:
        known = (
            f"a spread of {own.sd * 100:.2g} % from run to run, of {self.nights} earlier runs "
            f"and {len(self.own)} series of this machine"
        )
        if shared is ASSUMED:
            return f"{known}; an assumed one of {shared.sd * 100:g} % for all series alike, of too few runs"
        return f"{known}; {shared.sd * 100:.2g} % for all series alike" if shared.sd else known


def of_nights(
    results: Mapping[Key, Mapping[str, float]], nights: Sequence[str], told: Collection[Key] = ()
) -> Nights[Key]:
    """What throughputs by series and night say; `nights` is their order, oldest first.

    `told` are series whose numbers a tool told. Values must be above 0.
    """
    keys = list(results)
    table = np.full((len(keys), len(nights)), np.nan)
    place = {name: at for at, name in enumerate(nights)}
    for row, key in enumerate(keys):
        for night, value in results[key].items():
            table[row, place[night]] = math.log(value)
    least = {key: least_spread(list(results[key].values()), told=key in told) for key in keys}
    alike = _alike(table)
    known = {name: float(value) for name, value in zip(nights, alike, strict=True) if not np.isnan(value)}
    shared, step = _shared(list(known.values()))
    if not known:
        alike = np.zeros(len(nights))  # no night tells the two apart: each series has both in one
    own = {}
    for key, values in zip(keys, table - alike, strict=True):
        if spread := _own(values[~np.isnan(values)].tolist(), least[key]):
            own[key] = spread
    return Nights(
        own=own, least=least, prior=prior(list(own.values())), shared=shared, of_machine=known, step=step,
        nights=len(nights),
    )  # fmt: skip


def least_spread(values: Sequence[float], *, told: bool) -> float:
    """The spread below which none is taken, of throughputs themselves: of a tool's by the digits it printed.

    What is rounded to a unit may scatter by half of it, and show it in none or few of its values.
    """
    if not told or not values:
        return LEAST_SPREAD
    decimals = max(map(_decimals, set(values)))
    return max(LEAST_TOLD, _OF_A_UNIT * 10.0 ** -max(decimals, 0) / median(values))


@cache
def _decimals(value: float) -> int:
    """How many digits a number has behind its point, below 0 for round ones."""
    return -int(Decimal(repr(float(value))).normalize().as_tuple().exponent)


def blind(
    results: Mapping[Key, Mapping[str, float]], nights: Sequence[str], found: Nights[Key], *,
    limit: float, each: float, together: float, told: Collection[Key] = (),
) -> int:  # fmt: skip
    """For how many nights after the last step of the whole machine a loss of `limit` could not be told.

    A night could not where half of the interval of half of its series, by what was known then, was wider.
    `found` is what all of `nights` say; 0 without a step.
    """
    if found.step is None:
        return 0
    first = nights.index(list(found.of_machine)[found.step.at])
    count = 0
    for end in range(first + 1, len(nights) + 1):
        then = set(nights[:end])
        part = {
            key: kept
            for key, values in results.items()
            if (kept := {night: value for night, value in values.items() if night in then})
        }
        known = of_nights(part, nights[:end], told)
        halves = [
            math.inf if (noise := known.noise(key)) is None else noise.half_width(each, together)
            for key in part
        ]
        count += median(halves) > limit
    return count


def _alike(table: np.ndarray) -> np.ndarray:
    """What each night did to all series alike: ``[nights]``, of ``[series, nights]`` with NaN for none.

    By medians of rows and columns in turn (J. W. Tukey's median polish, 1977), of series with a level of
    their own, which takes `FEWEST_SERIES` nights. NaN for a night with fewer than `FEWEST_SERIES` of them: it
    does not tell what is shared and what is a series' own.
    """
    found = np.full(table.shape[1], np.nan)
    count = np.sum(~np.isnan(table), axis=1)
    rest = table[count >= min(FEWEST_SERIES, table.shape[1])]
    tells = np.sum(~np.isnan(rest), axis=0) >= FEWEST_SERIES
    rest = rest[:, tells]
    rest = rest[np.any(~np.isnan(rest), axis=1)]
    if not rest.size:
        return found
    found[tells] = 0.0
    for _ in range(_SETTLED):
        rest = rest - np.nanmedian(rest, axis=1, keepdims=True)
        nights = np.nanmedian(rest, axis=0)
        found[tells] += nights
        rest = rest - nights
    return found


def _own(values: Sequence[float], least: float) -> Spread | None:
    """The spread of one series about its level, of logarithms, `least` at least; None for one result."""
    if len(values) < 2:
        return None
    spread, _ = _about_levels(values, least)
    return spread


def _shared(values: Sequence[float]) -> tuple[Spread | None, Shift | None]:
    """The spread of what nights did to all series alike, and the last lasting step of it."""
    if len(values) < FEWEST_NIGHTS:
        return None, None
    return _about_levels(values, LEAST_SHARED)


def _about_levels(values: Sequence[float], least: float) -> tuple[Spread, Shift | None]:
    """The spread of results about their levels, and the last shift of those.

    The standard deviation of all from their level, because runs that are compared may lie far apart. Of
    `MANY` results those further out than `_ODD` of it, by the median, count as no further: an odd night is no
    noise of all others.
    """
    near = max(levels.of_neighbours(values), least)
    found = _shifts(values, near)
    rest = levels.without(values, found)
    if len(values) >= MANY:
        edge = _ODD * max(near, median(abs(value) for value in rest) / levels.MEDIAN_OF_NORMAL)
        rest = [min(max(value, -edge), edge) for value in rest]
    free = max(1.0, len(values) - 1.0 - len(found))
    spread = Spread(sd=max(_stdev(rest), least), degrees=free, results=len(values))
    return spread, found[-1] if found else None


def _stdev(values: Sequence[float]) -> float:
    return float(np.std(values, ddof=1))


def _shifts(values: Sequence[float], near: float) -> tuple[Shift, ...]:
    """Lasting steps, looked for only where results stray further than neighbours do."""
    if len(values) < 2 * levels.FEWEST or _stdev(values) < _STRAYING * near:
        return ()
    lasting = levels.dependence([values], least=LEAST_SPREAD)
    scatter = Scatter(of_neighbours=near, dependence=lasting, degrees=levels.degrees(len(values)))
    return levels.shifts(values, scatter, least=LEAST_CHANGE)


def prior(spreads: Sequence[Spread]) -> Spread | None:
    """What spreads of several series say of another one's; None for fewer than `FEWEST_SERIES`.

    Their variances are taken for draws about a common one, scaled inverse chi-squared, whose two parameters
    are fitted by the moments of the logarithms (G. K. Smyth, 2004: moderated variances). Series that scatter
    alike give many degrees of freedom, others few.
    """
    if len(spreads) < FEWEST_SERIES:
        return None
    from scipy import special

    half = np.array([item.degrees / 2 for item in spreads])
    logs = np.array([2 * math.log(item.sd) for item in spreads]) - special.digamma(half) + np.log(half)
    extra = float(np.var(logs, ddof=1) - np.mean(special.polygamma(1, half)))
    variance, free = math.exp(np.mean(logs)), math.inf
    if extra > 0:
        free = 2 * _trigamma_inverse(extra)
        variance *= 2 / free * math.exp(special.digamma(free / 2))
    # No common variance is known better than by all that there is.
    return Spread(sd=math.sqrt(variance), degrees=min(free, MOST_DEGREES, float(2 * half.sum())))


def _trigamma_inverse(value: float) -> float:
    """x with trigamma(x) = value, which falls from infinity to 0."""
    from scipy import optimize, special

    if value > 1e7:
        return 1 / math.sqrt(value)
    if value < 1e-6:
        return 1 / value
    return float(optimize.brentq(lambda x: float(special.polygamma(1, x)) - value, 1e-4, 1e7))


def moderated(own: Spread | None, common: Spread | None) -> Spread:
    """A series' own spread with what all of them know: variances weighted by their degrees of freedom.

    One of the two has to be known.
    """
    known = [item for item in (own, common) if item is not None]
    free = sum(item.degrees for item in known)
    variance = sum(item.degrees * item.sd**2 for item in known) / free
    return Spread(sd=math.sqrt(variance), degrees=min(free, MOST_DEGREES))


def of_pair(changes: Mapping[Key, float], least: Mapping[Key, float]) -> Mapping[Key, Noise]:
    """The noise of each series where no nights are known, by how unlike the changes of all of them are.

    `changes` are differences of logarithms, `least` what no spread of a series is below. What all changed by
    alike is none of it. Empty for fewer than `FEWEST_DEGREES` series: their changes say nothing of each
    other.
    """
    if len(changes) < FEWEST_DEGREES:
        return {}
    middle = median(changes.values())
    apart = [max(abs(value - middle) / math.sqrt(2), least[key]) for key, value in changes.items()]
    common = prior([Spread(sd=sd, degrees=1.0) for sd in apart])
    assert common is not None, "there are more series than a prior takes"
    common = Spread(sd=common.sd, degrees=min(common.degrees, len(changes) / 2))
    words = (
        f"a spread of {common.sd * 100:.2g} % among these {len(changes)} changes; an assumed one of "
        f"{ASSUMED.sd * 100:g} % for all series alike, of too few runs"
    )
    return {
        key: Noise(
            own=Spread(sd=max(common.sd, least[key]), degrees=common.degrees), shared=ASSUMED, words=words,
            assumed=True,
        )
        for key in changes
    }  # fmt: skip
