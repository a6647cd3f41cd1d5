"""The names of the nodes that make a graph's outputs, where a compiler is told them."""

from __future__ import annotations

from collections.abc import Sequence

import onnx

from harness.errors import GraphError
from harness.models.graphs import values


def name_outputs(model: onnx.ModelProto, names: Sequence[str]) -> onnx.ModelProto:
    """A graph whose outputs are made by nodes called `names`, in order; nothing but names is changed.

    ascend-tinybert tells atc ``--out_nodes='Gemm_423:0'``, which is what torch 1.8 called that node; later
    versions call it otherwise. Raises `GraphError` where the counts differ or a name is another node's.
    """
    outputs = [item.name for item in model.graph.output]
    if len(names) != len(outputs):
        raise GraphError(f"found {len(outputs)} outputs, expected one for each of {list(names)}")
    named = values.copy_of(model)
    makers = {output: node for node in named.graph.node for output in node.output}
    for output, name in zip(outputs, names, strict=True):
        if any(node.name == name and output not in node.output for node in named.graph.node):
            raise GraphError(f"the node {name} is there, and does not make the output {output}")
        makers[output].name = name
    return named
