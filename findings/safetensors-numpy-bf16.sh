#!/usr/bin/env bash
# safetensors 0.8.0 (numpy.save and numpy.load), ml_dtypes 0.6.0
#
# Expected: what safetensors.numpy saves, safetensors.numpy loads. Its save takes ml_dtypes' arrays: asked for a type it
#   does not know, it lists bfloat16 and the float8 ones among those it supports.
# Seen: a file with one bfloat16 or float8 array is written, and then cannot be loaded by the same module: KeyError, with
#   the type's name in the format and no other word. The float32 arrays beside it cannot be had by load either.
#
#       type              save   load
#       float32           yes    yes
#       float16           yes    yes
#       bfloat16          yes    KeyError: 'BF16'
#       float8_e4m3fn     yes    KeyError: 'F8_E4M3'
#
# Why it matters: half-size checkpoints are bfloat16. Converting a night's worth of them without torch succeeds, and the
#   evaluation of the morning after finds that it cannot read a single one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q safetensors==0.8.0 ml_dtypes==0.6.0 numpy==2.4.6
./venv/bin/python - <<'PY'
import ml_dtypes
import numpy as np
from safetensors.numpy import load, save

listed = ""
try:
    save({"w": np.ones(2, ml_dtypes.int4)})
except Exception as error:
    listed = str(error)
print(listed, "\n")

seen = {}
for dtype in (np.float32, np.float16, ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2):
    name = np.dtype(dtype).name
    data = save({"w": np.ones(2, dtype), "bias": np.zeros(2, np.float32)})
    try:
        seen[name] = "yes" if load(data)["w"].dtype == dtype else "another type"
    except Exception as error:
        seen[name] = f"{type(error).__name__}: {error}"
    print(f"{name:<14}  saved: {len(data)} bytes   loaded: {seen[name]}")

assert "bfloat16" in listed and "float8_e4m3fn" in listed, "the two types are no longer listed as supported"
assert seen["float32"] == seen["float16"] == "yes", "ordinary types no longer come back"
assert seen["bfloat16"] == "KeyError: 'BF16'" and seen["float8_e4m3fn"] == "KeyError: 'F8_E4M3'", "they load now"
PY
