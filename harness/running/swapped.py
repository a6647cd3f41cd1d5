"""Outputs that are somebody else's: samples, or whole outputs, in each other's place.

A score hardly moves when two samples change places, and a tool that mixes up its files is broken all the
same. Every sample's outputs are therefore held against the checkpoint's own fp32 outputs of that sample; one
that is far from its own and close to another sample's is named. Where a precision explains so much that
nothing is far, as int8 of questions, two samples that have each other's outputs are told by all their values.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.domain.cases import Case
from harness.errors import BadOutput
from harness.running.bounds import Explained
from harness.running.valid import counted

Array = npt.NDArray[Any]

FAR = 4.0  # times the bound of parity: beyond any rounding
MOST_COMPARED = 512  # samples that are far from their own: more are a broken artifact, not a mix-up
_NAMED = 5
# Of two logits nearly any outputs are close to somebody's: then several samples seem to have the same one's.
# Where outputs changed places, each is found once, at the place of another.
_DISTINCT = 0.5  # of the samples that are far from their own
# In fp16 two samples of two logits may have the same bits by chance. A buffer that was written twice explains
# most of what is wrong; a chance one or two of many.
_EXPLAINED = 0.5  # of the samples that are far from their own
# Two samples have each other's outputs where both are so much nearer, by the root mean square over their
# values, to the other's than to their own. Of few values two wrong outputs are near each other's by chance:
# then most of what is wrong has to be such pairs.
NEARER = 2.0  # times
_MANY = 16  # values of a sample


def require_in_place(
    case: Case, outputs: Sequence[Array], reference: Sequence[Array], mask: Array, bound: Explained
) -> None:
    """Raise `BadOutput` where samples, or the graph's outputs, stand in each other's place.

    `outputs` and `reference` are ``[samples, ...]`` each, `mask` ``[samples, length]`` says which positions
    are no padding, `bound` is what the case's precision explains. Outputs that are merely wrong pass: their
    score says so.
    """
    specs = case.model.outputs
    valid = [counted(array, spec, mask) for array, spec in zip(reference, specs, strict=True)]
    for order in permutations(range(len(outputs))):
        moved = [(at, other) for at, other in enumerate(order) if at != other]
        if moved and all(_fits_better(outputs[at], reference, valid, at, other) for at, other in moved):
            stands = ", ".join(f"{specs[other].name} where {specs[at].name} belongs" for at, other in moved)
            raise BadOutput(f"{case.id}: the outputs stand in each other's place: {stands}")
    ours, theirs, valued = map(_flat, (outputs, reference, valid))
    most = bound.largest
    far = np.flatnonzero((np.abs(ours - theirs) * valued).max(axis=1) > FAR * most)
    pairs = (
        _misplaced(ours, theirs, valued, far, most)
        or _repeated(ours, theirs, valued, far, most)
        or _exchanged(ours, theirs, valued, bound)
    )
    if pairs:
        more = f", and {len(pairs) - _NAMED} more" if len(pairs) > _NAMED else ""
        named = ", ".join(f"{found} where {expected} belongs" for expected, found in pairs[:_NAMED])
        raise BadOutput(
            f"{case.id}: outputs of samples in each other's place: {named}{more}",
            remedy="look at how the tool names and orders its result files",
        )


def _flat(arrays: Sequence[Array]) -> Array:
    return np.concatenate([array.reshape(len(array), -1) for array in arrays], axis=1)


def _fits_better(
    output: Array, reference: Sequence[Array], valid: Sequence[Array], at: int, other: int
) -> bool:
    """Whether an output is much closer to another one's reference than to its own."""
    if reference[at].shape != reference[other].shape:
        return False
    own, elses = (np.abs(output - reference[which])[valid[which]].mean() for which in (at, other))
    return float(elses) * FAR < float(own)


def _misplaced(ours: Array, theirs: Array, valid: Array, far: Array, bound: float) -> list[tuple[int, int]]:
    """(sample, whose outputs stand in its place), of samples far from their own and close to another's."""
    if not 1 < len(far) <= MOST_COMPARED:
        return []
    pairs = []
    for sample in far:
        distances = (np.abs(theirs[far] - ours[sample]) * valid[far]).max(axis=1)
        nearest = int(far[np.argmin(distances)])
        if nearest != sample and distances.min() <= bound:
            pairs.append((int(sample), nearest))
    return pairs if len({found for _, found in pairs}) >= _DISTINCT * len(far) else []


def _repeated(ours: Array, theirs: Array, valid: Array, far: Array, bound: float) -> list[tuple[int, int]]:
    """(sample, whose outputs it has), of samples with another one's very bits: a buffer written twice."""
    near = np.setdiff1d(np.arange(len(ours)), far)
    known = {ours[sample].tobytes(): int(sample) for sample in near}
    pairs = [(int(sample), known.get(ours[sample].tobytes())) for sample in far]
    repeated = [
        (sample, found)
        for sample, found in pairs
        if found is not None and (np.abs(theirs[found] - ours[sample]) * valid[found]).max() <= bound
    ]
    return repeated if len(repeated) >= _EXPLAINED * len(far) else []


def _exchanged(ours: Array, theirs: Array, valid: Array, bound: Explained) -> list[tuple[int, int]]:
    """(sample, whose outputs it has), of samples two of which each have the other's."""
    off = np.abs(ours - theirs) * valid
    values = np.maximum(valid.sum(axis=1), 1)
    many = int(values.min()) >= _MANY
    own = np.sqrt((off**2).sum(axis=1) / values)
    off_most = own > bound.rms if many else off.max(axis=1) > bound.largest
    far = np.flatnonzero(off_most)
    if not 1 < len(far) <= MOST_COMPARED:
        return []
    nearest: dict[int, int] = {}
    for sample in far:
        others = np.abs(theirs[far] - ours[sample]) * valid[far]
        distances = np.sqrt((others**2).sum(axis=1) / values[far])
        distances[far == sample] = np.inf
        at = int(distances.argmin())
        if distances[at] * NEARER < own[sample] and others[at].max() <= bound.largest:
            nearest[int(sample)] = int(far[at])
    pairs = [(sample, found) for sample, found in nearest.items() if nearest.get(found) == sample]
    return pairs if many or len(pairs) >= _EXPLAINED * len(far) else []
