#!/usr/bin/env bash
# onnxruntime 1.32.0 (quantize_static, QDQ format), onnx 1.23.2, numpy 2.4.6
#
# Expected: what a value is called makes no difference to what is computed. ONNX wants every name in a graph to be given
#   once; the helper that numbers new initializers says in its docstring that it serves to create unique names.
# Seen: a bias that two products share is copied for the second one, under its name and the next number. Only the names
#   of initializers are looked at. Where the output of a node is called so, the copy takes its place: in what reads it,
#   the activation is exchanged for the bias. The graph is valid, nothing is printed, the answers are wrong. With
#   fewer kinds of nodes quantised, the name is given twice, and the graph is invalid.
#
#       the Relu's output is called          greatest error of int8 (the greatest answer is 11.7)
#       hidden                               0.08
#       bias0                                8.16
#       bias0, only Gemm is quantised        onnxruntime refuses it: Duplicate definition of name (bias0).
#
# Why it matters: tools that merge equal constants make shared biases, and exporters number what has no name, so that
#   12 and 120 are a bias and an activation of one graph. The loss is put down to int8, and choosing other kinds of
#   nodes or other calibration data does not mend it.
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
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, quantize_static

logging.disable(logging.WARNING)
rng = np.random.default_rng(0)
first, second = (rng.normal(size=(4, 4)).astype(np.float32) for _ in range(2))
batches = [rng.normal(size=(4, 4)).astype(np.float32) for _ in range(20)]
sides = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [4, 4]) for name in ("x", "y")]


class Batches(CalibrationDataReader):
    def __init__(self):
        self.left = iter([{"x": batch} for batch in batches])

    def get_next(self):
        return next(self.left, None)


def network(hidden):
    """y = Relu(x first + bias) + (x second + bias), with the Relu's output under the name `hidden`."""
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "first", "bias"], ["a"], name="one"),
         helper.make_node("Gemm", ["x", "second", "bias"], ["b"], name="two"),
         helper.make_node("Relu", ["a"], [hidden], name="three"),
         helper.make_node("Add", [hidden, "b"], ["y"], name="four")],
        "two_layers", sides[:1], sides[1:],
        [numpy_helper.from_array(first, "first"), numpy_helper.from_array(second, "second"),
         numpy_helper.from_array(np.ones(4, np.float32), "bias")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def answers(file):
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    return np.stack([session.run(None, {"x": batch})[0] for batch in batches])


def error(hidden, kinds=None):
    onnx.save(network(hidden), "fp32.onnx")
    quantize_static("fp32.onnx", "int8.onnx", Batches(), op_types_to_quantize=kinds)
    return np.abs(answers("int8.onnx") - answers("fp32.onnx")).max()


right, wrong = error("hidden"), error("bias0")
print(f"greatest answer {np.abs(answers('fp32.onnx')).max():.1f}")
print(f"Relu's output called hidden: greatest error {right:.2f}")
print(f"Relu's output called bias0:  greatest error {wrong:.2f}")
onnx.checker.check_model("int8.onnx", full_check=True)
only_gemm = error("hidden", ["Gemm"])
refused = ""
try:
    error("bias0", ["Gemm"])
except Exception as problem:
    refused = str(problem)
print(f"only Gemm quantised:         {only_gemm:.2f} for hidden; bias0: {refused}")

assert right < 0.2 and only_gemm < 0.2, "int8 is no longer near fp32 for a name that nobody takes"
assert wrong > 5, "the copy of the bias no longer takes an activation's name"
assert "Duplicate definition of name (bias0)" in refused, "the name is no longer given twice"
PY
