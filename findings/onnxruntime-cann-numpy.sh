#!/usr/bin/env bash
# onnxruntime-cann 1.24.4, numpy 2.4.6 and 1.26.4
#
# Expected: what a distribution needs stands in its metadata. This one says numpy>=1.21.6, as onnxruntime 1.24 does, so
#   that a resolver takes the newest numpy, and `pip check` finds nothing.
# Seen: it was built against numpy 1. With numpy 2.4.6 it cannot be imported: numpy prints a traceback ("a module that
#   was compiled using NumPy 1.x"), and the import ends with "ImportError: import numpy failed". With numpy 1.26.4 it
#   is imported, and has the CANNExecutionProvider.
#
# Why it matters: `pip install onnxruntime-cann` into any environment of today gives a runtime that does not load, and the
#   message speaks of numpy's own import, which works.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q onnxruntime-cann==1.24.4 numpy==2.4.6
echo "pip check: $(./venv/bin/pip check)"
./venv/bin/python -c 'from importlib.metadata import requires; print("requires", [r for r in requires("onnxruntime-cann") if r.startswith("numpy")])'
if said=$(./venv/bin/python -c "import onnxruntime" 2>&1); then
    echo "numpy 2.4.6: it is imported now"
    exit 1
fi
echo "numpy 2.4.6: ${said##*$'\n'}"
grep -q "import numpy failed" <<<"$said"
./venv/bin/pip install -q numpy==1.26.4
./venv/bin/python -c 'import onnxruntime; print("numpy 1.26.4:", onnxruntime.get_available_providers())' | tee seen
grep -q CANNExecutionProvider seen
