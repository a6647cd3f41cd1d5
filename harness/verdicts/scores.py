"""What a score comes to: against the documented value, or by the drop from the checkpoint's own fp32.

Rules 1 and 2 of docs/architecture.md. Scores are compared as fractions in full double precision; what is
printed is never parsed back.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from harness.domain.cases import Case
from harness.domain.details import Sequential
from harness.domain.measurements import Basis, Verdict, VerdictKind
from harness.domain.metrics import Metric, Unit
from harness.domain.references import Drop, Reference
from harness.errors import BadOutput, NoSamples
from harness.verdicts.plain import SLACK, bisected, percent
from harness.verdicts.sequential import Allowance

SCORE_TOLERANCE_POINTS = 0.5  # percentage points, where the table states none
RELATIVE_DROP = 0.01  # of the checkpoint's own fp32 score
SAMPLES_ALLOWED = 2  # no drop is judged more finely than what two samples are worth


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A measured score and what it may be compared with.

    `value` and `own_fp32` are fractions, and so is `most_drop`, what ``--max-drop`` allows; `comparable` says
    whether documented values apply at all: full weights on full data under the documented protocol. Raises
    `NoSamples` without samples and `BadOutput` for a score that is no fraction: neither is ever judged.
    """

    metric: Metric
    value: float
    samples: int
    own_fp32: float | None
    comparable: bool
    why_not: str = ""  # where not comparable, why, in words
    flips: int | None = None  # predictions that differ from fp32; None: none is right or wrong
    most_drop: float | None = None  # None: as `allowed_drop` has it
    chance: float | None = None  # of a metric that is no share: what chance alone explains of its drop
    sequential: Sequential | None = None  # of how many samples it is, where they are not all

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise NoSamples(f"a score of {self.samples} samples")
        for name, share in (("score", self.value), ("fp32 score", self.own_fp32)):
            if share is not None and not self.metric.least <= share <= 1:  # a NaN neither
                raise BadOutput(f"found the {name} {share}, expected one from {self.metric.least:g} to 1")

    @property
    def population(self) -> int:
        """How many samples there are to score, whether or not all were."""
        return self.samples if self.sequential is None else self.sequential.of


@dataclass(frozen=True, slots=True, kw_only=True)
class CardScore:
    """The fp32 score that a checkpoint's card states, and the one that it has here. Fractions."""

    own_fp32: float  # of inputs fed as they are named
    stated: float
    samples: int
    apart: bool | None = None  # of drawn samples: whether that of all is surely another; None: of all

    @property
    def another(self) -> bool:
        """Whether the checkpoint is not the one on its card: two samples may differ, as in `allowed_drop`."""
        if self.apart is not None:
            return self.apart
        return abs(self.own_fp32 - self.stated) > SAMPLES_ALLOWED / self.samples + SLACK

    @classmethod
    def of(
        cls, own_fp32: float, stated: float | None, samples: int, *, apart: bool | None = None
    ) -> CardScore | None:
        """None where no card states a score."""
        if stated is None:
            return None
        return cls(own_fp32=own_fp32, stated=stated, samples=samples, apart=apart)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The facts beside a score that may cast doubt on it; each may be missing.

    `typical_difference` is as `valid.typical_difference` gives it, `typical_bound` the most that the
    precision explains of it (`PrecisionSpec.typical`); both in standard deviations of the reference's logits.
    """

    trivial: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # fractions by metric, by answer
    typical_difference: float | None = None
    typical_bound: float = math.inf
    card: CardScore | None = None
    no_card: str = ""  # why no card holds the checkpoint's own score; empty where one does, or none has to
    not_held: str = ""  # why the outputs were not held against the checkpoint's fp32 outputs


def judge_score(
    case: Case,
    score: Score,
    reference: Reference | None,
    documented_drop: Drop | None,
    beside: Beside | None = None,
) -> Verdict:
    """Against the documented value where there is one that applies, else by the drop from the own fp32.

    A good score that `beside` casts doubt on is an error: the outputs are not this checkpoint's, or the
    checkpoint is not the one on its card. A score that is not good stays what it is; one that dropped says
    whether the loss is real or the artifact's that is not this checkpoint's. Other facts are added to the
    message and change nothing.
    """
    beside = beside or Beside()
    verdict = _by_rule(case, score, reference, documented_drop)
    doubt = (_not_its_outputs(case, beside) or _not_its_card(beside.card)) if verdict.kind.good else ""
    dropped = verdict.kind is VerdictKind.FALLS_SHORT and verdict.basis is Basis.DROP
    loss = _real_or_stale(case, score, beside) if dropped else ""
    notes = (_no_better_than(verdict, beside.trivial), beside.not_held, doubt, loss, beside.no_card)
    return replace(
        verdict,
        kind=VerdictKind.ERROR if doubt else verdict.kind,
        message="; ".join(filter(None, (verdict.message, *notes))),
    )


def _by_rule(case: Case, score: Score, reference: Reference | None, documented_drop: Drop | None) -> Verdict:
    said = f"{case.id}: {score.metric} {score.value * 100:.2f} %"
    flips = (
        "" if score.flips is None else f"; {score.flips} of {score.samples} predictions flipped against fp32"
    )
    plain = Verdict(
        kind=VerdictKind.NO_REFERENCE,
        basis=None,
        metric=score.metric,
        measured=score.value * 100,
        expected=None,
        unit=Unit.PERCENT,
        tolerance=None,
        reference=reference,
        message=f"{said}; the documents give no {score.metric} for this case{flips}",
    )
    if score.comparable and reference is not None and reference.fraction is not None:
        return _against_document(plain, score, reference, reference.fraction, said, flips)
    if score.own_fp32 is None and score.comparable:
        return plain
    if score.own_fp32 is None:
        message = f"{said}, not comparable with a documented value: {score.why_not}{flips}"
        return replace(plain, kind=VerdictKind.NOT_COMPARABLE, message=message)
    return _by_drop(plain, score, score.own_fp32, documented_drop, said, flips)


def _against_document(
    plain: Verdict, score: Score, reference: Reference, documented: float, said: str, flips: str
) -> Verdict:
    points = SCORE_TOLERANCE_POINTS if reference.tolerance is None else reference.tolerance
    difference = score.value - documented
    if difference < -points / 100 - SLACK:
        kind, relation = VerdictKind.FALLS_SHORT, f"below {reference.printed} - {points:g}"
    elif difference > points / 100 + SLACK:
        kind, relation = VerdictKind.EXCEEDS, f"above {reference.printed} + {points:g}"
    else:
        kind, relation = VerdictKind.REPRODUCED, f"within {reference.printed} ± {points:g}"
    return replace(
        plain,
        kind=kind,
        basis=Basis.DOCUMENTED,
        expected=documented * 100,
        tolerance=points,
        message=f"{said} {relation} points [{reference.source}]{flips}",
    )


def allowed_drop(
    own_fp32: float,
    samples: int,
    documented_drop: Drop | None,
    most: float | None = None,
    chance: float | None = None,
) -> tuple[float, str]:
    """How far, as a fraction, a checkpoint may fall below its own fp32 score, and by which rule.

    `most`, what the user allows, where it is given. Else the documented drop or 1 % relative, whichever is
    larger, and never less than two samples; of a metric that is no share of samples (MCC, a correlation)
    never less than the half width `chance` of the drop's interval, by resampling the samples. A documented
    drop names both of its values with their places.
    """
    if most is not None:
        return most, f"--max-drop {most * 100:.12g}%"
    least = (SAMPLES_ALLOWED / samples, f"{SAMPLES_ALLOWED} of {samples} samples")
    if chance is not None:
        least = (chance, f"half of the drop's 95 % interval by resampling {samples} samples")
    rules = [least, (RELATIVE_DROP * own_fp32, f"{percent(RELATIVE_DROP)} of that score")]
    if documented_drop is not None:
        rules.append((documented_drop.fraction, str(documented_drop)))
    return max(rules)


def allowance(samples: int, documented_drop: Drop | None, most: float | None = None) -> Allowance:
    """The same of a share of samples, or a mean over them, whose own fp32 score is not known yet."""
    if most is not None:
        return Allowance(fixed=most)
    documented = 0.0 if documented_drop is None else documented_drop.fraction
    return Allowance(fixed=max(SAMPLES_ALLOWED / samples, documented), share=RELATIVE_DROP)


def _by_drop(
    plain: Verdict, score: Score, own_fp32: float, documented_drop: Drop | None, said: str, flips: str
) -> Verdict:
    allowed, rule = allowed_drop(own_fp32, score.population, documented_drop, score.most_drop, score.chance)
    short = own_fp32 - score.value > allowed + SLACK
    by = "" if score.sequential is None else f", by {score.sequential},"
    why = score.why_not or f"the documents give no {score.metric} for this case"
    limit = f"its own fp32 {own_fp32 * 100:.2f} % - {allowed * 100:.2f} points ({rule})"
    return replace(
        plain,
        kind=VerdictKind.FALLS_SHORT if short else VerdictKind.SURVIVES,
        basis=Basis.DROP,
        expected=own_fp32 * 100,
        tolerance=allowed * 100,
        message=f"{said}{by} {'below' if short else 'not below'} {limit}{flips} (by the drop: {why})",
    )


def _real_or_stale(case: Case, score: Score, beside: Beside) -> str:
    """Whether a drop that is too far is a loss of this checkpoint's, or made by an artifact of another one.

    Empty where the outputs were not held against the checkpoint's own, which `Beside.not_held` tells. Half
    of all predictions flipped is more than any precision loses.
    """
    if beside.typical_difference is None:
        return ""
    away = (
        f"a typical sample's outputs differ from the checkpoint's in fp32 by {beside.typical_difference:.3g} "
        "standard deviations of the logits"
    )
    explained = f"the {beside.typical_bound:g} that {case.precision} explains"
    by_half = score.flips is not None and 2 * score.flips >= score.samples
    if beside.typical_difference <= beside.typical_bound and not by_half:
        return f"a real loss: {away}, within {explained}; {bisected(case)}"
    beyond = "and half of the predictions or more flipped" if by_half else f"beyond {explained}"
    return (
        f"perhaps not a loss but a stale artifact, or one of other weights: {away}, {beyond}. Build it anew: "
        "`zoocheck cache prune --max-age 0d`, then run again; what still falls as far is a real loss"
    )


def _not_its_outputs(case: Case, beside: Beside) -> str:
    """Why a good score was not made by this checkpoint; empty where it was, or where nobody can tell."""
    difference, bound = beside.typical_difference, beside.typical_bound
    if difference is None or difference <= bound:
        return ""
    return (
        f"but the outputs are not this checkpoint's: a typical sample's differ from its fp32 outputs by "
        f"{difference:.3g} standard deviations of the logits, and {case.precision} explains {bound:g}. "
        "The artifact may be stale: `zoocheck cache prune --max-age 0d` removes it"
    )


def _not_its_card(card: CardScore | None) -> str:
    """Why the checkpoint is not the one on its card; empty where it is, or without a card.

    A mistake before the network (a vocabulary, a data set's reader) or behind it (the order of labels)
    changes the fp32 reference as it changes the artifact, so that no drop shows it.
    """
    if card is None or not card.another:
        return ""
    return (
        f"but the checkpoint scores {card.own_fp32 * 100:.2f} % in fp32, and its card says "
        f"{card.stated * 100:.2f} %: its vocabulary, its labels or the samples are not those of the card"
    )


def _no_better_than(verdict: Verdict, trivial: Mapping[str, Mapping[str, float]]) -> str:
    """The best answer that needs no network, where the score is no better than it; else empty.

    The verdict stays as it is: an artifact may be true to a checkpoint that is worth nothing, and a full
    checkpoint is judged by the document's own score.
    """
    if verdict.metric is None or verdict.measured is None:
        return ""
    metric = str(verdict.metric)
    scores = {name: scored[metric] * 100 for name, scored in trivial.items() if metric in scored}
    name = max(scores, key=lambda name: scores[name], default=None)
    if name is None or verdict.measured > scores[name] + SLACK:
        return ""
    return f"no better than {name!r}, which needs no network: {scores[name]:.2f} %"
