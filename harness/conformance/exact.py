"""Outputs that are compared value by value: whole numbers and booleans, which are equal or are not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.domain.models import Output
from harness.models.graphs.originals import whole_numbers
from harness.running.valid import unequal
from harness.verdicts.whole_numbers import Whole

Array = npt.NDArray[Any]


def of(
    ours: Sequence[Array],
    theirs: Sequence[Array],
    specs: Sequence[Output],
    *,
    shows: npt.NDArray[np.int64] | None = None,
) -> Whole | None:
    """The whole numbers of `ours` against those of `theirs`, ``[n, ...]`` each; None where there are none.

    Row i of `ours` shows sample ``shows[i]`` of `theirs`; without it sample i.
    """
    counts, values = [], 0
    for one, other, spec in zip(ours, theirs, specs, strict=True):
        if whole_numbers(spec):
            wanted = other if shows is None else other[shows]
            counts.append(unequal(one, wanted).reshape(len(one), -1).sum(axis=1))
            values += one.size
    if not values:
        return None
    by_row = np.sum(counts, axis=0)
    worst = int(by_row.argmax())
    return Whole(
        values=values, unequal=int(by_row.sum()), worst=worst if shows is None else int(shows[worst])
    )
