"""The documented systems' graphs in fp16 and int8 are what they were before the steps took any graph."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, numpy_helper

from harness.models.graphs import fp16, int8, mask, values
from harness.models.graphs.export import Exported, example_inputs


def as_it_was(model: onnx.ModelProto) -> onnx.ModelProto:
    """What the fp16 step was for encoders: casts around each operator that does not only move values."""
    narrow = onnx.ModelProto()
    narrow.CopyFrom(model)
    inferred = onnx.shape_inference.infer_shapes(model).graph
    types = {
        item.name: item.type.tensor_type.elem_type
        for item in (*inferred.value_info, *inferred.input, *inferred.output)
    }
    for tensor in narrow.graph.initializer:
        types[tensor.name] = tensor.data_type
        if tensor.data_type == onnx.TensorProto.FLOAT:
            array = numpy_helper.to_array(tensor).astype(np.float16)
            tensor.CopyFrom(numpy_helper.from_array(np.asarray(array, order="C"), tensor.name))
    for node in narrow.graph.node:
        for item in node.attribute if node.op_type == "Constant" else ():
            types[node.output[0]] = item.t.data_type
            if item.t.data_type == onnx.TensorProto.FLOAT:
                array = numpy_helper.to_array(item.t).astype(np.float16)
                item.t.CopyFrom(numpy_helper.from_array(np.asarray(array, order="C"), item.t.name))
    nodes, widened = [], set()
    outputs = {item.name for item in narrow.graph.output}
    for node in narrow.graph.node:
        moves = node.op_type in fp16.MOVES
        for at, name in enumerate(node.input if not moves and node.op_type != "Constant" else ()):
            if types.get(name) == onnx.TensorProto.FLOAT:
                if name not in widened:
                    widened.add(name)
                    nodes.append(helper.make_node("Cast", [name], [f"{name}__fp32"], to=1))
                node.input[at] = f"{name}__fp32"
        nodes.append(node)
        for at, name in enumerate(node.output if node.op_type != "Constant" else ()):
            if types.get(name) != onnx.TensorProto.FLOAT:
                continue
            half = f"{name}__fp16" if name in outputs else name
            node.output[at] = half if moves else f"{name}__unrounded"
            if not moves:
                nodes.append(helper.make_node("Cast", [f"{name}__unrounded"], [half], to=10))
            if name in outputs:
                nodes.append(helper.make_node("Cast", [half], [name], to=1))
    del narrow.graph.node[:]
    narrow.graph.node.extend(nodes)
    del narrow.graph.value_info[:]
    return narrow


def test_an_encoder_in_fp16_is_the_same_graph(exported: Exported) -> None:
    """Byte for byte, with nothing told in it."""
    limited = mask.limit_mask(exported.graph)
    assert fp16.to_fp16(limited).SerializeToString() == as_it_was(limited).SerializeToString()


def test_an_encoder_in_int8_has_no_new_product(exported: Exported, catalog, small) -> None:
    """Matrix products alone are quantised; no weight is renamed, nothing is told."""
    model = catalog.models["tinybert"]
    feeds = [example_inputs(model, vocabulary=small.vocabulary, batch_size=3, seed=at) for at in range(2)]
    made = int8.to_int8(exported.graph, int8.ranges_of(exported.graph, feeds))
    assert values.told(made) == ()
    given = {item.name for item in exported.graph.graph.initializer}
    products = [node for node in made.graph.node if node.op_type in int8.OPERATORS]
    assert len(products) == sum(node.op_type in int8.OPERATORS for node in exported.graph.graph.node)
    bases = {name.removesuffix("_DequantizeLinear_Output") for node in products for name in node.input}
    assert not any(name.endswith("__shared") for name in bases | given)
