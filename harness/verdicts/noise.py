"""What two runs of one series may differ by where nothing changed. Of logarithms: 0.01 is 1 %."""

from __future__ import annotations

import math
from dataclasses import dataclass

from harness.verdicts.stats import student_t


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A standard deviation of the logarithm of a throughput, and how well it is known."""

    sd: float
    degrees: float = math.inf  # of freedom; infinite for an assumed one
    results: int = 0  # that it is from


NOTHING = Spread(sd=0.0)
ASSUMED = Spread(sd=0.015)  # where nothing is known; a guess, and called one


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """What two nights of a series may differ by where nothing changed."""

    own: Spread  # of this series alone
    shared: Spread  # of all series of the machine alike
    words: str
    assumed: bool  # whether either is a guess

    def half_width(self, each: float, together: float) -> float:
        """Half of the interval of a difference of two nights, as a difference of logarithms.

        `each` is the confidence of one series' interval, wide because many are looked at; `together` is that
        of the whole night, which has one draw of what is `shared`. Where both are there, each may be missed
        by half of what is left, and the two half widths add up: the series that strays most strays on top of
        what all of them did.
        """
        parts = [part for part in ((self.own, each), (self.shared, together)) if part[0].sd]
        return sum(half_width(spread, 1 - (1 - sure) / len(parts)) for spread, sure in parts)


def half_width(spread: Spread, confidence: float) -> float:
    """Half of the interval of a difference of two draws of one spread, by Student's t."""
    if not spread.sd:
        return 0.0
    return student_t(0.5 + confidence / 2, spread.degrees) * spread.sd * math.sqrt(2)
