"""Which encoder layer, and which part of it, makes a value of an exported graph."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import onnx

from harness.conformance.operators.rules import MOVING
from harness.models.graphs import values

EMBEDDINGS, HEAD, MASK = "embeddings", "head", "mask"
# The parts of one layer of a BERT, in the order in which they compute.
PARTS = (
    "attention query", "attention key", "attention value", "attention scores", "attention scale",
    "attention mask", "attention softmax", "attention context", "attention output", "attention residual",
    "attention LayerNorm", "intermediate", "GELU", "output", "output residual", "output LayerNorm",
)  # fmt: skip
# With what other families have: one product for query, key and value (DeBERTa, ModernBERT), a normalisation
# in front of the feed-forward part and a gate in it (ModernBERT), a convolution beside a layer (DeBERTa).
ORDER = (
    "attention projections", *PARTS[:11], "intermediate LayerNorm", *PARTS[11:13], "intermediate gate",
    *PARTS[13:], "convolution",
)  # fmt: skip

# Where an operator stands in a layer, by the path of modules that the exporter writes into its name.
_LAYER = re.compile(r"(?:encoder|transformer)[./]layer[./](?P<layer>\d+)[./](?P<rest>.*)")
_MODERN = re.compile(r"/model/layers[./](?P<layer>\d+)[./](?P<rest>.*)")
_SHARED = re.compile(
    r"albert_layer_groups[./](?P<group>\d+)/albert_layers[./](?P<inner>\d+)(?P<again>_\d+)?/(?P<rest>.*)"
)
_CONVOLUTION = re.compile(r"encoder/conv(?:/|$)")
_AGAIN = re.compile(r"_(\d+)$")  # behind a module's name where it is called another time
# Between a layer's input and what its heads come to.
_SELF = re.compile(r"attention/(?!output/|dense/|LayerNorm/|out_lin/)|attn/(?!Wo/)")
# By the modules within a layer, the longest first: of transformers' BertLayer, its like, and those of
# DistilBERT, ALBERT and ModernBERT.
_MODULES = (
    ("attention/output/dense", "attention output"),
    ("attention/output/LayerNorm", "attention LayerNorm"),
    ("attention/output", "attention residual"),
    ("intermediate/intermediate_act_fn", "GELU"),
    ("intermediate", "intermediate"),
    ("output/dense", "output"),
    ("output/LayerNorm", "output LayerNorm"),
    ("output_layer_norm", "output LayerNorm"),
    ("output", "output residual"),
    ("attention/out_lin", "attention output"),
    ("sa_layer_norm", "attention LayerNorm"),
    ("ffn/lin1", "intermediate"),
    ("ffn/activation", "GELU"),
    ("ffn/lin2", "output"),
    ("attention/dense", "attention output"),
    ("attention/LayerNorm", "attention LayerNorm"),
    ("ffn_output", "output"),
    ("ffn", "intermediate"),
    ("activation", "GELU"),
    ("full_layer_layer_norm", "output LayerNorm"),
    ("attn_norm", "attention LayerNorm"),
    ("attn/Wo", "attention output"),
    ("mlp_norm", "intermediate LayerNorm"),
    ("mlp/Wi", "intermediate"),
    ("mlp/act", "GELU"),
    ("mlp/Wo", "output"),
    ("mlp", "intermediate gate"),
)
_ACTIVATIONS = ("intermediate/intermediate_act_fn", "ffn/activation", "activation", "mlp/act")
_LAST_SUM = "output"  # where ALBERT's own sum stands in other families: that in attention has a module
_PRODUCTS = ("Gemm", "MatMul")
_OF_BOOLEANS = ("And", "Cast", "Equal", "Not", "Where")


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphPlace:
    """A layer, from 0 as transformers counts (None: before or behind all of them), and its part."""

    layer: int | None
    part: str

    @property
    def stretch(self) -> str:
        """What it is told together with in a table: its layer, or what is before or behind all of them."""
        return self.part if self.layer is None else f"layer {self.layer}"

    @property
    def aside(self) -> bool:
        """Whether nothing passes through it to what follows, as nothing does through the mask."""
        return self.layer is None and self.part == MASK

    def __str__(self) -> str:
        return self.part if self.layer is None else f"encoder layer {self.layer}, {self.part}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inside:
    """A node within a layer, and the path of its modules there."""

    layer: int
    rest: str

    @property
    def in_self_attention(self) -> bool:
        """Whether it computes between the layer's input and what the heads come to."""
        return _SELF.match(self.rest) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Graph:
    """A graph's nodes by what they make and read, and where in a layer they stand."""

    nodes: Sequence[onnx.NodeProto]
    makers: Mapping[str, onnx.NodeProto]
    readers: Mapping[str, list[onnx.NodeProto]]
    inside: Mapping[str, _Inside]  # by a node's first output
    scalars: frozenset[str]  # constants of one value
    behind: frozenset[str]  # values that layers make, and all that is made of them

    @classmethod
    def of(cls, graph: onnx.GraphProto) -> _Graph:
        nodes = [node for node in graph.node if node.op_type != "Constant"]
        readers: dict[str, list[onnx.NodeProto]] = {}
        for node in nodes:
            for name in node.input:
                readers.setdefault(name, []).append(node)
        inside = _inside(nodes, readers)
        return cls(
            nodes=nodes,
            makers={output: node for node in nodes for output in node.output},
            readers=readers,
            inside=inside,
            scalars=frozenset(
                name for name, tensor in values.constants(graph) if math.prod(tensor.dims) == 1
            ),
            behind=_behind(nodes, inside),
        )

    def where(self, node: onnx.NodeProto) -> _Inside | None:
        """Where in a layer a node stands; None outside of all."""
        return self.inside.get(node.output[0])


def places(graph: onnx.GraphProto) -> dict[str, GraphPlace]:
    """Value -> place, for every value that a node of the exported graph makes.

    By the module path that the exporter writes into names (``/bert/encoder/layer.1/attention/self/Softmax``).
    onnxsim calls a dense layer ``Gemm_4``: it takes the path of whoever reads it. The projections are told
    apart by structure: what the product in front of the softmax reads first is the query, then the key; what
    the one behind it reads second is the value. What only moves values stands where they were made. ALBERT
    calls one layer's modules again and again: its layers are told apart by the number of the call.
    """
    whole = _Graph.of(graph)
    found = _in_attention(whole)
    for node in whole.nodes:
        place = next((found[name] for name in node.output if name in found), None)
        if place is None:
            moved = found.get(node.input[0]) if node.input and node.op_type in MOVING else None
            place = moved or _fused(node, found) or _place(node, whole)
        for name in node.output:
            found.setdefault(name, place)
    return found


def _fused(node: onnx.NodeProto, found: Mapping[str, GraphPlace]) -> GraphPlace | None:
    """Where a normalisation stands that onnxsim made of small operators: behind its sum, without a name."""
    if node.op_type != "LayerNormalization" or node.name.startswith("/"):
        return None
    before = found.get(node.input[0])
    if before is None or before.layer is None:
        return None
    return GraphPlace(layer=before.layer, part=before.part.replace("residual", "LayerNorm"))


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


def _inside(
    nodes: Sequence[onnx.NodeProto], readers: Mapping[str, list[onnx.NodeProto]]
) -> dict[str, _Inside]:
    """Where in which layer each node stands, by its first output."""
    found: dict[str, _Inside] = {}
    shared: dict[str, tuple[int, int, str]] = {}
    for node in nodes:
        path = _path(node, readers)
        if match := _LAYER.search(path) or _MODERN.search(path):
            rest = match["rest"].replace(".", "/")
            found[node.output[0]] = _Inside(layer=int(match["layer"]), rest=rest)
        elif match := _SHARED.search(path):
            call, rest = _call(match)
            shared[node.output[0]] = int(match["group"]), call, rest
    calls: dict[int, int] = {}
    for group, call, _ in shared.values():
        calls[group] = max(calls.get(group, 0), call + 1)
    for name, (group, call, rest) in shared.items():
        before = sum(count for of, count in calls.items() if of < group)
        found[name] = _Inside(layer=before + call, rest=rest)
    return found


def _behind(nodes: Sequence[onnx.NodeProto], inside: Mapping[str, _Inside]) -> frozenset[str]:
    """The values of all nodes within layers, and of those that read any."""
    found: set[str] = set()
    for node in nodes:
        if node.output[0] in inside or not found.isdisjoint(node.input):
            found.update(node.output)
    return frozenset(found)


def _call(match: re.Match[str]) -> tuple[int, str]:
    """Which call of a shared layer an operator is of, from 0, and its path there as in the first."""
    *modules, operator = match["rest"].split("/")
    again = match["again"]
    if modules and (number := _AGAIN.search(modules[-1])):
        again = number[0]
        modules[-1] = modules[-1].removesuffix(again)
    modules = [_AGAIN.sub("", module) for module in modules] or [_LAST_SUM]
    return int(again.removeprefix("_")) if again else 0, "/".join([*modules, operator])


def _place(node: onnx.NodeProto, whole: _Graph) -> GraphPlace:
    path = _path(node, whole.readers)
    inside = whole.where(node)
    if inside is not None:
        return GraphPlace(layer=inside.layer, part=_part(node, inside))
    if "embeddings/" in path or "embeddings_project" in path or "embedding_hidden_mapping_in" in path:
        return GraphPlace(layer=None, part=EMBEDDINGS)
    if _CONVOLUTION.search(path):
        return GraphPlace(layer=0, part="convolution")
    return GraphPlace(layer=None, part=HEAD if whole.behind.intersection(node.output) else MASK)


def _part(node: onnx.NodeProto, inside: _Inside) -> str:
    """The part of a layer that an operator is of, by its modules."""
    rest = inside.rest
    if inside.in_self_attention:  # what of it is told by structure is not asked here
        return "attention residual" if node.op_type == "Add" else "attention context"
    if rest.startswith(_ACTIVATIONS) and node.op_type in _PRODUCTS:
        return "intermediate"  # named for its reader
    found = next((part for path, part in _MODULES if rest.startswith(f"{path}/")), None)
    if found is None:  # an operator of the layer itself: the sum behind attention, then that behind the rest
        found = "attention residual" if rest == "Add" else "output residual"
    return found


def _in_attention(whole: _Graph) -> dict[str, GraphPlace]:
    """The values between a layer's input and what its heads come to, layer by layer."""
    layers: dict[int, list[onnx.NodeProto]] = {}
    for node in whole.nodes:
        inside = whole.where(node)
        if inside is not None and inside.in_self_attention:
            layers.setdefault(inside.layer, []).append(node)
    found: dict[str, GraphPlace] = {}
    for layer, nodes in layers.items():
        parts = _attention(nodes, whole)
        found |= {name: GraphPlace(layer=layer, part=f"attention {part}") for name, part in parts.items()}
    return found


def _attention(nodes: Sequence[onnx.NodeProto], whole: _Graph) -> dict[str, str]:
    """Value -> part of one layer's attention, by structure; nothing of one without a softmax."""
    own = {output for node in nodes for output in node.output}
    softmax = next((node for node in nodes if node.op_type == "Softmax"), None)
    if softmax is None:
        return {}
    before = _made_of(softmax.input[0], own, whole)
    behind = _reading(softmax.output[0], own, whole)
    found = {name: _in_front(whole.makers[name], own, whole) for name in before}
    found |= dict.fromkeys(behind, "context") | dict.fromkeys(softmax.output, "softmax")
    scores = next((node for node in nodes if node.output[0] in before and _of_two(node, own)), None)
    context = next((node for node in nodes if node.output[0] in behind and _of_two(node, own)), None)
    ends = {} if scores is None else {"query": scores.input[0], "key": scores.input[1]}
    ends |= {} if context is None else {"value": context.input[1]}
    sources: dict[str, list[str]] = {}
    for part, end in ends.items():
        for name in _made_of(end, own, whole):
            if not _scales(whole.makers[name], whole):
                sources.setdefault(name, []).append(part)
    return found | {name: parts[0] if len(parts) == 1 else "projections" for name, parts in sources.items()}


def _in_front(node: onnx.NodeProto, own: set[str], whole: _Graph) -> str:
    """What an operator in front of the softmax does, where it makes neither query nor key."""
    if _scales(node, whole):
        return "scale"
    if node.op_type in _OF_BOOLEANS:
        return "mask"
    masks = any(name in whole.makers and name not in own for name in node.input)
    return "mask" if masks and node.op_type == "Add" else "scores"


def _scales(node: onnx.NodeProto, whole: _Graph) -> bool:
    return node.op_type in ("Mul", "Div") and not whole.scalars.isdisjoint(node.input)


def _of_two(node: onnx.NodeProto, own: set[str]) -> bool:
    """Whether a node is a product of two values that are computed in the layer's attention."""
    return node.op_type == "MatMul" and own.issuperset(node.input)


def _made_of(name: str, own: set[str], whole: _Graph) -> list[str]:
    """`name` and what it is made of within the layer's attention, up to products with constants."""
    found: dict[str, None] = {}
    waiting = [name] if name in own else []
    while waiting:
        this = waiting.pop()
        if this in found:
            continue
        found[this] = None
        node = whole.makers[this]
        if node.op_type not in _PRODUCTS or _of_two(node, own):
            waiting += [item for item in node.input if item in own]
    return list(found)


def _reading(name: str, own: set[str], whole: _Graph) -> list[str]:
    """The values within the layer's attention that are made of `name`, by whatever way."""
    found: dict[str, None] = {}
    waiting = [name]
    while waiting:
        for node in whole.readers.get(waiting.pop(), []):
            for output in node.output:
                if output in own and output not in found:
                    found[output] = None
                    waiting.append(output)
    return list(found)
