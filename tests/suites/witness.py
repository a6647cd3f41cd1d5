"""A pytest plugin that writes down each process that renders a report: `-p witness` in a run's arguments."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from reports import files

WRITTEN = "written.txt"  # in the run's folder: a line a report that was rendered

_write = files.write


def _witnessed(*arguments: Any, **options: Any) -> files.Written:
    with Path(WRITTEN).open("a") as file:
        file.write(f"{os.getpid()}\n")
    return _write(*arguments, **options)


def pytest_configure() -> None:
    """Look on from now."""
    files.write = _witnessed
