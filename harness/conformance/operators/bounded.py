"""A float64 value, and how far from it what a lower precision computes may lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bounded:
    """``|computed - value| <= error``, element by element; an infinite error says nothing.

    `value` is float64, or whole numbers or booleans, which are exact; `error` has its shape.
    """

    value: Array
    error: Array
    infinite: Array | None = None  # where the computed value has to be an infinity; None: nowhere is it known

    @property
    def most(self) -> Array:
        """The largest magnitude that the computed value may have."""
        return np.abs(self.value) + self.error


def exact(value: Array) -> Bounded:
    """A value that is computed as it is."""
    floating = np.issubdtype(value.dtype, np.floating)
    kept = value.astype(np.float64) if floating else value
    return Bounded(value=kept, error=np.zeros(kept.shape))


def within(value: Array, error: Array) -> Bounded:
    """A value with its error; what is not a number in `error` (zero times infinity) is taken as infinite."""
    wide = np.broadcast_to(error, value.shape)
    return Bounded(value=value, error=np.where(np.isnan(wide), np.inf, wide))
