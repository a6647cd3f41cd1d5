"""The graph steps, each on a real export: what it changes, and what it does to the numbers."""

from __future__ import annotations

import dataclasses

import numpy as np
import onnx
import onnxruntime
import onnxsim
import pytest
from making import make_case
from onnx import TensorProto, helper, numpy_helper

from harness.domain.catalog import Catalog
from harness.domain.models import Architecture
from harness.domain.precisions import Precision
from harness.errors import GraphError, NotApplicable, NotYet
from harness.models.graphs import fp16, gelu, int8, mask, naming, numerics, values
from harness.models.graphs.export import (
    PARITY_BOUND,
    Exported,
    example_inputs,
    export,
    export_any_shape,
    run_torch,
)
from harness.models.networks import build_network

LEVELS = onnxruntime.GraphOptimizationLevel
PINNED = LEVELS.ORT_ENABLE_BASIC  # what harness.toolchains.onnxruntime.backend opens stand-ins with


def run(graph, inputs, outputs=("logits",), level=PINNED):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    options.log_severity_level = 3
    content = graph.SerializeToString()
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return session.run(list(outputs), dict(inputs))


def expose(graph, names, element_type):
    """Make values inside the graph its outputs too."""
    graph.graph.output.extend(helper.make_tensor_value_info(name, element_type, None) for name in names)


@pytest.fixture(scope="session")
def inputs(catalog, small):
    return example_inputs(catalog.models["tinybert"], vocabulary=small.vocabulary, batch_size=3, seed=1)


@pytest.fixture(scope="session")
def fp32_logits(exported, inputs):
    return run(exported.graph, inputs)[0]


@pytest.fixture(scope="session")
def half(exported):
    return fp16.to_fp16(mask.limit_mask(exported.graph))


def lowest_constant(graph):
    return min(
        float(values.array_of(tensor).min())
        for _, tensor in values.constants(graph.graph)
        if values.floating(tensor) and values.array_of(tensor).size
    )


@pytest.mark.parametrize("opset", [11, 17])
def test_export_keeps_names_order_shapes_and_numbers(catalog, small, network, opset):
    """Inputs stand in the documented order at the fixed batch; outputs equal torch's within the bound."""
    model = catalog.models["tinybert"]
    result = export(network, model, small, batch_size=4, opset=opset)
    graph = result.graph.graph
    assert [item.name for item in graph.input] == ["input_ids", "segment_ids", "input_mask"]
    for item in graph.input:
        assert [d.dim_value for d in item.type.tensor_type.shape.dim] == [4, 64]
        assert item.type.tensor_type.elem_type == TensorProto.INT64
    assert [d.dim_value for d in graph.output[0].type.tensor_type.shape.dim] == [4, 2]
    assert result.graph.opset_import[0].version == opset
    assert 0 <= result.max_abs_difference < PARITY_BOUND


def test_a_graph_above_protobufs_limit_is_an_error(catalog, small, network, monkeypatch):
    """In one sentence, before the simplifier breaks on it. The limit is made small, not the graph big."""
    monkeypatch.setattr(values, "MOST_BYTES", 10_000)
    with pytest.raises(
        GraphError, match=r"tinybert: the graph's constants are 0\.\d\d GB, above the 0\.00 GB"
    ):
        export(network, catalog.models["tinybert"], small, batch_size=1, opset=17)
    with pytest.raises(GraphError, match="take a smaller checkpoint"):
        export_any_shape(network, catalog.models["tinybert"], small, opset=17)


def simplify_badly(monkeypatch, graph_end: str, bias: float, at=0):
    """From here on what onnxsim makes has `bias` added to one value of the constant that ends so."""
    sound = onnxsim.simplify

    def simplify(raw, **options):
        graph, said = sound(raw, **options)
        (tensor,) = [item for item in graph.graph.initializer if item.name.endswith(graph_end)]
        array = numpy_helper.to_array(tensor).copy()
        array[at] += bias
        tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
        return graph, said

    monkeypatch.setattr(onnxsim, "simplify", simplify)


def test_a_simplification_that_changes_the_numbers_is_an_error(catalog, small, network, monkeypatch):
    """Whatever the simplifier says of it: the comparison with torch finds it, at a fixed batch and at any."""
    model = catalog.models["tinybert"]
    simplify_badly(monkeypatch, "classifier.bias", 2 * PARITY_BOUND)
    with pytest.raises(GraphError, match=r"tinybert: the graph .* differs from torch by 0\.00"):
        export(network, model, small, batch_size=1, opset=17)
    with pytest.raises(GraphError, match=r"differs from torch by 0\.00"):
        export_any_shape(network, model, small, opset=17)


def test_a_graph_that_cannot_be_simplified_is_an_error(catalog, small, network, monkeypatch):
    """In one sentence, with what the simplifier said."""

    def broken(*_, **__):
        raise RuntimeError("no schema of Gelu")

    monkeypatch.setattr(onnxsim, "simplify", broken)
    with pytest.raises(GraphError, match=r"tinybert: onnxsim cannot simplify .*: no schema of Gelu"):
        export(network, catalog.models["tinybert"], small, batch_size=1, opset=17)


def test_a_nan_of_the_last_output_is_a_difference(catalog, monkeypatch):
    """The start logits are right and the end logits are none."""
    model = catalog.models["bert-squad"]
    squad = dataclasses.replace(
        model.architecture, layers=1, hidden=32, heads=2, intermediate=64, vocabulary=200, positions=64
    )
    network = build_network(squad, model.inputs).eval()
    short = dataclasses.replace(model, length=squad.positions)
    export(network, short, squad, batch_size=1, opset=17)
    simplify_badly(monkeypatch, "qa_outputs.bias", np.nan, at=1)
    with pytest.raises(GraphError, match="differs from torch by nan"):
        export(network, short, squad, batch_size=1, opset=17)


def test_layer_normalization_is_one_operator_from_opset_17(catalog, small, network):
    """At opset 11, which the Ascend documents export, it is spelled out in small operators."""
    model = catalog.models["tinybert"]
    graphs = {opset: export(network, model, small, batch_size=1, opset=opset).graph for opset in (11, 17)}
    operators = {opset: {node.op_type for node in graph.graph.node} for opset, graph in graphs.items()}
    assert "LayerNormalization" in operators[17]
    assert "LayerNormalization" not in operators[11]
    assert "ReduceMean" in operators[11]


def test_the_eager_export_keeps_the_mask_as_one_constant(exported):
    """The lowest fp32 value, and no IsNaN: what the documents' graph fix stands on."""
    assert lowest_constant(exported.graph) == float(np.finfo(np.float32).min)
    assert not [node for node in exported.graph.graph.node if node.op_type == "IsNaN"]


def test_mask_fix_limits_the_constant_and_keeps_the_numbers(exported, inputs, fp32_logits):
    """-10000 as documented; exp(-10000) is 0 in fp32 as well, so that no logit moves."""
    fixed = mask.limit_mask(exported.graph)
    assert lowest_constant(fixed) == -10000.0
    assert lowest_constant(exported.graph) < -1e38, "the step must not change its argument"
    np.testing.assert_array_equal(run(fixed, inputs)[0], fp32_logits)


def test_the_steps_keep_every_constants_shape(exported, half):
    """A scalar stays a scalar: shape inference of later steps depends on it."""
    shapes = {name: list(tensor.dims) for name, tensor in values.constants(exported.graph.graph)}
    for graph in (mask.limit_mask(exported.graph), half):
        assert {name: list(tensor.dims) for name, tensor in values.constants(graph.graph)} == shapes


def test_mask_fix_refuses_a_graph_without_the_constant(exported):
    """A silent no-op would leave the overflow to be found on the chip."""
    with pytest.raises(GraphError, match="attention mask"):
        mask.limit_mask(mask.limit_mask(exported.graph))


def test_a_plain_cast_of_the_unfixed_graph_is_caught(exported):
    """The mask constant is an infinity in fp16; our conversion refuses it and names it."""
    with pytest.raises(GraphError, match=r"infinity.*limit the attention mask"):
        fp16.to_fp16(exported.graph)


def test_fp16_rounds_every_intermediate_value(half, inputs):
    """Every floating value between operators is fp16 by type, and stays so at the pinned level.

    The graph with every value as an output cannot have its casts removed; the graph without must
    give the very same bits.
    """
    exposed = values.copy_of(half)
    types = values.element_types(half)
    names = sorted(
        output
        for node in half.graph.node
        for output in node.output
        if types.get(output) == TensorProto.FLOAT16 and node.op_type != "Constant"
    )
    assert len(names) > 30
    expose(exposed, names, TensorProto.FLOAT16)
    *intermediate, logits = run(exposed, inputs, [*names, "logits"])
    for name, value in zip(names, intermediate, strict=True):
        assert value.dtype == np.float16, name
        assert np.isfinite(value).all(), name
    np.testing.assert_array_equal(run(half, inputs)[0], logits)
    np.testing.assert_array_equal(logits, logits.astype(np.float16).astype(np.float32))


def test_fp16_values_feed_only_operators_that_move_them(half):
    """Arithmetic is fp32 between a widening and a rounding cast: fp32 accumulation."""
    types = values.element_types(half)
    for node in half.graph.node:
        if node.op_type not in fp16.MOVES and node.op_type not in ("Cast", "Constant"):
            for name in (*node.input, *node.output):
                assert types.get(name) != TensorProto.FLOAT16, f"{node.op_type} computes on fp16 {name}"


def test_fp16_shows_in_the_numbers_and_is_small(half, inputs, fp32_logits):
    """Rounding moves the logits, by less than a hundredth of their size."""
    difference = np.abs(run(half, inputs)[0] - fp32_logits).max()
    assert 0 < difference < 0.01 * max(1.0, np.abs(fp32_logits).max())


def test_fp16_matmul_accumulates_in_fp32():
    """4096 products of 1 x 2^-11 sum to 2 exactly; fp16 accumulation would stall at 1."""
    n = 4096
    weights = np.full((n, 1), 2.0**-11, np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "sum",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, n])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1])],
        [onnx.numpy_helper.from_array(weights, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    result = run(fp16.to_fp16(model), {"x": np.ones((1, n), np.float32)}, ["y"])[0]
    assert result.item() == 2.0


def test_fp16_rounds_a_result_once():
    """1 + 2^-11 lies half-way between two fp16 values and rounds to the even one, 1."""
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "c"], ["y"])],
        "add",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
        [onnx.numpy_helper.from_array(np.array([2.0**-11], np.float32), "c")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    assert run(fp16.to_fp16(model), {"x": np.ones(1, np.float32)}, ["y"])[0].item() == 1.0
    assert run(model, {"x": np.ones(1, np.float32)}, ["y"])[0].item() == 1.0 + 2.0**-11


def test_tanh_gelu_replaces_every_erf(exported, inputs, fp32_logits, small):
    """One tanh a layer besides the pooler's; the logits move by what the approximation is worth."""
    changed = gelu.tanh_gelu(exported.graph, expected=small.layers)
    onnx.checker.check_model(changed, full_check=True)
    assert not [node for node in changed.graph.node if node.op_type == "Erf"]
    assert len([node for node in changed.graph.node if node.op_type == "Tanh"]) == small.layers + 1
    difference = np.abs(run(changed, inputs)[0] - fp32_logits).max()
    assert 1e-6 < difference < 1e-2


def test_tanh_gelu_equals_the_formula(exported, small):
    """Each GELU's output equals the published tanh form of its input, computed in float64."""
    changed = gelu.tanh_gelu(exported.graph, expected=small.layers)
    terms = [node for node in changed.graph.node if node.name.endswith("_square")]
    assert len(terms) == small.layers
    readers = {name: node for node in changed.graph.node for name in node.input}
    x_name = terms[0].input[0]
    tanh = next(node for node in changed.graph.node if node.name == "gelu_tanh_0")
    plus_one = readers[tanh.output[0]]
    product = readers[plus_one.output[0]]
    halved = readers[product.output[0]]
    exposed = values.copy_of(changed)
    names = [x_name, halved.output[0]]
    expose(exposed, names, TensorProto.FLOAT)
    feed = example_inputs_for(exposed)
    x, y = (value.astype(np.float64) for value in run(exposed, feed, names))
    expected = 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    np.testing.assert_allclose(y.ravel(), expected.ravel(), atol=2e-6)


def example_inputs_for(graph):
    generator = np.random.default_rng(2)
    shape = [d.dim_value for d in graph.graph.input[0].type.tensor_type.shape.dim]
    ids = generator.integers(1, 200, shape)
    return {"input_ids": ids, "segment_ids": ids * 0, "input_mask": np.ones_like(ids)}


def test_tanh_gelu_refuses_another_count(exported):
    """A layer more than the graph has GELUs is an error, not a graph half changed."""
    with pytest.raises(GraphError, match="expected 3: one a layer, and the head's"):
        gelu.tanh_gelu(exported.graph, expected=3)


@pytest.mark.parametrize(
    ("chip", "precision", "expected"),
    [
        ("ascend310p", None, ["limit-mask", "tanh-gelu", "fp16"]),
        ("t4", None, []),
        ("t4", Precision.FP16, ["limit-mask", "fp16"]),
        ("cpu", None, []),
        ("ascend310", Precision.FP32, ["tanh-gelu"]),
        ("ascend310p", Precision.INT8, ["limit-mask", "tanh-gelu", "int8"]),
    ],
)
def test_numerics_of_each_chip(catalog, chip, precision, expected):
    """TinyBERT's atc command asks for the fast GELU on Ascend; trtexec runs fp32 without --fp16."""
    case = make_case(catalog, "tinybert", chip, precision=precision)
    assert [name for name, _ in numerics.steps(case, gelus=4, ranges=tuple)] == expected


@pytest.mark.parametrize("precision", [Precision.TF32, Precision.BF16])
def test_what_only_a_gpu_computes_in_is_refused(catalog, precision):
    """No stand-in claims numerics that nobody compared it with."""
    case = make_case(catalog, "tinybert", "cuda", precision=precision)
    with pytest.raises(NotYet, match=f"tinybert-cuda-{precision}-bs8: onnxruntime on the CPU does not"):
        numerics.steps(case, gelus=4, ranges=tuple)


@pytest.fixture(scope="session")
def quantised(exported, catalog, small):
    """The small network in int8, calibrated on ten batches of three."""
    model = catalog.models["tinybert"]
    feeds = [
        example_inputs(model, vocabulary=small.vocabulary, batch_size=3, seed=seed)
        for seed in range(100, 110)
    ]
    limited = mask.limit_mask(exported.graph)
    return int8.to_int8(limited, int8.ranges_of(limited, feeds))


def test_int8_quantises_the_products_and_nothing_else(quantised, exported):
    """Every MatMul and Gemm reads dequantised int8; no other operator does."""
    producers = {output: node for node in quantised.graph.node for output in node.output}
    products = [node for node in quantised.graph.node if node.op_type in int8.OPERATORS]
    before = [node for node in exported.graph.graph.node if node.op_type in int8.OPERATORS]
    assert len(products) == len(before) > 0
    for node in products:
        assert [producers[name].op_type for name in node.input[:2]] == ["DequantizeLinear"] * 2
    weights = [t for t in quantised.graph.initializer if t.data_type == TensorProto.INT8 and len(t.dims) == 2]
    assert weights


def test_int8_scales_are_one_a_tensor_and_symmetric(quantised):
    """Per tensor, as documented: scalar scales, zero points of 0."""
    known = dict(values.constants(quantised.graph))
    for node in quantised.graph.node:
        if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            assert values.array_of(known[node.input[1]]).size == 1
            assert not values.array_of(known[node.input[2]]).any()


def test_int8_calibration_is_deterministic(exported, catalog, small):
    """The same samples give the same bytes."""
    model = catalog.models["tinybert"]
    feeds = [example_inputs(model, vocabulary=small.vocabulary, batch_size=3, seed=s) for s in range(3)]
    limited = mask.limit_mask(exported.graph)
    one, two = (int8.to_int8(limited, int8.ranges_of(limited, feeds)) for _ in range(2))
    assert one.SerializeToString() == two.SerializeToString()


def test_int8_cuts_activations_at_the_documented_percentile():
    """Of 200,000 values that are 1 but for one of 100, the scale is that of about 1: the cut works."""
    count = 200_000
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [count, 1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [count, 1])],
        [onnx.numpy_helper.from_array(np.ones((1, 1), np.float32), "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    x = np.ones((count, 1), np.float32)
    x[7] = 100.0
    quantised = int8.to_int8(model, int8.ranges_of(model, [{"x": x}]))
    known = dict(values.constants(quantised.graph))
    scale = next(float(values.array_of(known[n.input[1]])) for n in quantised.graph.node if n.input[0] == "x")
    assert scale < 2.0 / 127


def test_int8_shows_in_the_numbers_and_the_model_survives(quantised, inputs, fp32_logits, half):
    """Coarser than fp16, by far, and still the same model."""
    logits = run(quantised, inputs)[0]
    difference = np.abs(logits - fp32_logits).max()
    assert np.abs(run(half, inputs)[0] - fp32_logits).max() < difference < 0.25 * np.ptp(fp32_logits) + 0.25


def test_int8_without_samples_is_refused(exported):
    """A scale of nothing is no scale."""
    with pytest.raises(GraphError, match="calibration samples, found none"):
        int8.ranges_of(exported.graph, [])


def test_int8_without_a_product_is_refused():
    """What the numbers say of int8 would be said of fp32."""
    value = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [2])  # noqa: E731
    graph = helper.make_graph([helper.make_node("Neg", ["x"], ["y"])], "g", [value("x")], [value("y")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    for refused in (
        lambda: int8.ranges_of(model, [{"x": np.ones(2, np.float32)}]),
        lambda: int8.to_int8(model, ()),
    ):
        with pytest.raises(NotApplicable, match="nothing to quantise: the graph has none of MatMul, Gemm"):
            refused()


@pytest.fixture(scope="session")
def one_at_a_time(catalog, small, network) -> tuple[onnx.ModelProto, int8.Ranges]:
    """The small network's graph of one sample, and what four samples come to in it."""
    model = catalog.models["tinybert"]
    graph = mask.limit_mask(export(network, model, small, batch_size=1, opset=17).graph)
    feeds = [example_inputs(model, vocabulary=small.vocabulary, batch_size=1, seed=s) for s in range(4)]
    return graph, int8.ranges_of(graph, feeds)


@pytest.mark.parametrize("which", ["batch of three", "any shape"])
def test_ranges_of_one_sample_are_those_of_the_same_products(
    which: str, one_at_a_time, exported, any_shape, catalog, small
):
    """Values have other names at another batch size: the order of the products tells which is which."""
    model = catalog.models["tinybert"]
    _, single = one_at_a_time
    graph = mask.limit_mask(exported.graph if which == "batch of three" else any_shape)
    feeds = [example_inputs(model, vocabulary=small.vocabulary, batch_size=1, seed=s) for s in range(4)]
    if which == "batch of three":  # four samples three times each: as many of each
        feeds = [{name: np.repeat(array, 3, axis=0) for name, array in feed.items()} for feed in feeds]
    own = int8.ranges_of(graph, feeds)
    for ours, theirs in zip(own, single, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4)


def test_ranges_of_another_network_are_refused(one_at_a_time):
    """One product fewer, or a constant where a value belongs: every scale behind it would be another's."""
    graph, ranges = one_at_a_time
    two_values = (ranges[0][:1], *ranges[1:])
    for wrong in (ranges[:-1], two_values):
        with pytest.raises(GraphError, match=r"on \d+ products and the graph has \d+.* another network's"):
            int8.to_int8(graph, wrong)


def test_torch_and_the_graph_agree_on_other_inputs(exported, catalog, network, small):
    """The parity of the export holds on a batch it was not made with."""
    model = catalog.models["tinybert"]
    feed = example_inputs(model, vocabulary=small.vocabulary, batch_size=3, seed=9)
    ours = run(exported.graph, feed, level=LEVELS.ORT_ENABLE_ALL)[0]
    assert np.abs(ours - run_torch(network, model, feed)[0]).max() < PARITY_BOUND


@pytest.mark.parametrize("name", ["bert-large-ner", "bert-chinese-ner", "bert-squad", "spanbert"])
def test_every_documented_system_exports_with_its_contract(catalog, small, name):
    """Heads, dtypes (int32 where the device takes it), names in order: as the tables say."""
    import torch

    from harness.models.networks import build_network

    model = dataclasses.replace(catalog.models[name], length=32)
    architecture = dataclasses.replace(small, head=model.architecture.head, labels=model.architecture.labels)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = build_network(architecture, model.inputs).eval()
    graph = export(net, model, architecture, batch_size=2, opset=17).graph.graph
    dtypes = {"int64": TensorProto.INT64, "int32": TensorProto.INT32}
    assert [item.name for item in graph.input] == [item.name for item in model.inputs]
    found = [item.type.tensor_type.elem_type for item in graph.input]
    assert found == [dtypes[item.dtype] for item in model.inputs]
    assert [item.name for item in graph.output] == [item.name for item in model.outputs]


@pytest.fixture(scope="session")
def any_shape(catalog: Catalog, small: Architecture, network: object) -> onnx.ModelProto:
    """The small network's graph with open batch and length."""
    return export_any_shape(network, catalog.models["tinybert"], small, opset=17).graph


class TestAnyShape:
    @pytest.mark.parametrize(("rows", "length"), [(1, 1), (1, 64), (5, 17), (9, 64)])
    def test_torch_at_any_shape(
        self, catalog: Catalog, network: object, any_shape: onnx.ModelProto, rows: int, length: int
    ):
        """One sample or nine, one position or all."""
        model = catalog.models["tinybert"]
        batch = {
            name: np.ascontiguousarray(array[:, :length])
            for name, array in example_inputs(model, vocabulary=200, batch_size=rows, seed=rows).items()
        }
        session = onnxruntime.InferenceSession(any_shape.SerializeToString())
        [ours] = session.run(None, batch)
        [theirs] = run_torch(network, model, batch)
        assert ours.shape == theirs.shape == (rows, 2)
        assert np.abs(ours - theirs).max() < 1e-5

    def test_the_same_products_as_at_a_fixed_shape(self, exported: Exported, any_shape: onnx.ModelProto):
        """Below fp32 their form is part of the numerics: as many Gemms and as many products."""

        def count(graph: onnx.ModelProto, kind: str) -> int:
            return sum(node.op_type == kind for node in graph.graph.node)

        for kind in ("Gemm", "MatMul", "LayerNormalization", "Erf", "Softmax"):
            assert count(any_shape, kind) == count(exported.graph, kind), kind


def test_a_dynamic_export_takes_any_batch_and_equals_torch(catalog, small, network):
    """As ascend-spanbert exports for atc, which is told the batch; the mask is limited there too."""
    model = catalog.models["tinybert"]
    result = export(network, model, small, batch_size=2, opset=11, dynamic_batch=True)
    for item in (*result.graph.graph.input, *result.graph.graph.output):
        assert item.type.tensor_type.shape.dim[0].dim_param == "batch"
    batch = example_inputs(model, vocabulary=small.vocabulary, batch_size=5, seed=2)
    ours = run(mask.limit_mask(result.graph), batch, level=LEVELS.ORT_ENABLE_ALL)[0]
    np.testing.assert_allclose(ours, run_torch(network, model, batch)[0], atol=PARITY_BOUND)


def test_an_outputs_node_gets_the_documented_name_and_nothing_else_changes(exported, inputs, fp32_logits):
    """TinyBERT's --out_nodes names the last Gemm as torch 1.8 did."""
    named = naming.name_outputs(exported.graph, ["Gemm_423"])
    (node,) = [node for node in named.graph.node if node.name == "Gemm_423"]
    assert list(node.output) == ["logits"]
    assert [node.name for node in exported.graph.graph.node].count("Gemm_423") == 0
    np.testing.assert_array_equal(run(named, inputs)[0], fp32_logits)


def test_a_name_that_is_taken_or_too_many_are_refused(exported):
    taken = exported.graph.graph.node[0].name
    with pytest.raises(GraphError, match="is there, and does not make the output logits"):
        naming.name_outputs(exported.graph, [taken])
    with pytest.raises(GraphError, match="found 1 outputs, expected one for each"):
        naming.name_outputs(exported.graph, ["a", "b"])
