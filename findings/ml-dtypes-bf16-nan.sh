#!/usr/bin/env bash
# ml_dtypes 0.6.0 (bfloat16) in numpy 2.4.6
#
# Expected: numpy documents that sort puts NaN last, that nan_to_num replaces it, and that median gives NaN for an array
#   with one. bfloat16 arrays have isnan and compare as floats do, and all three functions take them.
# Seen: numpy takes bfloat16 for a structure of bytes (dtype.kind is "V", no subtype of floating), so its care for NaN
#   is not applied. sort leaves an unsorted array, nan_to_num returns the NaN, percentile and median are numbers that
#   depend on where the NaN stood.
#
#       of [3 nan 1 2]    float32              bfloat16
#       sort              [ 1.  2.  3. nan]    [3 nan 1 2]
#       nan_to_num        [3. 0. 1. 2.]        [3 nan 1 2]
#       median            nan                  1.5, 2.5 or nan, by the order of the four
#
# Why it matters: clean-up before a metric (nan_to_num) and robust summaries (median, percentiles) are where NaN from a
#   low-precision run should be caught, and with the one dtype that such runs hand over they are not.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q ml_dtypes==0.6.0 numpy==2.4.6
./venv/bin/python -W ignore - <<'PY'
import itertools

import ml_dtypes
import numpy as np

values = [3.0, np.nan, 1.0, 2.0]
seen = {}
for dtype in (np.float32, ml_dtypes.bfloat16):
    array = np.array(values, dtype)
    medians = {str(np.median(np.array(order, dtype))) for order in itertools.permutations(values)}
    seen[dtype] = np.sort(array), np.nan_to_num(array), medians, array.dtype.kind, int(np.isnan(array).sum())
    print(np.dtype(dtype).name, "kind", array.dtype.kind)
    print("   sort       ", seen[dtype][0])
    print("   nan_to_num ", seen[dtype][1])
    print("   median     ", " or ".join(sorted(medians)), "over all orders of the four values")

float32, bfloat16 = seen[np.float32], seen[ml_dtypes.bfloat16]
assert float32[4] == bfloat16[4] == 1, "isnan no longer sees the NaN in both"
assert float32[0][:3].tolist() == [1, 2, 3] and float32[1].tolist() == [3, 0, 1, 2] and float32[2] == {"nan"}, "float32"
ordered = bfloat16[0].astype(np.float32)
assert ordered[:3].tolist() != [1, 2, 3], "a bfloat16 array is now sorted with NaN last"
assert np.isnan(bfloat16[1].astype(np.float32)).any(), "nan_to_num now replaces NaN in bfloat16"
assert len(bfloat16[2]) > 1, "the median of bfloat16 no longer depends on the order"
PY
