"""The share of samples that were labelled right, and the samples that two runs label differently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.errors import BadOutput, NoSamples


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """`correct` of `samples`; both are kept, because a percentage alone cannot be checked."""

    correct: int
    samples: int

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise NoSamples(f"no accuracy over {self.samples} samples")
        if not 0 <= self.correct <= self.samples:
            raise BadOutput(f"found {self.correct} correct of {self.samples} samples")

    @property
    def value(self) -> float:
        """The fraction, in [0, 1], at full double precision."""
        return self.correct / self.samples


def accuracy(predictions: npt.NDArray[Any], labels: npt.NDArray[Any]) -> Accuracy:
    """How many of `predictions` equal `labels`; both integer ``[n]``.

    Raises `NoSamples` for n = 0, `BadOutput` for other shapes or dtypes.
    """
    differ = _differ(predictions, labels, ("predictions", "labels"))
    return Accuracy(correct=int(differ.size - differ.sum()), samples=differ.size)


def flips(predictions: npt.NDArray[Any], reference: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """The samples that `predictions` and `reference` label differently: int64 indices, ascending.

    A sample's prediction is an integer, or a string where it has several parts (the tags of a sentence).
    Raises as `accuracy` does.
    """
    names = ("predictions", "reference predictions")
    return np.flatnonzero(_differ(predictions, reference, names, kinds="iuU"))


def marks(right: npt.NDArray[np.bool_]) -> str:
    """Which samples are right, as a result keeps it: a ``1`` or a ``0`` for each, in order."""
    return "".join("1" if item else "0" for item in right)


def _differ(
    left: npt.NDArray[Any], right: npt.NDArray[Any], names: tuple[str, str], *, kinds: str = "iu"
) -> npt.NDArray[np.bool_]:
    for array, name in zip((left, right), names, strict=True):
        if array.ndim != 1 or array.dtype.kind not in kinds:
            wanted = "integers or strings" if "U" in kinds else "integers"
            raise BadOutput(f"found {name} {array.dtype} {list(array.shape)}, expected {wanted} [samples]")
    if (left.dtype.kind == "U") != (right.dtype.kind == "U"):
        raise BadOutput(f"found {names[0]} {left.dtype} and {names[1]} {right.dtype}, expected one kind")
    if len(left) != len(right):
        raise BadOutput(f"found {len(left)} {names[0]} and {len(right)} {names[1]}, expected one for one")
    if not len(left):
        raise NoSamples(f"no {names[0]} to compare")
    differ: npt.NDArray[np.bool_] = np.not_equal(left, right)
    return differ
