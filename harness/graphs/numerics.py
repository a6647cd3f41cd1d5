"""Which graph steps give a chip's numerics on a CPU: the one place where precision becomes arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import onnx

from harness.domain import Case, Gelu, Precision
from harness.errors import NotYet
from harness.graphs import fp16, gelu, mask

STAND_IN_OPSET = 17  # the first with LayerNormalization as one operator

Step = Callable[[onnx.ModelProto], onnx.ModelProto]


def steps(case: Case, *, layers: int) -> tuple[tuple[str, Step], ...]:
    """The named steps from the exported fp32 graph to the case's numerics, in order.

    fp32 leaves the graph alone. fp16 limits the mask and rounds every value; the tanh GELU comes
    before the rounding, where the deployment computes it so. int8 raises `NotYet`.
    """
    chosen: list[tuple[str, Step]] = []
    if case.precision is not Precision.FP32:
        chosen.append(("limit-mask", mask.limit_mask))
    if case.gelu is Gelu.TANH:
        chosen.append(("tanh-gelu", partial(gelu.tanh_gelu, expected=layers)))
    if case.precision is Precision.FP16:
        chosen.append(("fp16", fp16.to_fp16))
    if case.precision is Precision.INT8:
        raise NotYet(
            f"{case.id}: int8 numerics are not part of zoocheck yet",
            remedy="choose --precision fp32 or fp16",
        )
    return tuple(chosen)


def apply(graph: onnx.ModelProto, chosen: tuple[tuple[str, Step], ...]) -> onnx.ModelProto:
    """Run the steps one after the other, and check the result with onnx's checker."""
    for _, step in chosen:
        graph = step(graph)
    onnx.checker.check_model(graph, full_check=True)
    return graph
