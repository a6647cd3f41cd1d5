#!/usr/bin/env bash
# ml_dtypes 0.6.0 (bfloat16) in numpy 2.4.6
#
# Expected: numpy documents that the mean of a float16 array is taken in float32 for precision, so the mean of a thousand
#   ones is 1; and bfloat16 has float32's range, so nothing overflows. np.dot of the same ones is 1000.
# Seen: numpy knows bfloat16 only as a foreign type, and sums it one by one in bfloat16 itself. Since 256 + 1 rounds to
#   256 there, the sum of ones stops at 256, and the mean falls as the array grows.
#
#       ones      bfloat16 sum   bfloat16 mean   float16 mean   bfloat16 dot
#         100              100          1.0000         1.0000            100
#        1000              256          0.2559         1.0000           1000
#       10000              256          0.0256         1.0000           9984
#
# Why it matters: accuracy as the mean of a bfloat16 vector of hits, mean pooling, an average loss: all of them silently
#   shrink with the number of samples. A small test passes; the full evaluation looks like a broken model.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q ml_dtypes==0.6.0 numpy==2.4.6
./venv/bin/python - <<'PY'
import ml_dtypes
import numpy as np

means = {}
print(" ones  bfloat16 sum  bfloat16 mean  float16 mean  bfloat16 dot")
for count in (100, 1000, 10000):
    brain, half = np.ones(count, ml_dtypes.bfloat16), np.ones(count, np.float16)
    means[count] = (float(brain.sum()), float(brain.mean()), float(half.mean()), float(np.dot(brain, brain)))
    print("%5d  %12g  %13.4f  %12.4f  %12g" % (count, *means[count]))

assert means[100][1] == 1 and all(row[2] == 1 for row in means.values()), "short or float16 arrays have other means"
assert means[1000][0] == means[10000][0] == 256, "a bfloat16 sum no longer stops at 256"
assert means[1000][1] < 0.26 and means[10000][1] < 0.026, "a bfloat16 mean no longer falls with the size"
assert means[1000][3] == 1000, "a bfloat16 dot product is now as wrong"
PY
