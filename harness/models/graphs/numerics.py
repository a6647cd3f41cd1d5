"""Which graph steps give a chip's numerics on a CPU: the one place where precision becomes arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import onnx

from harness.domain.cases import Case
from harness.domain.models import LAYER_NORM_OPSET
from harness.domain.precisions import Gelu, Precision
from harness.errors import GraphError, NotYet
from harness.models.graphs import fp16, gelu, int8, mask

STAND_IN_OPSET = LAYER_NORM_OPSET

Step = Callable[[onnx.ModelProto], onnx.ModelProto]


def steps(case: Case, *, gelus: int, ranges: Callable[[], int8.Ranges]) -> tuple[tuple[str, Step], ...]:
    """The named steps from the exported fp32 graph to the case's numerics, in order.

    Those of `documented`, then that of `rounding`; `gelus` is `gelu.count_of` the network. Raises `NotYet`
    for tf32 and bf16, which no documented chip computes in.
    """
    return (*documented(case, gelus=gelus), *rounding(case.precision, ranges))


def documented(case: Case, *, gelus: int) -> tuple[tuple[str, Step], ...]:
    """What the document's build changes in a graph before its precision does; raises as `steps`.

    Below fp32 the mask is limited; the tanh GELU comes where the deployment computes it so.
    """
    if case.precision in (Precision.TF32, Precision.BF16):
        raise NotYet(
            f"{case.id}: onnxruntime on the CPU does not imitate {case.precision}",
            remedy="choose --precision fp32, fp16 or int8, or the chip cuda",
            option="precision",
        )
    chosen: list[tuple[str, Step]] = []
    if case.precision is not Precision.FP32:
        graph = case.model.graph is not None
        chosen.append(("limit-masks", mask.limit_masks) if graph else ("limit-mask", mask.limit_mask))
    if case.gelu is Gelu.TANH:
        chosen.append(("tanh-gelu", partial(gelu.tanh_gelu, expected=gelus)))
    return tuple(chosen)


def rounding(precision: Precision, ranges: Callable[[], int8.Ranges]) -> tuple[tuple[str, Step], ...]:
    """The step that makes a precision's values of fp32 ones: none for fp32.

    Every value is rounded to fp16, or the products are quantised to int8, calibrated to what `ranges` gives.
    """
    if precision is Precision.FP16:
        return (("fp16", fp16.to_fp16),)
    if precision is Precision.INT8:
        return (("int8", lambda graph: int8.to_int8(graph, ranges())),)
    return ()


def apply(graph: onnx.ModelProto, chosen: tuple[tuple[str, Step], ...]) -> onnx.ModelProto:
    """Run the steps one after the other; raises `GraphError` where onnx's checker refuses the result."""
    for _, step in chosen:
        graph = step(graph)
    try:
        onnx.checker.check_model(graph, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as problem:
        named = ", ".join(name for name, _ in chosen) or "the exporter"
        raise GraphError(f"{named} made a graph that is not valid: {problem}") from problem
    return graph
