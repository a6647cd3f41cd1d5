"""What two runs differ by on the same samples: marks of right and wrong, and the judged metric itself."""

from __future__ import annotations

import math
from dataclasses import dataclass

from harness.domain.metrics import Metric
from harness.domain.parts import Pairs, Parts
from harness.errors import NoSamples
from harness.tasks.metrics.accuracy import marks
from harness.tasks.text import Scored
from harness.verdicts.effects import Effect
from harness.verdicts.stats import student_t

DRAWS = 1000  # of the samples, with replacement: a standard deviation is then known to 2 %
_AT_ONCE = 50
_SEED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Flips:
    """How two runs differ on the same samples."""

    samples: int
    lost: int  # right before, wrong after
    gained: int  # wrong before, right after
    p_value: float  # McNemar's exact test, two-sided

    @property
    def change(self) -> float:
        """The change of the share of right samples."""
        return (self.gained - self.lost) / self.samples

    @property
    def words(self) -> str:
        """``3 lost, 1 gained of 872, McNemar p = 0.62``."""
        return f"{self.lost} lost, {self.gained} gained of {self.samples}, McNemar p = {self.p_value:.2g}"


def mcnemar(before: str, after: str) -> Flips:
    """McNemar's exact test of two runs' marks, a ``1`` for each right sample and a ``0`` for each wrong one.

    Only samples that are right in one run alone tell the two apart; by chance alone each of these would be
    lost or gained like a coin (Q. McNemar, 1947; here the binomial test, not its approximation).
    Raises `NoSamples` where there are none, or not the same number.
    """
    _require_same(len(before), len(after))
    lost = sum(a == "1" and b == "0" for a, b in zip(before, after, strict=True))
    gained = sum(a == "0" and b == "1" for a, b in zip(before, after, strict=True))
    p = 1.0
    if lost + gained:
        from scipy import stats

        p = float(stats.binomtest(gained, lost + gained).pvalue)
    return Flips(samples=len(before), lost=lost, gained=gained, p_value=p)


def score_change(flips: Flips, *, confidence: float = 0.99) -> Effect:
    """The change of the share of right samples, with the exact interval that goes with McNemar's test.

    Given how many samples changed sides, the share of those gained has Clopper's and Pearson's interval.
    """
    changed = flips.lost + flips.gained
    low = high = 0.0
    if changed:
        from scipy import stats

        share = stats.binomtest(flips.gained, changed).proportion_ci(confidence, method="exact")
        low, high = ((2 * float(edge) - 1) * changed / flips.samples for edge in (share.low, share.high))
    return Effect(
        change=flips.change,
        low=low,
        high=high,
        confidence=confidence,
        basis=flips.words,
    )


def metric_change(before: Parts | Pairs, after: Parts | Pairs, *, confidence: float = 0.99) -> Effect:
    """The change of a metric that two runs have on the same samples, by paired resampling.

    Samples are drawn with replacement, each as often in one run as in the other (B. Efron's bootstrap, by
    Poisson weights; seeded). The interval is Student's of the draws' standard deviation, with one degree of
    freedom less than there are samples that differ: of a few that do, hardly anything is known. Raises
    `NoSamples` for runs of other samples, or none.
    """
    _require_same(len(before), len(after))
    import numpy as np

    from harness.verdicts import weighted

    first, second = weighted.samples_of(before), weighted.samples_of(after)
    changed = int(np.sum((first != second).any(axis=1)))
    every = np.ones((1, len(first)))
    change = float(weighted.values(after, every)[0] - weighted.values(before, every)[0])
    half, most = 0.0, 1.0 - before.metric.least if isinstance(before, Pairs) else 1.0
    if changed:
        random = np.random.default_rng(_SEED)
        draws = (random.poisson(1.0, (_AT_ONCE, len(first))) for _ in range(DRAWS // _AT_ONCE))
        drawn = np.concatenate(
            [weighted.values(after, draw) - weighted.values(before, draw) for draw in draws]
        )
        finite = drawn[np.isfinite(drawn)]
        spread = float(np.std(finite, ddof=1)) if len(finite) > 1 else math.inf
        half = student_t(0.5 + confidence / 2, max(1, changed - 1)) * spread
        if not math.isfinite(half):
            half = most
    return Effect(
        change=change, low=max(-most, change - half), high=min(most, change + half), confidence=confidence,
        basis=f"{DRAWS} draws of the samples, {changed} of {len(first)} differ",
    )  # fmt: skip


def chance(before: Parts | Pairs | None, after: Parts | Pairs | None) -> float | None:
    """What chance in the choice of samples explains of a drop, as half of its 95 % interval.

    None of a metric that is a share of samples, or a mean over them: there two samples are a measure.
    """
    if not isinstance(before, Pairs) or not isinstance(after, Pairs):
        return None
    found = metric_change(before, after, confidence=0.95)
    return (found.high - found.low) / 2


def between(before: Scored, after: Scored, metric: Metric) -> Effect | None:
    """The change of `metric` between two scores of the same samples, with its 95 % interval.

    McNemar's exact one of samples that are right or wrong, else by resampling; None where the metric is
    neither a share of samples nor made of what each of them adds.
    """
    if metric in before.correct and metric in after.correct:
        return score_change(mcnemar(marks(before.right), marks(after.right)), confidence=0.95)
    if metric in before.parts and metric in after.parts:
        return metric_change(before.parts[metric], after.parts[metric], confidence=0.95)
    return None


def _require_same(before: int, after: int) -> None:
    if not before or before != after:
        raise NoSamples(
            f"the first run scored {before} samples and the second {after}; "
            "both need the same samples, at least one"
        )
