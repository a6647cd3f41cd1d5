"""A case whose run in a bundle has no score: seeded inputs there, here parity with fp32 of what came back.

That is a graph as it is, random weights, and a model without a data set. Its samples are those by which the
suites hold the case to fp32, and the judgement is theirs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from harness.conformance.contract import require_contract
from harness.conformance.fp32 import reference
from harness.conformance.measured import Measured
from harness.conformance.measuring import held_to_fp32
from harness.conformance.metamorphic import Probe
from harness.conformance.subject import probe_of
from harness.domain.cases import Case
from harness.domain.models import Model, Weights
from harness.errors import BadInput
from harness.other_machines.bundles.steps import Ran
from harness.running.called import checked_rows
from harness.running.materials import Materials, features_digest
from harness.tasks.layouts import Arrays
from harness.tasks.seeded import SeededFeatures


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The samples of such a case: as conformance has them, and as features that files are written of."""

    probe: Probe = field(repr=False)
    words: str  # what they are
    features: Any = field(repr=False)
    digest: str


def has_score(model: Model, weights: Weights) -> bool:
    """Whether a run of a model with such weights can be scored."""
    return model.graph is None and bool(model.dataset) and weights is not Weights.RANDOM


def shown(materials: Materials, case: Case) -> Shown:
    """The case's samples; raises as `probe_of`."""
    probe, words = probe_of(materials, case)
    inputs: dict[Any, Any] = dict(probe.inputs)
    features = Arrays(inputs=inputs) if case.model.graph is None else SeededFeatures(inputs=inputs)
    return Shown(probe=probe, words=words, features=features, digest=features_digest(features))


def held(materials: Materials, ran: Ran) -> Measured:
    """Contract and parity of the outputs that came back with the fp32 of the same samples.

    Raises `NotThere` where the model is not here, `BadInput` where it or its samples are not the bundle's,
    `BadOutput` and `GraphError` for outputs that are not the table's.
    """
    case, bundled = ran.case, ran.bundled
    if materials.checkpoint(case.model).weights_sha256 != bundled.weights_sha256:
        what = "checkpoint" if case.model.graph is None else "graph"
        raise BadInput(
            f"the {what} of {case.model.name} here is not the one that the bundle was written of",
            path=case.id, remedy="collect it on the machine that wrote it, or put the same file here",
        )  # fmt: skip
    samples = shown(materials, case)
    if samples.digest != bundled.features_sha256:
        raise BadInput(
            f"the bundle's inputs of {case.model.name} are not those that are drawn here",
            path=case.id,
            remedy="collect it with the same zoocheck, table and .npy files as it was written with",
        )
    count = len(samples.features)
    ours = checked_rows(case, ran.bundling.read(case, ran.folder, count), count)
    told = ran.bundling.declared(case, ran.folder)
    if told is not None:
        require_contract(case, told)
    theirs = reference(materials, case, samples.probe.inputs).outputs
    return held_to_fp32(
        case, materials, samples.probe, ours=ours, theirs=theirs, shown=samples.words, told=told
    )
