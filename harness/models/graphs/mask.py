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
