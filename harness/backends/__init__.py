"""One module per toolchain, each with a class `Backend`; the chip tables name them."""

from __future__ import annotations

import shutil
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import cast

from harness.backends.base import Availability, Backend, Unavailable
from harness.domain import Chip

STAND_IN = "onnxruntime"  # what runs a chip's numerics where the chip is not


def load(name: str) -> Backend | None:
    """The backend called `name`, or None where zoocheck has no module for that toolchain yet."""
    module = f"harness.backends.{name.replace('-', '_')}"
    if find_spec(module) is None:
        return None
    return cast(Backend, import_module(module).Backend())


@cache
def probe(chip: Chip) -> Availability:
    """Whether `chip` can be measured here: its backend's answer, or what is missing."""
    missing = [tool for tool in chip.tools if shutil.which(tool) is None]
    if missing:
        named = ", ".join(f"`{tool}`" for tool in missing)
        return Unavailable(reason=f"{named} not on PATH", remedy=chip.remedy)
    backend = load(chip.backend)
    if backend is None:
        return Unavailable(
            reason=f"zoocheck does not drive the {chip.backend} toolchain yet",
            remedy="run its stand-in with --target stand-in",
        )
    return backend.probe(chip)
