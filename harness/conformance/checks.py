"""What is claimed of a case's artifact: every check, by the name that its test is marked with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.conformance import metamorphic
from harness.conformance.metamorphic import Relation
from harness.domain.cases import Case
from harness.domain.precisions import Precision

PARITY = ""  # contract and parity: the claim that conformance is named for
DOCUMENTED_GRAPH = "documented graph"  # parity, of the graph that a chip's compiler is given
DETERMINISM = "same input twice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One claim of what must not matter to a network, or must."""

    name: str  # of the marker, the measurement and the report
    claim: str  # in words, as a verdict says it
    relation: Relation
    two_texts: bool = False  # only of tasks that have two
    several: bool = False  # only of batches of more than one sample
    of_text: bool = False  # only of encoders: of what is padding, and what the mask and the segments do


_METAMORPHIC = (
    Check(
        name="batch",
        claim="the batch does not change a sample",
        relation=Relation(vary=metamorphic.alone),
        several=True,
    ),
    Check(
        name="order",
        claim="the order of the batch does not change a sample",
        relation=Relation(vary=metamorphic.backwards),
    ),
    Check(
        name="padding",
        claim="what stands in the padding does not change a sample",
        relation=Relation(vary=metamorphic.other_padding),
        of_text=True,
    ),
    Check(
        name="padded length",
        claim="the length that a sample is padded to does not change it",
        relation=Relation(vary=metamorphic.shorter_padding, any_shape=True),
        of_text=True,
    ),
    Check(
        name="last partial batch",
        claim="a batch that is not full gives what a full one does",
        relation=Relation(vary=metamorphic.last_partial),
        several=True,
    ),
    Check(
        name="mask",
        claim="masking half of a sample changes its outputs",
        relation=Relation(vary=metamorphic.half_masked, must_change=True),
        of_text=True,
    ),
    Check(
        name="segments",
        claim="which text a token belongs to changes the outputs",
        relation=Relation(vary=metamorphic.other_segments, must_change=True),
        two_texts=True,
        of_text=True,
    ),
    Check(
        name=DETERMINISM,
        claim="the same input twice gives the same bits",
        relation=Relation(vary=metamorphic.again),
    ),
)
METAMORPHIC: Mapping[str, Check] = {check.name: check for check in _METAMORPHIC}
NAMES = (PARITY, DOCUMENTED_GRAPH, *METAMORPHIC)


def spelt_out(case: Case) -> bool:
    """Whether a chip's compiler is given a graph of which a stand-in's says too little: LayerNorm spelt out.

    Of fp16 alone: fp32 holds the squares and epsilon, and in int8's stand-ins they are fp32.
    """
    fp16 = case.precision is Precision.FP16
    return fp16 and case.model.graph is None and case.model.spells_out_layer_norm and not case.chip.local
