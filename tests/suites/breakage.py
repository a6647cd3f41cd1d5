"""A pytest plugin that breaks the backend for the cases of ``BREAK``: `-p breakage` in a run's arguments.

``BREAK`` is ``<case>=<how>``, several of them separated by commas.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

from harness.errors import GraphError, MachineError, writing
from harness.toolchains.onnxruntime import backend


def device_lost() -> None:
    raise MachineError("device 0 was lost in the middle of a run", remedy="reset it and run again")


def unforeseen() -> None:
    raise ZeroDivisionError("somebody divided by nothing")


def interrupted() -> None:
    raise KeyboardInterrupt


def full() -> None:
    """As a write tells it: without a file's name."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def too_many_files() -> None:
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), "weights.bin")


def read_only() -> None:
    with writing(Path("/home/of/zoocheck")):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES), "/home/of/zoocheck/artifacts")


def memory() -> None:
    raise MemoryError


def from_the_disk() -> None:
    """A library's own error, of a disk that failed below it; and an error of ours of one of these."""
    try:
        try:
            full()
        except OSError as problem:
            raise RuntimeError("the writer failed") from problem
    except RuntimeError as problem:
        raise GraphError("cannot be exported") from problem


def damaged() -> None:
    """A file that asked for more memory than there is: its own fault."""
    try:
        memory()
    except MemoryError as problem:
        raise GraphError("truncated, or no graph") from problem


HOW = {
    "lost": device_lost, "unforeseen": unforeseen, "interrupted": interrupted, "full": full,
    "files": too_many_files, "read-only": read_only, "memory": memory, "from-the-disk": from_the_disk,
    "damaged": damaged,
}  # fmt: skip
BROKEN = dict(item.split("=") for item in os.environ["BREAK"].split(","))

_sound = backend.Backend.open


def _open(self: backend.Backend, case: Any, *others: Any) -> Any:
    if case.id in BROKEN:
        HOW[BROKEN[case.id]]()
    return _sound(self, case, *others)


backend.Backend.open = _open
