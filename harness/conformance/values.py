"""Which values of a network's outputs count, and what it decides by them: padding is no part of either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.domain.models import Output
from harness.errors import BadOutput
from harness.running.real_length import by_position

Array = npt.NDArray[Any]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


def counted(output: Array, spec: Output, mask: Array) -> BoolArray:
    """Which values of `output` ``[n, ...]`` are no padding's, in its shape; `mask` is ``[n, length]``."""
    if not by_position(spec):
        return np.ones(output.shape, np.bool_)
    wide = mask.astype(np.bool_).reshape(*mask.shape, *([1] * (output.ndim - 2)))
    return np.broadcast_to(wide, output.shape)


def spread(outputs: Sequence[Array], mask: Array, specs: Sequence[Output]) -> float:
    """The standard deviation of all logits that count: what differences are measured in."""
    kept = [output[counted(output, spec, mask)] for output, spec in zip(outputs, specs, strict=True)]
    return float(np.std(np.concatenate(kept), dtype=np.float64))


def require_numbers(outputs: Sequence[Array], specs: Sequence[Output], whose: str) -> None:
    """Raise `BadOutput` that names the place of the first NaN or infinity, be it in padding."""
    for output, spec in zip(outputs, specs, strict=True):
        broken = np.argwhere(~np.isfinite(output))
        if not len(broken):
            continue
        sample, *rest = broken[0].tolist()
        where = f" at position {rest[0]}" if by_position(spec) else ""
        held = "a NaN" if np.isnan(output[tuple(broken[0])]) else "an infinity"
        raise BadOutput(
            f"{whose}: output {spec.name} of sample {sample}{where} holds {held}, the first of {len(broken)} "
            f"values of {output.size} that are no numbers",
            remedy="look for an overflow: fp16 holds no more than 65504",
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decisions:
    """What a network decides by one output: the label of each token or sample, or a position in each sample.

    `chosen` is the place of the largest logit, `margin` how far the second largest is below it. `rows` says
    whose each decision is; `positions` at which token, -1 where it is of the whole sample. All are int64 but
    for margins and logits.
    """

    output: str
    rows: IntArray = field(repr=False)
    positions: IntArray = field(repr=False)
    logits: Array = field(repr=False)  # [decisions, choices]; -inf where there is none to choose
    chosen: IntArray = field(repr=False)
    margin: npt.NDArray[np.float64] = field(repr=False)


def decisions(output: Array, spec: Output, mask: Array) -> Decisions:
    """The decisions of `output` ``[n, ...]``, none of padding; of equal logits the first is chosen."""
    kept = mask.astype(np.bool_)
    if not by_position(spec):
        rows, positions, logits = np.arange(len(output)), np.full(len(output), -1), output
    elif output.ndim > kept.ndim:
        rows, positions = np.nonzero(kept)
        logits = output[kept]
    else:
        rows, positions = np.arange(len(output)), np.full(len(output), -1)
        logits = np.where(kept, output, -np.inf)
    logits = logits.astype(np.float64)
    if logits.shape[1] < 2:
        margin = np.full(len(logits), np.inf)
    else:
        top = np.partition(logits, -2, axis=1)[:, -2:]
        margin = top[:, 1] - top[:, 0]
    return Decisions(
        output=spec.name, rows=rows.astype(np.int64), positions=positions.astype(np.int64), logits=logits,
        chosen=logits.argmax(axis=1).astype(np.int64), margin=margin,
    )  # fmt: skip
