"""What a check of an artifact or of a timing comes to: both numbers, and a sentence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.domain.cases import Case
from harness.domain.measurements import Verdict, VerdictKind
from harness.verdicts.effects import Effect, Finding
from harness.verdicts.plain import bisected, percent

# Of a graph that storing alone moves by more than a precision explains: how many times that an artifact's
# outputs may be off by. Arithmetic rounds each result once more, as storing does each operand: on published
# graphs 0.6 to 2.1 times measured, where this counts 1.2 to 1.7.
STORED_TIMES = 3.0
# Outputs that storing may move by so many spreads decide nothing: another network's come to about 1.
TELLING = 0.3
WORTH_SAYING = 0.1  # spreads, root mean square: error is 1 % of what the outputs vary by


@dataclass(frozen=True, slots=True, kw_only=True)
class Storing:
    """How far a graph's own fp32 outputs move where its weights and inputs alone are stored in a precision.

    In spreads: the largest difference, and the root mean square. `what` says in words what was stored how.
    """

    largest: float
    rms: float
    what: str = "storing its weights and inputs alone"

    @property
    def telling(self) -> bool:
        """Whether `STORED_TIMES` of it leave anything that parity could tell."""
        return STORED_TIMES * self.rms <= TELLING


@dataclass(frozen=True, slots=True, kw_only=True)
class ParityBounds:
    """What outputs may differ from torch's fp32 by, in spreads of its logits."""

    largest: float
    rms: float
    reason: str = ""  # for the value of `largest`
    storing: Storing | None = None  # of a graph that was beyond a precision's bounds

    def widened(self, storing: Storing | None) -> ParityBounds:
        """These bounds for a graph that storing moves so far; where that tells nothing, as they are."""
        if storing is None or not storing.telling:
            return replace(self, storing=storing)
        largest, rms = (STORED_TIMES * moved for moved in (storing.largest, storing.rms))
        reason = self.reason
        if largest > self.largest:
            reason = (
                f"{storing.what} moves its own fp32 outputs by {storing.largest:.3g}, "
                f"and {STORED_TIMES:g} times that"
            )
        return replace(
            self, largest=max(self.largest, largest), rms=max(self.rms, rms), reason=reason, storing=storing
        )

    def exceeded(self, largest: float, rms: float) -> tuple[tuple[str, float, float], ...]:
        """Which of the two differences are above their bounds, with both numbers: ``largest`` and ``rms``.

        A NaN is above every bound.
        """
        pairs = (("largest", largest, self.largest), ("rms", rms, self.rms))
        return tuple((which, found, bound) for which, found, bound in pairs if not found <= bound)


_IN_WORDS = {"largest": "at most", "rms": "root mean square"}


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
        f"{_IN_WORDS[which]} {found:.3g} spreads, above the {bound:.3g} that {case.precision} explains"
        for which, found, bound in bounds.exceeded(largest, rms)
    ]
    faults += [f"a flip beyond that bound: {flip}" for flip in unexplained[:1]]
    flipped = f"; {flips} of {decisions} decisions flipped" if flips else ""
    remedy = f"; {bisected(case)}" if faults else ""
    mean = f" (root mean square {rms:.3g})" if bounds.storing is not None else ""
    limit = f"{bounds.largest:.3g} that {case.precision} explains"
    within = f"at most {largest:.3g} spreads{mean}, within the {limit}"
    said = (
        f"outputs differ from {case.model.reference} by {'; '.join(faults) or within}{_stored(bounds)}"
        f"{_share(rms)}"
    )
    verdict = conforms(case, not faults, f"{said}{flipped}{remedy}", largest, bounds.largest)
    if faults and bounds.storing is not None and not bounds.storing.telling:
        return replace(verdict, kind=VerdictKind.NOT_COMPARABLE)
    return verdict


def _share(rms: float) -> str:
    """What a root mean square in spreads means, where it is not little: the part of the variance, 1 - R^2."""
    if not WORTH_SAYING <= rms < math.inf:
        return ""
    return (
        f"; error is {rms**2 * 100:.2g} % of what the outputs vary by (root mean square {rms:.3g} spreads), "
        "and a constant in their place would be off by 100 %"
    )


def _stored(bounds: ParityBounds) -> str:
    """How far storing alone moves a graph's outputs, where the precision's bounds were not kept."""
    storing = bounds.storing
    if storing is None:
        return ""
    allowed = (
        f"of which {STORED_TIMES:g} times is allowed" if storing.telling else "too much to tell anything"
    )
    return (
        f"; {storing.what} moves its own fp32 outputs by {storing.largest:.3g} spreads at most "
        f"(root mean square {storing.rms:.3g}), {allowed}"
    )


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
        said = f"too noisy to tell whether {claim}: outputs differ by {difference:.3g} spreads{noisy}"
        plain = conforms(case, True, said, difference, bound)
        return replace(plain, kind=VerdictKind.NOT_COMPARABLE)
    if must_change:
        than = "more" if holds else "no more"
        said = f"outputs differ by {difference:.3g} spreads, {than} than the {bound:.3g} that they have to"
    else:
        where = "within" if holds else "above"
        said = f"outputs differ by at most {difference:.3g} spreads (sample {worst}), {where} {bound:g}"
    begun = claim if holds else f"violated: {claim}"
    return conforms(case, holds, f"{begun}: {said}{noisy}", difference, bound)


def judge_mixing(case: Case, claim: str, verdict: Verdict, changed: str) -> Verdict:
    """`verdict` where the graph's own file does in fp32 what it finds: then it is not the artifact's fault.

    `changed` says by what its fp32 outputs change under the same variation.
    """
    said = verdict.message.removeprefix(f"{case.id}: ").replace("violated: ", "").replace(f"{claim}: ", "")
    return replace(
        verdict,
        kind=VerdictKind.NOT_COMPARABLE,
        message=f"{case.id}: this graph mixes the samples of a batch: whether {claim} is not "
        f"asked, for {case.model.reference} changes {changed} as well; of the artifact, {said}",
    )


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
    return conforms(case, good, said, noise, bound)


def judge_timed_outputs(
    case: Case, *, calls: int, differing: int, largest: float, allowed: float, holds: bool, worst: int
) -> Verdict:
    """Outputs kept from `calls` timed calls against untimed ones; differences in the outputs' own unit.

    `allowed` is 0 for a backend whose untimed calls give the same bits twice.
    """
    if not differing:
        said = f"outputs of {calls} timed calls are bit for bit those of untimed ones"
    else:
        limit = f"differ by at most {allowed:.3g}" if allowed else "give the same bits"
        said = (
            f"outputs of {differing} of {calls} timed calls differ from those of untimed ones, at most by "
            f"{largest:.3g} (call {worst}); two untimed calls {limit}"
        )
    return conforms(case, holds, said, largest, allowed)


def judge_repeated(case: Case, effect: Effect, finding: Finding, most: float) -> Verdict:
    """One sample again and again against samples of which none comes twice; positive where it is faster.

    `BETTER` is what fails: more than `most` faster, shown by all of the interval.
    """
    said = f"one sample again and again is {_faster(effect)} varied ones"
    limit = f"more than {percent(most)} faster" if finding is Finding.BETTER else f"within {percent(most)}"
    return _audited(case, said, limit, effect, finding, most)


def judge_seed(case: Case, effect: Effect, finding: Finding, margin: float) -> Verdict:
    """A batch of another seed against the timed one; a difference beyond `margin`, if shown, fails."""
    said = f"a batch of another seed is {_faster(effect)} the one that is timed"
    limit = (
        f"within {percent(margin)}" if finding is Finding.SAME else f"another by more than {percent(margin)}"
    )
    return _audited(case, said, limit, effect, finding, margin)


def _faster(effect: Effect) -> str:
    word = "faster than" if effect.change >= 0 else "slower than"
    ends = f"{effect.low * 100:+.1f} to {effect.high * 100:+.1f} %"
    return f"{abs(effect.change) * 100:.1f} % ({ends} at {effect.confidence * 100:g} %) {word}"


def _audited(case: Case, said: str, limit: str, effect: Effect, finding: Finding, margin: float) -> Verdict:
    """Neither good nor bad where the calls were too noisy to tell."""
    if finding is Finding.TOO_NOISY:
        message = f"{case.id}: {said}: {finding} whether that is within {percent(margin)}"
        noisy = conforms(case, True, message, effect.change, margin)
        return replace(noisy, kind=VerdictKind.NOT_COMPARABLE, message=message)
    return conforms(case, finding is Finding.SAME, f"{said}: {limit}", effect.change, margin)


def conforms(case: Case, good: bool, said: str, measured: float, bound: float) -> Verdict:
    """The verdict of a check that is `good` or not, with both numbers and a sentence."""
    return Verdict(
        kind=VerdictKind.SURVIVES if good else VerdictKind.FALLS_SHORT,
        basis=None,
        metric=None,
        measured=measured,
        expected=bound,
        unit=None,
        tolerance=None,
        reference=None,
        message=f"{case.id}: {said}",
    )
