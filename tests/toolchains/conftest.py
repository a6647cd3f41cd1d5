"""Machines with imitated tools, which the tests of one toolchain share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import ascend_machine
import pytest
from ascend_machine import Machine
from making import forget_probes
from traced_world import Worlds

from harness.domain.catalog import Catalog


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine with an Ascend card."""
    return ascend_machine.install(tmp_path_factory.mktemp("machine"))


@pytest.fixture
def at_the_machine(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A test that sits down at the Ascend card."""
    ascend_machine.use(machine, monkeypatch)
    yield
    forget_probes()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose artifacts and references the tests of VACC and MLU370 share."""
    return tmp_path_factory.mktemp("traced-home")


@pytest.fixture
def worlds(
    catalog: Catalog, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Worlds]]:
    """Imitates the tools of `vastai` or `magicmind`, and makes worlds where they are."""
    opened: list[Worlds] = []

    def install(toolchain: str) -> Worlds:
        opened.append(Worlds.install(toolchain, catalog, shared, tmp_path, monkeypatch))
        return opened[-1]

    yield install
    for made in opened:
        made.close()
    forget_probes()
