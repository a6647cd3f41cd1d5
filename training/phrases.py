"""Phrases as rows of piece ids, ``[CLS] ... [SEP]`` and padding 0, and what a teacher judges beside them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]


def lengths(ids: IntArray) -> IntArray:
    """How many pieces each row has, the two marks included, ``[n]``."""
    found: IntArray = (ids > 0).sum(axis=1)
    return found


def trimmed(ids: IntArray) -> IntArray:
    """`ids` without the columns that hold only padding."""
    return ids[:, : int(lengths(ids).max())]


def joined(ids: IntArray, others: IntArray, chosen: npt.NDArray[np.bool_]) -> IntArray:
    """`ids` ``[n, length]`` with the row of `others` behind each `chosen` row, cut to the length."""
    result = ids.copy()
    width = ids.shape[1]
    ends = lengths(ids) - 1
    other_ends = lengths(others) - 1
    for row in np.flatnonzero(chosen):
        room = max(0, width - 1 - ends[row])
        more = others[row, 1 : other_ends[row]][:room]
        stop = ends[row] + len(more)
        result[row, stop] = ids[row, ends[row]]
        result[row, ends[row] : stop] = more
    return result


def thinned(ids: IntArray, share: float, random: np.random.Generator) -> IntArray:
    """`ids` with a random share of the pieces left out, the marks never."""
    marks = np.arange(ids.shape[1]) == (lengths(ids) - 1)[:, None]
    marks[:, 0] = True
    kept = (ids > 0) & ((random.random(ids.shape) >= share) | marks)
    to_front = np.argsort(~kept, axis=1, kind="stable")
    return np.take_along_axis(np.where(kept, ids, 0), to_front, axis=1)
