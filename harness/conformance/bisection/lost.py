"""Where an artifact loses a value: infinity, or what is not a number, made of values that are numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from harness.conformance.operators.bounded import Array


def lost(whole: Mapping[str, Array], name: str, sources: Sequence[str], truth: Array, kept: Array) -> str:
    """In words, what the value `name` of the `whole` artifact is where the reference's `truth` is a number.

    Empty where nothing is lost, or what it is made of (`sources`) is lost already. Infinity is looked for on
    valid positions (`kept`): a mask hides it elsewhere. What is not a number passes every mask.
    """
    found = whole[name]
    if found.shape != truth.shape or not np.issubdtype(found.dtype, np.floating):
        return ""
    bad = np.isfinite(truth) & (np.isnan(found) | (np.isinf(found) & kept))
    if not bad.any() or not all(_numbers(whole[source]) for source in sources if source in whole):
        return ""
    worst = int(np.argmax(np.where(bad, np.abs(truth), -1.0)))
    what = "not a number" if np.isnan(found.reshape(-1)[worst]) else "infinite"
    return f"{what} in {int(bad.sum())} places, where the reference has {float(truth.reshape(-1)[worst]):.6g}"


def _numbers(array: Array) -> bool:
    return not np.issubdtype(array.dtype, np.floating) or bool(np.isfinite(array).all())
