"""Where an artifact loses a value: infinity, or what is not a number, made of values that are numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from harness.conformance.bisection.matching import Match
from harness.conformance.operators.bounded import Array
from harness.models.graphs.fp16 import FP16_HIGHEST


class Losses:
    """The values that an artifact has lost, as they are met in the order of the network.

    `whole` is the artifact's, `truth` the reference's, each by its own names.
    """

    def __init__(self, whole: Mapping[str, Array], truth: Mapping[str, Array]) -> None:
        self._whole, self._truth = whole, truth
        self._gone: set[str] = set()  # by the artifact's names
        self._meaning: dict[str, str] = {}  # of the artifact's names that were met, the reference's

    def at(self, item: Match, sources: Sequence[str], kept: Array) -> str:
        """In words, what the artifact makes of a value that is a number in the reference, and that is none.

        Empty where nothing is lost, or what it is made of (`sources`) is lost already. Infinity is looked for
        where it counts (`kept`): a mask hides it elsewhere. What is not a number passes every mask.
        """
        truth, found = self._truth[item.reference], self._whole[item.artifact]
        self._meaning[item.artifact] = item.reference
        bad = _lost(found, truth, kept)
        if bad is None:
            return ""
        everywhere = _lost(found, truth, np.ones((1,) * truth.ndim, bool))
        if everywhere is not None and everywhere.any():
            self._gone.add(item.artifact)
        if not bad.any() or not self._gone.isdisjoint(sources):
            return ""
        worst = int(np.argmax(np.where(bad, np.abs(truth), -1.0)))
        largest = float(truth.reshape(-1)[worst])
        what = "not a number" if np.isnan(found.reshape(-1)[worst]) else "infinite"
        why = (
            f", and fp16 ends at {FP16_HIGHEST:g}" if abs(largest) > FP16_HIGHEST else self._of_zeros(sources)
        )
        return f"{what} in {int(bad.sum())} places, where the reference has {largest:.6g}{why}"

    def _of_zeros(self, sources: Sequence[str]) -> str:
        """That what it is made of is 0 in the artifact and not in the reference: a logarithm, a quotient."""
        for name in (name for name in sources if name in self._meaning):
            found, truth = self._whole[name], self._truth[self._meaning[name]]
            if found.shape == truth.shape and (gone := (found == 0) & (truth != 0)).any():
                return f"; it reads zeros, where the reference has up to {np.abs(truth[gone]).max():.3g}"
        return ""


def _lost(found: Array, truth: Array, kept: Array) -> Array | None:
    """Where `found` is no number and `truth` is one; None where the two cannot be held together."""
    if found.shape != truth.shape or not np.issubdtype(found.dtype, np.floating):
        return None
    bad: Array = np.isfinite(truth) & (np.isnan(found) | (np.isinf(found) & kept))
    return bad
