"""The attention-mask fix: the constant that hides padding, limited to what fp16 holds."""

from __future__ import annotations

import numpy as np
import onnx

from harness.errors import GraphError
from harness.models.graphs import values

# ascend-bert-large-ner: its fix_onnx.py sets the mask's constant to -10000, because the exported one
# (the lowest fp32 value) overflows fp16, whose lowest finite value is -65504.
MASK_VALUE = -10000.0
FP16_LOWEST = float(np.finfo(np.float16).min)


def limit_masks(model: onnx.ModelProto) -> onnx.ModelProto:
    """As `limit_mask`, for a graph of which nobody knows whether it has a mask: it tells what is changed.

    A mask's constant holds one value below fp16's lowest, and zeros or nothing beside it: minus infinity,
    which fp16 holds, is none. Weights are left to `fp16`, and what operators are told (a Clip's bounds) as
    it is.
    """
    fixed = values.copy_of(model)
    told = {
        node.input[at]
        for node in fixed.graph.node
        for at in values.PARAMETERS.get(node.op_type, ())
        if at < len(node.input)
    }
    for name, tensor in values.constants(fixed.graph):
        if not values.floating(tensor) or name in told:
            continue
        held = np.unique(values.array_of(tensor))
        low = held[np.isfinite(held) & (held < FP16_LOWEST)]
        if len(low) == 1 and np.isin(held, (low[0], 0.0)).all():
            array = values.array_of(tensor)
            values.store(tensor, np.where(array == low[0], np.float32(MASK_VALUE), array))
            values.tell(fixed, f"the mask's constant {name!r}, {low[0]:g}, is limited to {MASK_VALUE:g}")
    return fixed


def limit_mask(model: onnx.ModelProto) -> onnx.ModelProto:
    """A graph whose constants below fp16's lowest finite value are -10000, as documented.

    Raises `GraphError` when no constant was that low: then this graph does not hide padding the way
    that the step knows, and a silent no-op would leave an overflow to be found on the chip.
    """
    fixed = values.copy_of(model)
    changed = 0
    for _, tensor in values.constants(fixed.graph):
        if not values.floating(tensor):
            continue
        array = values.array_of(tensor)
        if array.size and array.min() < FP16_LOWEST:
            values.store(tensor, np.where(array < FP16_LOWEST, np.float32(MASK_VALUE), array))
            changed += 1
    if not changed:
        raise GraphError(
            f"no constant below {FP16_LOWEST:g} in the graph, expected the attention mask's",
            remedy="export with eager attention (harness.models.networks)",
        )
    return fixed
