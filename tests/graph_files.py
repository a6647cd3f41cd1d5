"""Small ONNX graphs as files, each of a kind that real ones have, and models of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from harness.domain.cases import Case
from harness.domain.graphs import GraphFile, GraphInput
from harness.domain.models import Model
from harness.domain.precisions import Precision
from harness.kinds.runner import Runner
from harness.tables.cases import case_id

FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL


def drawn(*shape: int, scale: float = 0.5) -> np.ndarray:
    """The same values of a shape each time."""
    return (np.random.default_rng([7, *shape]).standard_normal(shape) * scale).astype(np.float32)


def value(name: str, shape: Sequence[Any] | None, kind: int = FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def graph(
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[onnx.ValueInfoProto],
    weights: dict[str, np.ndarray] | None = None,
    *,
    opset: int = 17,
) -> onnx.ModelProto:
    held = [numpy_helper.from_array(array, name) for name, array in (weights or {}).items()]
    made = helper.make_graph(list(nodes), "tests", list(inputs), list(outputs), held)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def node(kind: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(kind, list(inputs), list(outputs), **attributes)


def convolution(*, opset: int = 17, variance: float = 1.0, batch: Any = "n") -> onnx.ModelProto:
    """Conv, a batch normalisation of a variance, ReLU, pooling, a dense layer, softmax over 5 classes."""
    shrunk = np.sqrt(variance)
    return graph(
        [
            node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1]),
            node("BatchNormalization", ["c", "scale", "shift", "mean", "variance"], ["b"]),
            node("Relu", ["b"], ["r"]),
            node("GlobalAveragePool", ["r"], ["g"]),
            node("Flatten", ["g"], ["f"]),
            node("Gemm", ["f", "dense", "bias"], ["l"]),
            node("Softmax", ["l"], ["y"], axis=1),
        ],
        [value("x", [batch, 3, 8, 8])],
        [value("y", [batch, 5])],
        {
            "w": drawn(4, 3, 3, 3) * np.float32(shrunk), "scale": drawn(4) + 1, "shift": drawn(4),
            "mean": drawn(4), "variance": np.full(4, variance, np.float32), "dense": drawn(4, 5, scale=2),
            "bias": drawn(5),
        },
        opset=opset,
    )  # fmt: skip


def recurrent() -> onnx.ModelProto:
    """An LSTM whose state goes in and out, its batch along the second axis, and a sampling rate."""
    return graph(
        [
            node("Unsqueeze", ["x", "zero"], ["sequence"]),
            node("LSTM", ["sequence", "w", "r", "", "", "h", "c"], ["", "hn", "cn"], hidden_size=6),
            node("Cast", ["rate"], ["wide"], to=FLOAT),
            node("Div", ["wide", "sixteen"], ["factor"]),
            node("Mul", ["hn", "factor"], ["y"]),
        ],
        [value("x", ["n", 4]), value("h", [1, "n", 6]), value("c", [1, "n", 6]), value("rate", [], INT64)],
        [value("y", [1, "n", 6]), value("cn", [1, "n", 6])],
        {
            "zero": np.array([0], np.int64), "w": drawn(1, 24, 4), "r": drawn(1, 24, 6),
            "sixteen": np.array(16000, np.float32),
        },
    )  # fmt: skip


def branching() -> onnx.ModelProto:
    """An If whose branches read weights and values from around them."""
    branches = [
        helper.make_graph(
            [node("MatMul", ["x", "w"], [f"{name}_m"]), node(kind, [f"{name}_m"], [f"{name}_y"])],
            name, [], [value(f"{name}_y", None)],
        )
        for name, kind in (("then", "Tanh"), ("else", "Relu"))
    ]  # fmt: skip
    return graph(
        [
            node("ReduceSum", ["x"], ["sum"], keepdims=0),
            node("Greater", ["sum", "limit"], ["positive"]),
            node("If", ["positive"], ["z"], then_branch=branches[0], else_branch=branches[1]),
            node("Add", ["z", "x"], ["y"]),
        ],
        [value("x", ["n", 4])],
        [value("y", ["n", 4])],
        {"w": drawn(4, 4), "limit": np.array(0, np.float32)},
    )


def quantised_by_the_batch() -> onnx.ModelProto:
    """A dense layer in int8 whose scale is that of the largest value of the batch."""
    return graph(
        [
            node("DynamicQuantizeLinear", ["x"], ["q", "scale", "zero"]),
            node("MatMulInteger", ["q", "w", "zero"], ["product"]),
            node("Cast", ["product"], ["m"], to=FLOAT),
            node("Mul", ["m", "scale"], ["scaled"]),
            node("Mul", ["scaled", "step"], ["y"]),
        ],
        [value("x", ["n", 4])],
        [value("y", ["n", 4])],
        {"w": np.round(drawn(4, 4, scale=40)).astype(np.int8), "step": np.array(0.01, np.float32)},
    )


def centred_by_the_batch() -> onnx.ModelProto:
    """A dense layer less its mean over the batch, and which class is the largest of that."""
    return graph(
        [
            node("MatMul", ["x", "w"], ["m"]),
            node("ReduceMean", ["m"], ["mean"], axes=[0], keepdims=1),
            node("Sub", ["m", "mean"], ["y"]),
            node("ArgMax", ["y"], ["k"], axis=1, keepdims=0),
        ],
        [value("x", ["n", 4])],
        [value("y", ["n", 4]), value("k", ["n"], INT64)],
        {"w": drawn(4, 4)},
    )


def deciding(*, floats: bool = False, over_all: bool = False) -> onnx.ModelProto:
    """A dense layer and its largest class; its values, too, or the mean over all that is fed at once."""
    return graph(
        [
            node("MatMul", ["x", "w"], ["y"]),
            node("ArgMax", ["y"], ["k"], axis=1, keepdims=0),
            node("ReduceMean", ["y"], ["mean"], axes=[0, 1], keepdims=0),
        ],
        [value("x", ["n", 4])],
        [
            value("k", ["n"], INT64),
            *[value("y", ["n", 4])] * floats,
            *[value("mean", [])] * over_all,
        ],
        {"w": drawn(4, 4)},
    )


def overflowing(factor: float = 6e4) -> onnx.ModelProto:
    """A dense layer whose values a factor, which fp16 holds, brings beyond its range, and back again."""
    much = np.full(4, factor, np.float32)
    return graph(
        [
            node("MatMul", ["x", "w"], ["m"]),
            node("Mul", ["m", "much"], ["large"]),
            node("Relu", ["large"], ["kept"]),
            node("Div", ["kept", "as_much"], ["y"]),
        ],
        [value("x", ["n", 4])],
        [value("y", ["n", 4])],
        {"w": drawn(4, 4), "much": much, "as_much": much},
    )


def of(path: Path, made: onnx.ModelProto, inputs: Sequence[GraphInput], **more: Any) -> Model:
    """A model of a graph, which is written to `path`."""
    path.write_bytes(made.SerializeToString())
    return Model(
        name=path.stem, title=path.stem, graph=GraphFile(file=str(path), inputs=tuple(inputs)), **more
    )


IMAGES = (GraphInput(name="x", dtype="float32", shape=("batch", 3, 8, 8)),)
ROWS = (GraphInput(name="x", dtype="float32", shape=("batch", 4)),)
STATES = (
    GraphInput(name="x", dtype="float32", shape=("batch", 4)),
    GraphInput(name="h", dtype="float32", shape=(1, "batch", 6)),
    GraphInput(name="c", dtype="float32", shape=(1, "batch", 6)),
    GraphInput(name="rate", dtype="int64", range="uniform(16000, 16000)"),
)


def case_on(runner: Runner, model: Model, precision: Precision, batch: int = 2) -> Case:
    """A case of the model on this machine's CPU, its model in the runner's catalog."""
    materials = runner.materials
    models = {**materials.catalog.models, model.name: model}
    materials.catalog = dataclasses.replace(materials.catalog, models=models)
    chip = materials.catalog.chips["cpu"]
    return Case(
        id=case_id(model, chip, precision, batch), model=model, chip=chip, precision=precision,
        batch_size=batch, documented=False,
    )  # fmt: skip
