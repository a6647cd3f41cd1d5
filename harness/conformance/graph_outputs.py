"""What a graph gives for a case's samples: inputs laid out as it takes them, outputs samples first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from harness.conformance.bisection import cutting
from harness.domain.cases import Case
from harness.domain.precisions import Precision
from harness.errors import GraphError
from harness.models.batched import batched
from harness.models.graphs.numerics import STAND_IN_OPSET, documented
from harness.models.graphs.originals import laid_out, outputs_of, rows_first
from harness.running import building
from harness.running.materials import Materials

Array = npt.NDArray[Any]


def unrounded(materials: Materials, case: Case) -> onnx.ModelProto:
    """The case's graph as it is before its precision rounds it: prepared, in fp32; raises as it is built."""
    source = building.graph_source(materials, case)
    graph = source.export(opset=STAND_IN_OPSET).graph
    for _, step in documented(case, gelus=source.gelus):
        graph = step(graph)
    return graph


def fed(case: Case, inputs: Sequence[Array]) -> dict[str, Array]:
    """One batch, ``[n, ...]`` each, by the graph's names, laid out as it takes it."""
    names = [item.name for item in case.model.fed]
    return dict(zip(names, laid_out(case.model, inputs), strict=True))


def of_samples(
    case: Case, graph: onnx.ModelProto, inputs: Sequence[Array], precision: Precision, what: str
) -> list[Array]:
    """The outputs of any number of samples, ``[n, ...]`` in and out, batch by batch.

    Raises `GraphError` with `what` where the graph lacks an output of the table's, or cannot be run.
    """
    specs = outputs_of(case.model)
    names, there = [item.name for item in specs], [item.name for item in graph.graph.output]
    if absent := [name for name in names if name not in there]:
        raise GraphError(f"{what}: it has no output {', '.join(absent)}; it has {', '.join(there)}")
    done = []
    for some, count in batched(inputs, case.batch_size):
        found = cutting.run(graph, fed(case, some), names, precision, what)
        outputs = rows_first(case.model, specs, [found[name] for name in names], len(some[0]))
        done.append([array[:count] for array in outputs])
    return [np.concatenate(parts) for parts in zip(*done, strict=True)]
