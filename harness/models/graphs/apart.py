"""How far two runs of one graph are apart, where both have to compute the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# What fp32 arithmetic in another order may change, as a part of an output's largest value: 2e-5 measured (the
# detector of PP-OCRv4, batch normalisations of a variance of 1e8 folded), and fifty times that.
MOST_AWAY = 1e-3


def away(ours: Sequence[Array], theirs: Sequence[Array]) -> float:
    """The largest difference of an output, of its largest value; infinite for another shape, or for a NaN."""
    found = [0.0]
    for one, other in zip(ours, theirs, strict=True):
        if one.shape != other.shape:
            return math.inf
        if not one.size:
            continue
        with np.errstate(invalid="ignore"):
            off = np.abs(one.astype(np.float64) - other)
        off = np.where((one == other) | (np.isnan(one) & np.isnan(other)), 0.0, off)
        largest = float(np.abs(other[np.isfinite(other)]).max(initial=0.0)) or 1.0
        found.append(float(np.where(np.isfinite(off), off, math.inf).max()) / largest)
    return max(found)
