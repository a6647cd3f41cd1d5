"""Graphs of every family of encoders: exported, of any shape, in fp16 and int8, and what they consist of."""

from __future__ import annotations

import dataclasses

import encoders
import numpy as np
import onnx
import onnxruntime
import pytest
from encoders import LENGTH, NAMES, VOCABULARY

from harness.domain.families import Family
from harness.domain.flops import encoder_flops
from harness.domain.models import Head, Model
from harness.models.graphs import flops, fp16, gelu, int8, mask
from harness.models.graphs.export import PARITY_BOUND, example_inputs, export, export_any_shape, run_torch
from harness.models.networks import build_network
from harness.models.graphs.numerics import apply

BATCH = 3


@dataclasses.dataclass
class Encoder:
    """A small network of a family, and its graphs, each made once."""

    model: Model
    network: object
    graphs: dict[object, onnx.ModelProto] = dataclasses.field(default_factory=dict)

    def graph(self, opset: int = 17) -> onnx.ModelProto:
        if opset not in self.graphs:
            made = export(self.network, self.model, self.model.architecture, batch_size=BATCH, opset=opset)
            self.graphs[opset] = made.graph
        return self.graphs[opset]

    def any_shape(self) -> onnx.ModelProto:
        if "any" not in self.graphs:
            made = export_any_shape(self.network, self.model, self.model.architecture, opset=17)
            self.graphs["any"] = made.graph
        return self.graphs["any"]

    def batch(self, seed: int = 7) -> dict[str, np.ndarray]:
        return example_inputs(self.model, vocabulary=VOCABULARY, batch_size=BATCH, seed=seed)


@pytest.fixture(scope="session")
def encoder(one_thread: None):
    import torch

    made: dict[object, Encoder] = {}

    def get(name: str, head: Head = Head.CLASSIFICATION) -> Encoder:
        if (name, head) not in made:
            model = encoders.model(name, head)
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(3)
                network = build_network(model.architecture, model.inputs).eval()
                encoders.louder(network)
            made[name, head] = Encoder(model, network)
        return made[name, head]

    return get


def run(graph: onnx.ModelProto, feed: dict[str, np.ndarray]) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, feed)


def away(ours: list[np.ndarray], theirs: list[np.ndarray]) -> float:
    """The largest difference in spreads."""
    scale = np.std(np.concatenate([array.reshape(-1) for array in theirs]))
    return float(max(np.abs(a - b).max() for a, b in zip(ours, theirs, strict=True)) / scale)


@pytest.mark.parametrize("opset", [11, 17])
@pytest.mark.parametrize("name", NAMES)
def test_a_family_is_exported(encoder, name: str, opset: int):
    """At the documents' opset and at the stand-in's, held to torch on other samples than `export` does."""
    made = encoder(name)
    feed = made.batch()
    assert away(run(made.graph(opset), feed), run_torch(made.network, made.model, feed)) < PARITY_BOUND


@pytest.mark.parametrize("name", NAMES)
def test_a_graph_of_any_shape_is_the_same_network(encoder, name: str):
    made = encoder(name)
    short = {key: np.ascontiguousarray(array[:2, : LENGTH // 2]) for key, array in made.batch().items()}
    assert away(run(made.any_shape(), short), run_torch(made.network, made.model, short)) < PARITY_BOUND


@pytest.mark.parametrize("name", NAMES)
def test_fp16_of_any_shape_is_fp16(encoder, catalog, name: str):
    made = encoder(name)
    feed = made.batch()
    limited = mask.limit_mask(made.graph())
    narrow = apply(limited, (("fp16", fp16.to_fp16),))
    theirs = run_torch(made.network, made.model, feed)
    found = away(run(narrow, feed), theirs)
    any_shape = apply(mask.limit_mask(made.any_shape()), (("fp16", fp16.to_fp16),))
    also = run(any_shape, feed)
    other = max(np.abs(a-b).max() for a,b in zip(also, run(narrow, feed)))
    print(name, found, away(also, theirs), other)
    assert found < 0.06


@pytest.mark.parametrize("name", NAMES)
def test_int8(encoder, name: str):
    made = encoder(name)
    feed = made.batch()
    limited = mask.limit_mask(made.graph())
    ranges = int8.ranges_of(limited, [made.batch(seed) for seed in range(20,24)])
    quantised = apply(limited, (("int8", lambda graph: int8.to_int8(graph, ranges)),))
    theirs = run_torch(made.network, made.model, feed)
    a = away(run(quantised, feed), theirs)
    try:
        any_shape = apply(mask.limit_mask(made.any_shape()), (("int8", lambda graph: int8.to_int8(graph, ranges)),))
        b = run(any_shape, feed)
        b= max(np.abs(x-y).max() for x,y in zip(b, run(quantised, feed)))
    except Exception as e: b=repr(e)[:150]
    print(name, a, b)


@pytest.mark.parametrize("head", encoders.HEADS)
@pytest.mark.parametrize("name", NAMES)
def test_flops(encoder, name: str, head):
    made = encoder(name, head)
    assert flops.count(made.graph()).products == BATCH * encoder_flops(made.model.architecture, LENGTH)


@pytest.mark.parametrize("head", encoders.HEADS)
@pytest.mark.parametrize("name", NAMES)
def test_gelu(encoder, name: str, head):
    made = encoder(name, head)
    erfs = sum(node.op_type == "Erf" for node in made.graph().graph.node)
    assert gelu.count_of(made.model.architecture) == erfs
    changed = gelu.tanh_gelu(made.graph(), expected=erfs)
    feed = made.batch()
    d = away(run(changed, feed), run(made.graph(), feed))
    print(name, head, erfs, d)
