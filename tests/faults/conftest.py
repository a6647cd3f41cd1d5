"""What the mutation test shares: a world a model, made when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pipelines import World

from harness.domain.catalog import Catalog


@pytest.fixture(scope="module")
def world(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], World]]:
    """The world of a model, on one thread: small networks are not faster on more."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    made: dict[str, World] = {}

    def of(model: str) -> World:
        if model not in made:
            made[model] = World(catalog, tmp_path_factory.mktemp(model), model)
        return made[model]

    yield of
    for one in made.values():
        one.close()
    torch.set_num_threads(threads)
