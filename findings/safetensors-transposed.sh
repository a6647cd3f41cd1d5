#!/usr/bin/env bash
# safetensors 0.8.0 (numpy.save and save_file), numpy 2.4.6
#
# Expected: the docstring says that tensors need to be contiguous. A tensor that is not is then refused, as the torch
#   side of the package does, or copied; numpy's own save keeps the values of any view.
# Seen: a transposed or strided array is written as its memory lies, under the shape of the view. The file is valid, all
#   names, types and shapes are right, and the values stand in other places, or belong to columns that were left out.
#
#       array                      loaded again
#       w.T = [[0 3] [1 4] [2 5]]   [[0 1] [2 3] [4 5]]
#       w[:, ::2] = [[0 2] [3 5]]   [[0 1] [2 3]]
#
# Why it matters: transposing is what converting a checkpoint is (TensorFlow's kernels are the transposes of torch's
#   weights, Conv1D's of Linear's). Square weights, which attention has, do not even show it by their shape: the model
#   loads, and scores like an untrained one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q safetensors==0.8.0 numpy==2.4.6
./venv/bin/python - <<'PY'
import io

import numpy as np
from safetensors.numpy import load, load_file, save, save_file

w = np.arange(6, dtype=np.float32).reshape(2, 3)
kept = {}
for name, view in (("w.T", w.T), ("w[:, ::2]", w[:, ::2]), ("a copy of w.T", np.ascontiguousarray(w.T))):
    save_file({"w": view}, "w.safetensors")
    loaded, other = load(save({"w": view}))["w"], load_file("w.safetensors")["w"]
    assert loaded.shape == view.shape and loaded.dtype == view.dtype and (loaded == other).all()
    kept[name] = bool((loaded == view).all())
    print(f"{name:<14} {view.tolist()!s:<40} loaded again: {loaded.tolist()}")
    memory = io.BytesIO()
    np.save(memory, view)
    memory.seek(0)
    assert (np.load(memory) == view).all(), "numpy's own format does not keep the values either"

assert kept["a copy of w.T"], "a contiguous array does not come back"
assert not kept["w.T"] and not kept["w[:, ::2]"], "a view that is not contiguous now keeps its values"
PY
