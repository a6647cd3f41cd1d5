"""Bisection: sound artifacts have nothing outside, and each planted fault is found where it was planted."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import onnx
import pytest
from planted import FAULTS, QUANTISED

from harness.conformance.bisection import axes, cutting
from harness.conformance.bisection.comparing import compare
from harness.conformance.bisection.findings import Suspicion
from harness.conformance.bisection.matching import shapes
from harness.conformance.bisection.places import PARTS, GraphPlace, places
from harness.conformance.operators.propagation import constants
from harness.domain.models import InputRole, Model
from harness.domain.precisions import Precision
from harness.errors import GraphError
from harness.models.graphs import fp16, int8, mask, values
from harness.models.graphs.export import Exported, example_inputs

FP32, FP16, INT8 = Precision.FP32, Precision.FP16, Precision.INT8
LAYER = 1  # the middle one of three
PARITY = {FP32: 1e-3, FP16: 1e-1, INT8: 2.0}  # of the outputs, in logits of order 1 to 10
Batch = tuple[dict[str, np.ndarray], np.ndarray]


@pytest.fixture(scope="session")
def batch(short_model: Model) -> Batch:
    """Two samples with padding behind, and their mask."""
    inputs = example_inputs(short_model, vocabulary=2933, batch_size=2, seed=1)
    roles = {item.role: inputs[item.name] for item in short_model.inputs}
    kept = roles[InputRole.MASK]
    assert 0 < kept.sum() < kept.size
    return inputs, kept


@pytest.fixture(scope="session")
def limited(short_graph: onnx.ModelProto) -> onnx.ModelProto:
    """What comes before fp16 and int8."""
    return mask.limit_mask(short_graph)


@pytest.fixture(scope="session")
def quantised(limited: onnx.ModelProto, batch: Batch) -> onnx.ModelProto:
    """int8, calibrated on the batch itself."""
    return int8.to_int8(limited, int8.ranges_of(limited, [batch[0]]))


@pytest.fixture(scope="session")
def find(short_graph: onnx.ModelProto, limited: onnx.ModelProto, batch: Batch) -> Callable[..., Suspicion]:
    """The finding on an artifact."""

    def of(artifact: onnx.ModelProto, precision: Precision, *, ours: bool = True) -> Suspicion:
        reference = short_graph if precision is FP32 else limited
        compared = compare(reference, artifact, *batch, precision, ours=ours)
        return Suspicion(case="short", compared=compared, parity_bound=PARITY[precision])

    return of


def assert_found(finding: Suspicion, name: str, part: str, operator: str) -> None:
    """The fault is the first, in its layer, at its part and operator; nothing before it is outside."""
    assert not finding.good
    first = finding.first
    assert first is not None, finding.sentence()
    layer = None if part == "embeddings" else LAYER
    assert first.place == GraphPlace(layer=layer, part=part), (name, finding.sentence())
    assert any(said.startswith(operator) for said in first.operators), first.operators
    assert finding.sentence().startswith(f"first outside the bound: {first.since}")


@pytest.mark.parametrize("precision", [FP32, FP16, INT8])
def test_a_sound_artifact_has_nothing_outside(find, short_graph, limited, quantised, precision):
    """Every value is within its bound, and below fp32 there is an error that is told."""
    artifact = {FP32: short_graph, FP16: fp16.to_fp16(limited), INT8: quantised}[precision]
    finding = find(artifact, precision)
    assert finding.good, finding.sentence()
    assert "nothing leaves its bound" in finding.sentence()
    assert [item.name for item in finding.stretches()] == [
        "embeddings", "mask", "layer 0", "layer 1", "layer 2", "head",
    ]  # fmt: skip
    leaving = finding.stretches()[-1].leaving
    assert leaving == 0 if precision is FP32 else 0 < leaving < 0.1


@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if fault.part])
def test_each_fault_is_found_in_fp32(find, short_graph, name):
    """At its layer, part and operator, and nowhere before."""
    fault = FAULTS[name]
    assert_found(find(fault.plant(short_graph, LAYER), FP32), name, fault.part, fault.operator)


@pytest.mark.parametrize(
    "name",
    ["mask-dropped", "epsilon-wrong", "query-and-key-swapped"],
)
def test_faults_are_found_below_the_rounding_of_fp16(find, limited, name):
    """Those that are larger than it. tanh for erf is not: they differ by less than fp16 rounds."""
    fault = FAULTS[name]
    artifact = fp16.to_fp16(fault.plant(limited, LAYER))
    assert_found(find(artifact, FP16), name, fault.part, fault.operator)


@pytest.mark.parametrize("name", QUANTISED)
def test_a_wrong_int8_scale_is_found(find, quantised, name):
    """Of weights at the product, of an activation at its quantiser."""
    fault = QUANTISED[name]
    assert_found(find(fault.plant(quantised, LAYER), INT8), name, fault.part, fault.operator)


@pytest.mark.parametrize("precision", [FP32, FP16])
def test_a_layer_that_is_gone_is_named(find, short_graph, limited, precision):
    """By its number: it has no value in the artifact."""
    skipped = FAULTS["layer-skipped"].plant(short_graph if precision is FP32 else limited, LAYER)
    finding = find(skipped if precision is FP32 else fp16.to_fp16(skipped), precision)
    assert not finding.good
    assert finding.compared.missing == (LAYER,)
    assert finding.sentence().startswith("first outside the bound: encoder layer 1 is not in the artifact")


def test_a_layer_that_nobody_reads_is_found_where_it_hands_on(find, short_graph):
    """What the next layer reads is made of another value than the reference's: it says of which."""
    finding = find(FAULTS["layer-bypassed"].plant(short_graph, LAYER), FP32)
    assert finding.first is not None
    assert finding.first.place == GraphPlace(layer=LAYER, part="output LayerNorm")
    assert any("layer.0/output/LayerNorm" in name for name in finding.first.misread)
    assert "reads otherwise than the reference" in finding.sentence()


def test_what_stands_behind_a_fault_is_wrong_and_not_blamed(find, short_graph):
    """The error goes through to the outputs; one value alone is outside."""
    finding = find(FAULTS["weight-doubled"].plant(short_graph, LAYER), FP32)
    assert len(finding.beyond) == 1
    at = finding.compared.values.index(finding.first)
    assert all(value.error < 1e-5 for value in finding.compared.values[:at])
    assert min(value.error for value in finding.compared.values[-3:]) > 1e-3
    assert all(value.made < 1e-5 for value in finding.compared.values[at + 1 :])


def test_what_is_not_a_number_is_outside(find, short_graph):
    """Never passed over as an error of nothing."""
    faulty = values.copy_of(short_graph)
    tensor = next(
        item for item in faulty.graph.initializer if item.name.endswith("layer.1.output.dense.bias")
    )
    values.store(tensor, np.full(tuple(tensor.dims), np.nan, np.float32))
    finding = find(faulty, FP32)
    assert finding.first is not None
    assert finding.first.place == GraphPlace(layer=1, part="output")
    assert finding.first.times == np.inf
    assert finding.record()["first"]["times_the_bound"] is None
    assert "the outputs hold infinities" in finding.sentence()


def test_another_export_is_matched_by_the_names_that_mean_something(find, short_graph):
    """Numbered names are passed over: the fault is found between those that are not."""
    faulty = FAULTS["weight-doubled"].plant(short_graph, LAYER)
    for node in faulty.graph.node:
        for names in (node.input, node.output):
            for at, name in enumerate(names):
                if name.startswith("_v_") and not any(t.name == name for t in faulty.graph.initializer):
                    names[at] = f"renamed{name}"
    onnx.checker.check_model(faulty)
    finding = find(faulty, FP32, ours=False)
    assert finding.first is not None
    assert finding.first.place == GraphPlace(layer=LAYER, part="GELU")
    assert "encoder layer 1, intermediate to encoder layer 1, GELU (Reshape" in finding.sentence()


def test_without_any_name_landmarks_serve(find, short_graph):
    """The n-th softmax is the n-th softmax, whatever it is called."""
    faulty = FAULTS["epsilon-wrong"].plant(short_graph, LAYER)
    made = {name for node in faulty.graph.node for name in node.output} - {
        item.name for item in faulty.graph.output
    }
    for node in faulty.graph.node:
        for names in (node.input, node.output):
            names[:] = [f"t{name}" if name in made else name for name in names]
    del faulty.graph.value_info[:]
    finding = find(faulty, FP32, ours=False)
    assert finding.first is not None
    assert finding.first.place == GraphPlace(layer=LAYER, part="attention LayerNorm")


def renamed(graph: onnx.ModelProto) -> onnx.ModelProto:
    """A copy with other names for all but its inputs and outputs, as another exporter has them."""
    made = copy.deepcopy(graph)
    ends = {item.name for item in (*made.graph.input, *made.graph.output)}
    for node in made.graph.node:
        node.name = f"n_{node.name}"
        for names in (node.input, node.output):
            names[:] = [name if name in ends or not name else f"r_{name}" for name in names]
    for item in (*made.graph.initializer, *made.graph.value_info):
        item.name = f"r_{item.name}"
    return made


def spelt_out(graph: onnx.ModelProto) -> onnx.ModelProto:
    """`renamed`, with one more LayerNormalization and Erf that nothing reads: no order tells either."""
    made = renamed(graph)
    for kind in ("LayerNormalization", "Erf"):
        first = next((node for node in made.graph.node if node.op_type == kind), None)
        if first is not None:
            more = copy.deepcopy(first)
            more.name, more.output[0] = f"{kind}_more", f"{kind}_more_out"
            made.graph.node.insert(list(made.graph.node).index(first) + 1, more)
    return made


def test_what_could_not_be_compared_is_counted_and_why(find, short_graph):
    """Of a graph whose names are gone only softmaxes are matched: that is no 'nothing leaves its bound'."""
    finding = find(spelt_out(short_graph), Precision.FP32, ours=False)
    compared = finding.compared
    assert compared.unmatched > len(compared.values) > 0
    total = compared.unmatched + len(compared.values)
    said = f"; {compared.unmatched} of the reference's {total} values were not compared: the"
    assert said in finding.sentence()
    checked = len(compared.values) - compared.unchecked
    assert finding.sentence().startswith(f"nothing leaves its bound in {checked} values")
    assert finding.record()["outputs"]["unmatched_values"] == compared.unmatched


def test_a_bound_as_large_as_the_value_is_no_check(find, short_graph):
    """Between two values that are matched a whole network may stand."""
    compared = find(spelt_out(short_graph), Precision.FP32, ours=False).compared
    assert compared.unchecked == sum(not value.bound < 1 for value in compared.values)


def test_nothing_is_said_of_that_where_names_are_kept(find, limited):
    assert "not compared" not in find(limited, Precision.FP16).sentence()


def test_an_unrelated_graph_is_refused(find):
    """With what to do."""
    node = onnx.helper.make_node("Cast", ["x"], ["y"], to=1)
    item = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph([node], "g", [item("x", 7, [2, 24])], [item("y", 1, [2, 24])])
    other = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    with pytest.raises(GraphError, match=r"no inner value of the reference.*names of values kept"):
        find(other, FP32, ours=False)


@pytest.mark.parametrize("name", ["bert-chinese-ner", "bert-large-ner", "bert-squad", "spanbert", "tinybert"])
def test_every_layer_of_every_mini_has_each_part_once(mini_graphs, name):
    """One product for each dense layer, two for attention, one softmax, two normalisations, one erf."""
    graph = mini_graphs[name].graph
    assert_complete(graph, layers={"tinybert": 2, "spanbert": 4}.get(name, 3))


def test_layers_with_the_same_constants_are_told_apart(exported: Exported):
    """Equal biases become one constant in the simplifier: the names of constants say nothing."""
    assert_complete(exported.graph.graph, layers=2)


def assert_complete(graph: onnx.GraphProto, layers: int) -> None:
    where = places(graph)
    kinds: dict[GraphPlace, list[str]] = {}
    for node in graph.node:
        if node.op_type not in ("Constant", "Reshape", "Transpose"):
            kinds.setdefault(where[node.output[0]], []).append(node.op_type)
    gelu = ["Add", "Div", "Erf", "Mul", "Mul"]
    special = {
        "attention scores": ["MatMul"], "attention context": ["MatMul"], "attention scale": ["Mul"],
        "attention mask": ["Add"], "attention softmax": ["Softmax"], "attention residual": ["Add"],
        "output residual": ["Add"], "attention LayerNorm": ["LayerNormalization"], "GELU": gelu,
        "output LayerNorm": ["LayerNormalization"],
    }  # fmt: skip
    for layer in range(layers):
        for part in PARTS:
            found = sorted(kind for kind in kinds[GraphPlace(layer=layer, part=part)] if kind != "Gather")
            assert found == special.get(part, ["Gemm"]), (layer, part)
    assert {place.layer for place in kinds} == {None, *range(layers)}
    assert {place.part for place in kinds if place.layer is None} == {"embeddings", "mask", "head"}


def test_padding_is_left_out_by_what_an_axis_is(mini_graphs):
    """TinyBERT's heads are as wide as its samples are long: the size of an axis does not tell."""
    graph = mini_graphs["tinybert"]
    sizes = shapes(graph)
    names = [item.name for item in graph.graph.input]
    found = axes.tags(graph.graph, sizes, names, constants(graph.graph))
    self = "/bert/encoder/layer.1/attention/self"
    expected = {
        f"{self}/Transpose_output_0": ("batch", None, "length", None),
        f"{self}/Transpose_2_output_0": ("batch", None, None, "length"),
        f"{self}/Softmax_output_0": ("batch", None, "length", "length"),
        "_v_463": ("batch and length", None),
        "/bert/encoder/layer.1/output/LayerNorm/LayerNormalization_output_0": ("batch", "length", None),
        "/bert/pooler/dense/Gemm_output_0": ("batch", None),
        "logits": ("batch", None),
    }
    assert {name: found[name] for name in expected} == expected
    kept = np.zeros((1, 64), np.int64)
    kept[:, :5] = 1
    assert axes.valid(expected[f"{self}/Softmax_output_0"], (1, 2, 64, 64), kept).sum() == 5
    assert axes.valid(("batch", None), (1, 2), kept).all()


@pytest.mark.parametrize("name", ["bert-squad", "bert-large-ner"])
def test_outputs_of_tokens_have_their_padding_left_out(mini_graphs, name):
    """Logits of tokens, and starts and ends of answers."""
    graph = mini_graphs[name]
    found = axes.tags(
        graph.graph, shapes(graph), [item.name for item in graph.graph.input], constants(graph.graph)
    )
    for item in graph.graph.output:
        assert found[item.name][:2] == ("batch", "length")


def test_a_cut_graph_passes_no_error_on(short_graph, batch):
    """A value that is given is read by all that follow, and what is made of it is told beside."""
    name = "/bert/encoder/layer.0/output/LayerNorm/LayerNormalization_output_0"
    apart = cutting.cut(short_graph, [name])
    given = np.zeros((2, 24, 128), np.float32)
    end = short_graph.graph.output[0].name
    apart.graph.output.append(short_graph.graph.output[0])
    first = cutting.run(apart, {**batch[0], name: given}, [name + cutting.MADE, end], FP32, "cut")
    second = cutting.run(apart, {**batch[0], name: given + 1}, [name + cutting.MADE, end], FP32, "cut")
    np.testing.assert_array_equal(first[name + cutting.MADE], second[name + cutting.MADE])
    assert np.abs(first[end] - second[end]).max() > 0
