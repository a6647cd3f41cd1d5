"""The bounds of the operators that LayerNorm is spelt out in below opset 17, and forms of before opset 13."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from harness.conformance.operators.arithmetic import U16, U32, Arithmetic
from harness.conformance.operators.bounded import Bounded, exact, within
from harness.conformance.operators.propagation import propagate
from harness.conformance.operators.rules import COMPUTING, MOVING
from harness.domain.precisions import Precision
from harness.errors import GraphError
from harness.models.graphs import fp16
from harness.toolchains.onnxruntime.backend import load_graph

SHAPE = [3, 7, 48]
TWO = np.array(2.0, np.float32)
NODES = {
    "Sub": helper.make_node("Sub", ["x", "z"], ["y"]),
    "Pow": helper.make_node("Pow", ["x", "two"], ["y"]),
    "Sqrt": helper.make_node("Sqrt", ["x"], ["y"]),
    "ReduceMean": helper.make_node("ReduceMean", ["x"], ["y"], axes=[-1]),
}


def graph(name: str) -> onnx.ModelProto:
    """One operator at opset 11, as torch exports it."""
    made = helper.make_graph(
        [NODES[name]],
        name,
        [helper.make_tensor_value_info(item, TensorProto.FLOAT, SHAPE) for item in ("x", "z")],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [onnx.numpy_helper.from_array(TWO, "two")],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 11)], ir_version=8)


def drawn(seed: int, precision: Precision) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    x = np.abs(generator.normal(3, 5, SHAPE)).astype(np.float32)
    z = generator.normal(0, 5, SHAPE).astype(np.float32)
    held = np.float16 if precision is Precision.FP16 else np.float32
    return {"x": x.astype(held).astype(np.float32), "z": z.astype(held).astype(np.float32)}


def times(name: str, precision: Precision, seed: int, factor: float = 1.0) -> float:
    """The largest error of onnxruntime's result, times `factor`, in units of its bound."""
    inputs = drawn(seed, precision)
    whole = graph(name)
    model = fp16.to_fp16(whole) if precision is Precision.FP16 else whole
    [found] = load_graph(model.SerializeToString(), precision).run(None, inputs)
    known = {key: exact(array.astype(np.float64)) for key, array in inputs.items()}
    arithmetic = Arithmetic(precision=precision)
    expected = propagate(whole.graph.node, known, {"two": TWO}, arithmetic)["y"]
    assert np.isfinite(expected.error).all()
    return float((np.abs(found.astype(np.float64) * factor - expected.value) / expected.error).max())


@pytest.mark.parametrize("precision", [Precision.FP32, Precision.FP16])
@pytest.mark.parametrize("name", NODES)
def test_a_sound_operator_is_within_its_bound_and_a_bias_is_not(name: str, precision: Precision):
    """Of four roundings; a mean of 48 terms in fp32 leaves more room than that."""
    unit = U16 if precision is Precision.FP16 else U32
    room = 60 if (name, precision) == ("ReduceMean", Precision.FP32) else 4
    for seed in range(5):
        assert times(name, precision, seed) <= 1
        assert times(name, precision, seed, 1 + room * unit) > 1


def one(value: float, error: float) -> Bounded:
    return within(np.array([value]), np.array([error]))


@pytest.mark.parametrize(
    ("name", "operands", "low", "high"),
    [
        ("Sub", (one(3, 0.5), one(1, 0.25)), 1.25, 2.75),
        ("Pow", (one(3, 0.5), one(2, 0)), 6.25, 12.25),
        ("Pow", (one(3, 0.5), one(3, 0)), 15.625, 42.875),
        ("Sqrt", (one(4, 3), ), 1, 7**0.5),
        ("Sqrt", (one(1e-12, 1e-12), ), 0, (2e-12) ** 0.5),
    ],
)  # fmt: skip
def test_errors_of_operands_reach_as_far_as_they_can(name, operands, low, high):
    """By hand: the ends of what the operands may be."""
    [found] = COMPUTING[name]({}, operands)
    assert found.value[0] - found.error[0] <= low
    assert found.value[0] + found.error[0] >= high
    widest = max(high - found.value[0], found.value[0] - low)
    assert found.error[0] == pytest.approx(widest, rel=1e-5)


def test_a_mean_hands_on_the_mean_of_the_errors():
    x = within(np.array([[1.0, 3, 5, 7]]), np.array([[0.0, 0.5, 0.5, 1.0]]))
    [found] = COMPUTING["ReduceMean"]({"axes": [1], "keepdims": 0}, (x,))
    assert found.value.tolist() == [4.0]
    assert found.error[0] == pytest.approx(0.5, rel=1e-5)


def test_a_power_that_is_neither_square_nor_cube_has_no_bound():
    with pytest.raises(GraphError, match="a Pow that is neither square nor cube"):
        COMPUTING["Pow"]({}, (one(2, 0), one(4, 0)))


def test_axes_and_sizes_may_be_attributes():
    """As before opset 13."""
    x = exact(np.arange(6.0).reshape(1, 6))
    [squeezed] = MOVING["Squeeze"]({"axes": [0]}, (x,))
    assert squeezed.value.shape == (6,)
    first, second = MOVING["Split"]({"axis": 1, "split": [2, 4]}, (x,))
    assert (first.value.tolist(), second.value.shape) == ([[0, 1]], (1, 4))
