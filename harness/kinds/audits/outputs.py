"""Outputs kept from timed calls, and held against those of untimed ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.conformance.metamorphic import NOISE_ALLOWED
from harness.errors import BadOutput
from harness.setting.plans import Plan
from harness.timing import calls as timing

Array = npt.NDArray[Any]
Call = Callable[[Sequence[Array]], Sequence[Array]]

BATCHES = 8  # through which the timed calls rotate
KEPT = 24  # calls whose outputs are kept, about
_SEED = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kept:
    """Timed calls, and the outputs of some of them."""

    latencies_ns: Sequence[int]
    outputs: Sequence[tuple[int, int, Sequence[Array]]] = field(repr=False)  # call, batch, its outputs
    warm_up_calls: int
    ended: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputsCompared:
    """By how much the kept outputs are off.

    `largest` is the largest absolute difference, `noise` that of two untimed calls of the same batch;
    `worst_call` and `worst_batch` say where the largest was seen.
    """

    calls: int
    differing: int  # calls whose outputs are not the same bits
    largest: float
    noise: float
    worst_call: int
    worst_batch: int

    @property
    def allowed(self) -> float:
        """0 where the backend is deterministic; else what two noisy calls may differ by."""
        return NOISE_ALLOWED * self.noise

    @property
    def holds(self) -> bool:
        """Whether every kept output is what the artifact gives outside of timing."""
        return self.largest <= self.allowed


def timed(call: Call, batches: Sequence[Sequence[Array]], plan: Plan) -> Kept:
    """Warm up, then time calls of `batches` in turn; a seeded few of the outputs are kept.

    An output is copied when the clock of its call has stopped and before the next call's starts: a session
    may write the next outputs into the same memory. The last call's are always kept.
    """
    made = 0

    def rotate() -> Sequence[Array]:
        nonlocal made
        made += 1
        return call(batches[made % len(batches)])

    warm = timing.warm_up(rotate, plan.warm_up)
    generator = np.random.default_rng(_SEED)
    share = KEPT / plan.at_pace(warm.pace_ns)
    latencies: list[int] = []
    kept: list[tuple[int, int, Sequence[Array]]] = []
    total = 0
    last: Sequence[Array] = ()
    ended = None
    while ended is None:

        def once() -> None:
            nonlocal last
            last = rotate()

        latencies += timing.time_calls(once, 1)
        total += latencies[-1]
        ended = plan.ended(len(latencies), total / 1e9)
        if generator.random() < share or ended is not None:
            kept.append((len(latencies), made % len(batches), [array.copy() for array in last]))
    return Kept(latencies_ns=latencies, outputs=kept, warm_up_calls=warm.calls, ended=ended)


def compare(
    kept: Kept, reference: Sequence[Sequence[Array]], repeated: Sequence[Sequence[Array]]
) -> OutputsCompared:
    """The kept outputs against `reference`, one entry a batch; `repeated` is the same of another time.

    Raises `BadOutput` where the reference gives every batch the same outputs, for then nothing can be told,
    and where outputs have other shapes, or a NaN or an infinity that the others do not have.
    """
    if all(_difference(reference[0], other) == 0 for other in reference[1:]):
        raise BadOutput(
            f"{len(reference)} different batches have the very same outputs: they say nothing of the inputs"
        )
    noise = max(_difference(a, b) for a, b in zip(reference, repeated, strict=True))
    away = [(_difference(found, reference[batch]), call, batch) for call, batch, found in kept.outputs]
    largest, call, batch = max(away)
    return OutputsCompared(
        calls=len(away), differing=sum(one > 0 for one, _, _ in away), largest=largest, noise=noise,
        worst_call=call, worst_batch=batch,
    )  # fmt: skip


def _difference(ours: Sequence[Array], theirs: Sequence[Array]) -> float:
    """The largest absolute difference; 0 for equal values, NaNs in the same places included."""
    largest = 0.0
    for one, other in zip(ours, theirs, strict=True):
        if np.array_equal(one, other, equal_nan=True):
            continue
        if one.shape != other.shape:
            raise BadOutput(
                f"an output has shape {list(one.shape)} and {list(other.shape)} of the same batch"
            )
        with np.errstate(invalid="ignore"):
            away = float(np.abs(one.astype(np.float64) - other).max())
        if not np.isfinite(away):
            raise BadOutput("outputs of the same batch differ by a NaN or an infinity")
        largest = max(largest, away)
    return largest
