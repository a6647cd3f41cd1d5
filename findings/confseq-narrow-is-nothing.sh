#!/usr/bin/env bash
# confseq 0.0.11 (its Python sources as released; betting_cs with its defaults), numpy 1.26.4, scipy 1.14.1
#
# Expected: a confidence sequence gets narrower as values come in; what it says after twenty thousand is at least as
#   sharp as after five thousand. breaks is documented as the number of breaks of the grid that it is computed on.
# Seen: once the sequence is narrower than the grid's step of 1/1000, no point of the grid is inside, and then the bounds
#   returned are 0 and 1, without a word. 20,000 values within 0.01 of 0.5005:
#
#       values seen       betting_cs            betting_cs(running_intersection=True)
#             1,000       0.496 .. 0.505        0.496 .. 0.505
#             5,000       0.499 .. 0.502        0.500 .. 0.502
#            20,000       0.000 .. 1.000        0.500 .. 0.502
#
# Why it matters: with such a sequence one stops sampling as soon as a difference of accuracies, mapped to 0..1, is sure.
#   Rare flips are what has little variance: there "everything is known" and "nothing is known" look alike.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q numpy==1.26.4 scipy==1.14.1 matplotlib==3.9.4 multiprocess==0.70.18
./venv/bin/pip download -q --no-deps confseq==0.0.11
tar -xzf confseq-0.0.11.tar.gz
PYTHONPATH=confseq-0.0.11/src ./venv/bin/python -W ignore - <<'PY'
import numpy as np
from confseq.betting import betting_cs

generator = np.random.default_rng(0)
values = np.clip(0.50052 + 0.002 * generator.standard_normal(20_000), 0, 1)
found = {}
for intersected in (False, True):
    lower, upper = betting_cs(values, running_intersection=intersected)
    found[intersected] = [(lower[n - 1], upper[n - 1]) for n in (1_000, 5_000, 20_000)]
for at, seen in enumerate((1_000, 5_000, 20_000)):
    print(f"{seen:>7,}", *(f"{low:.3f} .. {high:.3f}" for low, high in (found[False][at], found[True][at])), sep="   ")

assert found[False][1][1] - found[False][1][0] < 0.005, "5,000 values are no longer enough for a narrow interval"
assert found[False][2] == (0, 1), "the interval no longer becomes everything"
PY
