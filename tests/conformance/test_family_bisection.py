"""Bisection of every family's graphs: every layer has its parts, what is sound is inside, a fault found."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import onnx
import pytest
import torch
from encoders import BATCH, LENGTH, NAMES, Encoder

from harness.conformance.bisection.comparing import compare
from harness.conformance.bisection.findings import Suspicion
from harness.conformance.bisection.places import ORDER, PARTS, GraphPlace, places
from harness.conformance.normalisations import observed
from harness.conformance.operators import NAMES as ALONE
from harness.conformance.operators.catalogue import Size, single
from harness.conformance.operators.rules import COMPUTING, MOVING
from harness.domain.models import InputRole
from harness.domain.precisions import Precision
from harness.models.graphs import fp16, int8, values
from harness.models.graphs.export import run_torch

Get = Callable[..., Encoder]
LAYERS = 2
SIZE = Size(length=24, hidden=48, heads=4, rows=5)
# Of what parts a layer consists that is no BERT's; ModernBERT's first has no normalisation in front.
_DEBERTA = {*PARTS, "attention projections"}
_MODERN = {
    *(PARTS), "attention projections", "intermediate LayerNorm", "intermediate gate",
} - {"output LayerNorm"}  # fmt: skip
CONSISTS: Mapping[str, set[str]] = {
    "deberta": _DEBERTA, "deberta-v2": {*PARTS, "convolution"}, "modernbert": _MODERN,
}  # fmt: skip


def roles(made: Encoder) -> Mapping[InputRole, np.ndarray]:
    feed = made.batch()
    return {item.role: feed[item.name] for item in made.model.inputs}


@pytest.mark.parametrize("name", NAMES)
def test_every_layer_has_each_of_its_parts(encoder: Get, name: str):
    """Also of ALBERT, whose layers are one and the same modules; all else is embeddings, mask or head."""
    where = places(encoder(name).graph().graph)
    for layer in range(LAYERS):
        expected = set(CONSISTS.get(name, PARTS))
        if name == "modernbert" and layer == 0:
            expected -= {"attention LayerNorm"}
        if name == "deberta-v2" and layer == 1:
            expected -= {"convolution"}
        assert {place.part for place in where.values() if place.layer == layer} == expected
    assert {place.layer for place in where.values()} == {None, *range(LAYERS)}
    outside = {place.part for place in where.values() if place.layer is None}
    assert outside == {"embeddings", "mask", "head"}
    assert {part for parts in CONSISTS.values() for part in parts} == set(ORDER)


@pytest.mark.parametrize("name", NAMES)
def test_dense_layers_and_sums_stand_once_in_a_layer(encoder: Get, name: str):
    """One product for the intermediate and the output, two sums, one softmax, and normalisations alone."""
    graph = encoder(name).graph().graph
    where = places(graph)
    kinds: dict[GraphPlace, list[str]] = {}
    for node in graph.node:
        if node.op_type != "Constant" and node.op_type not in MOVING:
            kinds.setdefault(where[node.output[0]], []).append(node.op_type)
    for layer in range(LAYERS):
        for part in ("intermediate", "output", "attention output"):
            assert kinds[GraphPlace(layer=layer, part=part)] in (["Gemm"], ["MatMul"]), part
        for part in ("attention residual", "output residual"):
            assert kinds[GraphPlace(layer=layer, part=part)] == ["Add"], part
        assert kinds[GraphPlace(layer=layer, part="attention softmax")] == ["Softmax"]
        for part in ("attention LayerNorm", "output LayerNorm", "intermediate LayerNorm"):
            assert kinds.get(GraphPlace(layer=layer, part=part), ["LayerNormalization"]) == [
                "LayerNormalization"
            ]


@pytest.mark.parametrize("precision", [Precision.FP32, Precision.FP16, Precision.INT8])
@pytest.mark.parametrize("name", NAMES)
def test_a_sound_artifact_has_nothing_outside(encoder: Get, name: str, precision: Precision):
    """By the bounds of every operator that a family has."""
    made = encoder(name)
    reference = made.graph() if precision is Precision.FP32 else made.limited()
    artifact = {
        Precision.FP32: lambda: reference,
        Precision.FP16: lambda: fp16.to_fp16(reference),
        Precision.INT8: lambda: int8.to_int8(reference, int8.ranges_of(reference, [made.batch()])),
    }[precision]()
    compared = compare(reference, artifact, made.batch(), roles(made)[InputRole.MASK], precision)
    finding = Suspicion(case=name, compared=compared, parity_bound=3.0)
    assert finding.good, finding.sentence()
    assert len(compared.values) > 60


@pytest.mark.parametrize("name", NAMES)
def test_a_weight_that_is_another_is_found_where_it_is(encoder: Get, name: str):
    """The output of the second layer doubled, of a copy where layers share it."""
    made, place = encoder(name), GraphPlace(layer=1, part="output")
    faulty = values.copy_of(made.graph())
    where = places(faulty.graph)
    [product] = [
        node
        for node in faulty.graph.node
        if node.op_type in int8.OPERATORS and where[node.output[0]] == place
    ]
    weight = dict(values.constants(faulty.graph))[product.input[1]]
    doubled = onnx.numpy_helper.from_array(2 * values.array_of(weight), "doubled")
    faulty.graph.initializer.append(doubled)
    product.input[1] = "doubled"
    mask = roles(made)[InputRole.MASK]
    compared = compare(made.graph(), faulty, made.batch(), mask, Precision.FP32)
    finding = Suspicion(case=name, compared=compared, parity_bound=1e-3)
    assert not finding.good
    assert finding.first is not None
    assert finding.first.place == place


@pytest.mark.parametrize("opset", [11, 17])
@pytest.mark.parametrize("name", NAMES)
def test_every_floating_operator_of_a_family_has_a_graph_of_its_own_and_a_rule(
    encoder: Get, name: str, opset: int
):
    """At the documents' opset and at the stand-in's: what `suites/test_operators.py` holds, one by one."""
    graphs = [single(each, SIZE, seed=0, precision=Precision.FP32).graph for each in ALONE]
    alone = {node.op_type for graph in graphs for node in graph.graph.node}
    model = encoder(name).graph(opset)
    types = values.element_types(model)
    every = {node.op_type for node in model.graph.node} - {"Constant"}
    floating = {
        node.op_type
        for node in model.graph.node
        if node.op_type != "Constant"
        and any(types.get(value) == onnx.TensorProto.FLOAT for value in (*node.input, *node.output))
    }
    assert floating <= alone, f"no graph of {sorted(floating - alone)}"
    assert every <= set(COMPUTING) | set(MOVING)


@pytest.mark.parametrize("name", NAMES)
def test_every_normalisation_is_watched_and_named(encoder: Get, name: str):
    """Two a layer, by the words that bisecting has, however a family calls its modules."""
    made = encoder(name)
    with observed(made.network, roles(made)[InputRole.MASK]) as found, torch.inference_mode():
        run_torch(made.network, made.model, made.batch())
    parts = ("attention", "output") if name != "modernbert" else ("attention", "intermediate")
    expected = {f"{part} LayerNorm of encoder layer {layer}" for layer in range(LAYERS) for part in parts}
    if name == "modernbert":
        expected -= {"attention LayerNorm of encoder layer 0"}
    named = [item.place for item in found]
    assert len(named) == len(set(named))
    assert expected <= set(named)
    assert all(item.largest_square > 0 and item.epsilon > 0 for item in found)
    assert max(item.at[0] * LENGTH + item.at[1] for item in found) < BATCH * LENGTH
