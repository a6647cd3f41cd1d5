#!/usr/bin/env bash
# onnxruntime-cann 1.24.4 (the same Python code as onnxruntime, -gpu and -openvino), numpy 1.26.4, onnx 1.23.2
#
# Expected: get_available_providers lists what a session can be opened on, and InferenceSession(graph, providers=["X"])
#   is a session on X or an error, as for any other argument that cannot be met.
# Seen: on a machine without CANN the CANNExecutionProvider is listed. A session that asks for it alone, with no word of
#   the CPU, is a session on the CPU: its libraries are missing, a note is printed, no exception and no warning is
#   raised. A provider that does not exist is a UserWarning, and the CPU.
#
#       asked for                                      get_providers()
#       ["CANNExecutionProvider"]                      ["CPUExecutionProvider"]
#       ["NoSuchExecutionProvider", CPU]               ["CPUExecutionProvider"]
#
# Why it matters: a benchmark of a chip times the host's cores. The outputs are right, and so every check but
#   session.get_providers() passes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q onnxruntime-cann==1.24.4 numpy==1.26.4 onnx==1.23.2
./venv/bin/python - <<'PY'
import warnings

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

CPU, CANN, NONE = "CPUExecutionProvider", "CANNExecutionProvider", "NoSuchExecutionProvider"
graph = helper.make_graph([helper.make_node("Add", ["x", "x"], ["y"])], "twice",
                          [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
                          [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=8).SerializeToString()
print("available:", onnxruntime.get_available_providers())
assert CANN in onnxruntime.get_available_providers(), "a provider that cannot be loaded is no longer listed"
for asked, warns in (([CANN], 0), ([NONE, CPU], 1)):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        session = onnxruntime.InferenceSession(model, providers=asked)
    print(asked, "->", session.get_providers(), [str(item.message)[:60] for item in caught])
    assert session.get_providers() == [CPU], "it is on something else now"
    assert len(caught) == warns, "the warnings are others now"
    assert session.run(None, {"x": np.ones(1, np.float32)})[0] == [2]
PY
