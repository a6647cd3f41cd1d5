"""What the tests of the harness share: the real catalog and a small network of TinyBERT's shape."""

from __future__ import annotations

import dataclasses

import pytest

from harness import catalog as tables
from harness.domain import Architecture, Catalog
from harness.graphs.export import Exported, export


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The built-in tables."""
    return tables.load((tables.BUILT_IN,))


@pytest.fixture(scope="session")
def small(catalog: Catalog) -> Architecture:
    """TinyBERT's head on two layers of 32."""
    return dataclasses.replace(
        catalog.models["tinybert"].architecture,
        layers=2, hidden=32, heads=2, intermediate=64, vocabulary=200, positions=64,
    )  # fmt: skip


@pytest.fixture(scope="session")
def network(catalog: Catalog, small: Architecture) -> object:
    """The small network with seeded weights large enough that rounding and GELU show."""
    import torch

    from harness.networks import build_network

    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = build_network(small, catalog.models["tinybert"].inputs).eval()
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.mul_(4.0) if parameter.dim() == 2 else parameter.add_(0.05)
    return net


@pytest.fixture(scope="session")
def exported(catalog: Catalog, small: Architecture, network: object) -> Exported:
    """The small network as a simplified graph at batch 3, opset 17."""
    return export(network, catalog.models["tinybert"], small, batch_size=3, opset=17)
