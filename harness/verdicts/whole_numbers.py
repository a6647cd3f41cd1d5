"""What is said of the whole numbers and booleans that an artifact gives: they are equal to others, or not."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.domain.cases import Case
from harness.domain.measurements import Verdict, VerdictKind
from harness.verdicts.checks import conforms

# The share of decisions that are others where each of the numbers that decide moves by so many spreads, for
# every spread: of normal numbers 0.86 among ten choices, 1.4 among a hundred, 1.8 among a thousand.
SHARE_PER_SPREAD = 2.0
MOST_SHARE = 0.5  # nobody calls a network the same of which more than half the answers are others
CHANCE = 1e-3  # that a network whose share is the one explained has more than what is allowed

_WORST = (VerdictKind.FALLS_SHORT, VerdictKind.NOT_COMPARABLE, VerdictKind.SURVIVES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """How many whole numbers were compared, how many of them are others, and the sample with the most."""

    values: int
    unequal: int
    worst: int

    @property
    def share(self) -> float:
        """Of all that were compared."""
        return self.unequal / self.values

    def __str__(self) -> str:
        where = f" (sample {self.worst})" if self.unequal else ""
        return f"{self.unequal} of {self.values} whole numbers are others{where}"


def explained(values: int, rms: float) -> int:
    """How many of so many decisions may be others where what decides is `rms` spreads off: by rounding."""
    from scipy import stats

    share = min(SHARE_PER_SPREAD * rms, MOST_SHARE)
    return min(int(stats.binom.isf(CHANCE, values, share)), int(MOST_SHARE * values))


def judge_parity(case: Case, whole: Whole, rms: float) -> Verdict:
    """An artifact's whole numbers against fp32's; `rms` is what its precision explains, in spreads.

    Nobody knows how close each decision was, so that a share of them may be others.
    """
    if not whole.unequal:
        return conforms(
            case, True, f"all {whole.values} whole numbers are those of {case.model.reference}", 0, 0
        )
    most = explained(whole.values, rms)
    good = whole.unequal <= most
    said = f"held against {case.model.reference}, {whole}, {_limit(case, most, good)}"
    return conforms(case, good, said, whole.share, most / whole.values)


def judge_relation(case: Case, claim: str, whole: Whole, noise: Whole) -> Verdict:
    """Whole numbers that must not change: none does, but where two equal calls differ by as many."""
    if not whole.unequal:
        return conforms(case, True, f"{claim}: all {whole.values} whole numbers stay as they are", 0, 0)
    twice = f"; of two equal calls {noise.unequal} of {noise.values}" if noise.unequal else ""
    if whole.share <= 2 * noise.share:
        said = f"too noisy to tell whether {claim}: {whole}{twice}"
        noisy = conforms(case, True, said, whole.share, 2 * noise.share)
        return replace(noisy, kind=VerdictKind.NOT_COMPARABLE)
    return conforms(case, False, f"violated: {claim}: {whole}{twice}", whole.share, 2 * noise.share)


def judge_determinism(case: Case, noise: Whole, rms: float) -> Verdict:
    """Two equal calls: the same whole numbers, or no more others than parity explains."""
    if not noise.unequal:
        said = f"the same input twice gives the same {noise.values} whole numbers"
        return conforms(case, True, said, 0, 0)
    most = explained(noise.values, rms)
    good = noise.unequal <= most
    said = f"not deterministic: of the same input twice {noise}, {_limit(case, most, good)}"
    return conforms(case, good, said, noise.share, most / noise.values)


def _limit(case: Case, most: int, good: bool) -> str:
    return f"{'within' if good else 'above'} the {most} that {case.precision} explains"


def joined(case: Case, floats: Verdict | None, whole: Verdict | None, claim: str = "") -> Verdict:
    """The verdict of outputs of both kinds: the worse one, with both sentences; one of them is there.

    Where both come to the same, the `claim` is said once.
    """
    if floats is None or whole is None:
        only = floats or whole
        assert only is not None, "a graph has outputs"
        return only
    worse = min((floats, whole), key=lambda item: _WORST.index(item.kind))
    rest = whole.message.removeprefix(f"{case.id}: ")
    if floats.kind is whole.kind:
        rest = rest.removeprefix("violated: ").removeprefix(f"{claim}: ")
    return replace(worse, message=f"{floats.message}; {rest}")
