"""Samples that a seed draws where there is no data set: what a model is fed, and that it has no score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.domain.models import InputRole, Protocol
from harness.errors import NotApplicable
from harness.tasks.text import Scored

Array = npt.NDArray[Any]

SEED = 0
WHY = "its samples are drawn from a seed: they have no labels, and so no score"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeededFeatures:
    """Arrays ``[samples, ...]`` by role or, of a graph, by the input's name; nothing of them was cut."""

    inputs: Mapping[str, Array] = field(repr=False)

    @property
    def truncated(self) -> npt.NDArray[np.int64]:
        """None: nothing is too long."""
        return np.empty(0, np.int64)

    @property
    def of_row(self) -> npt.NDArray[np.int64]:
        """Each row is a sample."""
        return np.arange(len(self))

    @property
    def of_counted(self) -> npt.NDArray[np.int64]:
        """None: nothing is scored."""
        return np.empty(0, np.int64)

    def __len__(self) -> int:
        return len(next(iter(self.inputs.values())))


class SeededTask:
    """The task of samples without labels: nothing of it can be scored, all can be timed and compared."""

    padding_may_move = None
    TWO_TEXTS = False
    COUNTS = "samples"

    def open_tokenizer(self, pieces: Any) -> Any:
        """Raises `NotApplicable`: there is no text."""
        raise NotApplicable(WHY)

    def prepare(self, examples: Sequence[Any], tokenizer: Any, *, length: int, protocol: Protocol) -> Any:
        """Raises `NotApplicable`: there is no text."""
        raise NotApplicable(WHY)

    def trivial(self, features: Any, *, protocol: Protocol) -> Mapping[str, Scored]:
        """Raises `NotApplicable`."""
        raise NotApplicable(WHY)

    def score(self, outputs: Sequence[Array], features: Any, *, protocol: Protocol) -> Scored:
        """Raises `NotApplicable`."""
        raise NotApplicable(WHY)


def mask_of(inputs: Mapping[str, Array]) -> Array:
    """``[n, length]``, 0 over padding; ones ``[n, 1]`` of inputs that have no mask: all of them counts."""
    mask = inputs.get(InputRole.MASK)
    if mask is not None:
        return mask
    rows = len(next(iter(inputs.values())))
    return np.ones((rows, 1), np.int64)
