#!/usr/bin/env bash
# onnxsim 0.8.1, beside onnx 1.23.2 and onnxruntime 1.32.0
#
# Expected: a value of a simplified graph that is called as one of the graph before holds the same numbers. What is no
#   longer computed has no name any more.
# Seen: where a batch normalisation is folded into the convolution before it, what the convolution now gives is what the
#   normalisation gave, under the name of what the convolution gave before. The name of the normalisation's output is
#   gone. The outputs of the whole graph are the same.
#
#       name       before                  simplified
#       conv       the convolution's       the normalisation's
#       normal     the normalisation's     not there
#
# Why it matters: who looks for the operator at which a converted graph leaves its reference compares values of the same
#   name. The first convolution of a sound graph then differs by as much as its normalisation does, and the value that
#   could be compared is missing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q onnxsim==0.8.1 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
./venv/bin/python - <<'PY'
import numpy as np
import onnx
import onnxruntime
import onnxsim
from onnx import TensorProto, helper, numpy_helper

onnxruntime.set_default_logger_severity(4)
generator = np.random.default_rng(0)
weights = {"w": generator.normal(size=(4, 3, 3, 3)).astype(np.float32)}
weights |= {name: generator.uniform(0.5, 2, 4).astype(np.float32) for name in ("scale", "shift", "mean", "variance")}
graph = helper.make_graph(
    [helper.make_node("Conv", ["x", "w"], ["conv"]),
     helper.make_node("BatchNormalization", ["conv", "scale", "shift", "mean", "variance"], ["normal"]),
     helper.make_node("Relu", ["normal"], ["y"])],
    "folded", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 8])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4, 6, 6])],
    [numpy_helper.from_array(array, name) for name, array in weights.items()],
)
before = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(before, full_check=True)
after, sound = onnxsim.simplify(before)
assert sound
x = generator.normal(size=(1, 3, 8, 8)).astype(np.float32)


def values(model, name):
    """The value called `name`, or None where the graph has none."""
    if name not in {output for node in model.graph.node for output in node.output}:
        return None
    shown = onnx.ModelProto.FromString(model.SerializeToString())
    if name != "y":
        shown.graph.output.append(onnx.ValueInfoProto(name=name))
    session = onnxruntime.InferenceSession(shown.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run([name], {"x": x})[0]


for node in after.graph.node:
    print(f"{node.op_type:<5} gives {', '.join(node.output)}")
apart = {(one, other): float(np.abs(values(before, one) - values(after, other)).max())
         for one, other in (("y", "y"), ("conv", "conv"), ("normal", "conv"))}
for (one, other), difference in apart.items():
    print(f"{one:<7} before and {other:<5} simplified differ by {difference:.2g}")

assert apart["y", "y"] < 1e-5
assert values(after, "normal") is None, "the normalisation's output still has its name"
assert apart["normal", "conv"] < 1e-5, "what is called conv is no longer the normalisation's"
assert apart["conv", "conv"] > 1, "what is called conv is the convolution's again"
PY
