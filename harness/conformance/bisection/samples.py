"""What is shown to reference and artifact: the samples that parity looks at."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.conformance.fp32 import in_order
from harness.conformance.subject import probe_of
from harness.domain.cases import Case
from harness.domain.precisions import Precision
from harness.errors import NotThere
from harness.models.batched import batched
from harness.models.graphs import int8
from harness.running.materials import Materials, inputs_in_order

Array = npt.NDArray[Any]


def batches(materials: Materials, case: Case) -> list[dict[str, Array]]:
    """The samples that parity holds the case by (`conformance.subject.probe_of`), by batch and input name.

    For int8 as many of its calibration, where there is one: each quantiser is held to its range, and scales
    say nothing of the range of what they were not chosen on.
    """
    probe, _ = probe_of(materials, case)
    arrays = in_order(case.model, probe.inputs)
    if case.precision is Precision.INT8:
        with suppress(NotThere):
            chosen = inputs_in_order(case.model, materials.calibration(case.model, int8.SAMPLES))
            rows = np.resize(np.arange(len(chosen[0])), len(arrays[0]))
            arrays = [array[rows] for array in chosen]
    names = [item.name for item in case.model.fed]
    return [dict(zip(names, some, strict=True)) for some, _ in batched(arrays, case.batch_size)]
