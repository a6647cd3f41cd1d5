"""int8's scales: ten samples, each counted once, whatever the batch size."""

from __future__ import annotations

from pathlib import Path

import mini
import numpy as np
import onnx
import pytest
from making import make_case, make_place

from harness.artifacts.cache import Artifact, ArtifactCache
from harness.domain.catalog import Catalog
from harness.domain.measurements import Origin
from harness.domain.models import InputRole, Protocol
from harness.domain.precisions import Precision
from harness.models.graphs import int8, values
from harness.running import building
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.toolchains.loading import load
from harness.toolchains.onnxruntime.backend import GRAPH
from harness.toolchains.place import Toolchain
from harness.toolchains.targets import Target

ANY = 0  # the artifact of any shape, in place of a batch size


@pytest.fixture(scope="module", params=["mini", "random"])
def materials(
    small_tables: Catalog,
    shared_home: Home,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Materials:
    """A checkpoint, and random weights, whose biases are zeros that onnxsim leaves out here and there."""
    home = mini.home_in(tmp_path_factory.mktemp("calibration"), shared_home.minis)
    return Materials(small_tables, home, Options(weights=request.param), Silent())


def built(materials: Materials, batch_size: int) -> Artifact:
    """The int8 stand-in at a batch size, or of any shape."""
    target = Target(
        origin=Origin.STAND_IN, backend_name="onnxruntime", backend=load("onnxruntime"), reason="a test",
        toolchain=Toolchain(name="onnxruntime"),
    )  # fmt: skip
    case = make_case(
        materials.catalog, mini.MODEL, "vacc", precision=Precision.INT8, batch_size=batch_size or 8
    )
    build = building.any_shape_artifact if batch_size == ANY else building.artifact
    return build(ArtifactCache(materials.home.artifacts), materials, case, target, make_place())


def scales(file: Path) -> list[float]:
    """The scale of each operand of each product, in the graph's order."""
    graph = onnx.load(file).graph
    known = {name: values.array_of(tensor) for name, tensor in values.constants(graph)}
    quantum = {
        node.output[0]: known[node.input[1]] for node in graph.node if node.op_type == "DequantizeLinear"
    }
    products = [node for node in graph.node if node.op_type in int8.OPERATORS]
    assert products
    return [float(quantum[name]) for node in products for name in node.input[:2]]


@pytest.mark.parametrize("batch_size", [8, 16, 32, ANY], ids=["8", "16", "32", "any shape"])
def test_scales_are_those_of_one_sample_at_a_time(materials: Materials, batch_size: int):
    """To the bit: 8 does not divide the ten samples, and 16 and 32 are more than there are."""
    one = scales(built(materials, 1).path(GRAPH))
    assert scales(built(materials, batch_size).path(GRAPH)) == one


def test_each_of_the_ten_samples_is_given_once(materials: Materials):
    """One at a time, as the document gives them to its compiler, in the order of the corpus."""
    model = materials.catalog.models[mini.MODEL]
    samples = materials.samples(model, Protocol.DOCUMENTED)
    for batch_size in (1, 4, 32):
        case = make_case(
            materials.catalog, mini.MODEL, "vacc", precision=Precision.INT8, batch_size=batch_size
        )
        feeds = building.graph_source(materials, case).calibration()
        assert len(feeds) == 10
        for item in model.inputs:
            given = np.concatenate([feed[item.name] for feed in feeds])
            np.testing.assert_array_equal(given, samples.features.inputs[item.role][:10])
    assert samples.features.inputs[InputRole.IDS].shape[0] > 10
