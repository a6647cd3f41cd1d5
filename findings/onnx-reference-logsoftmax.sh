#!/usr/bin/env bash
# onnx 1.23.2 (reference.ReferenceEvaluator), beside onnxruntime 1.32.0
#
# Expected: LogSoftmax exists as an operator because the logarithm of a softmax loses everything that the softmax has
#   rounded to zero; computed as x - max - log(sum(exp(x - max))) it does not. A reference, of all, gives -104.5 here.
# Seen: the reference evaluator takes the logarithm of the softmax. In float32 that is -inf from a distance of about 104
#   between two logits, in float16 from about 17. SoftmaxCrossEntropyLoss inherits it: an infinite loss.
#
#       logits, and the other's log-probability     onnxruntime   reference
#       float32  0 and 104.5                          -104.5000        -inf
#       float32  0 and 1000                          -1000.0000        -inf
#       float16  0 and 20                              -20.0000        -inf
#
# Why it matters: fp16 logits 20 apart are an everyday sight in a classifier. Whoever validates log-probabilities, a
#   loss or a perplexity against the reference finds infinities that no runtime makes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
./venv/bin/python -W ignore - <<'PY'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator


def both(node, kind, feed, rank):
    graph = helper.make_graph(
        [node], "log_probability",
        [helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
         for name, x in feed.items()],
        [helper.make_tensor_value_info("y", kind, [1, 2] if rank else [])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return [float(np.min(answer) if rank else -answer) for answer in (
        session.run(None, feed)[0], ReferenceEvaluator(model).run(None, feed)[0])]


seen = []
print("logits                     onnxruntime   reference")
for dtype, kind, far in ((np.float32, TensorProto.FLOAT, 104.5), (np.float32, TensorProto.FLOAT, 1000.0),
                         (np.float16, TensorProto.FLOAT16, 20.0)):
    logits = {"x": np.array([[0, far]], dtype)}
    seen.append(both(helper.make_node("LogSoftmax", ["x"], ["y"]), kind, logits, True))
    print(f"{dtype.__name__}  0 and {far:<8g}  {seen[-1][0]:>12.4f}  {seen[-1][1]:>10.4f}")
    assert abs(seen[-1][0] + far) < 0.01, "onnxruntime gives another value"
loss = helper.make_node("SoftmaxCrossEntropyLoss", ["x", "label"], ["y"])
feed = {"x": np.array([[0, 1000]], np.float32), "label": np.array([0])}
seen.append(both(loss, TensorProto.FLOAT, feed, False))
print(f"minus the cross-entropy    {seen[-1][0]:>11.4f}  {seen[-1][1]:>10.4f}")

assert all(reference == -np.inf for _, reference in seen), "the reference no longer takes the logarithm of a zero"
assert seen[3][0] == -1000, "onnxruntime's loss is another one"
PY
