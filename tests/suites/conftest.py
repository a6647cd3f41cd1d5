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
def zoo(of_all_workers: Path) -> Zoo:
    """The zoo of `throwaway`, made by whichever worker comes first."""
    folder = of_all_workers / "zoo"
    made = Zoo(home=folder / "home", models=folder / "models", data=folder / "data", tables=folder / "tables")
    with FileLock(of_all_workers / "zoo.lock"):
        if not (folder / "made").exists():
            throwaway.write_tables(made.tables)
            throwaway.write_checkpoint_and_data(made.tables, made.models, made.data)
            (folder / "made").touch()
    return made


@pytest.fixture(scope="session")
def once(of_all_workers: Path) -> Once:
    """Make a run that several tests look at, in a folder of its own, once for all workers."""

    def run(name: str, make: Callable[[Path], Ran]) -> Ran:
        kept = of_all_workers / f"{name}.pickle"
        with FileLock(of_all_workers / f"{name}.lock"):
            if not kept.exists():
                folder = of_all_workers / name
                folder.mkdir()
                kept.write_bytes(pickle.dumps(make(folder)))
        ran: Ran = pickle.loads(kept.read_bytes())
        return ran

    return run
