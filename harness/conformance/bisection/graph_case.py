"""A case of a graph as it is, bisected: its file's fp32 values, an artifact, and one batch for both."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.conformance import parity
from harness.conformance.bisection import artifacts, samples
from harness.conformance.bisection.comparing import compare_graphs
from harness.conformance.bisection.findings import InSpreads, Suspicion
from harness.conformance.bisection.same_values import in_file
from harness.conformance.graph_outputs import fed, of_samples, unrounded
from harness.conformance.storing import bounds_of
from harness.domain.cases import Case
from harness.domain.models import Output
from harness.domain.precisions import Precision
from harness.errors import BadOutput
from harness.models.graphs import preparing
from harness.models.graphs.numerics import STAND_IN_OPSET
from harness.models.graphs.originals import outputs_of, whole_numbers
from harness.running import building
from harness.running.materials import Materials
from harness.running.valid import counted, spreads, unequal
from harness.tasks.seeded import mask_of

Array = npt.NDArray[Any]


def bisect(materials: Materials, case: Case, file: Path | None = None) -> Suspicion:
    """Hold the case's artifact, or the ONNX graph in `file`, against the fp32 values of the model's file.

    The reference is the graph as it is prepared for being built, in fp32: its operators are those that a
    precision rounds, a batch normalisation part of the convolution before it. Its outputs are held against
    those of the file. Both are run on the batch in which the artifact's outputs are furthest from the file's.
    Raises `NotApplicable` for a graph that is quantised already, where the case is not of fp32; else as
    `case.bisect`.
    """
    reference = unrounded(materials, case)
    artifact = artifacts.of_case(materials, case) if file is None else artifacts.from_file(case, file)
    shown = samples.batches(materials, case)
    arrays = [np.concatenate([one[item.name] for one in shown]) for item in case.model.fed]
    ends = _Ends.of(case, arrays, materials.fp32(case.model, arrays, batch_size=case.batch_size))
    ours = of_samples(case, artifact, arrays, case.precision, "the artifact")
    worst = max(range(len(shown)), key=lambda at: ends.away(at, ours))
    inputs = fed(case, list(shown[worst].values()))
    named = None if file is None else _named(materials, case, inputs)
    compared = compare_graphs(reference, artifact, inputs, case.precision, ours=file is None, named=named)
    prepared = of_samples(case, reference, arrays, Precision.FP32, "the reference")
    return Suspicion(
        case=case.id, compared=compared, parity_bound=math.nan, spreads=ends.held(materials, ours),
        prepared=ends.held(materials, prepared),
    )  # fmt: skip


def _named(materials: Materials, case: Case, inputs: Mapping[str, Array]) -> Mapping[str, str]:
    """What the model's file calls the values of the prepared graph: another tool that keeps names, too."""
    prepared = building.graph_source(materials, case).export(opset=STAND_IN_OPSET).graph
    return in_file(prepared, preparing.as_it_is(case.model, batch_size=case.batch_size), inputs)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ends:
    """The file's own outputs for all samples, and what others are held to beside them."""

    case: Case
    arrays: Sequence[Array]  # the inputs, [n, ...] each
    theirs: Sequence[Array]  # [n, ...] each
    mask: Array
    specs: Sequence[Output]
    units: Sequence[float]  # the spread of each output

    @classmethod
    def of(cls, case: Case, arrays: Sequence[Array], theirs: Sequence[Array]) -> _Ends:
        specs = outputs_of(case.model)
        mask = mask_of({str(at): array for at, array in enumerate(arrays)})
        return cls(
            case=case, arrays=arrays, theirs=theirs, mask=mask, specs=specs,
            units=spreads(theirs, mask, specs),
        )  # fmt: skip

    def away(self, batch: int, ours: Sequence[Array]) -> tuple[float, int]:
        """How far the outputs of a batch are off at most, in spreads, and how many whole numbers are others.

        Infinite where one is no number, or of another shape.
        """
        rows = slice(batch * self.case.batch_size, (batch + 1) * self.case.batch_size)
        found, others = 0.0, 0
        for mine, whole, spec, unit in zip(ours, self.theirs, self.specs, self.units, strict=True):
            if mine.shape != whole.shape:
                return math.inf, 0
            one, other = mine[rows], whole[rows]
            if whole_numbers(spec):
                others += int(unequal(one, other).sum())
            kept = counted(other, spec, self.mask[rows])
            off = np.abs(one[kept].astype(np.float64) - other[kept])
            largest = float(np.where(np.isfinite(off), off, math.inf).max(initial=0.0))
            found = max(found, largest / unit if largest and unit else largest)
        return found, others

    def held(self, materials: Materials, ours: Sequence[Array]) -> InSpreads:
        """Outputs of all samples against the file's, as parity holds them."""
        case = self.case
        try:
            found = parity.compare(ours, self.theirs, self.mask, self.specs, case=case.id)
        except BadOutput:
            return InSpreads(
                why="the outputs hold infinities or what is not a number, or are of another shape"
            )
        bounds = bounds_of(materials, case, self.arrays, self.theirs, found)
        floats = (found.largest_in_spread, found.rms_in_spread) if found.values else (math.nan, math.nan)
        return InSpreads(largest=floats[0], rms=floats[1], whole=found.whole, bounds=bounds)
