"""Outputs of every sample of a case: batched, resumable, shared between batch sizes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.artifacts import Artifact
from harness.backends.base import Session
from harness.domain import Case, Precision, Protocol
from harness.errors import BadOutput
from harness.materials import Materials, inputs_in_order
from harness.predictions import OutputLog

Array = npt.NDArray[Any]
Batch = tuple[list[Array], int]  # inputs padded to the batch size, and how many samples are real

# Two artifacts of one model, chip and precision that differ by the batch size alone may share
# predictions once the second has given the first's logits on its first batches within this bound
# (absolute, in logits) and the same predictions. The order of sums depends on the batch: in fp32 that
# moves a logit of order 1 to 10 by about 1e-6; in fp16 by single roundings, 2^-11 relative each.
SHARING_BOUND: Mapping[Precision, float] = {
    Precision.FP32: 1e-4,
    Precision.FP16: 2e-2,
    Precision.INT8: 2e-2,
}
BATCHES_COMPARED = 2


class Inference:
    """Runs accuracy passes of one process, and keeps their outputs for cases that may share them."""

    def __init__(self, materials: Materials) -> None:
        self.materials = materials
        self._outputs: dict[tuple[Any, ...], tuple[str, list[Array]]] = {}

    def all_outputs(
        self, case: Case, protocol: Protocol, artifact: Artifact, session: Session
    ) -> tuple[list[Array], dict[str, Any]]:
        """Outputs of every sample: from this artifact, or shared with one of another batch size."""
        key = (case.model.name, case.chip.name, case.precision, protocol)
        arrays = inputs_in_order(case.model, self.materials.samples(case.model, protocol).features)
        batches = list(batched(arrays, case.batch_size))
        if key in self._outputs:
            other, outputs = self._outputs[key]
            difference = self._compare(case, session, batches, outputs)
            if difference <= SHARING_BOUND[case.precision]:
                return outputs, {
                    "shared_with": other,
                    "shared_max_abs_difference": difference,
                    "shared_bound": SHARING_BOUND[case.precision],
                }
        outputs, facts = self._run_batches(case, protocol, artifact, session, batches)
        self._outputs[key] = (case.id, outputs)
        return outputs, facts

    def _compare(
        self,
        case: Case,
        session: Session,
        batches: Sequence[tuple[list[Array], int]],
        outputs: Sequence[Array],
    ) -> float:
        """The largest difference on the first batches; infinite where a largest logit moved."""
        worst, at = 0.0, 0
        for inputs, count in batches[:BATCHES_COMPARED]:
            for ours, theirs in zip(run_batch(case, session, inputs, count), outputs, strict=True):
                known = theirs[at : at + count]
                if not np.array_equal(ours.argmax(axis=-1), known.argmax(axis=-1)):
                    return float("inf")
                worst = max(worst, float(np.abs(ours - known).max()))
            at += count
        return worst

    def _run_batches(
        self,
        case: Case,
        protocol: Protocol,
        artifact: Artifact,
        session: Session,
        batches: Sequence[tuple[list[Array], int]],
    ) -> tuple[list[Array], dict[str, Any]]:
        """Every batch through the artifact, each written to disk as it is done."""
        identity = {
            "artifact": artifact.key,
            "features": self.materials.samples(case.model, protocol).digest,
            "protocol": protocol,
            "device": self.materials.options.device,
        }
        name = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:32]
        path = self.materials.home.root / "unfinished" / f"{case.id}-{name}.outputs"
        total = sum(count for _, count in batches)
        with OutputLog(path, identity) as log, self.materials.progress.stage(case.id, total) as advance:
            resumed = sum(len(batch[0]) for batch in log.batches)
            advance(resumed)
            for inputs, count in batches[len(log.batches) :]:
                log.append(run_batch(case, session, inputs, count))
                advance(count)
            outputs = [np.concatenate(parts) for parts in zip(*log.batches, strict=True)]
            log.discard()
        return outputs, {"resumed_from_sample": resumed} if resumed else {}


def batched(arrays: Sequence[Array], batch_size: int) -> Iterator[Batch]:
    """Arrays ``[samples, ...]`` as batches of exactly `batch_size`.

    The last partial batch is filled up with its first sample, and its count says how many are real:
    a graph has a fixed batch, and no sample is dropped.
    """
    for start in range(0, len(arrays[0]), batch_size):
        parts = [array[start : start + batch_size] for array in arrays]
        count = len(parts[0])
        if count < batch_size:
            parts = [np.concatenate([part, np.repeat(part[:1], batch_size - count, 0)]) for part in parts]
        yield parts, count


def run_batch(case: Case, session: Session, inputs: Sequence[Array], count: int) -> list[Array]:
    """One batch's outputs without those of the padding; raises `BadOutput` for a wrong shape."""
    outputs = session.run(inputs)
    if len(outputs) != len(case.model.outputs):
        raise BadOutput(f"{case.id}: {len(outputs)} outputs, expected {len(case.model.outputs)}")
    for output, spec in zip(outputs, case.model.outputs, strict=True):
        if output.shape[:1] != (case.batch_size,):
            raise BadOutput(
                f"{case.id}: output {spec.name} has shape {list(output.shape)}, "
                f"expected [{case.batch_size}, ...]"
            )
    return [np.ascontiguousarray(output[:count], dtype=np.float32) for output in outputs]


def largest_difference(ours: Sequence[Array], theirs: Sequence[Array]) -> float:
    """The largest absolute difference between two lists of outputs; NaN where one holds a NaN."""
    return max(float(np.abs(a - b).max()) for a, b in zip(ours, theirs, strict=True))
