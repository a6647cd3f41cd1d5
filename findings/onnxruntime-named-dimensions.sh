#!/usr/bin/env bash
# onnxruntime 1.32.0 (InferenceSession.run), onnx 1.23.2
#
# Expected: ONNX's docs/IR.md: a dimension's name stands for one value in the whole graph, so that tensors fed to two
#   inputs of shape ["N"] must be of one length. An export with (batch, sequence) on both its inputs says that the two
#   belong together, and onnxruntime does check ranks and fixed dimensions ("Got invalid dimensions for input").
# Seen: names are not checked. A mask of batch 1 beside ids of batch 3 runs, and the first sample's mask is broadcast
#   over all of them. An input of shape (n, n) takes 2 x 3.
#
#       ids of shape (3, 4), mask of shape   tokens counted per sample
#       (3, 4), as it should be              1 2 4
#       (1, 4), the first sample's           1 1 1
#
# Why it matters: the usual slip in an evaluation loop (a mask made for one sample, a last batch of another size) gives
#   embeddings of the wrong tokens rather than an error, and only for batches greater than 1: the scores differ by batch
#   size, which looks like a fault of the runtime or the chip.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
./venv/bin/python -W ignore - <<'PY'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper


def session(nodes, inputs, outputs, constants=()):
    graph = helper.make_graph(nodes, "named", [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs],
                              [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in outputs], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 2
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


named = ["batch", "sequence"]
pool = session(
    [helper.make_node("Mul", ["hidden", "mask"], ["kept"]),
     helper.make_node("ReduceSum", ["kept", "axis"], ["sum"], keepdims=0)],
    [("hidden", named), ("mask", named)], [("sum", ["batch"])], [numpy_helper.from_array(np.array([1]), "axis")],
)
hidden = np.ones((3, 4), np.float32)
mask = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 1]], np.float32)
whole = pool.run(None, {"hidden": hidden, "mask": mask})[0].tolist()
first = pool.run(None, {"hidden": hidden, "mask": mask[:1]})[0].tolist()
print("mask of all three samples:", whole)
print("mask of the first alone:  ", first)

square = session([helper.make_node("Identity", ["x"], ["y"])], [("x", ["n", "n"])], [("y", ["n", "n"])])
shape = square.run(None, {"x": np.ones((2, 3), np.float32)})[0].shape
print("fed to an input of shape (n, n):", shape)

fixed = session([helper.make_node("Identity", ["x"], ["y"])], [("x", [2, 2])], [("y", [2, 2])])
refused = False
try:
    fixed.run(None, {"x": np.ones((2, 3), np.float32)})
except Exception as error:
    refused = "invalid dimensions" in str(error)

assert whole == [1, 2, 4], "the model is another one"
assert first == [1, 1, 1] and shape == (2, 3), "dimensions of one name are now held against each other"
assert refused, "fixed dimensions are no longer checked"
PY
