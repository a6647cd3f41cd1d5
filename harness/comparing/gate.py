"""Which findings of a comparison fail a gate: the one place that decides it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.comparing.judging import Margins, Pair
from harness.comparing.runs import Comparison
from harness.domain.cases import Kind
from harness.errors import UsageError
from harness.verdicts.effects import Effect, Finding

_LIMIT = re.compile(r"(?P<what>[a-z]+):(?P<number>[0-9]+(?:\.[0-9]+)?)(?P<unit>%?)")
_FORM = "throughput:5%,accuracy:0.2,noisy:50%,not-run (or not-run:never)"
NOT_RUN, NOT_RUN_NEVER = "not-run", "not-run:never"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailOn:
    """The loss that fails a gate: relative of a throughput, a fraction of a score; None: never."""

    throughput: float | None = None
    score: float | None = None
    noisy: float | None = None  # more than this share of the throughputs too noisy to tell: a gate fails
    not_run: bool | None = (
        None  # whether a claim that the earlier run has and the later has not; None: not said
    )

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


EVERYTHING = FailOn(throughput=0.0, score=0.0, not_run=True)  # whatever is shown to be worse, or is gone


def of_a_night(text: str | None) -> FailOn:
    """A night's limits: whatever is shown to be worse, or did not run, but for what `text` says otherwise."""
    given = FailOn() if text is None else parse(text)
    return FailOn(
        throughput=EVERYTHING.throughput if given.throughput is None else given.throughput,
        score=EVERYTHING.score if given.score is None else given.score,
        noisy=given.noisy,
        not_run=EVERYTHING.not_run if given.not_run is None else given.not_run,
    )


def parse(text: str) -> FailOn:
    """Read ``throughput:5%,accuracy:0.2,noisy:50%,not-run``: per cent of a throughput, points of a score, a
    share, and that claims which did not run this time fail (``not-run:never``: that they do not).

    Raises `UsageError` that names the part it cannot read, for a name twice, and for nothing at all.
    """
    limits: dict[str, float] = {}
    not_run: bool | None = None
    for part in text.split(","):
        if part.strip() in (NOT_RUN, NOT_RUN_NEVER):
            if not_run is not None:
                raise UsageError(f"--fail-on: found {NOT_RUN} twice, expected once")
            not_run = part.strip() == NOT_RUN
            continue
        match = _LIMIT.fullmatch(part.strip())
        if match is None:
            raise UsageError(f"--fail-on: found {part.strip()!r}, expected such as {_FORM}")
        what, number, unit = match["what"], float(match["number"]) / 100, match["unit"]
        if what not in ("throughput", "accuracy", "noisy"):
            raise UsageError(
                f"--fail-on: found a limit of {what!r}, expected throughput, accuracy, noisy or {NOT_RUN} "
                f"({_FORM})"
            )
        if (unit == "%") != (what != "accuracy"):
            wanted = "percentage points (0.2)" if what == "accuracy" else "per cent (5%)"
            raise UsageError(f"--fail-on: found {part.strip()!r}, expected {what} in {wanted}")
        if what in limits:
            raise UsageError(f"--fail-on: found two limits of {what}, expected one")
        if what == "noisy" and number >= 1:
            raise UsageError(
                f"--fail-on: found {part.strip()!r}, expected less than 100%: no more can be noisy"
            )
        limits[what] = number
    assert all(math.isfinite(limit) for limit in limits.values())
    return FailOn(
        throughput=limits.get("throughput"), score=limits.get("accuracy"), noisy=limits.get("noisy"),
        not_run=not_run,
    )  # fmt: skip


def failing(found: Comparison, limits: FailOn) -> tuple[Pair, ...]:
    """The pairs that fail, in the order of the later run."""
    return tuple(pair for pair in found.pairs if limits.fails(pair))


def beside(found: Comparison, limits: FailOn) -> tuple[str, ...]:
    """Why a gate fails beside its pairs, a sentence each."""
    return tuple(filter(None, (_too_noisy(found, limits), _did_not_run(found, limits))))


def _did_not_run(found: Comparison, limits: FailOn) -> str:
    """What to say where claims of the earlier run are not in the later one, and that fails; else nothing."""
    lost = (*found.gone, *found.replaced)
    if not limits.not_run or not lost:
        return ""
    count = len(lost)
    return (
        f"{count} {'claim' if count == 1 else 'claims'} of the earlier run did not run: {named(lost)} "
        f"(--fail-on {NOT_RUN_NEVER} lets them go)"
    )


def named(claims: Sequence[str]) -> str:
    """The first few of many claims; --json has all."""
    return f"{', '.join(claims[:_NAMED])}{', ...' if len(claims) > _NAMED else ''}"


_NAMED = 5
_TELLS_NOTHING = math.log(2)  # half of an interval that reaches from half to double


def _too_noisy(found: Comparison, limits: FailOn) -> str:
    """What to say where more throughputs are too noisy to tell than the limit allows; else nothing."""
    speeds = [pair for pair in found.pairs if pair.kind is Kind.THROUGHPUT and pair.effect is not None]
    noisy = sum(pair.finding is Finding.TOO_NOISY for pair in speeds)
    if limits.noisy is None or not speeds or noisy <= limits.noisy * len(speeds):
        return ""
    return f"{noisy} of {len(speeds)} throughputs are too noisy to tell, more than {limits.noisy * 100:g} %"


def resolution(found: Comparison) -> str:
    """Which changes of a throughput this comparison could tell; nothing where it compared none.

    A true change as large as half of its interval is shown one time in two, one of twice that nearly always.
    """
    halves = sorted(
        pair.effect.half_width
        for pair in found.pairs
        if pair.kind is Kind.THROUGHPUT and pair.effect is not None
    )
    if not halves:
        return ""
    told = [half for half in halves if half <= _TELLS_NOTHING]
    blind = f"; of {len(halves) - len(told)} nothing can be told" if len(told) < len(halves) else ""
    if not told:
        return f"of {len(halves)} throughputs nothing can be told"
    middle, most = told[len(told) // 2], told[-1]
    return (
        f"half of {len(told)} throughputs tell a change of {math.expm1(middle) * 100:.1f} % or less, "
        f"all of them one of {math.expm1(most) * 100:.1f} %{blind}"
    )
