"""Values of outputs that are not padding: which they are, what they decide, how far two sets are apart."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.domain.cases import Case
from harness.domain.graphs import LABELS
from harness.domain.models import Output
from harness.domain.precisions import Precision
from harness.errors import BadOutput, NotNumbers
from harness.models.graphs.originals import whole_numbers

TAIL = 16.0  # standard deviations from the mean

Array = npt.NDArray[Any]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


def by_position(output: Output) -> bool:
    """Whether an output has values of every position: ``[batch, length, ...]``."""
    return "length" in output.shape[1:2]


def counted(output: Array, spec: Output, mask: Array) -> BoolArray:
    """Which values of `output` ``[n, ...]`` are no padding's, in its shape; `mask` is ``[n, length]``.

    None of an output of whole numbers: those are decisions, and no further apart the more they differ.
    """
    if whole_numbers(spec):
        return np.zeros(output.shape, np.bool_)
    if not by_position(spec):
        return np.ones(output.shape, np.bool_)
    wide = mask.astype(np.bool_).reshape(*mask.shape, *([1] * (output.ndim - 2)))
    return np.broadcast_to(wide, output.shape)


def unequal(ours: Array, theirs: Array) -> BoolArray:
    """Which whole numbers or booleans are others, in float32, in which an artifact's outputs are kept."""
    others: BoolArray = ours.astype(np.float32) != theirs.astype(np.float32)
    return others


def spread(outputs: Sequence[Array], mask: Array, specs: Sequence[Output]) -> float:
    """The largest of `spreads`: of outputs of one kind the spread that all of them have."""
    return max(spreads(outputs, mask, specs))


def spreads(outputs: Sequence[Array], mask: Array, specs: Sequence[Output]) -> list[float]:
    """What the differences in each output are measured in: the standard deviation of all logits that count.

    Outputs of one kind (`Output.kind`) are measured together: the logits of where an answer begins and
    ends. Of a graph's own outputs, a value that is more than `TAIL` standard deviations out counts for that:
    bounds in spreads were measured on logits of up to 8, and what a format rounds is a part of the value
    itself. 0 of an output of whole numbers.
    """
    kept = [output[counted(output, spec, mask)] for output, spec in zip(outputs, specs, strict=True)]
    by_kind: dict[str, float] = {}
    for kind in dict.fromkeys(spec.kind for spec in specs):
        logits = np.concatenate([array for array, spec in zip(kept, specs, strict=True) if spec.kind == kind])
        if not logits.size:
            by_kind[kind] = 0.0
            continue
        by_kind[kind] = float(np.std(logits, dtype=np.float64))
        if kind:
            furthest = float(np.abs(logits - np.mean(logits, dtype=np.float64)).max())
            by_kind[kind] = max(by_kind[kind], furthest / TAIL)
    return [by_kind[spec.kind] for spec in specs]


def largest_valid_difference(
    ours: Sequence[Array],
    theirs: Sequence[Array],
    mask: npt.NDArray[Any],
    outputs: Sequence[Output],
) -> float:
    """The largest absolute difference in logits, those of padding left out; outputs are ``[n, ...]`` each.

    `mask` is ``[n, length]``, not 0 where there is no padding. A NaN gives a NaN.
    """
    kept = [counted(array, spec, mask) for array, spec in zip(ours, outputs, strict=True)]
    return float(np.max([np.abs(a[k] - b[k]).max() for a, b, k in zip(ours, theirs, kept, strict=True)]))


def typical_difference(
    ours: Sequence[Array],
    theirs: Sequence[Array],
    mask: npt.NDArray[Any],
    outputs: Sequence[Output],
) -> float:
    """How far outputs typically are from the reference, in the reference's own standard deviations.

    The median over the samples of the mean absolute difference in logits, over the standard deviation of all
    of the reference's logits; those of padding are left out. About 1 is what another network's outputs
    come to. `mask` is ``[n, length]``.
    """
    means, logits = [], []
    for a, b, spec in zip(ours, theirs, outputs, strict=True):
        kept = counted(b, spec, mask)
        difference = np.abs(a - b).reshape(len(a), -1)
        weight = kept.reshape(len(a), -1).astype(difference.dtype)
        means.append((difference * weight).sum(axis=1) / np.maximum(weight.sum(axis=1), 1))
        logits.append(b[kept])
    scale = float(np.std(np.concatenate(logits)))  # in the logits' own float32, as it is recorded since 0.1
    return float(np.median(np.mean(means, axis=0))) / scale if scale else math.inf


def require_numbers(
    outputs: Sequence[Array],
    whose: str = "",
    *,
    specs: Sequence[Output] = (),
    rows: npt.NDArray[np.integer] | None = None,
    kept: Sequence[BoolArray] = (),
) -> None:
    """Raise `NotNumbers` that names the place of the first NaN or infinity, in padding too.

    `outputs` are ``[n, ...]`` each. `specs` name them; else they are called by their number. `rows` are the
    samples' own numbers, counted from 0 unless told. Of values that are not in `kept` nothing is asked.
    """
    for at, output in enumerate(outputs):
        broken = np.argwhere(~np.isfinite(output) & (kept[at] if kept else True))
        if not len(broken):
            continue
        row, *rest = broken[0].tolist()
        sample = row if rows is None else int(rows[row])
        where = f" at position {rest[0]}" if specs and by_position(specs[at]) else ""
        held = "a NaN" if np.isnan(output[tuple(broken[0])]) else "an infinity"
        raise NotNumbers(
            f"{whose}{': ' if whose else ''}output {specs[at].name if specs else at} of sample {sample}"
            f"{where} holds {held}, the first of {len(broken)} values of {output.size} that are no numbers"
        )


@contextmanager
def overflow_told(case: Case) -> Iterator[None]:
    """Say of outputs that are no numbers what fp16 does, where they are an artifact's in fp16."""
    try:
        yield
    except BadOutput as problem:
        found = problem if isinstance(problem, NotNumbers) else problem.__cause__
        fp16 = case.precision is Precision.FP16
        if fp16 and isinstance(found, NotNumbers) and not found.of_reference:
            problem.add("look for an overflow: fp16 holds no more than 65504")
        raise


def _made_already(output: Array, spec: Output) -> Decisions:
    flat = output.reshape(len(output), -1)
    rows = np.repeat(np.arange(len(flat)), flat.shape[1])
    return Decisions(
        output=spec.name, rows=rows, positions=np.tile(np.arange(flat.shape[1]), len(flat)),
        logits=np.zeros((len(rows), 1)), chosen=flat.reshape(-1).astype(np.int64), margin=np.zeros(len(rows)),
    )  # fmt: skip


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
    """The decisions of `output` ``[n, ...]``, none of padding; of equal logits the first is chosen.

    Of a graph's output only where its last axis is of classes; of whole numbers each value is one, of which
    nobody knows how close it was.
    """
    kept = mask.astype(np.bool_)
    if whole_numbers(spec):
        return _made_already(output, spec)
    if spec.own_spread and LABELS not in spec.shape[-1:]:
        rows = positions = np.zeros(0, np.int64)
        logits = np.zeros((0, 2))
    elif spec.own_spread:
        places = int(np.prod(output.shape[1:-1]))
        logits = output.reshape(-1, output.shape[-1])
        rows, positions = np.repeat(np.arange(len(output)), places), np.tile(np.arange(places), len(output))
    elif not by_position(spec):
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
