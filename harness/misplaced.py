"""Outputs that are somebody else's: samples, or whole outputs, in each other's place.

A score hardly moves when two samples change places, and a tool that mixes up its files is broken all the
same. Every sample's outputs are therefore held against the checkpoint's own fp32 outputs of that sample; one
that is far from its own and close to another sample's is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.domain import Case
from harness.errors import BadOutput

Array = npt.NDArray[Any]

FAR = 4.0  # times the bound of parity: what no rounding explains
MOST_COMPARED = 512  # samples that are far from their own: more are a broken artifact, not a mix-up
_NAMED = 5
# Of two logits nearly any outputs are close to somebody's: then several samples seem to have the same one's.
# Where outputs changed places, each is found once, at the place of another.
_DISTINCT = 0.5  # of the samples that are far from their own


def require_in_place(case: Case, outputs: Sequence[Array], reference: Sequence[Array], bound: float) -> None:
    """Raise `BadOutput` where samples, or the graph's outputs, stand in each other's place.

    `outputs` and `reference` are ``[samples, ...]`` each, `bound` the largest absolute difference that the
    case's precision explains. Outputs that are merely wrong pass: their score says so.
    """
    for order in permutations(range(len(outputs))):
        if order == tuple(range(len(outputs))):
            continue
        if all(outputs[a].shape == reference[b].shape for a, b in enumerate(order)) and _swapped(
            outputs, reference, order
        ):
            names = [item.name for item in case.model.outputs]
            stands = ", ".join(f"{names[b]} where {names[a]} belongs" for a, b in enumerate(order) if a != b)
            raise BadOutput(f"{case.id}: the outputs stand in each other's place: {stands}")
    ours, theirs = (
        np.concatenate([array.reshape(len(array), -1) for array in arrays], axis=1)
        for arrays in (outputs, reference)
    )
    far = np.flatnonzero(np.abs(ours - theirs).max(axis=1) > FAR * bound)
    pairs = _misplaced(ours, theirs, far, bound) or _repeated(ours, theirs, far, bound)
    if pairs:
        more = f", and {len(pairs) - _NAMED} more" if len(pairs) > _NAMED else ""
        named = ", ".join(f"{found} where {expected} belongs" for expected, found in pairs[:_NAMED])
        raise BadOutput(
            f"{case.id}: outputs of samples in each other's place: {named}{more}",
            remedy="look at how the tool names and orders its result files",
        )


def _swapped(outputs: Sequence[Array], reference: Sequence[Array], order: Sequence[int]) -> bool:
    """Whether every output is much closer to another one's reference than to its own."""
    for at, other in enumerate(order):
        if at == other:
            continue
        own = float(np.abs(outputs[at] - reference[at]).mean())
        if float(np.abs(outputs[at] - reference[other]).mean()) * FAR >= own:
            return False
    return True


def _misplaced(ours: Array, theirs: Array, far: Array, bound: float) -> list[tuple[int, int]]:
    """(sample, whose outputs stand in its place), of samples far from their own and close to another's."""
    if not 1 < len(far) <= MOST_COMPARED:
        return []
    pairs = []
    for sample in far:
        distances = np.abs(theirs[far] - ours[sample]).max(axis=1)
        nearest = int(far[np.argmin(distances)])
        if nearest != sample and distances.min() <= bound:
            pairs.append((int(sample), nearest))
    return pairs if len({found for _, found in pairs}) >= _DISTINCT * len(far) else []


def _repeated(ours: Array, theirs: Array, far: Array, bound: float) -> list[tuple[int, int]]:
    """(sample, whose outputs it has), of samples with another one's very bits: a buffer written twice."""
    near = np.setdiff1d(np.arange(len(ours)), far)
    known = {ours[sample].tobytes(): int(sample) for sample in near}
    pairs = [(int(sample), known.get(ours[sample].tobytes())) for sample in far]
    return [
        (sample, found)
        for sample, found in pairs
        if found is not None and np.abs(theirs[found] - ours[sample]).max() <= bound
    ]
