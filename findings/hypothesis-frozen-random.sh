#!/usr/bin/env bash
# hypothesis 6.170.15, CPython 3.11
#
# Expected: a random generator that a module holds is registered without a word: it lives as long as the module.
# Seen: behind `gc.freeze()` registering it warns that it "could be garbage collected immediately". hypothesis asks the
#   collector who refers to it, and the collector does not look at what is frozen. Under `-W error` it is an exception.
#
#       gc.freeze()      register_random(module.generator)
#       not called       no warning
#       called before    HypothesisWarning
#
# Why it matters: freezing what is loaded before a fork, or behind a suite's collection, is the usual advice for fewer
#   copied pages. A suite that does both fails in whichever test registers a generator first, with a message about a
#   collection that cannot happen.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q hypothesis==6.170.15
cat > held.py <<'PY'
import random

generator = random.Random(0)
PY
cat > register.py <<'PY'
import gc
import sys
import warnings

import held
from hypothesis import register_random

if sys.argv[1] == "frozen":
    gc.freeze()
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    register_random(held.generator)
print(sys.argv[1], [type(item.message).__name__ for item in seen])
PY
./venv/bin/python register.py free | tee free.txt
./venv/bin/python register.py frozen | tee frozen.txt
test "$(cat free.txt)" = "free []"
test "$(cat frozen.txt)" = "frozen ['HypothesisWarning']"
