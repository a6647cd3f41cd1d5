"""Operations counted in graphs: every form of product, open shapes, the minis against the formula."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import onnx
import pytest
from making import make_case
from onnx import TensorProto, helper, numpy_helper

from harness.domain.flops import encoder_flops
from harness.domain.precisions import Precision
from harness.errors import GraphError
from harness.models.graphs import flops, int8, numerics
from harness.models.graphs.export import example_inputs, export, export_any_shape
from harness.models.networks import build_network
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.tables.catalog import BUILT_IN, load


@pytest.mark.parametrize("name", sorted(load((BUILT_IN,)).models))
def test_the_formula_is_what_each_minis_graph_multiplies(catalog, name: str, tmp_path: Path) -> None:
    """To the operation: there is no difference to explain. What is not a product is less than 2 % of it."""
    model = catalog.models[name]
    home = Home(root=tmp_path, models=tmp_path / "models", data=tmp_path / "data")
    materials = Materials(catalog, home, Options(weights="mini"), Silent())
    architecture = materials.checkpoint(model).architecture
    exported = export(materials.network(model), model, architecture, batch_size=1, opset=17)
    found = flops.count(exported.graph)
    assert found.products == encoder_flops(architecture, model.length)
    assert 0 < found.elementwise < 0.02 * found.products
    assert sum(found.by_operator.values()) == found.products + found.elementwise


@pytest.mark.parametrize("precision", [Precision.FP16, Precision.INT8])
def test_a_chips_numerics_change_no_product(catalog, exported, small, precision: Precision) -> None:
    """Batch 3 of 64 tokens, with fp16's casts, and with int8's pairs of quantisation."""
    model = dataclasses.replace(catalog.models["tinybert"], architecture=small)
    case = dataclasses.replace(
        make_case(catalog, "tinybert", "vacc", batch_size=3), model=model, precision=precision
    )
    feed = example_inputs(model, vocabulary=small.vocabulary, batch_size=3)
    steps = numerics.steps(case, gelus=small.layers, ranges=lambda: int8.ranges_of(exported.graph, [feed]))
    graph = numerics.apply(exported.graph, steps)
    assert flops.count(graph).products == 3 * encoder_flops(small, model.length)


def test_open_shapes_are_given_and_else_are_an_error(catalog, small) -> None:
    model = catalog.models["tinybert"]
    with np.errstate(all="ignore"):
        graph = export_any_shape(build_network(small, model.inputs).eval(), model, small, opset=17).graph
    assert flops.count(graph, batch=2, length=17).products == 2 * encoder_flops(small, 17)
    with pytest.raises(GraphError, match=r"is not known"):
        flops.count(graph)


def product(op: str, left, right, **attributes) -> onnx.ModelProto:
    """A graph of one product, of constants but for its first operand."""
    constants = [numpy_helper.from_array(right, "w")]
    node = helper.make_node(op, ["x", "w"], ["y"], **attributes)
    kind = helper.np_dtype_to_tensor_dtype(left.dtype)
    graph = helper.make_graph(
        [node], "g", [helper.make_tensor_value_info("x", kind, left.shape)],
        [helper.make_tensor_value_info("y", TensorProto.UNDEFINED, None)], constants,
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


X, W = np.zeros((5, 3), np.float32), np.zeros((3, 7), np.float32)
U, V = X.astype(np.uint8), W.astype(np.uint8)
SCALE, ZERO = np.float32(1.0), np.uint8(0)


@pytest.mark.parametrize(
    "graph",
    [
        product("MatMul", X, W),
        product("Gemm", X, W),
        product("Gemm", X.T, W.T.copy(), transA=1, transB=1),
        product("MatMulInteger", U, V),
    ],
    ids=["MatMul", "Gemm", "Gemm of transposed", "MatMulInteger"],
)
def test_each_form_of_product(graph: onnx.ModelProto) -> None:
    """5 by 3 times 3 by 7: two operations for each of 105 products."""
    assert flops.count(graph) == flops.Counted(
        products=210, elementwise=0, by_operator={graph.graph.node[0].op_type: 210}
    )


def test_the_quantised_form_with_its_scales() -> None:
    """QLinearMatMul: the operands stand among scales and zero points."""
    named = {"s": SCALE, "z": ZERO, "w": V}
    node = helper.make_node("QLinearMatMul", ["x", "s", "z", "w", "s", "z", "s", "z"], ["y"])
    graph = helper.make_graph(
        [node], "g", [helper.make_tensor_value_info("x", TensorProto.UINT8, U.shape)],
        [helper.make_tensor_value_info("y", TensorProto.UINT8, None)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in named.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    assert flops.count(model).products == 210


def test_a_graph_that_cannot_be_counted_is_still_an_artifact() -> None:
    """The fact says why; the throughput's work is then by the formula."""
    node = helper.make_node("Nonsense", ["x"], ["y"], domain="nobody")
    graph = helper.make_graph(
        [node], "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )  # fmt: skip
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("nobody", 1)]
    )
    facts = flops.facts_of(model, batch=1, length=64)
    assert "flops" not in facts
    assert "Nonsense" in facts["flops_not_counted"]
