"""The CPU backend: what it says of itself, and what a session is."""

from __future__ import annotations

from importlib.metadata import version

import mini
import numpy as np
import pytest
from making import make_case

from harness import building
from harness.artifacts import ArtifactCache
from harness.backends import load
from harness.backends.base import Available, Backend
from harness.domain import Catalog, Precision
from harness.graphs.export import example_inputs
from harness.home import Home
from harness.materials import Materials
from harness.options import Options
from harness.progress import Silent


@pytest.fixture(scope="session")
def cpu() -> Backend:
    """The backend."""
    return load("onnxruntime")


def test_it_is_always_there(catalog: Catalog, cpu: Backend):
    """The CPU needs no tool; its facts name the runtime's version."""
    answer = cpu.probe(catalog.chips["cpu"])
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
    """What decides an artifact: opset, steps and their code version, and the libraries."""
    options = cpu.options(make_case(catalog, "tinybert", chip, precision=precision))
    assert options["steps"] == steps
    assert options["opset"] == 17
    assert set(options["libraries"]) == {"onnx", "onnxruntime", "onnxsim", "torch", "transformers"}


def test_a_session_declares_its_contract_and_runs(small_tables: Catalog, shared_home: Home, cpu: Backend):
    """Inputs and outputs in the documented order at the case's batch size, as the graph itself has them."""
    case = make_case(small_tables, mini.MODEL, "ascend310p")
    materials = Materials(small_tables, shared_home, Options(target="stand-in"), Silent())
    artifact = building.artifact(
        ArtifactCache(shared_home.artifacts), materials, case, materials.target(case.chip)
    )
    session = cpu.open(case, artifact)
    inputs, outputs = session.contract()
    assert inputs == [(name, "int64", (8, 64)) for name in ("input_ids", "segment_ids", "input_mask")]
    assert outputs == [("logits", "float32", (8, 2))]
    batch = example_inputs(case.model, vocabulary=200, batch_size=8)
    [logits] = session.run([batch[name] for name, _, _ in inputs])
    assert logits.shape == (8, 2)
    assert np.isfinite(logits).all()
    assert artifact.facts["export_max_abs_difference"] < 1e-3
