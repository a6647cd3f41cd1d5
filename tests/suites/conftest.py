"""One throw-away zoo for the whole session: its home stays warm, so that each run is quick."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import throwaway
from filelock import FileLock
from zoo_runs import Once, Ran, Zoo


@pytest.fixture(scope="session")
def zoo(shared: Path) -> Zoo:
    """The zoo of `throwaway`, made by whichever worker comes first."""
    folder = shared / "zoo"
    made = Zoo(home=folder / "home", models=folder / "models", data=folder / "data", tables=folder / "tables")
    with FileLock(shared / "zoo.lock"):
        if not (folder / "made").exists():
            throwaway.write_tables(made.tables)
            throwaway.write_checkpoint_and_data(made.tables, made.models, made.data)
            (folder / "made").touch()
    return made


@pytest.fixture(scope="session")
def once(shared: Path) -> Once:
    """Make a run that several tests look at, in a folder of its own, once for all workers."""

    def run(name: str, make: Callable[[Path], Ran]) -> Ran:
        kept = shared / f"{name}.pickle"
        with FileLock(shared / f"{name}.lock"):
            if not kept.exists():
                folder = shared / name
                folder.mkdir()
                kept.write_bytes(pickle.dumps(make(folder)))
        ran: Ran = pickle.loads(kept.read_bytes())
        return ran

    return run
