"""One check of one case, carried out: what is recorded of it, and how it is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.conformance import documented, exact, metamorphic, mixing, parity
from harness.conformance.checks import DETERMINISM, DOCUMENTED_GRAPH, METAMORPHIC, Check
from harness.conformance.contract import require_contract
from harness.conformance.fp32 import in_order
from harness.conformance.measured import Measured
from harness.conformance.metamorphic import Found, Probe, Variation
from harness.conformance.storing import bounds_of
from harness.conformance.subject import Subject
from harness.domain.cases import Case
from harness.domain.measurements import Verdict
from harness.domain.precisions import PrecisionSpec
from harness.errors import BadOutput, NoSamples, NotApplicable
from harness.models.graphs import originals
from harness.running.materials import Materials
from harness.running.recording import Stages
from harness.toolchains.base import Contract
from harness.verdicts import checks, whole_numbers
from harness.verdicts.plain import bisected
from harness.verdicts.whole_numbers import Whole

Array = npt.NDArray[Any]


def same_model(subject: Subject, materials: Materials, stages: Stages) -> Measured:
    """Contract and output parity with the network in torch's fp32; any weights will do.

    Raises `GraphError` where the artifact's inputs and outputs are not those of the table, `BadOutput` for
    a NaN or an infinity.
    """
    case, probe = subject.case, subject.probe
    if not subject.starts_a_tool:
        _declared(subject)  # first: a graph of other inputs refuses ours, and says less of why
    ours = subject.base(stages)
    declared = _declared(subject)  # a tool tells it when it has run
    theirs = subject.reference(materials, stages).outputs
    return held_to_fp32(case, materials, probe, ours=ours, theirs=theirs, shown=subject.shown, told=declared)


def held_to_fp32(
    case: Case,
    materials: Materials,
    probe: Probe,
    *,
    ours: Sequence[Array],
    theirs: Sequence[Array],
    shown: str,
    told: tuple[Contract | None, Contract] | None,
) -> Measured:
    """Parity of a probe's outputs, ``[n, ...]`` each, with fp32's; `told` is the contract that was held.

    `shown` says in words what the samples are. Raises as `parity.compare`.
    """
    try:
        found = parity.compare(ours, theirs, probe.mask, probe.outputs, case=case.id)
    except BadOutput as problem:
        if all(np.isfinite(array).all() for array in theirs):  # else it is no artifact's doing
            problem.add(bisected(case))
        raise
    bounds = bounds_of(materials, case, in_order(case.model, probe.inputs), theirs, found)
    detail = found.stored() | {
        "inputs": shown,
        "bound": bounds.largest,
        "rms_bound": bounds.rms,
        "bound_reason": bounds.reason,
        "contract": _held(told),
    }
    unexplained = [
        f"{flip.output} of sample {flip.sample}"
        + ("" if flip.position is None else f" at position {flip.position}")
        + f" from {flip.reference} to {flip.found}, {flip.margin / found.spread:.3g} spreads apart in fp32"
        for flip in found.unexplained(bounds.largest)
    ]
    return Measured(
        samples=found.samples,
        detail=detail,
        judged=lambda: _judged_parity(case, found, bounds, unexplained),
    )


def _judged_parity(
    case: Case, found: parity.Parity, bounds: checks.ParityBounds, unexplained: Sequence[str]
) -> Verdict:
    """The verdict of what differs in spreads, and of whole numbers; the flips are of the former."""
    whole = found.whole
    floats = checks.judge_parity(
        case, largest=found.largest_in_spread, rms=found.rms_in_spread, bounds=bounds,
        flips=found.flips - (whole.unequal if whole else 0),
        decisions=found.decisions - (whole.values if whole else 0), unexplained=unexplained,
    )  # fmt: skip
    return whole_numbers.joined(
        case,
        floats if found.values else None,
        None if whole is None else whole_numbers.judge_parity(case, whole, bounds.rms),
    )


def _held(declared: tuple[Contract | None, Contract] | None) -> str:
    """How much of the contract was held against the table, in words."""
    if declared is None:
        return "not told by the chip's tools"
    if declared[0] is None:
        return "outputs' dtypes and shapes as in the table; names and inputs not told by the runtime"
    return "as in the table"


def _declared(subject: Subject) -> tuple[Contract | None, Contract] | None:
    """What the artifact says its inputs and outputs are, held against the table; None where it does not."""
    declared = subject.opened.session.contract()
    if declared is not None:
        require_contract(subject.case, declared)
    return declared


def holds(
    subject: Subject, check: Check, materials: Materials, spec: PrecisionSpec, stages: Stages
) -> Measured:
    """One of the checks that need no reference: the artifact held against itself.

    Where its outputs must change and hardly do, the network's own in fp32 say how much there is to change;
    where a graph's must not and do, whether its file does the same in fp32. Raises `NotApplicable` where it
    cannot be asked of this case, `BadOutput` as `metamorphic.hold` does.
    """
    case, probe = subject.case, subject.probe
    if check.of_text and case.model.graph is not None:
        raise NotApplicable(
            f"{case.id}: a graph as it is has no padding, mask or segments that anybody knows"
        )
    if check.two_texts and (why := subject.opened.one_text):
        raise NotApplicable(f"{case.id}: no segments tell two texts apart: {why}")
    try:
        variation = metamorphic.varied(check.relation, probe)
        base, repeated = subject.base(stages), subject.again(stages)
        outputs = subject.varied(check, variation, stages)
        judged = partial(
            metamorphic.found, check.relation, probe, variation, base, outputs,
            bound=spec.invariance.most, noise=metamorphic.noise_of(probe, base, repeated),
        )  # fmt: skip
        found = judged(change=metamorphic.CHANGE)
        whole = _Whole.of(probe, variation, base, repeated, outputs)
        reason = metamorphic.CHANGE_REASON if found.must_change else spec.invariance.reason
        if found.must_change and not found.holds:
            share = metamorphic.OWN_SHARE * _own_change(subject, check, variation, materials, stages)
            if share < found.bound:
                reason, found = metamorphic.OWN_REASON, judged(change=share)
        mixes = ""
        if case.model.graph is not None and not (found.holds and (whole is None or whole.same)):
            mixes = mixing.by_itself(subject, check.relation, variation, materials, stages)
    except NoSamples as nothing:
        raise NotApplicable(f"{case.id}: {nothing}") from nothing
    except BadOutput as problem:
        raise BadOutput(f"{case.id}: {check.claim}: {problem}", remedy=bisected(case)) from problem
    detail = {
        "claim": check.claim,
        "inputs": subject.shown,
        "must_change": found.must_change,
        "worst_sample": found.worst,
        "deterministic": not found.noise and (whole is None or not whole.noise.unequal),
    }
    if _floats(probe):
        detail |= {
            "difference_in_spread": found.difference,
            "bound": spec.largest.most if check.name == DETERMINISM else found.allowed,
            "bound_reason": reason,
            "noise_in_spread": found.noise,
        }
    if whole is not None:
        detail |= {"whole_numbers": whole.found.values, "unequal": whole.found.unequal}
    return Measured(
        samples=found.samples,
        detail=detail,
        judged=lambda: _judged(subject, check, found, whole, spec, mixes),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whole:
    """The whole numbers of a variation, and those of two equal calls."""

    found: Whole
    noise: Whole

    @classmethod
    def of(
        cls, probe: Probe, variation: Variation, base: Sequence[Array], repeated: Sequence[Array],
        outputs: Sequence[Array],
    ) -> _Whole | None:  # fmt: skip
        """None where no output is of whole numbers."""
        found = exact.of(outputs, base, probe.outputs, shows=variation.shows)
        noise = exact.of(repeated, base, probe.outputs)
        return None if found is None or noise is None else cls(found=found, noise=noise)

    @property
    def same(self) -> bool:
        """Whether none of them is another."""
        return not self.found.unequal


def _floats(probe: Probe) -> bool:
    """Whether there are outputs that differ by spreads."""
    return not all(map(originals.whole_numbers, probe.outputs))


def _judged(
    subject: Subject, check: Check, found: Found, whole: _Whole | None, spec: PrecisionSpec, mixes: str
) -> Verdict:
    """The verdict of what must not matter, or must: of what differs in spreads, and of whole numbers."""
    case, exactly = subject.case, None
    if check.name == DETERMINISM:
        floats = checks.judge_determinism(case, found.noise, spec.largest.most)
        if whole is not None:
            exactly = whole_numbers.judge_determinism(case, whole.noise, spec.rms.most)
    else:
        floats = checks.judge_relation(
            case, check.claim, difference=found.difference, bound=found.allowed, holds=found.holds,
            must_change=found.must_change, worst=found.worst, noise=found.noise, too_noisy=found.too_noisy,
        )  # fmt: skip
        if whole is not None:
            exactly = whole_numbers.judge_relation(case, check.claim, whole.found, whole.noise)
    verdict = whole_numbers.joined(case, floats if _floats(subject.probe) else None, exactly, check.claim)
    return checks.judge_mixing(case, check.claim, verdict, mixes) if mixes else verdict


def _own_change(
    subject: Subject, check: Check, variation: Variation, materials: Materials, stages: Stages
) -> float:
    """What the network's own fp32 outputs change by, in spreads of their own.

    Raises `NoSamples` where they do not: then nothing is to be seen of an artifact either.
    """
    base, changed = subject.fp32_of(variation, materials, stages)
    own = metamorphic.found(
        check.relation, subject.probe, variation, base, changed, bound=0.0, noise=0.0, change=0.0
    ).difference
    if not own:
        raise NoSamples("the network's own fp32 outputs do not change either: nothing is to be seen of it")
    return own


def measure(subject: Subject, name: str, materials: Materials, stages: Stages) -> Measured:
    """Carry out the check called `name` (`checks.NAMES`).

    Raises as `same_model`, `holds` and `documented.survives`.
    """
    spec = materials.catalog.precisions[subject.case.precision]
    if name in METAMORPHIC:
        return holds(subject, METAMORPHIC[name], materials, spec, stages)
    if name == DOCUMENTED_GRAPH:
        return documented.survives(subject, materials, spec, stages)
    return same_model(subject, materials, stages)
