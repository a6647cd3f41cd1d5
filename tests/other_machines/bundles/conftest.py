"""Bundles written once a toolchain, copied for each test that runs or spoils one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import card
import pytest
from making import make_home

from harness.domain.catalog import Catalog
from harness.other_machines.bundles import writing
from harness.other_machines.bundles.collecting import Collected, Collector
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.store.results import Store
from harness.tables import cases


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small networks on a shared machine."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Nothing but the embedded checkpoints; references that tests need not compute twice."""
    return make_home(tmp_path_factory.mktemp("bundle-home"))


@pytest.fixture(scope="session")
def written(catalog: Catalog, home: Home, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A toolchain's bundle as it was written, and as its imitations ran it."""
    made: dict[tuple[str, bool], Path] = {}

    def get(toolchain: str, *, ran: bool = False) -> Path:
        if (toolchain, False) not in made:
            case, limit = card.CASES[toolchain]
            options = Options(weights="mini", data="mini", limit=limit)
            folder = tmp_path_factory.mktemp(f"{toolchain}-written") / "bundle"
            materials = Materials(catalog, home, options, Silent())
            writing.write(materials, [cases.named(catalog, case)], folder, writing.Choice())
            made[toolchain, False] = folder
        if ran and (toolchain, True) not in made:
            folder = tmp_path_factory.mktemp(f"{toolchain}-ran")
            shutil.copytree(made[toolchain, False], folder / "bundle")
            done = card.install(toolchain, folder).run(folder / "bundle")
            assert done.returncode == 0, done.stderr
            made[toolchain, True] = folder / "bundle"
        return made[toolchain, ran]

    return get


@pytest.fixture
def fresh(written: Callable[..., Path], tmp_path: Path) -> Callable[..., Path]:
    """A copy to spoil."""

    def copy(toolchain: str, *, ran: bool = False) -> Path:
        return Path(shutil.copytree(written(toolchain, ran=ran), tmp_path / "copy"))

    return copy


@pytest.fixture
def collect(catalog: Catalog, home: Home, store: Store) -> Callable[[Path], Collected]:
    """Collects a folder where it was written."""
    return lambda folder: Collector(catalog, home, store, "run", Silent()).collect(folder)
