"""Batches that are timed: one sample again and again, and samples of which none comes twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.domain.cases import Case
from harness.domain.graphs import BATCH
from harness.domain.models import InputRole
from harness.running.batches import of_rows
from harness.running.materials import Samples
from harness.tasks.seeded import mask_of

Array = npt.NDArray[Any]
Batch = list[Array]  # arrays [batch, length] in the documented order

_VARIED_AT = 1  # the position of the token that is drawn anew: the first behind the one that begins a sample


def repeated(case: Case, samples: Samples) -> Batch:
    """One sample as often as the batch is large.

    The shortest one that is as long as the mean at least: where a short sample is less work than a long one,
    this one is not less than the others are together.
    """
    lengths = mask_of(samples.features.inputs).sum(axis=1)
    long_enough = np.flatnonzero(lengths >= lengths.mean())
    chosen = long_enough[lengths[long_enough].argmin()]
    return of_rows(case, samples, np.full(case.batch_size, chosen))


def varied(case: Case, samples: Samples, *, vocabulary: int, seed: int) -> Callable[[], Batch]:
    """Draws a batch of other samples each time.

    There are few samples and many calls, so one token of each row is drawn anew from the vocabulary: what
    keeps results by batch, or by sample, has kept none of them. Lengths stay those of the data. Of a graph,
    whose numbers mean nothing known, each row of its first input is turned by some places along its last
    axis.
    """
    if case.model.graph is not None:
        return _turned(case, samples, seed)
    generator = np.random.default_rng(seed)
    ids_at = [item.role for item in case.model.inputs].index(InputRole.IDS)
    lengths = samples.features.inputs[InputRole.MASK].sum(axis=1)

    def draw() -> Batch:
        rows = generator.integers(0, len(samples.features), case.batch_size)
        batch = of_rows(case, samples, rows)
        changed = lengths[rows] > _VARIED_AT
        batch[ids_at][changed, _VARIED_AT] = generator.integers(0, vocabulary, int(changed.sum()))
        return batch

    return draw


def _turned(case: Case, samples: Samples, seed: int) -> Callable[[], Batch]:
    generator = np.random.default_rng(seed)
    first = next((at for at, item in enumerate(case.model.fed) if BATCH in item.shape), 0)

    def draw() -> Batch:
        rows = generator.integers(0, len(samples.features), case.batch_size)
        batch = of_rows(case, samples, rows)
        array = batch[first]
        if array.ndim > 1:
            places = generator.integers(0, array.shape[-1], len(array))
            batch[first] = np.stack(
                [np.roll(row, by, axis=-1) for row, by in zip(array, places, strict=True)]
            )
        return batch

    return draw


def copies(batch: Sequence[Array]) -> Callable[[], Batch]:
    """Gives the same batch each time, in memory of its own as a drawn one is."""
    return lambda: [array.copy() for array in batch]
