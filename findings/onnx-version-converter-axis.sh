#!/usr/bin/env bash
# onnx 1.23.2 (version_converter.convert_version), run by onnxruntime 1.32.0
#
# Expected: a converted model computes what it computed. The docstring promises a RuntimeError where a conversion is not
#   supported, and many are refused that way.
# Seen: opset 13 changed what the axis of Softmax, LogSoftmax and Hardmax means (one axis, no longer all that follow it).
#   Softmax is converted rightly on the way up, by extra nodes, but on the way down it keeps its axis and with that
#   gets another meaning; Hardmax does on the way up. The models load and run.
#
#       conversion                    input    largest difference
#       Softmax 12 to 13, axis 1      2x2x2                0.0000
#       Softmax 13 to 12, axis 1      2x2x2                0.6439
#       LogSoftmax 13 to 12, axis 1   2x2x2                1.3133
#       Hardmax 12 to 13              2x2x2                1.0000
#
#   The last axis is safe: there the two meanings agree.
#
# Why it matters: attention pooling takes its softmax over the sequence, axis 1. Opset 12 or 11 is what toolchains of
#   older accelerators ask for, so "converted down for the chip" quietly becomes "another model", and the chip's loss of
#   accuracy is not the chip's.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
./venv/bin/python -W ignore - <<'PY'
import numpy as np
import onnxruntime
from onnx import TensorProto, checker, helper, version_converter

feed = {"x": np.arange(8, dtype=np.float32).reshape(2, 2, 2)}


def run(model):
    checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, feed)[0]


def difference(operator, old, new, **attributes):
    shape = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 2, 2])
    graph = helper.make_graph([helper.make_node(operator, ["x"], ["y"], **attributes)], "one", [shape],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 2, 2])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", old)], ir_version=7)
    moved = float(np.abs(run(model) - run(version_converter.convert_version(model, new))).max())
    print(f"{f'{operator} {old} to {new}':<20} {attributes!s:<12}  largest difference {moved:.4f}")
    return moved


assert difference("Softmax", 12, 13, axis=1) < 1e-6, "Softmax is no longer converted rightly on the way up"
assert difference("Softmax", 13, 12, axis=-1) < 1e-6, "the last axis differs as well"
assert difference("Softmax", 13, 12, axis=1) > 0.5, "Softmax is now converted rightly on the way down"
assert difference("LogSoftmax", 13, 12, axis=1) > 0.5, "LogSoftmax is now converted rightly on the way down"
assert difference("Hardmax", 12, 13) == 1, "Hardmax is now converted rightly on the way up"
PY
