"""Whether a graph mixes the samples of a batch by itself: as its own file does in fp32, without any artifact.

An artifact is not to be blamed for that: one that scales activations by the largest of a batch, or that takes
a branch by a sum over it, gives a sample other outputs beside other samples, and so does its file.
"""

from __future__ import annotations

from harness.conformance import exact, metamorphic
from harness.conformance.metamorphic import Relation, Variation
from harness.conformance.subject import Subject
from harness.domain.precisions import Precision
from harness.running.materials import Materials
from harness.running.recording import Stages


def by_itself(
    subject: Subject,
    relation: Relation,
    variation: Variation,
    materials: Materials,
    stages: Stages,
) -> str:
    """By what a variation of the batch changes a graph's own fp32 outputs, in words; empty for nothing.

    Its file is called as the artifact is: on as many samples, the last batch filled up. What the order of
    sums explains in fp32 is nothing.
    """
    fp32 = materials.catalog.precisions[Precision.FP32]
    base, changed = subject.fp32_of(variation, materials, stages)
    found = metamorphic.found(
        relation, subject.probe, variation, base, changed, bound=fp32.invariance.most, noise=0.0, change=0.0
    )
    whole = exact.of(changed, base, subject.probe.outputs, shows=variation.shows)
    said = [] if found.holds else [f"by {found.difference:.3g} spreads"]
    if whole is not None and whole.unequal:
        said.append(f"in {whole.unequal} of {whole.values} whole numbers")
    return " and ".join(said)
