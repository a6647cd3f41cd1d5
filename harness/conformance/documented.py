"""Parity's companion: the graph that the document exports for a chip's compiler, in the chip's numerics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.conformance import normalisations, parity
from harness.conformance.checks import spelt_out
from harness.conformance.fp32 import Reference
from harness.conformance.measured import Measured
from harness.conformance.subject import Subject
from harness.domain.compilers import Fuses
from harness.domain.details import DocumentedGraphDetail, SpeltOut
from harness.domain.precisions import PrecisionSpec
from harness.errors import BadOutput, NotApplicable
from harness.running.bounds import parity_bounds
from harness.running.materials import Materials
from harness.running.recording import Stages
from harness.verdicts import documented_graph
from harness.verdicts.checks import ParityBounds
from harness.verdicts.documented_graph import Form

Array = npt.NDArray[Any]


def survives(subject: Subject, materials: Materials, spec: PrecisionSpec, stages: Stages) -> Measured:
    """The graph at the documented opset, every operator rounded, held against torch's fp32 as parity is.

    The stand-in's own graph, in which LayerNorm is one operator, is what a compiler makes that fuses it; its
    outputs are held too. Raises `NotApplicable` where the two are the same, or a chip's own compiler has
    already been given the graph; and as the exporter does.
    """
    case = subject.case
    if not spelt_out(case):
        raise NotApplicable(
            f"{case.id}: the documented graph says no more than the stand-in's: it does in fp16, of a "
            "document that exports below opset 17, on its chips"
        )
    compiler = materials.catalog.compilers.get(case.runtime)
    if compiler is not None and compiler.fuses_layer_norm is Fuses.NOT_NEEDED:
        raise NotApplicable(f"{case.id}: {compiler.tool} is given no graph that spells LayerNorm out")
    artifact, spelt = subject.documented(stages)
    fused = subject.base(stages)
    theirs = subject.reference(materials, stages)
    bounds = parity_bounds(spec, case, materials.checkpoint(case.model).layers)
    ours, record = _form(subject, spelt, theirs, bounds)
    beside, _ = _form(subject, fused, theirs, bounds)
    found = theirs.normalised
    detail = DocumentedGraphDetail(
        opset=case.model.opset,
        inputs=subject.shown,
        not_numbers=ours.not_numbers,
        fused_in_spread=beside.largest,
        bound=bounds.largest,
        rms_bound=bounds.rms,
        bound_reason=bounds.reason,
        layer_norms=tuple(SpeltOut(**asdict(item), held=item.held) for item in found),
    )
    return Measured(
        samples=len(subject.probe.mask),
        detail=record | detail.stored(),
        artifact=artifact,
        judged=lambda: documented_graph.judge(
            case, spelt=ours, fused=beside, bounds=bounds, compiler=compiler,
            lost=[str(item) for item in normalisations.lost(found)],
            largest=str(max(found, key=lambda item: item.largest_square)) if found else "",
        ),
    )  # fmt: skip


def _form(
    subject: Subject, outputs: Sequence[Array], reference: Reference, bounds: ParityBounds
) -> tuple[Form, dict[str, Any]]:
    """How one form of the graph compares, and parity's numbers to record; none where it gives no numbers."""
    case, mask = subject.case, subject.probe.mask
    broken = [~np.isfinite(output).reshape(len(output), -1).all(axis=1) for output in outputs]
    not_numbers = int(np.any(broken, axis=0).sum())
    if not_numbers:
        _require_a_reference(subject, reference)
        return Form(samples=len(mask), not_numbers=not_numbers), {}
    found = parity.compare(outputs, reference.outputs, mask, case.model.outputs, case=case.id)
    form = Form(
        samples=found.samples,
        not_numbers=0,
        largest=found.largest_in_spread,
        rms=found.rms_in_spread,
        flips=found.flips,
        decisions=found.decisions,
        unexplained=len(found.unexplained(bounds.largest)),
    )
    return form, found.stored()


def _require_a_reference(subject: Subject, reference: Reference) -> None:
    """Raise `BadOutput` where fp32 gives no numbers either: no form of the graph is then to be blamed."""
    if not all(bool(np.isfinite(output).all()) for output in reference.outputs):
        raise BadOutput(
            f"{subject.case.id}: torch's fp32 gives infinities or what is not a number: the checkpoint "
            "itself is broken"
        )
