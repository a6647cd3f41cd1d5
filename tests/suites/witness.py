"""A pytest plugin that writes down each process that renders a report: `-p witness` in a run's arguments."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from zoo_runs import WRITTEN

from reports import files

_write = files.write


def _witnessed(*arguments: Any, **options: Any) -> files.Written:
    with Path(WRITTEN).open("a") as file:
        file.write(f"{os.getpid()}\n")
    return _write(*arguments, **options)


files.write = _witnessed
