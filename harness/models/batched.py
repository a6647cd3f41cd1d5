"""Samples in calls of one size: networks that are compiled have a fixed batch, and no sample is dropped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Batch = tuple[list[Array], int]  # inputs padded to the batch size, and how many samples are real


def batched(arrays: Sequence[Array], batch_size: int) -> Iterator[Batch]:
    """Arrays ``[samples, ...]`` as batches of exactly `batch_size`.

    The last partial batch is filled up with its first sample, and its count says how many are real.
    """
    for start in range(0, len(arrays[0]), batch_size):
        parts = [array[start : start + batch_size] for array in arrays]
        count = len(parts[0])
        if count < batch_size:
            parts = [np.concatenate([part, np.repeat(part[:1], batch_size - count, 0)]) for part in parts]
        yield parts, count
