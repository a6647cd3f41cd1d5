"""A pytest plugin that breaks the backend for the cases of ``BREAK``: `-p breakage` in a run's arguments.

``BREAK`` is ``<case>=<how>``, several of them separated by commas.
"""

from __future__ import annotations

import os
from typing import Any

from harness.errors import MachineError
from harness.toolchains.onnxruntime import backend


def device_lost() -> None:
    raise MachineError("device 0 was lost in the middle of a run", remedy="reset it and run again")


def unforeseen() -> None:
    raise ZeroDivisionError("somebody divided by nothing")


def interrupted() -> None:
    raise KeyboardInterrupt


HOW = {"lost": device_lost, "unforeseen": unforeseen, "interrupted": interrupted}
BROKEN = dict(item.split("=") for item in os.environ["BREAK"].split(","))

_sound = backend.Backend.open


def _open(self: backend.Backend, case: Any, *others: Any) -> Any:
    if case.id in BROKEN:
        HOW[BROKEN[case.id]]()
    return _sound(self, case, *others)


backend.Backend.open = _open
