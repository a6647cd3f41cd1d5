"""Which encoder layer, and which part of it, makes a value of an exported graph."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import onnx

from harness.conformance.operators.rules import MOVING

EMBEDDINGS, HEAD, MASK = "embeddings", "head", "mask"
# The parts of one layer, in the order in which they compute.
PARTS = (
    "attention query", "attention key", "attention value", "attention scores", "attention scale",
    "attention mask", "attention softmax", "attention context", "attention output", "attention residual",
    "attention LayerNorm", "intermediate", "GELU", "output", "output residual", "output LayerNorm",
)  # fmt: skip

_LAYER = re.compile(r"encoder[./]layer[./](?P<layer>\d+)[./](?P<rest>.*)")
# By the module of transformers' BertLayer, the longest first.
_MODULES = (
    ("attention/output/dense", "attention output"),
    ("attention/output/LayerNorm", "attention LayerNorm"),
    ("attention/output", "attention residual"),
    ("intermediate/intermediate_act_fn", "GELU"),
    ("intermediate", "intermediate"),
    ("output/dense", "output"),
    ("output/LayerNorm", "output LayerNorm"),
    ("output", "output residual"),
)
_IN_ATTENTION = {
    "Mul": "attention scale", "Div": "attention scale", "Add": "attention mask",
    "Softmax": "attention softmax",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphPlace:
    """A layer, from 0 as transformers counts (None: before or behind all of them), and its part."""

    layer: int | None
    part: str

    def __str__(self) -> str:
        return self.part if self.layer is None else f"encoder layer {self.layer}, {self.part}"


def places(graph: onnx.GraphProto) -> dict[str, GraphPlace]:
    """Value -> place, for every value that a node of the exported graph makes.

    By the module path that the exporter writes into names (``/bert/encoder/layer.1/attention/self/Softmax``).
    onnxsim calls a dense layer ``Gemm_4``: it takes the path of whoever reads it. The projections are told
    apart by structure: what the product in front of the softmax reads first is the query, then the key; what
    the one behind it reads second is the value. What only moves values stands where they were made.
    """
    makers = {output: node for node in graph.node for output in node.output}
    readers: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    found = dict(_projections(graph, makers, readers))
    for node in graph.node:
        if node.op_type == "Constant":
            continue
        place = next((found[name] for name in node.output if name in found), None)
        if place is None:
            moved = found.get(node.input[0]) if node.input and node.op_type in MOVING else None
            place = moved or _place(node, readers)
        found.update(dict.fromkeys(node.output, place))
    return found


def _path(node: onnx.NodeProto, readers: Mapping[str, list[onnx.NodeProto]]) -> str:
    """The module path in the node's name, in its outputs', or in those of its readers."""
    seen: set[str] = set()
    waiting = [node]
    while waiting:
        this = waiting.pop(0)
        for name in (this.name, *this.output):
            if name.startswith("/"):
                return str(name)
        seen.update(this.output)
        waiting += [
            reader
            for name in this.output
            for reader in readers.get(name, [])
            if not seen.intersection(reader.output)
        ]
    return ""


def _place(node: onnx.NodeProto, readers: Mapping[str, list[onnx.NodeProto]]) -> GraphPlace:
    path = _path(node, readers)
    inside = _LAYER.search(path)
    if inside is None:
        if "embeddings/" in path:
            return GraphPlace(layer=None, part=EMBEDDINGS)
        head = any(word in path for word in ("pooler", "classifier", "qa_outputs")) or not path
        return GraphPlace(layer=None, part=HEAD if head or path.count("/") == 1 else MASK)
    layer, rest = int(inside["layer"]), inside["rest"].replace(".", "/")
    if rest.startswith("attention/self"):
        return GraphPlace(layer=layer, part=_IN_ATTENTION.get(node.op_type, "attention context"))
    if rest.startswith("intermediate/intermediate_act_fn") and node.op_type in ("Gemm", "MatMul"):
        return GraphPlace(layer=layer, part="intermediate")  # named for its reader
    return GraphPlace(layer=layer, part=next(part for path, part in _MODULES if rest.startswith(path)))


def _projections(
    graph: onnx.GraphProto,
    makers: Mapping[str, onnx.NodeProto],
    readers: Mapping[str, list[onnx.NodeProto]],
) -> dict[str, GraphPlace]:
    """The values of query, key, value, scores and context, layer by layer."""
    products: dict[int, list[onnx.NodeProto]] = {}
    for node in graph.node:
        inside = _LAYER.search(_path(node, {}))
        of_two = all(name in makers and makers[name].op_type != "Constant" for name in node.input)
        if node.op_type == "MatMul" and of_two and inside and inside["rest"].startswith("attention/self"):
            products.setdefault(int(inside["layer"]), []).append(node)
    found: dict[str, GraphPlace] = {}
    for layer, (scores, context) in ((layer, nodes) for layer, nodes in products.items() if len(nodes) == 2):
        for name, part in (
            (scores.input[0], "query"), (scores.input[1], "key"), (context.input[1], "value"),
        ):  # fmt: skip
            place = GraphPlace(layer=layer, part=f"attention {part}")
            found |= dict.fromkeys(_up_to_a_product(name, makers), place)
        found[scores.output[0]] = GraphPlace(layer=layer, part="attention scores")
        found[context.output[0]] = GraphPlace(layer=layer, part="attention context")
    return found


def _up_to_a_product(name: str, makers: Mapping[str, onnx.NodeProto]) -> list[str]:
    """The values from the product that makes them to `name`, through what only moves them or adds a bias."""
    values = []
    while name in makers:
        node = makers[name]
        values.append(name)
        if node.op_type in ("Gemm", "MatMul"):
            break
        if node.op_type not in MOVING and node.op_type != "Add":
            break
        dynamic = [item for item in node.input if item in makers and makers[item].op_type != "Constant"]
        name = dynamic[0] if dynamic else ""
    return values
