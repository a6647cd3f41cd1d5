#!/usr/bin/env bash
# onnx 1.23.2 (reference.ReferenceEvaluator), onnxscript 0.7.2 (optimizer.optimize), beside onnxruntime 1.32.0
#
# Expected: Softmax up to opset 12 flattens its input to two dimensions at axis (1 if not given) and normalises over all
#   that follows; since 13 it normalises along one axis (the last if not given). An evaluator that is documented as an
#   implementation of the ONNX specification goes by the opset that the model imports, as onnxruntime does.
# Seen: the reference evaluator runs an opset 11 Softmax by the rule of opset 13. onnxscript's optimizer folds constants
#   by that evaluator, so it puts the wrong values into a model that onnxruntime ran rightly. optimize reports nothing.
#
#       Softmax of shape 2x2x2, opset 11      sum over each sample
#       onnxruntime                                         1.0000
#       reference evaluator                                 2.0000
#       onnxruntime, after optimize                         2.0000
#
# Why it matters: model zoos still ship exports of opset 11 and 12. Over the last axis, as in attention, the two rules
#   agree; where the axis is another one or is left out (pooling over the sequence, a head of three dimensions), holding
#   the model against the reference shows a difference that is the reference's fault, and optimising bakes it in.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.32.0 numpy==2.4.6
./venv/bin/python -W ignore - <<'PY'
import numpy as np
import onnxruntime
import onnxscript.optimizer
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator


def model(opset):
    graph = helper.make_graph(
        [helper.make_node("Softmax", ["w"], ["p"], name="softmax"),
         helper.make_node("Add", ["p", "x"], ["y"], name="add")],
        "constant_softmax",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 2, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 2, 2])],
        [numpy_helper.from_array(np.arange(8, dtype=np.float32).reshape(2, 2, 2), "w")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


feed = {"x": np.zeros((2, 2, 2), np.float32)}


def run(proto):
    return onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, feed)[0]


print("opset  runs                         sum over each sample  operators")
sums = {}
for opset in (11, 13):
    old, new = model(opset), onnxscript.optimizer.optimize(model(opset))
    for name, answer, proto in (
        ("onnxruntime", run(old), old),
        ("reference evaluator", ReferenceEvaluator(old).run(None, feed)[0], old),
        ("onnxruntime, after optimize", run(new), new),
    ):
        sums[opset, name] = answer.sum(axis=(1, 2)).round(4).tolist()
        print(f"{opset:>5}  {name:<27}  {sums[opset, name]!s:<20}  {[node.op_type for node in proto.graph.node]}")

assert sums[11, "onnxruntime"] == [1, 1], "onnxruntime runs opset 11 in another way"
assert sums[11, "reference evaluator"] == [2, 2], "the reference evaluator no longer takes opset 13's rule"
assert sums[11, "onnxruntime, after optimize"] == [2, 2], "the optimizer no longer folds by that rule"
assert all(sums[13, name] == [2, 2] for _, name in sums), "the three disagree on opset 13 as well"
PY
