"""One throw-away zoo for the whole session: its home stays warm, so that each run is quick."""

from __future__ import annotations

from pathlib import Path

import pytest
import throwaway
from filelock import FileLock
from zoo_runs import Zoo


@pytest.fixture(scope="session")
def zoo(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Zoo:
    """The zoo of `throwaway`, made by whichever worker of pytest-xdist comes first."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if hasattr(request.config, "workerinput") else base
    folder = shared / "zoo"
    made = Zoo(
        home=folder / "home", models=folder / "models", data=folder / "data", tables=folder / "tables"
    )
    with FileLock(shared / "zoo.lock"):
        if not (folder / "made").exists():
            throwaway.write_tables(made.tables)
            throwaway.write_checkpoint_and_data(made.tables, made.models, made.data)
            (folder / "made").touch()
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the one run that a module's tests look at."""
    return tmp_path_factory.mktemp("run")
