"""An fp16 stand-in's graph as onnxruntime runs it: fewer operators, and not one other bit."""

from __future__ import annotations

import mini
import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from harness.models.graphs import fp16, gelu, mask, same_bits, values
from harness.models.graphs.export import example_inputs, export, export_any_shape

# All that fp16 has, in an order that puts neighbours into other places of a vector; the widened ones.
EVERY = np.random.default_rng(3).permutation(2**16).astype(np.uint16).view(np.float16).astype(np.float32)


def run(graph: onnx.ModelProto | bytes, inputs) -> list[np.ndarray]:
    """All outputs at a stand-in's level of optimisation, without what `same_bits` does."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    content = graph if isinstance(graph, bytes) else graph.SerializeToString()
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return session.run(None, dict(inputs))


def cheaper(graph: onnx.ModelProto) -> onnx.ModelProto:
    """The graph as it is run."""
    return onnx.load_model_from_string(same_bits.cheaper(graph.SerializeToString()))


def kinds(graph: onnx.ModelProto) -> list[str]:
    return [node.op_type for node in graph.graph.node]


def assert_same_bits(graph: onnx.ModelProto, inputs) -> onnx.ModelProto:
    """The graph as it is run, which gives the very bits of `graph`, those of no number included."""
    made = cheaper(graph)
    for ours, theirs in zip(run(made, inputs), run(graph, inputs), strict=True):
        assert ours.dtype == theirs.dtype
        assert ours.shape == theirs.shape
        assert ours.tobytes() == theirs.tobytes()
    return made


def narrow(nodes, inputs=("x",), constants=(), opset=17, shape=("rows",)) -> onnx.ModelProto:
    """An fp16 stand-in of these nodes, from fp32 inputs of any shape to ``y``."""
    graph = helper.make_graph(
        nodes, "test",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in inputs],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(array, np.float32), name) for name, array in constants],
    )  # fmt: skip
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    return fp16.to_fp16(made)


def node(kind: str, read: str, made: str, **attributes) -> onnx.NodeProto:
    return helper.make_node(kind, read.split(), [made], **attributes)


GELU = [
    node("Div", "x root", "a"), node("Erf", "a", "b"), node("Add", "b one", "c"),
    node("Mul", "x c", "d"), node("Mul", "d half", "y"),
]  # fmt: skip
GELU_CONSTANTS = [("root", 2**0.5), ("one", 1), ("half", 0.5)]
FUNCTIONS = {
    "gelu": (GELU, GELU_CONSTANTS),
    "hard swish": ([node("Add", "x three", "a"), node("Clip", "a low high", "b"), node("Div", "b high", "c"),
                    node("Mul", "c x", "y")], [("three", 3), ("low", 0), ("high", 6)]),
    "without a lower bound": ([node("Neg", "x", "a"), helper.make_node("Clip", ["a", "", "high"], ["b"]),
                               node("Exp", "b", "c"), node("Sqrt", "c", "y")], [("high", 6)]),
    "of other functions": ([node("Softplus", "x", "a"), node("Tanh", "a", "b"), node("Mul", "b x", "c"),
                            node("Sigmoid", "c", "d"), node("Max", "d c", "y")], []),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_one_value_is_looked_up(name: str):
    """Each of fp16's 65,536 values: subnormal ones, zeros, infinities, and what is no number."""
    nodes, constants = FUNCTIONS[name]
    with np.errstate(invalid="ignore"):
        made = assert_same_bits(narrow(nodes, constants=constants), {"x": EVERY})
    assert kinds(made).count("GatherElements") == 1
    assert values.opset_of(made) == same_bits.BITS_OPSET


def test_the_tanh_gelu_is_looked_up():
    """As the step writes it, which documents with the fast GELU ask for."""
    graph = helper.make_graph(
        GELU, "test", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.float32(array), name) for name, array in GELU_CONSTANTS],
    )  # fmt: skip
    erf = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    made = assert_same_bits(fp16.to_fp16(gelu.tanh_gelu(erf, expected=1)), {"x": EVERY})
    assert kinds(made).count("GatherElements") == 1


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("shape", [(), (0, 3), (3, 0), (1, 1), (5, 7), (3, 48), (2, 3, 4)], ids=str)
def test_values_of_any_shape_are_looked_up(shape: tuple[int, ...], known: bool):
    """None at all included; what the last axis is decides only how many tables threads have."""
    axes = shape if known else [f"axis{at}" for at in range(len(shape))]
    graph = narrow(GELU, constants=GELU_CONSTANTS, shape=axes)
    assert_same_bits(graph, {"x": np.asarray(np.random.default_rng(0).standard_normal(shape), np.float32)})


@pytest.mark.parametrize(
    ("kind", "weight", "tables"),
    [("Gemm", (8, 48), 16), ("MatMul", (8, 48), 16), ("MatMul", (8, 20), 4), ("MatMul", (8,), 1)],
)
def test_threads_divide_the_look_ups_of_a_layer(kind: str, weight: tuple[int, ...], tables: int):
    """Among 16 tables where the layer's width allows it, even where the axes of what comes in are unknown."""
    random = np.random.default_rng(0)
    first = [node("Reshape", "x shape", "r"), node(kind, "r weight", "g")]
    rest = [node(one.op_type, " ".join(one.input).replace("x", "g"), one.output[0]) for one in GELU]
    constants = [*GELU_CONSTANTS, ("weight", random.standard_normal(weight))]
    graph = narrow([*first, *rest], inputs=("x",), constants=constants, shape=("rows", 8))
    graph.graph.input.append(helper.make_tensor_value_info("shape", TensorProto.INT64, ["axes"]))
    rows = random.standard_normal((6, 8), np.float32)
    made = assert_same_bits(graph, {"x": rows, "shape": np.array([6, 8])})
    [expand] = [one for one in made.graph.node if one.op_type == "Expand"]
    assert expand.input[1] == f"same_bits/rows{tables}"


def test_one_table_serves_all_layers():
    """The same operators with the same constants, whatever these are called."""
    again = [
        node(one.op_type, " ".join(f"{name}2" for name in one.input), f"{one.output[0]}2") for one in GELU
    ]
    again[-1].output[0] = "y"
    first = [*GELU[:-1], node("Mul", "d half", "e"), node("MatMul", "e weight", "x2")]
    constants = [
        *GELU_CONSTANTS,
        *((f"{name}2", value) for name, value in GELU_CONSTANTS),
        ("weight", np.eye(3)),
    ]
    graph = narrow([*first, *again], constants=constants, shape=["rows", 3])
    made = assert_same_bits(graph, {"x": np.random.default_rng(0).standard_normal((4, 3), np.float32)})
    assert kinds(made).count("GatherElements") == 2
    assert kinds(made).count("Erf") == 1


def test_what_two_values_decide_is_computed():
    """A sum of two has no table; nor have few operators, whose tables would save little."""
    last = [node("Abs", "a", "b"), node("Sqrt", "b", "c"), node("Tanh", "c", "y")]
    both = narrow([node("Add", "x z", "a"), *last], inputs=("x", "z"))
    column = narrow([node("Mul", "x c0", "a"), *last], constants=[("c0", [1.5, 2.5])])
    for graph in (both, column):
        assert "GatherElements" not in kinds(cheaper(graph))
        assert values.opset_of(cheaper(graph)) == 17


def test_a_value_inside_that_is_read_elsewhere_stays():
    """It is made as well, and of what it is made."""
    nodes = [*GELU[:-1], node("Mul", "d half", "e"), node("Concat", "b d e", "y", axis=0)]
    made = assert_same_bits(narrow(nodes, constants=GELU_CONSTANTS), {"x": EVERY})
    assert kinds(made).count("GatherElements") == 2  # b is made by two operators


def test_a_graph_that_the_newer_opset_reads_otherwise_goes_without():
    """ReduceMean is told its axes elsewhere since 18."""
    nodes = [*GELU[:-1], node("Mul", "d half", "e"), node("ReduceMean", "e", "y", axes=[0])]
    made = assert_same_bits(narrow(nodes, constants=GELU_CONSTANTS), {"x": EVERY[np.isfinite(EVERY)]})
    assert values.opset_of(made) == 17
    assert "GatherElements" not in kinds(made)


def normalised_as_between_casts(width: int) -> tuple[list[str], list[str]]:
    """The operators of a LayerNormalization as it is written and as it is run, which give the same bits.

    Of rows from subnormal to overflowing, constant ones, and such with what is no number; and of two million
    ordinary values.
    """
    random = np.random.default_rng(width)
    rows = random.standard_normal((512, width)) * 2.0 ** random.integers(-26, 17, (512, 1))
    rows += random.choice([0, 1, 1000], (512, 1))
    rows[:4] = 3.0
    rows[4, 0], rows[5, 0] = np.inf, np.nan
    graph = narrow(
        [node("LayerNormalization", "x scale bias", "y", axis=-1, epsilon=1e-12)], shape=["rows", width],
        constants=[("scale", 1 + random.standard_normal(width)), ("bias", random.standard_normal(width))],
    )  # fmt: skip
    many = random.standard_normal((2_000_000 // width, width))
    many += random.choice([0, 1, 10], (len(many), 1))
    assert_same_bits(graph, {"x": many.astype(np.float32)})
    return kinds(graph), kinds(assert_same_bits(graph, {"x": rows.astype(np.float32)}))


@pytest.mark.parametrize("width", [24, 64, 312, 768, 1000, 1024])
def test_layer_normalisation_in_fp16_gives_the_bits_of_that_between_casts(width: int):
    _, run = normalised_as_between_casts(width)
    assert run == ["Cast", "LayerNormalization", "Cast"]


@pytest.mark.parametrize("width", [1, 7, 8, 12, 31, 100, 300])
def test_layer_normalisation_of_other_widths_stays_in_fp32(width: int):
    """There the fp16 kernel rounds some values otherwise: of width 8 one in 2,000."""
    written, run = normalised_as_between_casts(width)
    assert run == written


UNARY = ("Abs", "Cast", "Erf", "Exp", "Neg", "Relu", "Sigmoid", "Softplus", "Sqrt", "Tanh", "View")
BINARY = ("Add", "Div", "Max", "Min", "Mul", "Sub")


@st.composite
def networks(draw: st.DrawFn) -> onnx.ModelProto:
    """Operators that read what was made before, or a constant; the last and some others come out."""
    made, nodes = ["x", "z"], []
    constants = [("c0", 0.5), ("c1", 2**0.5), ("flat", None)]
    for at in range(draw(st.integers(4, 16))):
        kind = draw(st.sampled_from((*UNARY, *BINARY)))
        one = draw(st.sampled_from(made))
        if kind == "View":
            nodes.append(node("Reshape", f"{one} flat", f"v{at}"))
        elif kind == "Cast":
            nodes.append(node("Cast", one, f"v{at}", to=TensorProto.FLOAT))
        elif kind in UNARY:
            nodes.append(node(kind, one, f"v{at}"))
        else:
            nodes.append(node(kind, f"{one} {draw(st.sampled_from([*made, 'c0', 'c1']))}", f"v{at}"))
        made.append(f"v{at}")
    shown = draw(st.sets(st.sampled_from(made[2:]))) | {made[-1]}
    graph = helper.make_graph(
        nodes, "test",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows"]) for name in ("x", "z")],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in sorted(shown)],
        [numpy_helper.from_array(np.float32(value), name) for name, value in constants if value is not None]
        + [numpy_helper.from_array(np.array([-1]), "flat")],
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@given(network=networks())
@settings(max_examples=60, deadline=None)
def test_any_network_of_such_operators_has_the_same_bits(network: onnx.ModelProto):
    """Branches, values read twice, views, outputs in between."""
    other = np.roll(EVERY, 12345)
    assert_same_bits(fp16.to_fp16(network), {"x": EVERY, "z": other})


@pytest.mark.parametrize(("rows", "length"), [(1, 1), (3, 64), (7, 13)])
def test_a_network_has_the_same_bits_at_any_shape(catalog, small, network, rows: int, length: int):
    """Padded samples included; each GELU is one look-up, each normalisation reads fp16."""
    model = catalog.models[mini.MODEL]
    graph = fp16.to_fp16(mask.limit_mask(export_any_shape(network, model, small, opset=17).graph))
    feed = example_inputs(model, vocabulary=small.vocabulary, batch_size=rows, seed=rows)
    made = assert_same_bits(graph, {name: array[:, :length] for name, array in feed.items()})
    assert "same_bits/rows1" not in {item.name for item in made.graph.initializer}
    assert kinds(made).count("GatherElements") == small.layers
    wide = [
        one for one in made.graph.node if one.op_type == "LayerNormalization" and "__fp32" in one.input[0]
    ]
    assert not wide


def test_every_value_of_a_network_has_the_same_bits(catalog, small, network):
    """All of them as outputs, beside which tables are made for each that has several operators."""
    model = catalog.models[mini.MODEL]
    graph = fp16.to_fp16(mask.limit_mask(export(network, model, small, batch_size=2, opset=17).graph))
    types = values.element_types(graph)
    there = {item.name for item in graph.graph.output}
    graph.graph.output.extend(
        helper.make_tensor_value_info(name, types[name], None)
        for one in graph.graph.node
        for name in one.output
        if name not in there and one.op_type != "Constant"
    )
    assert_same_bits(graph, example_inputs(model, vocabulary=small.vocabulary, batch_size=2))


def test_a_file_is_read_as_its_bytes(tmp_path):
    """And left as it was."""
    graph = narrow(GELU, constants=GELU_CONSTANTS)
    onnx.save(graph, tmp_path / "graph.onnx")
    before = (tmp_path / "graph.onnx").read_bytes()
    assert same_bits.cheaper(tmp_path / "graph.onnx") == same_bits.cheaper(before)
    assert (tmp_path / "graph.onnx").read_bytes() == before
