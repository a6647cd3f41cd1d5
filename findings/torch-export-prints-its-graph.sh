#!/usr/bin/env bash
# torch 2.13.0, torch.onnx.export(dynamo=False); onnx 1.23.2
#
# Expected: an operator that an opset does not have is an error, which says so. What a library has to say beside it goes
#   to a logger, or to standard error.
# Seen: the error is raised, and says what to do. Before that the whole graph is written to the process's standard
#   output, file descriptor 1, by C++: contextlib.redirect_stdout does not catch it, and verbose=False, the default, does
#   not silence it. Of a network of many layers these are thousands of lines.
#
#       einsum at opset 9, needs 12        stdout of the process                        sys.stdout
#       UnsupportedOperatorError           Torch IR graph at exception: graph(%x ...    nothing
#
# Why it matters: a program that tries the opsets from the lowest on, and catches the error, has graphs in front of its
#   own output. Where that is JSON, nobody can read it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q torch==2.13.0 onnx==1.23.2 numpy==2.4.6
cat > export.py <<'PY'
import contextlib
import io
import json
import sys
import warnings

import torch

warnings.simplefilter("ignore")


class Product(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.arange(6.0).reshape(2, 3))

    def forward(self, x):
        return torch.einsum("ij,kj->ik", x, self.weight)


ended = {}
with contextlib.redirect_stdout(io.StringIO()) as caught:
    for opset in (9, 12):
        try:
            torch.onnx.export(Product(), (torch.ones(1, 3),), f"{opset}.onnx", opset_version=opset, dynamo=False)
            ended[opset] = "exported"
        except torch.onnx.errors.UnsupportedOperatorError as problem:
            ended[opset] = str(problem)
print(json.dumps({"ended": ended, "caught": caught.getvalue()}))
PY
./venv/bin/python export.py > out.txt 2> err.txt
./venv/bin/python - <<'PY'
import json
from pathlib import Path

*before, last = Path("out.txt").read_text().splitlines()
said = json.loads(last)
print(f"in front of the program's one line: {len(before)} lines, the first {before[0][:60]!r}")
print(f"caught by redirect_stdout: {said['caught']!r}")
print(f"opset 9: {said['ended']['9'][:100]}")
assert said["ended"]["12"] == "exported"
assert "Support for this operator was added in version 12" in said["ended"]["9"]
assert said["caught"] == "", "it goes through sys.stdout now"
assert before and before[0].startswith("Torch IR graph at exception: graph("), "it is no longer printed"
PY
