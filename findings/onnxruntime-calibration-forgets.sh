#!/usr/bin/env bash
# onnxruntime 1.32.0 (quantize_static, MinMax calibration), onnx 1.23.2, numpy 2.4.6
#
# Expected: quantize_static's docstring says of the extra option CalibMaxIntermediateOutputs that it bounds how many
#   outputs are held before their range is computed and merged, and that the result is the same as without it, for
#   less memory.
# Seen: whenever that many outputs have been gathered they are thrown away before any range is taken. Only the batches
#   left over at the end count. Of five batches whose values reach from -50 to 100, held four at a time, the range
#   is that of the fifth alone (0 to 2); four batches held two at a time are refused as "No data is collected."
#
#       held at most  scale of x  largest value that x can take
#               None    0.588235                        100.000
#                  4    0.007843                          2.000
#                  3    0.007843                          2.000
#       four batches, held two at a time: ValueError: No data is collected.
#
# Why it matters: the option is for calibration sets too large for memory, so for the ones trusted most. The int8 model
#   then clips nearly everything, nothing is printed, and the drop in accuracy looks like a property of int8.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
./venv/bin/python - <<'PY'
import logging

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, quantize_static

logging.disable(logging.WARNING)
graph = helper.make_graph(
    [helper.make_node("MatMul", ["x", "w"], ["y"], name="dense")],
    "one_layer",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 4])],
    [numpy_helper.from_array(np.eye(4, dtype=np.float32), "w")],
)
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), "fp32.onnx")


class Batches(CalibrationDataReader):
    def __init__(self, values):
        self.left = iter([{"x": np.full((1, 4), value, np.float32)} for value in values])

    def get_next(self):
        return next(self.left, None)


def x_range(values, held):
    options = {} if held is None else {"CalibMaxIntermediateOutputs": held}
    quantize_static("fp32.onnx", "int8.onnx", Batches(values), extra_options=options)
    kept = {i.name: numpy_helper.to_array(i) for i in onnx.load("int8.onnx").graph.initializer}
    scale, zero = float(kept["x_scale"]), int(kept["x_zero_point"])
    return scale, scale * (127 - zero)


print("held at most  scale of x  largest value that x can take")
tops = {}
for held in (None, 4, 3):
    scale, tops[held] = x_range([100, -50, 3, 1, 2], held)
    print(f"{held!s:>12}  {scale:>10.6f}  {tops[held]:>29.3f}")

refused = ""
try:
    x_range([100, -50, 3, 2], 2)
except ValueError as error:
    refused = str(error)
print("four batches, held two at a time: ValueError:", refused)

assert abs(tops[None] - 100) < 0.01, "without the option the range is no longer that of all batches"
assert abs(tops[4] - 2) < 0.01 and abs(tops[3] - 2) < 0.01, "the option no longer forgets what it has gathered"
assert refused == "No data is collected.", "a whole number of rounds is no longer refused"
PY
