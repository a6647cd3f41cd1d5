#!/usr/bin/env bash
# onnxruntime 1.32.0 (CPUExecutionProvider on x86-64), onnx 1.23.2
#
# Expected: in a graph whose every tensor is declared float16, what a node hands on is a float16: 300 * 300 is inf, and
#   2048 + 1 is 2048. ONNX's reference evaluator gives that. ORT_DISABLE_ALL is documented to switch optimisations off,
#   so that at least then nothing stands between the nodes as they were written.
# Seen: one Cast to float32 at the start, all nodes in float32, one Cast back at the end, at every optimisation level.
#   No value between the first and the last node is rounded, none overflows.
#
#       float16 graph                           reference   onnxruntime, optimisations off
#       2048 + 1 + 1                                 2048                             2050
#       sqrt(x * x), x = 300                          inf                              300
#       softmax of logits beyond 65504            nan nan                              0 1
#
# Why it matters: whoever evaluates an fp16 export on a CPU, as the stand-in for a chip that lacks float32, measures
#   float32 arithmetic with rounded weights. Attention scores that overflow on the chip are fine here, and the fp16
#   accuracy so found is one that no fp16 device has.
set -euo pipefail
[ "$(uname -m)" = x86_64 ] || { echo "this is about x86-64; other machines have float16 kernels"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
./venv/bin/python -W ignore - <<'PY'
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

node = helper.make_node
cases = {
    "2048 + 1 + 1": ([node("Add", ["x", "w"], ["a"]), node("Add", ["a", "w"], ["y"])], [2048], [1]),
    "sqrt(x * x), x = 300": ([node("Mul", ["x", "w"], ["a"]), node("Sqrt", ["a"], ["y"])], [300], [300]),
    "softmax beyond 65504": ([node("MatMul", ["x", "w"], ["a"]), node("Softmax", ["a"], ["y"])],
                             [[300, 300]], [[300, 301], [300, 301]]),
}
levels = onnxruntime.GraphOptimizationLevel
seen = {}
for name, (nodes, x, w) in cases.items():
    x, w = np.array(x, np.float16), np.array(w, np.float16)
    graph = helper.make_graph(nodes, "half", [helper.make_tensor_value_info("x", TensorProto.FLOAT16, x.shape)],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT16, None)],
                              [numpy_helper.from_array(w, "w")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    reference = ReferenceEvaluator(model).run(None, {"x": x})[0]
    print(f"{name:<22} reference   {reference.ravel()}")
    for level in (levels.ORT_DISABLE_ALL, levels.ORT_ENABLE_EXTENDED):
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level, options.optimized_model_filepath = level, "as_run.onnx"
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        answer = session.run(None, {"x": x})[0]
        operators = [n.op_type for n in onnx.load("as_run.onnx").graph.node]
        print(f"{'':<22} onnxruntime {answer.ravel()}  {level.name}: {' '.join(operators)}")
        seen[name, level] = reference.ravel().tolist(), answer.ravel().tolist()
        assert operators[0] == operators[-1] == "Cast", "the graph is no longer run between two casts"

for level in (levels.ORT_DISABLE_ALL, levels.ORT_ENABLE_EXTENDED):
    assert seen["2048 + 1 + 1", level] == ([2048], [2050]), "sums are now rounded between nodes"
    assert seen["sqrt(x * x), x = 300", level] == ([np.inf], [300]), "products now overflow between nodes"
    reference, answer = seen["softmax beyond 65504", level]
    assert np.isnan(reference).all() and answer == [0, 1], "scores now overflow before the softmax"
PY
