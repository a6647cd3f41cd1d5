"""Which findings of a comparison fail a gate: the one place that decides it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from harness.comparing.judging import Margins, Pair
from harness.comparing.runs import Comparison
from harness.domain.cases import Kind
from harness.errors import UsageError
from harness.verdicts.effects import Effect, Finding

_LIMIT = re.compile(r"(?P<what>[a-z]+):(?P<number>[0-9]+(?:\.[0-9]+)?)(?P<unit>%?)")
_FORM = "throughput:5%,accuracy:0.2,noisy:50%"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailOn:
    """The loss that fails a gate: relative of a throughput, a fraction of a score; None: never."""

    throughput: float | None = None
    score: float | None = None
    noisy: float | None = None  # more than this share of the throughputs too noisy to tell: a gate fails

    @property
    def margins(self) -> Margins:
        """Within how much two results are the same: the limits, or the defaults where any loss fails."""
        default = Margins()
        return Margins(throughput=self.throughput or default.throughput, score=self.score or default.score)

    def fails(self, pair: Pair) -> bool:
        """Whether a pair fails the gate.

        A worse verdict always fails. A number fails on two conditions: its interval excludes "no loss", and
        includes a loss as large as the limit. A true loss of exactly the limit therefore fails nearly always;
        a loss whose whole interval is smaller passes.
        """
        if pair.verdict_worse:
            return True
        limit = self.throughput if pair.kind is Kind.THROUGHPUT else self.score
        return pair.effect is not None and reaches(pair.finding, pair.effect, limit)


def reaches(finding: Finding, effect: Effect, limit: float | None) -> bool:
    """Whether a loss is shown and its interval includes one as large as `limit`; never without a limit."""
    return finding is Finding.WORSE and limit is not None and effect.low <= -limit


EVERYTHING = FailOn(throughput=0.0, score=0.0)  # whatever is shown to be worse


def parse(text: str) -> FailOn:
    """Read ``throughput:5%,accuracy:0.2,noisy:50%``: per cent of a throughput, points of a score, a share.

    Raises `UsageError` that names the part it cannot read, for a name twice, and for nothing at all.
    """
    limits: dict[str, float] = {}
    for part in text.split(","):
        match = _LIMIT.fullmatch(part.strip())
        if match is None:
            raise UsageError(f"--fail-on: found {part.strip()!r}, expected such as {_FORM}")
        what, number, unit = match["what"], float(match["number"]) / 100, match["unit"]
        if what not in ("throughput", "accuracy", "noisy"):
            raise UsageError(
                f"--fail-on: found a limit of {what!r}, expected throughput, accuracy or noisy ({_FORM})"
            )
        if (unit == "%") != (what != "accuracy"):
            wanted = "percentage points (0.2)" if what == "accuracy" else "per cent (5%)"
            raise UsageError(f"--fail-on: found {part.strip()!r}, expected {what} in {wanted}")
        if what in limits:
            raise UsageError(f"--fail-on: found two limits of {what}, expected one")
        limits[what] = number
    assert all(math.isfinite(limit) for limit in limits.values())
    return FailOn(
        throughput=limits.get("throughput"), score=limits.get("accuracy"), noisy=limits.get("noisy")
    )


def failing(found: Comparison, limits: FailOn) -> tuple[Pair, ...]:
    """The pairs that fail, in the order of the later run."""
    return tuple(pair for pair in found.pairs if limits.fails(pair))


def too_noisy(found: Comparison, limits: FailOn) -> str:
    """What to say where more throughputs are too noisy to tell than the limit allows; else nothing."""
    speeds = [pair for pair in found.pairs if pair.kind is Kind.THROUGHPUT and pair.effect is not None]
    noisy = sum(pair.finding is Finding.TOO_NOISY for pair in speeds)
    if limits.noisy is None or not speeds or noisy <= limits.noisy * len(speeds):
        return ""
    return f"{noisy} of {len(speeds)} throughputs are too noisy to tell, more than {limits.noisy * 100:g} %"
