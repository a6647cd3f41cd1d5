"""Operators' bounds: they hold for what is sound, and are tight enough to catch what is planted."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import onnx
import pytest

from fixtures import operators as selection
from fixtures.properties.operators import Values
from harness.conformance.operators import NAMES
from harness.conformance.operators.arithmetic import ERF_ULPS, TANH_ULPS, U16, U32, Arithmetic
from harness.conformance.operators.bounded import Array, within
from harness.conformance.operators.catalogue import LOWEST, Single, Size, single
from harness.conformance.operators.checking import check, compute, expect, hold
from harness.conformance.operators.rules import COMPUTING, MOVING
from harness.domain.catalog import Catalog
from harness.domain.precisions import Precision
from harness.errors import GraphError
from harness.models.graphs import values

FP32, FP16, INT8 = Precision.FP32, Precision.FP16, Precision.INT8
SIZE = Size(length=24, hidden=48, heads=4, rows=5)


def problem(item: Single, precision: Precision, computed: dict[str, Array]) -> str:
    return hold(computed, expect(item, precision)).problem


def given(item: Single, **inputs: Array) -> Single:
    """The same graph with other inputs of the same shape."""
    for name, array in inputs.items():
        assert array.shape == item.inputs[name].shape
    return dataclasses.replace(item, inputs={**item.inputs, **inputs})


def with_constant(item: Single, name: str, array: Array) -> Single:
    """The same graph with another constant."""
    graph = values.copy_of(item.graph)
    tensor = next(tensor for tensor in graph.graph.initializer if tensor.name == name)
    values.store(tensor, array.astype(np.float32))
    return dataclasses.replace(item, graph=graph)


# ------------------------------------------------------------------ what is covered


def test_every_floating_operator_of_the_minis_is_covered(mini_graphs: dict[str, onnx.ModelProto]):
    """By a rule, and by a graph of its own; And, Cast and Flatten are of masks and numbers alone."""
    single_graphs = [single(name, SIZE, seed=0, precision=FP32).graph for name in NAMES]
    alone = {node.op_type for graph in single_graphs for node in graph.graph.node}
    for name, model in mini_graphs.items():
        types = values.element_types(model)
        floating = {
            node.op_type
            for node in model.graph.node
            if node.op_type != "Constant"
            and any(types.get(value) == onnx.TensorProto.FLOAT for value in (*node.input, *node.output))
        }
        assert len(floating) > 10
        assert floating <= alone, f"{name}: no graph of {sorted(floating - alone)}"
        every = {node.op_type for node in model.graph.node} - {"Constant"}
        assert every <= set(COMPUTING) | set(MOVING), name


def test_forms_of_operators_are_the_exported_ones(mini_graphs: dict[str, onnx.ModelProto]):
    """Gemm either way round and with its bias, MatMul of two activations, 2 axes and 4."""
    forms = set()
    for model in mini_graphs.values():
        fixed = {name for name, _ in values.constants(model.graph)}
        for node in model.graph.node:
            attributes = {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}
            if node.op_type == "Gemm":
                assert (attributes.get("alpha", 1), attributes.get("beta", 1)) == (1, 1)
                forms.add(("Gemm", attributes.get("transB", 0), len(node.input)))
            if node.op_type == "MatMul":
                forms.add(("MatMul", tuple(name in fixed for name in node.input)))
    assert forms == {("Gemm", 0, 3), ("Gemm", 1, 3), ("MatMul", (False, False))}


def test_each_precision_of_a_stand_in_is_selected_by_its_chips(catalog: Catalog):
    """Chips that compute in it, not cuda, which has no stand-in."""
    chips = {
        str(precision): {chip.name for chip in those}
        for precision, those in selection.chips_by_precision(catalog).items()
    }
    assert chips == {
        "fp32": {"t4", "mlu370", "cpu"},
        "fp16": {"ascend310", "ascend310p", "t4", "vacc", "mlu370", "cpu"},
        "int8": {"vacc", "cpu"},
    }
    assert len(selection.parameters(catalog)) == 3 * len(NAMES)


# ------------------------------------------------------------------ what is caught

# Exact ones, and those whose results are too close to 0 for a relative error to show everywhere, are below.
BIASED = [
    name for name in NAMES if name not in ("gather-embedding", "gather-token", "where", "relu", "moves")
]


@pytest.mark.parametrize("name", BIASED)
def test_a_bias_of_four_roundings_is_caught_in_fp16(name):
    """Relative to the result, which is 2^-9: an fp16 operator rounds once."""
    item = single(name, SIZE, seed=3, precision=FP16)
    sound = compute(item, FP16)
    assert not problem(item, FP16, sound)
    biased = {key: array * np.float32(1 + 4 * U16) for key, array in sound.items()}
    assert "times the bound" in problem(item, FP16, biased)


@pytest.mark.parametrize("name", ["add-broadcast", "mul-scalar", "div-scalar", "erf", "gelu-erf"])
def test_a_bias_of_four_roundings_is_caught_in_fp32(name):
    """Where no sum of many terms, nor tanh's 8 ulp, leaves it room."""
    item = single(name, SIZE, seed=3, precision=FP32)
    sound = {key: array.astype(np.float64) for key, array in compute(item, FP32).items()}
    assert not problem(item, FP32, sound)
    biased = {key: array * (1 + 4 * U32) for key, array in sound.items()}
    assert "times the bound" in problem(item, FP32, biased)


@pytest.mark.parametrize("name", ["gather-embedding", "gather-token", "relu", "moves", "where"])
def test_what_moves_values_is_exact(name):
    """A last bit is caught."""
    item = single(name, SIZE, seed=3, precision=FP32)
    sound = compute(item, FP32)
    assert check(item, FP32).worst == 0
    changed = {key: np.nextafter(array, np.float32(np.inf)) for key, array in sound.items()}
    assert problem(item, FP32, changed)


def test_tanh_for_erf_is_caught_in_fp32_and_not_in_fp16():
    """They differ by 5e-4 at most, near 2; fp16's roundings of erf + 1 alone are worth as much there."""
    erf = single("gelu-erf", SIZE, seed=3, precision=FP32)
    tanh = single("gelu-tanh", SIZE, seed=3, precision=FP32)
    np.testing.assert_array_equal(erf.inputs["x"], tanh.inputs["x"])
    assert "times the bound" in problem(erf, FP32, compute(tanh, FP32))
    assert "times the bound" in problem(tanh, FP32, compute(erf, FP32))
    half = [single(name, SIZE, seed=3, precision=FP16) for name in ("gelu-erf", "gelu-tanh")]
    assert not problem(half[0], FP16, compute(half[1], FP16))


@pytest.mark.parametrize(("precision", "epsilon"), [(FP32, 1e-5), (FP32, 1e-2), (FP16, 1e-2)])
def test_another_epsilon_is_caught(precision, epsilon):
    """Also onnx's default in place of BERT's."""
    item = single("layer-normalization", SIZE, seed=3, precision=precision)
    graph = values.copy_of(item.graph)
    [attribute] = [one for one in graph.graph.node[0].attribute if one.name == "epsilon"]
    attribute.f = epsilon
    other = compute(dataclasses.replace(item, graph=graph), precision)
    assert "times the bound" in problem(item, precision, other)


def test_a_normalisation_without_epsilon_is_caught():
    """On rows whose variance is not far above it."""
    item = single("layer-normalization", SIZE, seed=3, precision=FP32)
    item = given(item, x=item.inputs["x"] * np.float32(1e-6))
    assert not check(item, FP32).problem
    x = item.inputs["x"].astype(np.float64)
    y = (x - x.mean(-1, keepdims=True)) / x.std(-1, keepdims=True)
    fixed = {name: values.array_of(tensor) for name, tensor in values.constants(item.graph.graph)}
    assert "times the bound" in problem(item, FP32, {"y": y * fixed["scale"] + fixed["bias"]})


def test_a_softmax_without_its_maximum_overflows_and_is_caught():
    """exp(100) is infinite in fp32, and infinity by infinity not a number."""
    item = single("softmax", SIZE, seed=3, precision=FP32)
    item = given(item, x=item.inputs["x"] + np.float32(100))
    assert not check(item, FP32).problem
    with np.errstate(all="ignore"):
        terms = np.exp(item.inputs["x"])
        naive = terms / terms.sum(-1, keepdims=True)
    assert "not numbers" in problem(item, FP32, {"y": naive})


def test_a_softmax_over_another_axis_is_caught():
    """In fp16 too."""
    item = single("softmax", Size(length=24, hidden=48, heads=4, rows=24), seed=3, precision=FP16)
    x = np.swapaxes(compute(given(item, x=np.swapaxes(item.inputs["x"], 2, 3)), FP16)["y"], 2, 3)
    assert "times the bound" in problem(item, FP16, {"y": x})


@pytest.mark.parametrize("name", ["matmul-constant", "matmul-batched", "gemm"])
def test_a_product_that_accumulates_in_fp16_is_caught(name):
    """A rounding a term, where the graph rounds once."""
    size = Size(length=64, hidden=512, heads=2, rows=4)
    item = single(name, size, seed=3, precision=FP16)
    left, right = list(item.inputs.values())[:2] if name == "matmul-batched" else (item.inputs["x"], None)
    fixed = {key: values.array_of(tensor) for key, tensor in values.constants(item.graph.graph)}
    right = fixed["w"] if right is None else right
    total = np.zeros((*left.shape[:-1], right.shape[-1]), np.float16)
    for at in range(left.shape[-1]):
        total += left[..., at, None].astype(np.float16) * right[..., at, :][..., None, :].astype(np.float16)
    assert "times the bound" in problem(item, FP16, {"y": total + fixed.get("b", np.float16(0))})


def test_a_product_that_forgets_its_bias_or_its_turn_is_caught():
    """By shape where the turn shows in it."""
    item = single("gemm", SIZE, seed=3, precision=INT8)
    assert not check(item, INT8).problem
    without = with_constant(item, "b", np.zeros(16))
    assert "times the bound" in problem(item, INT8, compute(without, FP32))


@pytest.mark.parametrize("name", ["matmul-constant", "gemm", "gemm-transposed", "gemm-no-bias"])
def test_a_weight_scale_off_by_two_is_caught_in_int8(name):
    """As if the weights were twice what they are."""
    item = single(name, SIZE, seed=3, precision=INT8)
    fixed = {key: values.array_of(tensor) for key, tensor in values.constants(item.graph.graph)}
    doubled = compute(with_constant(item, "w", fixed["w"] * 2), INT8)
    assert "times the bound" in problem(item, INT8, doubled)


def test_a_shape_is_held_too():
    """A result that would broadcast is none."""
    item = single("tanh", SIZE, seed=3, precision=FP32)
    assert "has the shape" in problem(item, FP32, {"y": compute(item, FP32)["y"][:1]})


def test_a_mask_that_hides_nothing_is_caught():
    """In the arithmetic of every precision."""
    for precision in (FP32, FP16, INT8):
        item = single("softmax-masked", SIZE, seed=3, precision=precision)
        assert not check(item, precision).problem
        bare = given(item, kept=np.ones_like(item.inputs["kept"]))
        assert "times the bound" in problem(item, precision, compute(bare, precision))


def test_erf_and_tanh_are_off_by_no_more_than_the_assumed_ulps():
    """Their bounds stand on them. How much less is the library's own affair, on each machine another."""
    x = np.random.default_rng(0).standard_normal((400, 500)).astype(np.float32) * np.float32(2)
    for name, ulps, reference in (
        ("erf", ERF_ULPS, np.vectorize(math.erf)), ("tanh", TANH_ULPS, np.tanh),
    ):  # fmt: skip
        item = single(name, Size(length=1, hidden=500, heads=1, rows=400), seed=0, precision=FP32)
        found = compute(given(item, x=x), FP32)["y"].astype(np.float64)
        exact = reference(x.astype(np.float64))
        assert (np.abs(found - exact) / np.abs(exact)).max() / U32 < ulps


# ------------------------------------------------------------------ edges


def test_an_overflow_of_fp16_is_infinite_and_a_clamp_is_caught():
    """What our graphs do: an infinity that runs on, never fp16's highest number in its place."""
    item = single("matmul-batched", SIZE, seed=3, precision=FP16)
    item = given(item, q=np.full_like(item.inputs["q"], 300), k=np.full_like(item.inputs["k"], 300))
    computed = compute(item, FP16)
    assert np.isposinf(computed["y"]).all()
    assert not problem(item, FP16, computed)
    clamped = {"y": np.minimum(computed["y"], np.float32(65504))}
    assert "is beyond fp16, and came out as 65504" in problem(item, FP16, clamped)


def test_what_may_be_beyond_fp16_by_its_operands_roundings_alone_is_no_clamp():
    """65663.9 exactly, by weights that fp16 rounds: 65504 is as right as an infinity."""
    draw = Values(seed=34, scale=0, edges=1.0)  # edge values of fp16 alone
    item = single("gemm-down", Size(length=1, hidden=34, heads=2, rows=2), seed=0, precision=FP16, draw=draw)
    expected = expect(item, FP16)["y"]
    assert expected.value[0, 1] == pytest.approx(65663.9, abs=0.05)
    assert np.isinf(expected.error[0, 1])
    assert not expected.infinite[0, 1]
    assert not check(item, FP16).problem
    sure = Arithmetic(precision=FP16).rounded(within(np.array([65663.9, -65663.9]), np.array([143.0, 144.0])))
    assert sure.infinite.tolist() == [True, False]


def test_a_constant_beyond_fp16_is_an_error():
    """Not an infinity in the graph, and not clamped."""
    item = single("add-broadcast", SIZE, seed=3, precision=FP16)
    with pytest.raises(GraphError, match=r"holds 70000 .*, which fp16 turns into infinity"):
        compute(with_constant(item, "positions", np.full((1, 5, 48), 70000)), FP16)


def test_fp16s_extremes_go_through():
    """Its highest, its smallest normal and its smallest subnormal; half of that is rounded to 0."""
    item = single("mul-scalar", SIZE, seed=3, precision=FP16)
    edges = np.array([65504, 2.0**-14, 2.0**-24, 3 * 2.0**-25, 2.0**-25, -(2.0**-24)], np.float32)
    item = with_constant(given(item, x=np.resize(edges, item.inputs["x"].shape)), "by", np.array(1.0))
    found = compute(item, FP16)["y"].reshape(-1)[:6]
    assert found.tolist() == [65504, 2.0**-14, 2.0**-24, 2 * 2.0**-24, 0, -(2.0**-24)]
    assert not check(item, FP16).problem


@pytest.mark.parametrize("precision", [FP32, FP16])
def test_the_sign_of_zero_is_kept(precision):
    """By a product; a graph of fp32 keeps subnormals as well."""
    item = single("mul-scalar", SIZE, seed=3, precision=precision)
    zeros = np.where(np.arange(item.inputs["x"].size) % 2, -0.0, 0.0).astype(np.float32)
    item = given(item, x=zeros.reshape(item.inputs["x"].shape))
    np.testing.assert_array_equal(np.signbit(compute(item, precision)["y"].reshape(-1)), np.signbit(zeros))


def test_fp32s_subnormals_are_kept():
    """Not flushed to 0."""
    item = single("mul-scalar", SIZE, seed=3, precision=FP32)
    item = with_constant(given(item, x=np.full_like(item.inputs["x"], 2.0**-140)), "by", np.array(0.5))
    assert (compute(item, FP32)["y"] == 2.0**-141).all()


def test_a_row_that_is_all_hidden_is_uniform_in_fp32():
    """The lowest fp32 number swallows every score: finite, and the same everywhere."""
    item = single("softmax-masked", SIZE, seed=3, precision=FP32)
    hidden = compute(given(item, kept=np.zeros_like(item.inputs["kept"])), FP32)["y"]
    np.testing.assert_allclose(hidden, 1 / SIZE.length, rtol=1e-6)


@pytest.mark.parametrize("precision", [FP16, INT8])
def test_a_row_that_is_all_hidden_is_finite_below_fp32(precision):
    """With the documented -10000: a distribution, of the scores as far as a step of 8 (fp16) leaves them."""
    item = single("softmax-masked", SIZE, seed=3, precision=precision)
    hidden = given(item, kept=np.zeros_like(item.inputs["kept"]))
    assert not check(hidden, precision).problem
    found = compute(hidden, precision)["y"]
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found.sum(-1), 1, atol=SIZE.length * U16)
    if precision is FP16:
        np.testing.assert_allclose(found, 1 / SIZE.length, rtol=1e-3)


def test_a_mask_of_the_lowest_number_and_large_scores_hide_all_the_same():
    """Their sum is not below what fp32 holds, and what is not hidden is as if alone."""
    item = single("softmax-masked", SIZE, seed=3, precision=FP32)
    item = given(item, x=item.inputs["x"] - np.float32(1e30))
    found = compute(item, FP32)["y"]
    assert np.isfinite(found).all()
    kept = np.broadcast_to(item.inputs["kept"], found.shape)
    assert (found[~kept] == 0).all()
    assert LOWEST < -3e38


@pytest.mark.parametrize("row", [50, -51])
def test_a_row_out_of_range_is_an_error(row):
    """The vocabulary has 50; the first and the last are in every drawn graph."""
    item = single("gather-embedding", SIZE, seed=3, precision=FP32)
    assert {0, 49} <= set(item.inputs["ids"].reshape(-1).tolist())
    with pytest.raises(GraphError, match="gather-embedding: onnxruntime cannot run the graph"):
        compute(given(item, ids=np.full_like(item.inputs["ids"], row)), FP32)


def test_a_bound_says_of_how_much_it_says_nothing():
    """Where fp16 may overflow or not, anything is allowed, and counted."""
    item = single("add-broadcast", SIZE, seed=3, precision=FP16)
    item = with_constant(
        given(item, x=np.full_like(item.inputs["x"], 65504)), "positions", np.full((1, 5, 48), 15.998)
    )
    found = check(item, FP16)
    assert not found.problem
    assert found.unbounded == item.inputs["x"].size
