"""Which values of the reference an artifact has, and under which names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import onnx
from onnx import TensorProto

from harness.errors import GraphError
from harness.models.graphs import values

QUANTISED = "_DequantizeLinear_Output"  # what onnxruntime's quantiser calls a value it has quantised
FLOATS = frozenset({int(TensorProto.FLOAT), int(TensorProto.FLOAT16)})
# Operators that a converter keeps where it renames: told apart by their order.
_LANDMARKS = ("Softmax", "LayerNormalization", "Erf", "Relu", "MaxPool", "GlobalAveragePool")


_NUMBERED = re.compile(r"_v_\d+|\d+|onnx::.*")  # onnxsim's and torch's


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A value of the reference, and the artifact's of the same meaning.

    `quantised`: that value behind its quantiser, which is compared for itself.
    """

    reference: str
    artifact: str
    quantised: bool = False


def match(
    reference: onnx.ModelProto,
    artifact: onnx.ModelProto,
    order: Sequence[str],
    *,
    ours: bool,
    named: Mapping[str, str] | None = None,
) -> list[Match]:
    """The floating values that both have, in `order` (names of the reference); behind quantisers too.

    By name, which zoocheck's own steps keep; where a converter renames, the n-th `_LANDMARKS` operator of
    either graph, if both have as many. Names that a tool has numbered (``_v_440``) mean the same only in
    graphs made by the same export: in an artifact that is not `ours` they are passed over, and so is a value
    of another shape. Where a model is a file, `named` is what that calls each value, numbered or not: the
    artifact's of that name comes first. Raises `GraphError` where not even these are found.
    """
    types = _made(artifact)
    sizes, their_sizes = shapes(reference), shapes(artifact)
    by_name = {
        name: other
        for name in order
        for other in _names(name, named, types, ours=ours)
        if _alike(sizes.get(name), their_sizes.get(other))
    }
    landmarks = _landmarks(reference, artifact)
    found = {**{name: other for name, other in landmarks.items() if types.get(other) in FLOATS}, **by_name}
    inner = [name for name in order if name not in _outputs(reference)]
    if inner and found.keys().isdisjoint(inner):
        raise GraphError(
            "the artifact has no inner value of the reference, by name or by the order of "
            f"{', '.join(_LANDMARKS)}",
            remedy="convert it with the names of values kept, and without fusing whole layers",
        )
    matches = []
    for name in order:
        if name not in found:
            continue
        matches.append(Match(reference=name, artifact=found[name]))
        behind = found[name] + QUANTISED
        if types.get(behind) in FLOATS and behind not in found:  # a model that is quantised has it itself
            matches.append(Match(reference=name, artifact=behind, quantised=True))
    return matches


def _names(
    name: str, named: Mapping[str, str] | None, types: Mapping[str, int], *, ours: bool
) -> Iterator[str]:
    """What an artifact calls a value of the reference, or nothing."""
    told = None if named is None else named.get(name)
    if told is not None and types.get(told) in FLOATS:
        yield told
    elif types.get(name) in FLOATS and (ours or not _NUMBERED.fullmatch(name)):
        yield name


def shapes(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    """The shape of every value by shape inference; an axis of unknown size is 0."""
    inferred = onnx.shape_inference.infer_shapes(model).graph
    return {
        item.name: tuple(size.dim_value for size in item.type.tensor_type.shape.dim)
        for item in (*inferred.input, *inferred.value_info, *inferred.output)
    }


def _alike(one: tuple[int, ...] | None, other: tuple[int, ...] | None) -> bool:
    """Whether two shapes may be the same."""
    if one is None or other is None:
        return True
    return len(one) == len(other) and all(a == b or 0 in (a, b) for a, b in zip(one, other, strict=True))


def _outputs(model: onnx.ModelProto) -> set[str]:
    return {item.name for item in model.graph.output}


def _made(model: onnx.ModelProto) -> dict[str, int]:
    """The element type of every value that a node makes of something that is not constant."""
    types = values.element_types(model)
    constant = {name for name, _ in values.constants(model.graph)}
    made: dict[str, int] = {}
    for node in model.graph.node:
        if node.op_type == "Constant" or (node.input and all(name in constant for name in node.input)):
            constant.update(node.output)
            continue
        made.update((name, types.get(name, 0)) for name in node.output)
    return made


def _landmarks(reference: onnx.ModelProto, artifact: onnx.ModelProto) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for kind in _LANDMARKS:
        ours, theirs = (
            [node.output[0] for node in model.graph.node if node.op_type == kind]
            for model in (reference, artifact)
        )
        if len(ours) == len(theirs):
            found.update(zip(ours, theirs, strict=True))
    return found
