#!/usr/bin/env bash
# ruptures 1.1.10 (Pelt, Binseg and BottomUp with their defaults)
#
# Expected: Pelt is documented as exact: it finds the best segmentation for its penalty. In a series without noise that
#   steps up once, at any index, it finds this index.
# Seen: the default jump=5 looks for changes at multiples of 5 alone. A step between two of them is reported as two
#   changes, one on either side; one of the last nights of a series is put nights before it happened.
#
#       step at   Pelt, Binseg, BottomUp    Pelt(jump=1)   (of 30 values; the last number is always their count)
#             7   [5, 10, 30]               [7, 30]
#            10   [10, 30]                  [10, 30]
#            13   [10, 15, 30]              [13, 30]
#            28   [25, 30]                  [28, 30]
#
#   And with min_size=2, the default, even jump=1 puts a step at the very last value one value too early: [28, 30].
#
# Why it matters: a change point in a series of nightly throughputs is what one bisects from. One
#   regression becomes two, the first of them lies before it, and the newest, the one that matters, is blamed on a night
#   up to four nights too early.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q ruptures==1.1.10 numpy==2.4.6 scipy==1.17.1
./venv/bin/python - <<'PY'
import numpy as np
import ruptures


def found(search, step):
    series = np.r_[np.zeros(step), np.full(30 - step, 10.0)]
    return [int(end) for end in search.fit(series).predict(pen=5)]


seen = {}
print("step at  Pelt          Binseg        BottomUp      Pelt(jump=1)")
for step in (7, 10, 13, 28, 29):
    seen[step] = [found(search, step) for search in (
        ruptures.Pelt(model="l2"), ruptures.Binseg(model="l2"), ruptures.BottomUp(model="l2"),
        ruptures.Pelt(model="l2", jump=1))]
    print(f"{step:>7}  " + "  ".join(f"{ends!s:<12}" for ends in seen[step]))

assert seen[7][:3] == [[5, 10, 30]] * 3 and seen[13][:3] == [[10, 15, 30]] * 3, "one step is no longer two changes"
assert seen[28][:3] == [[25, 30]] * 3, "a step near the end is no longer put before it"
assert all(seen[step][3] == [step, 30] for step in (7, 10, 13, 28)), "jump=1 no longer finds the step"
assert seen[29][3] == [28, 30], "a step at the last value is found in its place"
PY
