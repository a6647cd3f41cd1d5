#!/usr/bin/env bash
# onnxruntime 1.32.0 (quantize_static and quantize_dynamic), onnx 1.23.2, onnxsim 0.8.1, numpy 2.4.6
#
# Expected: quantisation turns a valid graph into a valid graph. ONNX wants the nodes in an order in which each comes
#   after what it reads, and says that the branches of an If may read the values of the graph around it.
# Seen: the quantiser sorts the nodes anew, by what they read themselves, without what their branches read. An If whose
#   condition is an input has nothing to wait for and comes first, before the product that its branches are about. So
#   it was with both functions, for a graph of one MatMul and one If:
#
#       original          MatMul, If
#       quantize_static   If, DequantizeLinear, QuantizeLinear, DequantizeLinear, MatMul, QuantizeLinear, ...
#       quantize_dynamic  If, DynamicQuantizeLinear, Mul, MatMulInteger, Cast, Mul
#
#   onnxruntime itself puts them in order when it opens the file, and runs it. onnx.checker and onnxsim refuse it:
#   "Nodes in a graph must be topologically sorted".
#
# Why it matters: who quantises and runs with onnxruntime sees nothing. The graph fails at the next tool, the compiler
#   of a chip for instance, and that one is blamed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q onnxruntime==1.32.0 onnx==1.23.2 onnxsim==0.8.1 numpy==2.4.6
./venv/bin/python - <<'PY'
import logging

import numpy as np
import onnx
import onnxruntime
import onnxsim
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, quantize_dynamic, quantize_static

logging.disable(logging.WARNING)
rng = np.random.default_rng(0)
batch = rng.normal(size=(4, 4)).astype(np.float32)
feed = {"x": batch, "flag": np.array(True)}


def value(name, kind=TensorProto.FLOAT, shape=(4, 4)):
    return helper.make_tensor_value_info(name, kind, shape)


def branch(kind):
    return helper.make_graph([helper.make_node(kind, ["h"], [kind])], kind, [], [value(kind)])


class Batches(CalibrationDataReader):
    def __init__(self):
        self.left = iter([feed])

    def get_next(self):
        return next(self.left, None)


def refusal(check, model):
    try:
        check(model)
    except Exception as problem:
        return str(problem).split(",")[0]
    return "accepted"


def answer(file):
    return onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"]).run(None, feed)[0]


graph = helper.make_graph(
    [helper.make_node("MatMul", ["x", "w"], ["h"], name="product"),
     helper.make_node("If", ["flag"], ["y"], name="choice", then_branch=branch("Relu"), else_branch=branch("Neg"))],
    "branches", [value("x"), value("flag", TensorProto.BOOL, [])], [value("y")],
    [numpy_helper.from_array(rng.normal(size=(4, 4)).astype(np.float32), "w")])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), "original.onnx")
quantize_static("original.onnx", "quantize_static.onnx", Batches())
quantize_dynamic("original.onnx", "quantize_dynamic.onnx")
seen, wanted = {}, answer("original.onnx")
for name in ("original", "quantize_static", "quantize_dynamic"):
    model = onnx.load(name + ".onnx")
    seen[name] = [refusal(onnx.checker.check_model, model), refusal(onnxsim.simplify, model)]
    error = np.abs(answer(name + ".onnx") - wanted).max()
    print(f"{name:<16}", ", ".join(node.op_type for node in model.graph.node))
    print(f"    onnx.checker: {seen[name][0]}\n    onnxsim: {seen[name][1]}\n    greatest error {error:.3f}")
    assert error < 0.1, "onnxruntime no longer runs its own graph"

unsorted = "Nodes in a graph must be topologically sorted"
assert seen["original"] == ["accepted"] * 2, "the original graph is not valid"
for name in ("quantize_static", "quantize_dynamic"):
    assert seen[name] == [unsorted] * 2, name + " no longer puts the If before what its branches read"
PY
