"""An artifact that is ready to be called, and what a call gives, held to the table first of all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.artifacts.cache import Artifact
from harness.domain.cases import Case
from harness.domain.models import Output
from harness.errors import BadOutput
from harness.models.batched import Batch
from harness.models.graphs.originals import fits, outputs_of, rows_first, samples_first, whole_numbers
from harness.running.valid import require_numbers
from harness.toolchains.base import Session
from harness.toolchains.place import Place

Array = npt.NDArray[Any]

# Two artifacts of one model, chip and precision that differ by the batch size alone may share predictions
# once the second has given the first's logits on its first batches within the precision's bound
# (`PrecisionSpec.sharing`) and the same predictions.
BATCHES_COMPARED = 2  # at least, and as many as hold
SAMPLES_COMPARED = 32  # so that batch size 1 is not let off with two sentences


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """An artifact that is ready to be called, and where."""

    artifact: Artifact
    session: Session
    place: Place

    @property
    def identity(self) -> dict[str, Any]:
        """What decides its outputs for given inputs, beside the code that calls it (`artifacts.code`).

        The key alone does not: an artifact is built anew under it, a card repaired.
        """
        return {
            "artifact": self.artifact.key,
            "files": dict(self.artifact.files),
            "built": self.artifact.created,
            "device": self.place.device,
            "told of the device": dict(self.place.facts),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyShape:
    """A case's artifact of any shape: its key, and what builds and loads it."""

    key: str
    open: Callable[[], Loaded]


def run_batch(case: Case, session: Session, inputs: Sequence[Array], count: int) -> list[Array]:
    """One batch's outputs without those of the padding; raises as `checked_outputs`.

    `inputs` are ``[batch, length]`` each, of the case's batch size and of any length; a graph's of its
    shapes.
    """
    length = next(iter(inputs[0].shape[1:]), None)
    outputs = checked_outputs(case, session.run(inputs), case.batch_size, length=length)
    return [output[:count] for output in outputs]


def checked_outputs(
    case: Case, outputs: Sequence[Array], samples: int, *, length: int | None = None
) -> list[Array]:
    """A call's outputs as float32, one an output of the graph, each in the table's shape, with samples first.

    `length` is that of the inputs where it is not the documented one. Raises `BadOutput` for another number
    of outputs, for another shape, and for values that are no floats, where the table has floats. What float32
    does not hold is infinite.
    """
    specs = outputs_of(case.model)
    _require_as_in_table(case, outputs, specs, case.model.sizes(samples, length))
    return _as_float32(rows_first(case.model, specs, outputs, samples))


def checked_rows(
    case: Case, outputs: Sequence[Array], samples: int, *, length: int | None = None
) -> list[Array]:
    """The same of outputs that have samples first already: a tool's (`ToolSession.run_all`), or its files."""
    specs = [samples_first(spec) for spec in outputs_of(case.model)]
    _require_as_in_table(case, outputs, specs, case.model.sizes(samples, length))
    return _as_float32(outputs)


def _require_as_in_table(
    case: Case, outputs: Sequence[Array], specs: Sequence[Output], sizes: Mapping[str, int]
) -> None:
    if len(outputs) != len(specs):
        raise BadOutput(f"{case.id}: {len(outputs)} outputs, expected {len(specs)}")
    for output, spec in zip(outputs, specs, strict=True):
        if not fits(output.shape, spec.shape, sizes):
            wanted = [sizes.get(str(size), size) for size in spec.shape]
            raise BadOutput(
                f"{case.id}: output {spec.name} has shape {list(output.shape)}, expected {wanted}"
            )
        if not np.issubdtype(output.dtype, np.floating) and not whole_numbers(spec):
            raise BadOutput(f"{case.id}: output {spec.name} is of {output.dtype}, expected floats")


def _as_float32(outputs: Sequence[Array]) -> list[Array]:
    with np.errstate(over="ignore"):
        return [np.ascontiguousarray(output, dtype=np.float32) for output in outputs]


def largest_difference(ours: Sequence[Array], theirs: Sequence[Array]) -> float:
    """The largest absolute difference between two lists of finite outputs."""
    return max(float(np.abs(a - b).max()) for a, b in zip(ours, theirs, strict=True))


def compare(
    case: Case, session: Session, batches: Sequence[Batch], outputs: Sequence[Array]
) -> tuple[float, bool]:
    """The largest difference on the first batches, and whether every largest logit stayed where it was."""
    worst, agree, at = 0.0, True, 0
    for number, (inputs, count) in enumerate(batches):
        if number >= BATCHES_COMPARED and at >= SAMPLES_COMPARED:
            break
        ours = run_batch(case, session, inputs, count)
        require_numbers(ours, case.id, rows=np.arange(at, at + count))
        theirs = [output[at : at + count] for output in outputs]
        worst = max(worst, largest_difference(ours, theirs))
        agree = agree and all(
            np.array_equal(a.argmax(axis=-1), b.argmax(axis=-1)) for a, b in zip(ours, theirs, strict=True)
        )
        at += count
    return worst, agree
