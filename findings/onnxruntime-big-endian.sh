#!/usr/bin/env bash
# onnxruntime 1.32.0 (InferenceSession.run, OrtValue), numpy 2.4.6
#
# Expected: run takes numpy arrays, and copes with ones that are transposed, strided or in Fortran order. An array of
#   big-endian floats is a float32 array of the same values to numpy (==, allclose and arithmetic agree), so it is
#   either converted too or refused, as an array of float64 is ("Unexpected input data type").
# Seen: the bytes are read in the machine's own order. The values become noise, mostly tiny; nothing is said. Numbers
#   that are no more than their bytes, such as token ids, become others: 101 is 7277816997830721536.
#
#       fed, to an Identity          onnxruntime
#       float32  1 2 3               1, 2, 3
#       >f4      1 2 3               4.6006e-41, 8.9683e-44, 2.3049e-41
#       >i8      101                 7277816997830721536
#
# Why it matters: big-endian arrays come from IDX and FITS files, from Java and from network formats by np.frombuffer with
#   dtype=">f4". The data passes every check in numpy, and the model scores like a coin.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
./venv/bin/python -W ignore - <<'PY'
import sys

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

assert sys.byteorder == "little", "this needs a little-endian machine"


def identity(kind):
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "as_it_is",
                              [helper.make_tensor_value_info("x", kind, ["n"])],
                              [helper.make_tensor_value_info("y", kind, ["n"])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


floats, ids = identity(TensorProto.FLOAT), identity(TensorProto.INT64)
native = np.array([1, 2, 3], np.float32)
swapped = native.astype(">f4")
assert (swapped == native).all(), "numpy no longer finds the two equal"
seen = {
    "float32": floats.run(None, {"x": native})[0],
    "every other float32": floats.run(None, {"x": np.arange(1, 6, dtype=np.float32)[::2]})[0],
    ">f4": floats.run(None, {"x": swapped})[0],
    ">f4, as OrtValue": onnxruntime.OrtValue.ortvalue_from_numpy(swapped).numpy(),
    ">i8 of 101": ids.run(None, {"x": np.array([101], ">i8")})[0],
}
for name, answer in seen.items():
    print(f"{name:<20} {answer.tolist()}")
refused = False
try:
    floats.run(None, {"x": native.astype(np.float64)})
except Exception as error:
    refused = "Unexpected input data type" in str(error)

assert refused, "float64 is no longer refused"
assert seen["float32"].tolist() == [1, 2, 3] and seen["every other float32"].tolist() == [1, 3, 5], "native order fails"
for name in (">f4", ">f4, as OrtValue"):
    assert seen[name].tobytes() == swapped.tobytes() and seen[name].max() < 1e-30, "big-endian floats are now converted"
assert seen[">i8 of 101"][0] == 101 << 56, "big-endian integers are now converted"
PY
