#!/usr/bin/env bash
# onnxruntime 1.32.0 (CPU: ReduceMax, ReduceMin, ArgMax, Unique), onnx 1.23.2
#
# Expected: a NaN either passes through a reduction, as it does in numpy, torch and ONNX's reference evaluator, or is
#   ignored. Max and Min of two tensors, which onnxruntime has as well, pass it through.
# Seen: in ReduceMax and ReduceMin it depends on where the NaN stands: a leading one is the result, a later one is
#   ignored. ArgMax points at the NaN if it leads and else at a number. Unique finds nothing but a leading NaN, dropping
#   every number, and nothing but the numbers if the NaN comes later.
#
#       row                 ReduceMax   ArgMax   Max with 0       Unique
#       nan  1  3                 nan        0     nan 1 3           nan
#       1  nan  3                   3        2     1 nan 3          1  3
#       1  3  nan                   3        1     1 3 nan          1  3
#
# Why it matters: an overflow in fp16 makes NaN logits. A check on the largest of them sees the overflow in some classes
#   and not in others, and ArgMax in the graph turns the rest into an ordinary prediction: accuracy falls a little, and
#   nothing says that half of the logits were not numbers.
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
from onnx.reference import ReferenceEvaluator

outputs = {"reduce_max": TensorProto.FLOAT, "reduce_min": TensorProto.FLOAT, "arg_max": TensorProto.INT64,
           "max": TensorProto.FLOAT, "unique": TensorProto.FLOAT}
graph = helper.make_graph(
    [
        helper.make_node("ReduceMax", ["x"], ["reduce_max"], keepdims=0),
        helper.make_node("ReduceMin", ["x"], ["reduce_min"], keepdims=0),
        helper.make_node("ArgMax", ["x"], ["arg_max"], keepdims=0),
        helper.make_node("Max", ["x", "zero"], ["max"]),
        helper.make_node("Unique", ["x"], ["unique"]),
    ],
    "not_a_number",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, [3])],
    [helper.make_tensor_value_info(name, kind, None) for name, kind in outputs.items()],
    [numpy_helper.from_array(np.float32(0), "zero")],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
reference = ReferenceEvaluator(model)

print("row            by           ReduceMax  ReduceMin  ArgMax  Max with 0     Unique")
seen = {}
for row in ([np.nan, 1, 3], [1, np.nan, 3], [1, 3, np.nan]):
    feed = {"x": np.array(row, np.float32)}
    for name, runner in (("onnxruntime", session), ("reference", reference)):
        answers = dict(zip(outputs, runner.run(None, feed), strict=True))
        seen[name, row.index(next(v for v in row if v != v))] = answers
        print(f"{feed['x']!s:<13}  {name:<11}  {answers['reduce_max']!s:>9}  {answers['reduce_min']!s:>9}"
              f"  {answers['arg_max']!s:>6}  {answers['max']!s:<13}  {answers['unique']}")

for place in range(3):
    assert np.isnan(seen["reference", place]["reduce_max"]), "the reference no longer passes a NaN through"
    assert np.isnan(seen["onnxruntime", place]["max"][place]), "Max no longer passes a NaN through"
    assert len(seen["reference", place]["unique"]) == 3, "the reference's Unique finds other values"
    assert len(seen["onnxruntime", place]["unique"]) == (1 if place == 0 else 2), "Unique now finds NaN and numbers"
    assert np.isnan(seen["onnxruntime", place]["reduce_max"]) == (place == 0), "the place of a NaN no longer matters"
assert [int(seen["onnxruntime", place]["arg_max"]) for place in range(3)] == [0, 2, 1], "ArgMax points elsewhere"
PY
