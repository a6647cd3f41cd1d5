"""GELU in the tanh form, which Ascend's ``high_performance`` mode computes."""

from __future__ import annotations

import math

import numpy as np
import onnx
from onnx import helper, numpy_helper

from harness.domain.families import Family
from harness.domain.models import Architecture, Head
from harness.errors import GraphError
from harness.models.graphs import values

# Hendrycks and Gimpel, "Gaussian Error Linear Units" (arXiv:1606.08415), section 2:
# 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
CUBIC = 0.044715
SCALE = math.sqrt(2 / math.pi)


# What transformers' classifiers of sentences have whatever a config.json says.
_IN_HEADS = {Family.ELECTRA: "gelu"}
# transformers' names of the GELUs that are exported with an erf.
_WITH_ERF = ("gelu", "gelu_python")


def count_of(architecture: Architecture) -> int:
    """How many GELUs with an erf a network has: one a layer, and what its convolution and its head have.

    None where the activation is another: ALBERT's GELU has a tanh by itself.
    """
    layers = architecture.layers * architecture.setting("inner_group_num", 1)
    used = [architecture.activation] * layers
    if architecture.setting("conv_kernel_size", 0):
        used.append(architecture.setting("conv_act"))
    if architecture.family is Family.MODERNBERT:
        used.append(architecture.setting("classifier_activation"))
    elif architecture.head is Head.CLASSIFICATION:
        used.append(_IN_HEADS.get(architecture.family, architecture.setting("pooler_hidden_act", "")))
    return sum(name in _WITH_ERF for name in used)


def tanh_gelu(model: onnx.ModelProto, *, expected: int) -> onnx.ModelProto:
    """A graph in which each erf of the exported GELU, ``0.5 x (1 + erf(x / sqrt 2))``, is a tanh.

    `expected` is the number of GELUs, as `count_of` tells it; another count raises `GraphError`. Only the
    argument and the function change, so that the surrounding products stay as exported.
    """
    changed = values.copy_of(model)
    graph = changed.graph
    producers = {output: node for node in graph.node for output in node.output}
    known = dict(values.constants(graph))
    nodes: list[onnx.NodeProto] = []
    found = 0
    for node in graph.node:
        if node.op_type != "Erf":
            nodes.append(node)
            continue
        divide = producers.get(node.input[0])
        if divide is None or not _divides_by_root_two(divide, known):
            raise GraphError(f"{node.name or node.output[0]}: an erf whose argument is not x / sqrt(2)")
        nodes.extend(_tanh_for(node, x=divide.input[0], at=found))
        found += 1
    if found != expected:
        raise GraphError(
            f"{found} GELUs with erf in the graph, expected {expected}: one a layer, and the head's"
        )
    if not found:
        return changed
    del graph.node[:]
    graph.node.extend(nodes)
    graph.initializer.extend(
        numpy_helper.from_array(np.float32(value).reshape(()), name)
        for name, value in (("gelu_cubic", CUBIC), ("gelu_scale", SCALE))
    )
    _drop_unused(graph)
    return changed


def _divides_by_root_two(node: onnx.NodeProto, known: dict[str, onnx.TensorProto]) -> bool:
    tensor = known.get(node.input[1]) if node.op_type == "Div" else None
    return tensor is not None and math.isclose(
        float(values.array_of(tensor).reshape(-1)[0]), math.sqrt(2), rel_tol=1e-6
    )


def _tanh_for(erf: onnx.NodeProto, *, x: str, at: int) -> list[onnx.NodeProto]:
    """The nodes that compute tanh(scale (x + cubic x^3)) under the erf's output name."""
    name = f"gelu_tanh_{at}"
    return [
        helper.make_node("Mul", [x, x], [f"{name}_square"], name=f"{name}_square"),
        helper.make_node("Mul", [f"{name}_square", x], [f"{name}_cube"], name=f"{name}_cube"),
        helper.make_node("Mul", [f"{name}_cube", "gelu_cubic"], [f"{name}_term"], name=f"{name}_term"),
        helper.make_node("Add", [x, f"{name}_term"], [f"{name}_sum"], name=f"{name}_sum"),
        helper.make_node("Mul", [f"{name}_sum", "gelu_scale"], [f"{name}_argument"], name=f"{name}_argument"),
        helper.make_node("Tanh", [f"{name}_argument"], [erf.output[0]], name=name),
    ]


def _drop_unused(graph: onnx.GraphProto) -> None:
    """Remove the divisions that fed the erfs, where nothing else reads them."""
    read = {name for node in graph.node for name in node.input} | {item.name for item in graph.output}
    kept = [node for node in graph.node if any(output in read for output in node.output)]
    del graph.node[:]
    graph.node.extend(kept)
