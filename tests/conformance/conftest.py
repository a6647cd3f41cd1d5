"""The minis' graphs, exported once, at short lengths: their operators and names are those of long ones."""

from __future__ import annotations

import dataclasses

import onnx
import pytest

from harness.domain.catalog import Catalog
from harness.domain.models import Model
from harness.models import checkpoints
from harness.models.graphs.export import export
from harness.setting.home import Home

SHORT = 24  # tokens: three layers of it run in a moment


@pytest.fixture(scope="session")
def mini_graphs(catalog: Catalog) -> dict[str, onnx.ModelProto]:
    """Every embedded checkpoint, exported as a stand-in's artifact is, at batch 1 and at most 64 tokens."""
    short = {
        name: dataclasses.replace(model, length=min(model.length, 64))
        for name, model in catalog.models.items()
    }
    return {name: exported_mini(model, batch_size=1) for name, model in short.items()}


@pytest.fixture(scope="session")
def short_model(catalog: Catalog) -> Model:
    """bert-chinese-ner, of which the mini has three layers, at a length of its own."""
    return dataclasses.replace(catalog.models["bert-chinese-ner"], length=SHORT)


@pytest.fixture(scope="session")
def short_graph(short_model: Model) -> onnx.ModelProto:
    """Its mini at batch 2, fp32."""
    return exported_mini(short_model, batch_size=2)


def exported_mini(model: Model, *, batch_size: int) -> onnx.ModelProto:
    """The embedded checkpoint's graph at opset 17."""
    checkpoint = checkpoints.locate(model, "mini", Home.locate())
    network = checkpoints.load(checkpoint).network
    return export(network, model, checkpoint.architecture, batch_size=batch_size, opset=17).graph
