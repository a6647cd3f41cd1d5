"""What the graph steps share: reading constants and types of an ONNX graph."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, numpy_helper

from harness.errors import GraphError, NotApplicable
from harness.models.graphs.reading import nodes, subgraphs
from harness.models.graphs.sessions import opened

Array = npt.NDArray[Any]


# A protobuf message is at most 2^31 - 1 bytes; the structure around a graph's constants is some of them.
MOST_BYTES = 2**31 - 2**24

_TOLD = "zoocheck."  # what keys of a graph's metadata begin with, where a step has something to say
# What a Constant node may hold beside a tensor.
_PLAIN = {
    "value_float": np.float32,
    "value_floats": np.float32,
    "value_int": np.int64,
    "value_ints": np.int64,
}
# onnxruntime's names of the types of values.
_ELEMENTS = {
    "tensor(float)": int(TensorProto.FLOAT), "tensor(float16)": int(TensorProto.FLOAT16),
    "tensor(double)": int(TensorProto.DOUBLE), "tensor(int64)": int(TensorProto.INT64),
    "tensor(int32)": int(TensorProto.INT32), "tensor(int8)": int(TensorProto.INT8),
    "tensor(uint8)": int(TensorProto.UINT8), "tensor(bool)": int(TensorProto.BOOL),
}  # fmt: skip


_LARGE = 4096  # values of a constant that no shape is computed from
# What an operator is told rather than given, by the places among its inputs: sizes, bounds, thresholds, and
# the statistics of a batch normalisation, which chips keep in fp32 where they do not fold them. They are
# not rounded.
PARAMETERS: Mapping[str, tuple[int, ...]] = {
    "BatchNormalization": (1, 2, 3, 4), "Clip": (1, 2), "Dropout": (1,), "NonMaxSuppression": (3, 4),
    "Pad": (2,), "Range": (0, 1, 2), "Resize": (1, 2), "Upsample": (1,),
}  # fmt: skip


def require_one_file(model: onnx.ModelProto, what: str) -> None:
    """Raise `GraphError` where a graph's constants are more than a protobuf message holds.

    Neither the simplifier nor the checker nor onnxruntime takes such a graph from memory, and each says so
    in words of its own. The steps behind the export add no weights.
    """
    size = sum(len(tensor.raw_data) for _, tensor in constants(model.graph))
    if size > MOST_BYTES:
        raise GraphError(
            f"{what}: the graph's constants are {size / 1e9:.2f} GB, above the {MOST_BYTES / 1e9:.2f} "
            "GB that a graph of one file holds",
            remedy="take a smaller checkpoint: zoocheck keeps no weights beside a graph",
        )


def copy_of(model: onnx.ModelProto) -> onnx.ModelProto:
    """A deep copy, so that a step leaves its argument as it was."""
    twin = onnx.ModelProto()
    twin.CopyFrom(model)
    return twin


def without_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy whose large constants are inputs of their shape and type, behind its own, for shape inference.

    Inference copies what it is given several times (265 MB of a DistilBERT: 2 s; without them 10 ms), and
    reads of constants only the small ones that shapes are computed from.
    """
    whole = model.graph
    light = onnx.ModelProto(
        ir_version=model.ir_version, opset_import=model.opset_import, functions=model.functions
    )
    light.graph.name = whole.name or "graph"
    light.graph.input.extend(whole.input)
    light.graph.output.extend(whole.output)
    light.graph.value_info.extend(whole.value_info)
    light.graph.sparse_initializer.extend(whole.sparse_initializer)
    given = {item.name for item in whole.input}  # an initializer may be the default of an input
    large = {name: item for name, item in constants(whole) if math.prod(item.dims) > _LARGE}
    light.graph.input.extend(
        onnx.helper.make_tensor_value_info(name, item.data_type, list(item.dims))
        for name, item in large.items()
        if name not in given
    )
    light.graph.initializer.extend(item for item in whole.initializer if item.name not in large)
    light.graph.node.extend(
        node for node in whole.node if node.op_type != "Constant" or node.output[0] not in large
    )
    return light


def constants(graph: onnx.GraphProto) -> Iterator[tuple[str, onnx.TensorProto]]:
    """Every constant tensor by the name it is used under: initializers, then Constant nodes."""
    for tensor in graph.initializer:
        yield tensor.name, tensor
    for node in graph.node:
        if node.op_type == "Constant":
            for attribute in node.attribute:
                if attribute.name == "value":
                    yield node.output[0], attribute.t


def computed_of_shapes(graph: onnx.GraphProto) -> set[str]:
    """Every value that nodes compute of shapes and constants alone, whatever the inputs hold.

    At a fixed shape there is none: onnxsim makes constants of them, as a compiler does.
    """
    fixed = {name for name, _ in constants(graph)}
    made: set[str] = set()
    for node in graph.node:
        if node.op_type == "Constant":
            continue
        if node.op_type in ("Shape", "Size") or all(name in fixed for name in _read(node)):
            fixed.update(node.output)
            made.update(node.output)
    return made


def _read(node: onnx.NodeProto) -> list[str]:
    """What a node reads, the graphs inside it included."""
    return [name for name in (*node.input, *captured(node)) if name]


def floating(tensor: onnx.TensorProto) -> bool:
    """Whether a tensor holds fp32 values."""
    return bool(tensor.data_type == TensorProto.FLOAT)


def array_of(tensor: onnx.TensorProto) -> Array:
    """The tensor's values as a numpy array."""
    array: Array = numpy_helper.to_array(tensor)
    return array


def store(tensor: onnx.TensorProto, values: Array) -> None:
    """Put `values` into `tensor`, keeping its name."""
    # Not np.ascontiguousarray, which gives a scalar an axis.
    tensor.CopyFrom(numpy_helper.from_array(np.asarray(values, order="C"), tensor.name))


def element_types(model: onnx.ModelProto) -> dict[str, int]:
    """The element type of every named value, in branches and bodies too, by ONNX shape inference.

    Behind onnxruntime's own operators, which that does not know, by onnxruntime.
    """
    inferred = onnx.shape_inference.infer_shapes(without_weights(model)).graph
    types = _types(inferred) | {name: int(tensor.data_type) for name, tensor in constants(model.graph)}
    unknown = [name for node in inferred.node for name in node.output if name and name not in types]
    return types | (_types_by_onnxruntime(model, unknown) if unknown else {})


def _types(graph: onnx.GraphProto) -> dict[str, int]:
    types = {
        value.name: int(value.type.tensor_type.elem_type)
        for value in (*graph.value_info, *graph.input, *graph.output)
        if value.type.WhichOneof("value")
    }
    types.update((name, int(tensor.data_type)) for name, tensor in constants(graph))
    for node in graph.node:
        for inner in subgraphs(node):
            types |= _types(inner)
    return types


def _types_by_onnxruntime(model: onnx.ModelProto, names: Sequence[str]) -> dict[str, int]:
    """The element types that onnxruntime finds when it loads the graph; none of what is no tensor."""
    shown = copy_of(model)
    shown.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    try:
        session = opened(shown.SerializeToString())
    except Exception as problem:  # onnxruntime's classes have no common base of their own
        raise GraphError(f"onnxruntime cannot load the graph: {problem}") from problem
    return {item.name: _ELEMENTS[item.type] for item in session.get_outputs() if item.type in _ELEMENTS}


def constants_as_tensors(graph: onnx.GraphProto) -> None:
    """Give every Constant node that holds plain numbers a tensor, in the graphs inside of nodes too."""
    for node in graph.node:
        for inner in subgraphs(node):
            constants_as_tensors(inner)
        for attribute in node.attribute if node.op_type == "Constant" else ():
            if attribute.name in _PLAIN:
                held = np.asarray(onnx.helper.get_attribute_value(attribute), _PLAIN[attribute.name])
                tensor = numpy_helper.from_array(held, node.output[0])
                attribute.CopyFrom(onnx.helper.make_attribute("value", tensor))


# What a graph has that somebody has quantised before.
QUANTISED = (
    "ConvInteger", "DequantizeLinear", "DynamicQuantizeLSTM", "DynamicQuantizeLinear",
    "DynamicQuantizeMatMul", "MatMulInteger", "MatMulNBits", "QAttention", "QGemm", "QLinearConv",
    "QLinearMatMul", "QuantizeLinear",
)  # fmt: skip


def require_not_quantised(model: onnx.ModelProto, precision: str) -> None:
    """Raise `NotApplicable` that names the operators of a graph which is quantised already."""
    found = operators(model, QUANTISED)
    if found:
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(found.items()))
        raise NotApplicable(
            f"the graph is quantised already ({told}): it cannot be made {precision} of fp32",
            remedy="run it as it is, with --precision fp32, or take the graph that it was made of",
        )


def opset_of(model: onnx.ModelProto) -> int:
    """The opset of a graph's standard operators."""
    return next((int(item.version) for item in model.opset_import if item.domain in ("", "ai.onnx")), 0)


def captured(node: onnx.NodeProto) -> list[str]:
    """The names that the graphs inside a node read from around it."""
    found: list[str] = []
    for inner in subgraphs(node):
        own = _own(inner)
        for made in inner.node:
            found += [name for name in (*made.input, *captured(made)) if name and name not in own]
        found += [item.name for item in inner.output if item.name not in own]
    return found


def rename(node: onnx.NodeProto, names: Mapping[str, str]) -> None:
    """Let a node, and the graphs inside it, read other names."""
    for at, name in enumerate(node.input):
        if name in names:
            node.input[at] = names[name]
    for inner in subgraphs(node):
        own = _own(inner)
        outer = {name: other for name, other in names.items() if name not in own}
        for made in inner.node:
            rename(made, outer)
        for item in inner.output:
            item.name = outer.get(item.name, item.name)


def _own(inner: onnx.GraphProto) -> set[str]:
    """The names that a graph inside a node has itself."""
    given = {item.name for item in (*inner.input, *inner.initializer)}
    return given | {name for made in inner.node for name in made.output}


def sort(graph: onnx.GraphProto) -> None:
    """Put nodes behind those that make what they read, branches and bodies included; else in their order."""
    made = {name for node in graph.node for name in node.output}
    there: set[str] = set()
    waiting, sorted_nodes = list(graph.node), []
    while waiting:
        left = []
        for node in waiting:
            if any(name in made and name not in there for name in (*node.input, *captured(node))):
                left.append(node)
            else:
                sorted_nodes.append(node)
                there.update(node.output)
        if len(left) == len(waiting):
            raise GraphError(f"the graph goes round in a circle at {left[0].op_type} {left[0].name}")
        waiting = left
    if sorted_nodes != list(graph.node):
        del graph.node[:]
        graph.node.extend(sorted_nodes)


def operators(model: onnx.ModelProto, kinds: Sequence[str]) -> dict[str, int]:
    """How many operators of each of `kinds` a graph has, in branches and bodies too; 0 is left out."""
    return dict(Counter(node.op_type for node in nodes(model.graph) if node.op_type in kinds))


def tell(model: onnx.ModelProto, sentence: str) -> None:
    """Write a fact of how a graph was made into it, where `told` finds it."""
    entry = model.metadata_props.add()
    entry.key, entry.value = f"{_TOLD}{len(model.metadata_props)}", sentence


def told(model: onnx.ModelProto) -> tuple[str, ...]:
    """What the steps wrote into a graph of how it was made, in order."""
    return tuple(item.value for item in model.metadata_props if item.key.startswith(_TOLD))
