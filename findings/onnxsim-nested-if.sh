#!/usr/bin/env bash
# onnxsim 0.8.1, beside onnx 1.23.2 and onnxruntime 1.32.0; silero-vad 6.2.3 (for its graph)
#
# Expected: onnxsim simplifies any graph that onnx.checker accepts. An If whose condition is constant is replaced by the
#   branch that is taken.
# Seen: it is, but where this branch holds a second If, which reads a value of the branch, that value is not found
#   afterwards, and the simplification ends with "Nodes in a graph must be topologically sorted". Whether the second
#   condition is constant makes no difference. The same graph with an input for the first condition is simplified,
#   and so is one whose second If reads a value of the main graph.
#
#       first condition   the inner If reads a value of   onnx.checker, onnxruntime   onnxsim
#       constant          the branch                      accept it                   RuntimeError
#       an input          the branch                      accept it                   simplifies it
#       constant          the main graph                  accept it                   simplifies it
#
#   Two of the six graphs in the wheel of silero-vad end so: silero_vad_16k_op15.onnx and silero_vad_half.onnx.
#
# Why it matters: torch's exporter writes a squeeze of a size that it does not know as an If, so that in graphs such as
#   these one stands inside another. The message is about the order of nodes, which is right in the graph that was
#   given; who reads it mends the wrong thing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q onnxsim==0.8.1 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
./venv/bin/pip download -q --no-deps --only-binary :all: silero-vad==6.2.3
./venv/bin/python -m zipfile -e silero_vad-6.2.3-py3-none-any.whl silero
./venv/bin/python - <<'PY'
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import onnxsim
from onnx import TensorProto, helper, numpy_helper

onnxruntime.set_default_logger_severity(3)


def value(name, kind=TensorProto.FLOAT, shape=("n",)):
    return helper.make_tensor_value_info(name, kind, shape)


def branch(nodes, result):
    return helper.make_graph(nodes, result, [], [value(result)])


def choice(condition, result, then, otherwise):
    return helper.make_node("If", [condition], [result], then_branch=then, else_branch=otherwise)


def nested(condition, inside):
    """If the condition holds, Relu or Neg of h = Abs(x), else Exp(x); h is computed inside of the branch or before."""
    h = [helper.make_node("Abs", ["x"], ["h"])]
    inner = choice("flag", "inner", branch([helper.make_node("Relu", ["h"], ["relu"])], "relu"),
                   branch([helper.make_node("Neg", ["h"], ["neg"])], "neg"))
    outer = choice(condition, "y", branch([*h, inner] if inside else [inner], "inner"),
                   branch([helper.make_node("Exp", ["x"], ["exp"])], "exp"))
    flags = [value(name, TensorProto.BOOL, []) for name in {"flag", condition} - {"always"}]
    graph = helper.make_graph([outer] if inside else [*h, outer], "nested", [value("x"), *flags], [value("y")],
                              [numpy_helper.from_array(np.array(True), "always")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def simplified(model):
    onnx.checker.check_model(model, full_check=True)
    onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    try:
        onnxsim.simplify(model)
    except RuntimeError as problem:
        return str(problem).split(",")[0]
    return "simplified"


seen = {(condition, inside): simplified(nested(condition, inside))
        for condition, inside in (("always", True), ("first", True), ("always", False))}
for (condition, inside), end in seen.items():
    print(f"condition {condition:<6}  value of the {'branch' if inside else 'main graph':<10}  {end}")
silero = {file.name: simplified(onnx.load(file)) for file in sorted(Path("silero").rglob("*.onnx"))}
for name, end in silero.items():
    print(f"{name:<30}  {end}")

unsorted = "Nodes in a graph must be topologically sorted"
assert seen["always", True] == unsorted, "a constant If that holds another one is simplified now"
assert seen["first", True] == seen["always", False] == "simplified", "what was simplified no longer is"
assert [name for name, end in silero.items() if end == unsorted] == ["silero_vad_16k_op15.onnx", "silero_vad_half.onnx"]
PY
