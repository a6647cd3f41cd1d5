#!/usr/bin/env bash
# torch 2.13.0 (torch.jit.trace)
#
# Expected: a warning that the filter turns into an error is raised as this warning. A C function that warns has to end
#   with the exception where the warning became one, says Python's C API.
# Seen: so it is for a TracerWarning from torch's Python code. One from its C++ code becomes a SystemError, which Python
#   raises where a function went on with an exception set. It names whatever call came next, and is not caught by
#   `except torch.jit.TracerWarning`; the warning is its __cause__. With the default filter each of these is traced.
#
#       traced with simplefilter("error", torch.jit.TracerWarning)
#       x * len(x)                  TracerWarning
#       x + torch.tensor(1)         SystemError: <built-in method __instancecheck__ of ...> returned a result with
#                                   an exception set
#       x * x.sum().item()          SystemError: <method 'item' of ...> returned a result with an exception set
#       x if bool(x.sum()) else -x  SystemError: <method '__bool__' of ...> returned a result with an exception set
#
# Why it matters: a TracerWarning says that a value has been fixed for good in the exported graph. An export that makes
#   it an error, and handles this error, ends with a message about the interpreter.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q torch==2.13.0 numpy==2.4.6
./venv/bin/python - <<'PY'
import warnings

import torch

cases = {
    "x * len(x)": lambda x: x * len(x),
    "x + torch.tensor(1)": lambda x: x + torch.tensor(1),
    "x * x.sum().item()": lambda x: x * x.sum().item(),
    "x if bool(x.sum()) else -x": lambda x: x if bool(x.sum()) else -x,
}
seen = {}
for name, function in cases.items():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.jit.trace(function, torch.ones(3), check_trace=False)
    assert torch.jit.TracerWarning in {item.category for item in caught}, name + " no longer warns"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", torch.jit.TracerWarning)
        try:
            torch.jit.trace(function, torch.ones(3), check_trace=False)
        except (torch.jit.TracerWarning, SystemError) as problem:
            seen[name] = (type(problem), type(problem.__cause__))
            print(f"{name:<27} {type(problem).__name__}: {str(problem)[:100]}")

python_code, *cpp_code = cases
assert seen[python_code][0] is torch.jit.TracerWarning
for name in cpp_code:
    assert seen[name] == (SystemError, torch.jit.TracerWarning), name + " no longer ends with a SystemError"
PY
