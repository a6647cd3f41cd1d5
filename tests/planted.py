"""Faults planted into graphs: each a name, and a function from a graph and a layer to the faulty graph.

`FAULTS` go into an exported fp32 graph, before or without the steps of a precision; `QUANTISED` into one that
`harness.models.graphs.int8` has made. None changes the graph that it is given. A fault that finds nothing to
change in the layer asserts: a plant that changes nothing would prove nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper, numpy_helper

from harness.conformance.bisection.places import GraphPlace, places
from harness.models.graphs import values

Plant = Callable[[onnx.ModelProto, int], onnx.ModelProto]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong, in words; how it is planted; and the part of the layer where it comes in.

    `part` is empty where the layer is not there at all.
    """

    said: str
    plant: Plant
    part: str
    operator: str  # by its type


def _nodes(model: onnx.ModelProto, layer: int | None, part: str, kind: str) -> list[onnx.NodeProto]:
    """The nodes of a kind at a place, at least one."""
    where = places(model.graph)
    wanted = GraphPlace(layer=layer, part=part)
    found = [node for node in model.graph.node if node.op_type == kind and where[node.output[0]] == wanted]
    assert found, f"no {kind} in {wanted}"
    return found


def _tensor(model: onnx.ModelProto, name: str) -> onnx.TensorProto:
    return next(tensor for tensor in model.graph.initializer if tensor.name == name)


def _of_its_own(model: onnx.ModelProto, node: onnx.NodeProto, at: int) -> onnx.TensorProto:
    """A copy of a node's constant that no other node reads."""
    known = dict(values.constants(model.graph))
    copied = onnx.TensorProto()
    copied.CopyFrom(known[node.input[at]])
    copied.name = f"{node.output[0]}__planted_{at}"
    node.input[at] = copied.name
    model.graph.initializer.append(copied)
    return model.graph.initializer[-1]


def _scaled(tensor: onnx.TensorProto, factor: float) -> None:
    values.store(tensor, (values.array_of(tensor) * np.float32(factor)).astype(np.float32))


def _read_instead(model: onnx.ModelProto, old: str, new: str) -> None:
    """Every reader of `old` reads `new`."""
    readers = 0
    for node in model.graph.node:
        for at, name in enumerate(node.input):
            if name == old:
                node.input[at] = new
                readers += 1
    assert readers, f"nobody reads {old}"


def _without_unread(model: onnx.ModelProto) -> None:
    """Drop nodes whose results nobody reads, as any converter does."""
    ends = {item.name for item in model.graph.output}
    while True:
        read = {name for node in model.graph.node for name in node.input} | ends
        kept = [node for node in model.graph.node if any(name in read for name in node.output)]
        if len(kept) == len(model.graph.node):
            return
        del model.graph.node[:]
        model.graph.node.extend(kept)


def weight_doubled(model: onnx.ModelProto, layer: int) -> onnx.ModelProto:
    """The scale of one weight matrix is wrong by 2."""
    faulty = values.copy_of(model)
    [node] = _nodes(faulty, layer, "intermediate", "Gemm")
    _scaled(_of_its_own(faulty, node, 1), 2)
    return faulty


def mask_dropped(model: onnx.ModelProto, layer: int) -> onnx.ModelProto:
    """One layer's softmax reads the scores without the mask."""
    faulty = values.copy_of(model)
    [node] = _nodes(faulty, layer, "attention mask", "Add")
    makers = {name: maker for maker in faulty.graph.node for name in maker.output}
    [scores] = [name for name in node.input if name in makers and makers[name].op_type != "Where"]
    _read_instead(faulty, node.output[0], scores)
    _without_unread(faulty)
    return faulty


def mask_zeroed(model: onnx.ModelProto, layer: int) -> onnx.ModelProto:
    """One layer adds zeros in place of the mask."""
    faulty = values.copy_of(model)
    [node] = _nodes(faulty, layer, "attention mask", "Add")
    makers = {name: maker for maker in faulty.graph.node for name in maker.output}
    [at] = [at for at, name in enumerate(node.input) if name in makers and makers[name].op_type == "Where"]
    node.input[at] = "planted_no_mask"
    faulty.graph.initializer.append(
        numpy_helper.from_array(np.zeros((1, 1, 1, 1), np.float32), node.input[at])
    )
    return faulty


def epsilon_wrong(model: onnx.ModelProto, layer: int) -> onnx.ModelProto:
    """One LayerNormalization has 1e-2 for 1e-12."""
    faulty = values.copy_of(model)
    [node] = _nodes(faulty, layer, "attention LayerNorm", "LayerNormalization")
    [epsilon] = [item for item in node.attribute if item.name == "epsilon"]
    epsilon.f = 1e-2
    return faulty


def tanh_for_erf(model: onnx.ModelProto, layer: int) -> onnx.ModelProto:
    """One layer's GELU is the tanh form, at the price of its difference from the erf form: 5e-4 at most."""
    faulty = values.copy_of(model)
    [erf] = _nodes(faulty, layer, "GELU", "Erf")
    [divide] = [node for node in faulty.graph.node if erf.input[0] in node.output]
    x, name = divide.input[0], "planted"
    for constant, value in (("cubic", 0.044715), ("scale", np.sqrt(2 / np.pi))):
        faulty.graph.initializer.append(
            numpy_helper.from_array(np.float32(value).reshape(()), f"{name}_{constant}")
        )
    made = [
        helper.make_node("Mul", [x, x], [f"{name}_square"]),
        helper.make_node("Mul", [f"{name}_square", x], [f"{name}_cube"]),
        helper.make_node("Mul", [f"{name}_cube", f"{name}_cubic"], [f"{name}_term"]),
        helper.make_node("Add", [x, f"{name}_term"], [f"{name}_sum"]),
        helper.make_node("Mul", [f"{name}_sum", f"{name}_scale"], [f"{name}_argument"]),
        helper.make_node("Tanh", [f"{name}_argument"], [erf.output[0]], name=f"{name}_tanh"),
    ]
    nodes = [
        node for one in faulty.graph.node for node in (made if one.output[0] == erf.output[0] else [one])
    ]
    del faulty.graph.node[:]
    faulty.graph.node.extend(nodes)
    _without_unread(faulty)
    return faulty


def layer_skipped(model: onnx.ModelProto, layer: int) -> onnx.ModelProto:
    """What enters a layer leaves it: the layer itself is gone."""
    faulty = values.copy_of(model)
    [last] = _nodes(faulty, layer, "output LayerNorm", "LayerNormalization")
    [before] = _nodes(faulty, layer - 1, "output LayerNorm", "LayerNormalization")
    _read_instead(faulty, last.output[0], before.output[0])
    _without_unread(faulty)
    return faulty


def layer_bypassed(model: onnx.ModelProto, layer: int) -> onnx.ModelProto:
    """As `layer_skipped`, in a graph that still computes the layer for nobody."""
    faulty = values.copy_of(model)
    [last] = _nodes(faulty, layer, "output LayerNorm", "LayerNormalization")
    [before] = _nodes(faulty, layer - 1, "output LayerNorm", "LayerNormalization")
    _read_instead(faulty, last.output[0], before.output[0])
    return faulty


def query_and_key_swapped(model: onnx.ModelProto, layer: int) -> onnx.ModelProto:
    """The weights of the query stand where the key's do, and the other way round."""
    faulty = values.copy_of(model)
    [query] = _nodes(faulty, layer, "attention query", "Gemm")
    [key] = _nodes(faulty, layer, "attention key", "Gemm")
    ours, theirs = list(query.input[1:]), list(key.input[1:])
    assert ours != theirs
    query.input[1:], key.input[1:] = theirs, ours
    return faulty


def scores_unscaled(model: onnx.ModelProto, layer: int) -> onnx.ModelProto:
    """The scores are not divided by the root of the heads' width."""
    faulty = values.copy_of(model)
    [node] = _nodes(faulty, layer, "attention scale", "Mul")
    _scaled(_of_its_own(faulty, node, 1), 1 / float(_first(faulty, node)))
    return faulty


def _first(model: onnx.ModelProto, node: onnx.NodeProto) -> float:
    return float(values.array_of(_tensor(model, node.input[1])).reshape(-1)[0])


def residual_dropped(model: onnx.ModelProto, layer: int) -> onnx.ModelProto:
    """The sum behind the attention adds the dense layer to itself, not to what came in."""
    faulty = values.copy_of(model)
    [node] = _nodes(faulty, layer, "attention residual", "Add")
    node.input[1] = node.input[0]
    return faulty


def segments_zeroed(model: onnx.ModelProto, layer: int) -> onnx.ModelProto:
    """Both segments have the first one's embedding; `layer` is of no matter."""
    faulty = values.copy_of(model)
    [node] = [
        node
        for node in _nodes(faulty, None, "embeddings", "Gather")
        if list(dict(values.constants(faulty.graph))[node.input[0]].dims)[:1] == [2]
    ]
    tensor = _of_its_own(faulty, node, 0)
    table = values.array_of(tensor)
    values.store(tensor, np.repeat(table[:1], len(table), axis=0))
    return faulty


def int8_weight_scale_doubled(model: onnx.ModelProto, layer: int) -> onnx.ModelProto:
    """The quantum of one layer's weights is twice what they were quantised by."""
    faulty = values.copy_of(model)
    [product] = _nodes(faulty, layer, "output", "Gemm")
    [weights] = [node for node in faulty.graph.node if product.input[1] in node.output]
    assert weights.op_type == "DequantizeLinear"
    _scaled(_of_its_own(faulty, weights, 1), 2)
    return faulty


def int8_activation_scale_doubled(model: onnx.ModelProto, layer: int) -> onnx.ModelProto:
    """An activation is dequantised by twice the quantum that it was quantised by."""
    faulty = values.copy_of(model)
    [product] = _nodes(faulty, layer, "output", "Gemm")
    [quantised] = [node for node in faulty.graph.node if product.input[0] in node.output]
    assert quantised.op_type == "DequantizeLinear"
    _scaled(_of_its_own(faulty, quantised, 1), 2)
    return faulty


FAULTS: Mapping[str, Fault] = {
    fault.plant.__name__.replace("_", "-"): fault
    for fault in (
        Fault(said="a weight matrix times 2", plant=weight_doubled, part="intermediate", operator="Gemm"),
        Fault(said="no mask", plant=mask_dropped, part="attention softmax", operator="Softmax"),
        Fault(said="a mask of zeros", plant=mask_zeroed, part="attention mask", operator="Add"),
        Fault(
            said="epsilon 1e-2",
            plant=epsilon_wrong,
            part="attention LayerNorm",
            operator="LayerNormalization",
        ),
        Fault(said="tanh GELU", plant=tanh_for_erf, part="GELU", operator="Erf"),
        Fault(said="a layer less", plant=layer_skipped, part="", operator=""),
        Fault(said="a layer for nothing", plant=layer_bypassed, part="", operator=""),
        Fault(
            said="query and key swapped", plant=query_and_key_swapped, part="attention query", operator="Gemm"
        ),
        Fault(said="scores not scaled", plant=scores_unscaled, part="attention scale", operator="Mul"),
        Fault(said="no residual", plant=residual_dropped, part="attention residual", operator="Add"),
        Fault(said="segments ignored", plant=segments_zeroed, part="embeddings", operator="Gather"),
    )
}
QUANTISED: Mapping[str, Fault] = {
    fault.plant.__name__.replace("_", "-"): fault
    for fault in (
        Fault(
            said="an int8 weight scale times 2",
            plant=int8_weight_scale_doubled,
            part="output",
            operator="Gemm",
        ),
        Fault(
            said="an int8 activation scale times 2",
            plant=int8_activation_scale_doubled,
            part="GELU",
            operator="QuantizeLinear",
        ),
    )
}
