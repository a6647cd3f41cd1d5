"""The CPU backend: what it says of itself, and what a session is."""

from __future__ import annotations

import dataclasses
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mini
import numpy as np
import onnx
import pytest
from making import make_case, make_place
from onnx import TensorProto, helper

from harness.artifacts.cache import Artifact, ArtifactCache, Recipe
from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.precisions import Precision
from harness.errors import GraphError, MachineError
from harness.models.graphs.export import example_inputs
from harness.running import building
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.toolchains.base import Available, Backend
from harness.toolchains.loading import load
from harness.toolchains.onnxruntime.backend import load_graph


@pytest.fixture(scope="session")
def cpu() -> Backend:
    """The backend."""
    return load("onnxruntime")


def graph_in(folder: Path, content: bytes) -> Artifact:
    """An artifact that holds these bytes as its graph."""

    def build(out: Path) -> dict[str, Any]:
        (out / "model.onnx").write_bytes(content)
        return {}

    return ArtifactCache(folder).get(Recipe(inputs={"test": len(content)}), build)


@pytest.fixture
def on_cpu(small_tables: Catalog) -> Case:
    """TinyBERT on the CPU at batch 8."""
    return make_case(small_tables, mini.MODEL, "cpu")


def test_threads_that_wait_sleep_where_nothing_is_timed():
    """A throughput, which says how many threads compute, has onnxruntime's own way of waiting."""
    graph = one_node_graph(helper.make_node("Cast", ["x"], ["logits"], to=TensorProto.FLOAT), "x")
    spinning = "session.intra_op.allow_spinning"
    asleep, timed = (load_graph(graph, Precision.FP32, threads) for threads in (None, 1))
    assert asleep.get_session_options().get_session_config_entry(spinning) == "0"
    with pytest.raises(RuntimeError, match="does not have configuration"):
        timed.get_session_options().get_session_config_entry(spinning)


def test_a_graph_that_is_none_is_an_error_with_its_case(cpu: Backend, on_cpu: Case, tmp_path: Path):
    """What onnxruntime says of it, and of which case."""
    with pytest.raises(GraphError, match=r"^tinybert-cpu-bs8: onnxruntime cannot load the graph: .*Protobuf"):
        cpu.open(on_cpu, graph_in(tmp_path, b"no graph"), make_place())


def one_node_graph(node: onnx.NodeProto, *inputs: str) -> bytes:
    """A graph of one node with int64 inputs and a float output called logits."""
    graph = helper.make_graph(
        [node], "test", [helper.make_tensor_value_info(name, TensorProto.INT64, [1]) for name in inputs],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, None)],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    content: bytes = model.SerializeToString()
    return content


@pytest.mark.parametrize(
    ("value", "kind", "said"),
    [
        (
            np.array([4], np.int32),
            GraphError,
            "onnxruntime cannot run the graph: .*Unexpected input data type",
        ),
        (np.array([2**60], np.int64), MachineError, "too little memory to run the graph: .*smaller --bs"),
    ],
    ids=["another dtype", "an exbibyte"],
)
def test_what_cannot_be_run(
    cpu: Backend, on_cpu: Case, tmp_path: Path, value: np.ndarray, kind: type[Exception], said: str
):
    """A wrong input is the graph's fault; memory that is not there is the machine's: exit status 6."""
    [first, *_] = on_cpu.model.inputs
    case = dataclasses.replace(on_cpu, model=dataclasses.replace(on_cpu.model, inputs=(first,)))
    node = helper.make_node("ConstantOfShape", [first.name], ["logits"])
    session = cpu.open(case, graph_in(tmp_path, one_node_graph(node, first.name)), make_place())
    with pytest.raises(kind, match=f"(?s)^tinybert-cpu-bs8: {said}"):
        session.run([value])


def test_it_is_always_there(catalog: Catalog, cpu: Backend):
    """The CPU needs no tool; its facts name the runtime's version."""
    answer = cpu.probe(catalog.chips["cpu"], 0)
    assert isinstance(answer, Available)
    assert answer.facts == {"onnxruntime": version("onnxruntime")}


@pytest.mark.parametrize(
    ("chip", "precision", "steps"),
    [
        ("cpu", Precision.FP32, []),
        ("cpu", Precision.FP16, ["limit-mask", "fp16"]),
        ("ascend310p", Precision.FP16, ["limit-mask", "tanh-gelu", "fp16"]),
        ("ascend310p", Precision.FP32, ["tanh-gelu"]),
        ("t4", Precision.FP32, []),
    ],
)
def test_numerics_are_part_of_its_options(
    catalog: Catalog, cpu: Backend, chip: str, precision: Precision, steps: list[str]
):
    """What decides an artifact: opset, steps and the SHA-256 of their code, and the libraries."""
    options = cpu.options(make_case(catalog, "tinybert", chip, precision=precision), make_place())
    assert options["steps"] == steps
    assert options["opset"] == 17
    assert set(options["libraries"]) == {"onnx", "onnxruntime", "onnxsim", "torch", "transformers"}


def test_a_session_declares_its_contract_and_runs(small_tables: Catalog, shared_home: Home, cpu: Backend):
    """Inputs and outputs in the documented order at the case's batch size, as the graph itself has them."""
    case = make_case(small_tables, mini.MODEL, "ascend310p")
    materials = Materials(small_tables, shared_home, Options(target="stand-in"), Silent())
    artifact = building.artifact(
        ArtifactCache(shared_home.artifacts), materials, case, materials.target(case), make_place()
    )
    session = cpu.open(case, artifact, make_place())
    inputs, outputs = session.contract()
    assert inputs == [(name, "int64", (8, 64)) for name in ("input_ids", "segment_ids", "input_mask")]
    assert outputs == [("logits", "float32", (8, 2))]
    batch = example_inputs(case.model, vocabulary=200, batch_size=8)
    [logits] = session.run([batch[name] for name, _, _ in inputs])
    assert logits.shape == (8, 2)
    assert np.isfinite(logits).all()
    assert artifact.facts["export_max_abs_difference"] < 1e-3
