#!/usr/bin/env bash
# onnxslim 0.1.98 (slim), onnxscript 0.7.2 (optimizer.optimize), beside onnxsim 0.8.1; run by onnxruntime 1.32.0
#
# Expected: an optimiser may compute beforehand what is constant. A random operator without a seed is not, though it has
#   no input but constants: ONNX says that its seed is generated. onnxsim leaves all of them alone.
# Seen: onnxslim draws once and keeps the draw as a constant, for RandomNormal, RandomUniform, Bernoulli and for Dropout
#   that is told to be in training mode. onnxscript's optimizer spares the first two, but freezes Bernoulli and that
#   Dropout. The models stay valid, their outputs keep their distribution, and every run is the same run.
#
#       different answers in 8 runs   original   onnxsim   onnxslim   onnxscript
#       RandomNormal                         8         8          1            8
#       Bernoulli                            8         8          1            1
#       Dropout, in training mode            8         8          1            1
#
# Why it matters: Monte Carlo dropout, sampled decoding and noise for robustness are random inside the graph. After the
#   "lossless" step their spread over runs is 0, which reads as a perfectly certain model. (And each optimised file
#   is another model.)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q onnx==1.23.2 onnxruntime==1.32.0 onnxslim==0.1.98 onnxsim==0.8.1 onnxscript==0.7.2 numpy==2.4.6
./venv/bin/python -W ignore - <<'PY'
import numpy as np
import onnx
import onnxruntime
import onnxscript.optimizer
import onnxsim
import onnxslim
from onnx import TensorProto, helper, numpy_helper

ones, half = np.ones((4, 16), np.float32), np.full((4, 16), 0.5, np.float32)
cases = {
    "RandomNormal": (helper.make_node("RandomNormal", [], ["noise"], shape=[4, 16]), []),
    "RandomUniform": (helper.make_node("RandomUniform", [], ["noise"], shape=[4, 16]), []),
    "Bernoulli": (helper.make_node("Bernoulli", ["half"], ["noise"]), [numpy_helper.from_array(half, "half")]),
    "Dropout, in training mode": (
        helper.make_node("Dropout", ["ones", "ratio", "training"], ["noise"]),
        [numpy_helper.from_array(ones, "ones"), numpy_helper.from_array(np.float32(0.5), "ratio"),
         numpy_helper.from_array(np.array(True), "training")]),
}
tools = {
    "original": lambda model: model,
    "onnxsim": lambda model: onnxsim.simplify(model)[0],
    "onnxslim": onnxslim.slim,
    "onnxscript": onnxscript.optimizer.optimize,
}
feed = {"x": np.zeros((4, 16), np.float32)}
seen = {}
print(f"{'different answers in 8 runs':<27}  " + "  ".join(f"{name:>10}" for name in tools))
for name, (node, constants) in cases.items():
    graph = helper.make_graph(
        [node, helper.make_node("Add", ["x", "noise"], ["y"])], "noisy",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4, 16])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4, 16])], constants)
    original = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for tool, optimise in tools.items():
        model = optimise(onnx.ModelProto.FromString(original.SerializeToString()))
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        seen[name, tool] = len({session.run(None, feed)[0].tobytes() for _ in range(8)})
    print(f"{name:<27}  " + "  ".join(f"{seen[name, tool]:>10}" for tool in tools))

for name in cases:
    assert seen[name, "original"] == seen[name, "onnxsim"] == 8, "the original, or what onnxsim makes of it, differs less"
    assert seen[name, "onnxslim"] == 1, "onnxslim no longer freezes " + name
for name in ("Bernoulli", "Dropout, in training mode"):
    assert seen[name, "onnxscript"] == 1, "onnxscript no longer freezes " + name
for name in ("RandomNormal", "RandomUniform"):
    assert seen[name, "onnxscript"] == 8, "onnxscript now freezes " + name
PY
