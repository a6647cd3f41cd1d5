"""Loads one runtime and says in a line of JSON why it cannot: ``runtime_child.py PACKAGE [PROVIDER]``.

Run by its path, so that nothing of zoocheck has to be importable: a vendor's environment may have its own.
"""

from __future__ import annotations

import importlib
import json
import sys


def why_not(package: str, provider: str) -> str | None:
    """None for a package that can be imported, and a provider that a session is really opened on."""
    try:
        module = importlib.import_module(package)
        if not provider:
            import torch

            npu = getattr(torch, "npu", None)
            return None if npu is not None and npu.is_available() else "it finds no NPU"
        here = module.get_available_providers()
        if provider not in here:
            return f"the onnxruntime that is imported has no {provider}; it has {', '.join(here)}"
        session = module.InferenceSession(_identity(), providers=[provider])
        found = session.get_providers()
    except BaseException as problem:  # a vendor's module may raise anything, SystemExit too
        return f"{type(problem).__name__}: {problem}".splitlines()[0]
    if found[:1] != [provider]:
        return f"a session asked for {provider} is on {', '.join(found)}"
    return None


def _identity() -> bytes:
    """The smallest graph: one float of one sample, added to itself."""
    from onnx import TensorProto, helper

    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Add", ["x", "x"], ["y"])], "add", ends[:1], ends[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=8)
    return bytes(model.SerializeToString())


if __name__ == "__main__":
    said = why_not(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")
    sys.stdout.write("\n" + json.dumps({"problem": said}) + "\n")
