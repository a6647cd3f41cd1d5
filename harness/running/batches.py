"""The batch of real features that is timed."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from harness.domain.cases import Case
from harness.running.materials import Samples, inputs_in_order

SEED = 0  # which samples make up the timed batch


def fixed_batch(case: Case, samples: Samples, seed: int = SEED) -> list[npt.NDArray[Any]]:
    """One batch of real features, chosen by a fixed `seed`, repeated where the data has too few.

    Arrays ``[batch, length]`` in the documented order and dtypes.
    """
    chosen = np.random.default_rng(seed).permutation(len(samples.features))
    rows = np.resize(chosen, case.batch_size)
    return of_rows(case, samples, rows)


def of_rows(case: Case, samples: Samples, rows: npt.NDArray[np.int64]) -> list[npt.NDArray[Any]]:
    """The features of some samples as one batch, as `fixed_batch`."""
    return [np.ascontiguousarray(array[rows]) for array in inputs_in_order(case.model, samples.features)]
