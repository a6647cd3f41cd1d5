"""One check of one case, carried out: what is recorded of it, and how it is judged."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

import numpy as np

from harness.conformance import documented, metamorphic, parity
from harness.conformance.checks import DETERMINISM, DOCUMENTED_GRAPH, METAMORPHIC, Check
from harness.conformance.contract import require_contract
from harness.conformance.measured import Measured
from harness.conformance.metamorphic import Variation
from harness.conformance.storing import explained
from harness.conformance.subject import Subject, in_order, reference
from harness.domain.precisions import PrecisionSpec
from harness.errors import BadOutput, NoSamples, NotApplicable
from harness.running.materials import Materials
from harness.running.recording import Stages
from harness.toolchains.base import Contract
from harness.verdicts import checks
from harness.verdicts.plain import bisected


def same_model(subject: Subject, materials: Materials, spec: PrecisionSpec, stages: Stages) -> Measured:
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
    try:
        found = parity.compare(ours, theirs, probe.mask, probe.outputs, case=case.id)
    except BadOutput as problem:
        if all(np.isfinite(array).all() for array in theirs):  # else it is no artifact's doing
            problem.add(bisected(case))
        raise
    bounds = explained(materials, case, in_order(case, probe.inputs), theirs, found)
    detail = asdict(found) | {
        "inputs": subject.shown,
        "bound": bounds.largest,
        "rms_bound": bounds.rms,
        "bound_reason": bounds.reason,
        "contract": _held(declared),
    }
    detail["first_flips"] = [asdict(flip) for flip in found.first_flips]
    unexplained = [
        f"{flip.output} of sample {flip.sample}"
        + ("" if flip.position is None else f" at position {flip.position}")
        + f" from {flip.reference} to {flip.found}, {flip.margin / found.spread:.3g} spreads apart in fp32"
        for flip in found.unexplained(bounds.largest)
    ]
    return Measured(
        samples=found.samples,
        detail=detail,
        judged=lambda: checks.judge_parity(
            case, largest=found.largest_in_spread, rms=found.rms_in_spread, bounds=bounds,
            flips=found.flips, decisions=found.decisions, unexplained=unexplained,
        ),
    )  # fmt: skip


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

    Where its outputs must change and hardly do, the network's own in fp32 say how much there is to change.
    Raises `NotApplicable` where it cannot be asked of this case, `BadOutput` as `metamorphic.hold` does.
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
        reason = metamorphic.CHANGE_REASON if found.must_change else spec.invariance.reason
        if found.must_change and not found.holds:
            share = metamorphic.OWN_SHARE * _own_change(subject, check, variation, materials, stages)
            if share < found.bound:
                reason, found = metamorphic.OWN_REASON, judged(change=share)
    except NoSamples as nothing:
        raise NotApplicable(f"{case.id}: {nothing}") from nothing
    except BadOutput as problem:
        raise BadOutput(f"{case.id}: {check.claim}: {problem}", remedy=bisected(case)) from problem
    detail = {
        "claim": check.claim,
        "inputs": subject.shown,
        "difference_in_spread": found.difference,
        "must_change": found.must_change,
        "bound": found.allowed,
        "bound_reason": reason,
        "worst_sample": found.worst,
        "noise_in_spread": found.noise,
        "deterministic": not found.noise,
    }
    if check.name == DETERMINISM:
        detail["bound"] = spec.largest.most
        return Measured(
            samples=found.samples, detail=detail,
            judged=lambda: checks.judge_determinism(case, found.noise, spec.largest.most),
        )  # fmt: skip
    return Measured(
        samples=found.samples, detail=detail,
        judged=lambda: checks.judge_relation(
            case, check.claim, difference=found.difference, bound=found.allowed, holds=found.holds,
            must_change=found.must_change, worst=found.worst, noise=found.noise, too_noisy=found.too_noisy,
        ),
    )  # fmt: skip


def _own_change(
    subject: Subject, check: Check, variation: Variation, materials: Materials, stages: Stages
) -> float:
    """What the network's own fp32 outputs change by, in spreads of their own.

    Raises `NoSamples` where they do not: then nothing is to be seen of an artifact either.
    """
    base = subject.reference(materials, stages).outputs
    with stages.timed("fp32 reference"):
        changed = reference(materials, subject.case, variation.inputs).outputs
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
    return same_model(subject, materials, spec, stages)
