"""The one verdict function: aware of direction, carrying both numbers.

Rules 1 and 2 of docs/architecture.md. Scores are compared as fractions in full double
precision; what is printed is never parsed back.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.domain.cases import Case
from harness.domain.measurements import Basis, Origin, Verdict, VerdictKind
from harness.domain.metrics import Metric, Unit
from harness.domain.references import Drop, Reference
from harness.errors import BadOutput, NoSamples
from harness.verdicts.effects import Effect, Finding

SCORE_TOLERANCE_POINTS = 0.5  # percentage points, where the table states none
THROUGHPUT_TOLERANCE = 0.05  # relative, where the table states none
RELATIVE_DROP = 0.01  # of the checkpoint's own fp32 score
SAMPLES_ALLOWED = 2  # no drop is judged more finely than what two samples are worth
_SLACK = 1e-12  # of a fraction: what binary arithmetic adds to decimal limits such as 0.5 points


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A measured score and what it may be compared with.

    `value` and `own_fp32` are fractions; `comparable` says whether documented values apply at all:
    full weights on full data under the documented protocol. Raises `NoSamples` without samples and
    `BadOutput` for a score that is no fraction: neither is ever judged.
    """

    metric: Metric
    value: float
    samples: int
    own_fp32: float | None
    comparable: bool
    why_not: str = ""  # where not comparable, why, in words
    flips: int | None = None  # predictions that differ from fp32

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise NoSamples(f"a score of {self.samples} samples")
        for name, share in (("score", self.value), ("fp32 score", self.own_fp32)):
            if share is not None and not 0 <= share <= 1:  # a NaN neither
                raise BadOutput(f"found the {name} {share}, expected a fraction from 0 to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardScore:
    """The fp32 score that a checkpoint's card states, and the one that it has here. Fractions."""

    own_fp32: float  # of inputs fed as they are named
    stated: float
    samples: int

    @classmethod
    def of(cls, own_fp32: float, stated: float | None, samples: int) -> CardScore | None:
        """None where no card states a score."""
        return None if stated is None else cls(own_fp32=own_fp32, stated=stated, samples=samples)


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
    """Full checkpoints against the documented value, all others by the drop from their own fp32.

    A good score that `beside` casts doubt on is an error: the outputs are not this checkpoint's, or the
    checkpoint is not the one on its card. A score that is not good stays what it is: it tells more. Other
    facts are added to the message and change nothing.
    """
    beside = beside or Beside()
    verdict = _by_rule(case, score, reference, documented_drop)
    doubt = (_not_its_outputs(case, beside) or _not_its_card(beside.card)) if verdict.kind.good else ""
    notes = (_no_better_than(verdict, beside.trivial), beside.not_held, doubt, beside.no_card)
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
    if score.comparable:
        return _against_document(plain, score, said, flips)
    if score.own_fp32 is None:
        message = f"{said}, not comparable with a documented value: {score.why_not}{flips}"
        return replace(plain, kind=VerdictKind.NOT_COMPARABLE, message=message)
    return _by_drop(plain, score, score.own_fp32, documented_drop, said, flips)


def _against_document(plain: Verdict, score: Score, said: str, flips: str) -> Verdict:
    reference = plain.reference
    if reference is None or reference.fraction is None:
        return plain
    points = SCORE_TOLERANCE_POINTS if reference.tolerance is None else reference.tolerance
    difference = score.value - reference.fraction
    if difference < -points / 100 - _SLACK:
        kind, relation = VerdictKind.FALLS_SHORT, f"below {reference.printed} - {points:g}"
    elif difference > points / 100 + _SLACK:
        kind, relation = VerdictKind.EXCEEDS, f"above {reference.printed} + {points:g}"
    else:
        kind, relation = VerdictKind.REPRODUCED, f"within {reference.printed} ± {points:g}"
    return replace(
        plain,
        kind=kind,
        basis=Basis.DOCUMENTED,
        expected=reference.fraction * 100,
        tolerance=points,
        message=f"{said} {relation} points [{reference.source}]{flips}",
    )


def allowed_drop(own_fp32: float, samples: int, documented_drop: Drop | None) -> tuple[float, str]:
    """How far, as a fraction, a checkpoint may fall below its own fp32 score, and by which rule.

    The documented drop or 1 % relative, whichever is larger, and never less than two samples. A
    documented drop names both of its values with their places.
    """
    rules = [
        (SAMPLES_ALLOWED / samples, f"{SAMPLES_ALLOWED} of {samples} samples"),
        (RELATIVE_DROP * own_fp32, f"{_percent(RELATIVE_DROP)} of that score"),
    ]
    if documented_drop is not None:
        rules.append((documented_drop.fraction, str(documented_drop)))
    return max(rules)


def _by_drop(
    plain: Verdict, score: Score, own_fp32: float, documented_drop: Drop | None, said: str, flips: str
) -> Verdict:
    allowed, rule = allowed_drop(own_fp32, score.samples, documented_drop)
    short = own_fp32 - score.value > allowed + _SLACK
    limit = f"its own fp32 {own_fp32 * 100:.2f} % - {allowed * 100:.2f} points ({rule})"
    return replace(
        plain,
        kind=VerdictKind.FALLS_SHORT if short else VerdictKind.REPRODUCED,
        basis=Basis.DROP,
        expected=own_fp32 * 100,
        tolerance=allowed * 100,
        message=f"{said} {'below' if short else 'not below'} {limit}{flips} (by the drop: {score.why_not})",
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
    changes the fp32 reference as it changes the artifact, so that no drop shows it. Two samples may differ,
    as in `allowed_drop`.
    """
    if card is None or abs(card.own_fp32 - card.stated) <= SAMPLES_ALLOWED / card.samples + _SLACK:
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
    if name is None or verdict.measured > scores[name] + _SLACK:
        return ""
    return f"no better than {name!r}, which needs no network: {scores[name]:.2f} %"


_APART = {Origin.STAND_IN: "stand-in", Origin.SIMULATED: "simulated tool"}


def judge_throughput(
    case: Case, samples_per_s: float, reference: Reference | None, origin: Origin, why_not: str = ""
) -> Verdict:
    """A chip's own throughput against the documented one; a stand-in's is never compared.

    `samples_per_s` is batch x calls / time. `why_not` says why a measurement on the chip itself is
    not the documented one (other weights, say); it is empty where it is. Raises `BadOutput` for a
    speed that is not above 0.
    """
    if not 0 < samples_per_s < math.inf:  # a NaN neither
        raise BadOutput(f"{case.id}: found {samples_per_s} samples/s, expected a speed above 0")
    said = f"{case.id}: {samples_per_s:.2f} samples/s"
    plain = Verdict(
        kind=VerdictKind.NO_REFERENCE,
        basis=None,
        metric=Metric.THROUGHPUT,
        measured=samples_per_s,
        expected=None,
        unit=Unit.SAMPLES_PER_S,
        tolerance=None,
        reference=reference,
        message=f"{said}; the documents give no throughput for this case",
    )
    if origin.stands_in:
        message = (
            f"{said} on a {_APART[origin]}, not on {case.chip.title}: never compared with a documented value"
        )
        return replace(plain, kind=VerdictKind.NOT_COMPARABLE, message=message)
    if reference is None or reference.value is None:
        return plain
    if why_not:
        return replace(plain, kind=VerdictKind.NOT_COMPARABLE, message=f"{said}, not comparable: {why_not}")
    tolerance = THROUGHPUT_TOLERANCE if reference.tolerance is None else reference.tolerance / 100
    ratio = samples_per_s / reference.value
    if ratio < 1 - tolerance - _SLACK:
        kind, relation = VerdictKind.FALLS_SHORT, f"below {reference.printed} - {_percent(tolerance)}"
    elif ratio > 1 + tolerance + _SLACK:
        kind, relation = VerdictKind.EXCEEDS, f"above {reference.printed} + {_percent(tolerance)}"
    else:
        kind, relation = VerdictKind.REPRODUCED, f"within {reference.printed} ± {_percent(tolerance)}"
    return replace(
        plain,
        kind=kind,
        basis=Basis.DOCUMENTED,
        expected=reference.value,
        tolerance=tolerance,
        message=f"{said} {relation} [{reference.source}]",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioFound:
    """What LoadGen found in one scenario, and the bound that it was given."""

    scenario: str
    samples_per_s: float
    valid: bool
    why: Sequence[str]  # what was not met; empty where valid
    scored: float | None  # the percentile of latency that the scenario is scored by, as a fraction
    scored_ns: int | None
    bound_met: bool | None = None  # None where the scenario has no bound
    bound_ms: float | None = None


def judge_scenario(case: Case, found: ScenarioFound, origin: Origin) -> Verdict:
    """LoadGen's own verdict; no documented value is compared, which is of one batch called again and again.

    A latency bound that the user stated and that was not met falls short. Every other run that LoadGen
    calls invalid is an error: too short or of too few queries, it measured nothing, and must not look good.
    """
    latency = ""
    if found.scored is not None and found.scored_ns is not None:
        latency = f", p{found.scored * 100:g} {found.scored_ns / 1e6:.3f} ms"
        latency += "" if found.bound_ms is None else f" ({found.bound_ms:g} ms allowed)"
    said = f"{case.id}: {found.samples_per_s:.2f} samples/s{latency} in LoadGen's {found.scenario} scenario"
    plain = Verdict(
        kind=VerdictKind.NO_REFERENCE,
        basis=None,
        metric=Metric.THROUGHPUT,
        measured=found.samples_per_s,
        expected=None,
        unit=Unit.SAMPLES_PER_S,
        tolerance=None,
        reference=None,
        message=f"{said}, valid; the documents give no throughput of a scenario",
    )
    if not found.valid:
        message = f"{said}: INVALID ({'; '.join(found.why)})"
        nothing = replace(
            plain, kind=VerdictKind.ERROR, metric=None, measured=None, unit=None, message=message
        )
        if found.bound_met is not False or found.scored_ns is None:
            return nothing
        return replace(
            nothing, kind=VerdictKind.FALLS_SHORT, measured=found.scored_ns / 1e6, expected=found.bound_ms,
        )  # fmt: skip
    if origin.stands_in:
        message = (
            f"{said}, valid, on a {_APART[origin]}, not on {case.chip.title}: "
            "never compared with a documented value"
        )
        return replace(plain, kind=VerdictKind.NOT_COMPARABLE, message=message)
    return plain


def _percent(share: float) -> str:
    """0.05 as ``5 %``, 0.025 as ``2.5 %``: no digit of a tolerance is rounded away."""
    return f"{share * 100:.6g} %"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParityBounds:
    """What outputs may differ from torch's fp32 by, in spreads of its logits."""

    largest: float
    rms: float
    reason: str = ""  # for the value of `largest`


def judge_parity(
    case: Case,
    *,
    largest: float,
    rms: float,
    bounds: ParityBounds,
    flips: int = 0,
    decisions: int = 0,
    unexplained: Sequence[str] = (),
) -> Verdict:
    """An artifact's outputs against torch's fp32: the largest and the mean square difference, in spreads.

    `flips` of `decisions` are other than fp32's; `unexplained` says, each in words, which of them the
    bound does not explain: one is a failure by itself. A NaN is above every bound.
    """
    faults = [
        f"{name} {found:.3g} spreads, above the {bound:g} that {case.precision} explains"
        for name, found, bound in (
            ("at most", largest, bounds.largest),
            ("root mean square", rms, bounds.rms),
        )
        if not found <= bound
    ]
    faults += [f"a flip that this does not explain: {flip}" for flip in unexplained[:1]]
    flipped = f"; {flips} of {decisions} decisions flipped" if flips else ""
    remedy = f"; `zoocheck bisect {case.id}` names the operator" if faults else ""
    within = f"at most {largest:.3g} spreads, within the {bounds.largest:g} that {case.precision} explains"
    said = f"outputs differ from torch's fp32 by {'; '.join(faults) or within}"
    return _conforms(case, not faults, f"{said}{flipped}{remedy}", largest, bounds.largest)


def judge_relation(
    case: Case,
    claim: str,
    *,
    difference: float,
    bound: float,
    holds: bool,
    must_change: bool,
    worst: int,
    noise: float,
    too_noisy: bool = False,
) -> Verdict:
    """Something that must not change an artifact's outputs, or must: `difference` and `bound` in spreads.

    Neither good nor bad where it is `too_noisy` to tell the difference from that of two equal calls.
    """
    noisy = f"; two equal calls differ by {noise:.3g}" if noise else ""
    if too_noisy:
        said = f"too noisy to ask whether {claim}: outputs differ by {difference:.3g} spreads{noisy}"
        plain = _conforms(case, True, said, difference, bound)
        return replace(plain, kind=VerdictKind.NOT_COMPARABLE)
    if must_change:
        said = f"by {difference:.3g} spreads, {'more' if holds else 'no more'} than {bound:g}"
    else:
        where = "within" if holds else "above"
        said = f"outputs differ by at most {difference:.3g} spreads (sample {worst}), {where} {bound:g}"
    begun = claim if holds else f"it does not hold that {claim}"
    return _conforms(case, holds, f"{begun}: {said}{noisy}", difference, bound)


def judge_determinism(case: Case, noise: float, bound: float) -> Verdict:
    """Two equal calls: the same bits, or a spread that is recorded and has to be within parity's `bound`."""
    good = noise <= bound
    if not noise:
        said = "the same input twice gives the same bits"
    else:
        said = (
            f"not deterministic: the same input twice gives outputs {noise:.3g} spreads apart, "
            f"{'within' if good else 'above'} the {bound:g} that {case.precision} explains"
        )
    return _conforms(case, good, said, noise, bound)


def judge_timed_outputs(
    case: Case, *, calls: int, differing: int, largest: float, allowed: float, holds: bool, worst: int
) -> Verdict:
    """Outputs kept from `calls` timed calls against untimed ones; differences in the outputs' own unit.

    `allowed` is 0 for a backend whose untimed calls give the same bits twice.
    """
    if not differing:
        said = f"outputs of {calls} timed calls are bit for bit those of untimed ones"
    else:
        limit = f"the {allowed:.3g} that two untimed calls explain" if allowed else "no two untimed calls do"
        said = (
            f"outputs of {differing} of {calls} timed calls differ from those of untimed ones, at most by "
            f"{largest:.3g} (call {worst}); {limit}"
        )
    return _conforms(case, holds, said, largest, allowed)


def judge_repeated(case: Case, effect: Effect, finding: Finding, most: float) -> Verdict:
    """One sample again and again against samples of which none comes twice; positive where it is faster.

    `BETTER` is what fails: more than `most` faster, shown by all of the interval.
    """
    said = f"one sample again and again is {_faster(effect)} varied ones"
    limit = f"more than {_percent(most)} faster" if finding is Finding.BETTER else f"within {_percent(most)}"
    return _audited(case, said, limit, effect, finding, most)


def judge_seed(case: Case, effect: Effect, finding: Finding, margin: float) -> Verdict:
    """A batch of another seed against the timed one; a difference beyond `margin`, if shown, fails."""
    said = f"a batch of another seed is {_faster(effect)} the one that is timed"
    limit = (
        f"within {_percent(margin)}"
        if finding is Finding.SAME
        else f"another by more than {_percent(margin)}"
    )
    return _audited(case, said, limit, effect, finding, margin)


def _faster(effect: Effect) -> str:
    word = "faster than" if effect.change >= 0 else "slower than"
    ends = f"{effect.low * 100:+.1f} to {effect.high * 100:+.1f} %"
    return f"{abs(effect.change) * 100:.1f} % ({ends} at {effect.confidence * 100:g} %) {word}"


def _audited(case: Case, said: str, limit: str, effect: Effect, finding: Finding, margin: float) -> Verdict:
    """Neither good nor bad where the calls were too noisy to tell."""
    if finding is Finding.TOO_NOISY:
        message = f"{case.id}: {said}: {finding} whether that is within {_percent(margin)}"
        noisy = _conforms(case, True, message, effect.change, margin)
        return replace(noisy, kind=VerdictKind.NOT_COMPARABLE, message=message)
    return _conforms(case, finding is Finding.SAME, f"{said}: {limit}", effect.change, margin)


def _conforms(case: Case, good: bool, said: str, measured: float, bound: float) -> Verdict:
    return Verdict(
        kind=VerdictKind.REPRODUCED if good else VerdictKind.FALLS_SHORT,
        basis=None,
        metric=None,
        measured=measured,
        expected=bound,
        unit=None,
        tolerance=None,
        reference=None,
        message=f"{case.id}: {said}",
    )


def known_gap(verdict: Verdict, message: str) -> Verdict:
    """`verdict`, which is not good, as that of a known gap; `message` says until when and why."""
    return replace(verdict, kind=VerdictKind.KNOWN_GAP, message=message)


def error(message: str, reference: Reference | None = None) -> Verdict:
    """The verdict of a case that could not be measured, with the documented value it was to be held to."""
    return Verdict(
        kind=VerdictKind.ERROR,
        basis=None,
        metric=None,
        measured=None,
        expected=None,
        unit=None,
        tolerance=None,
        reference=reference,
        message=message,
    )
