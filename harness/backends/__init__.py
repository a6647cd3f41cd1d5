"""One module per toolchain, each with a class `Backend`; the chip tables name them."""

from __future__ import annotations

import shutil
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import cast

from harness.backends.base import Availability, Backend, Unavailable
from harness.domain import Chip
from harness.errors import NotYet

STAND_IN = "onnxruntime"  # what runs a chip's numerics where the chip is not


def load(name: str) -> Backend:
    """The backend called `name`; raises `NotYet` where zoocheck has no module for that toolchain."""
    module = f"harness.backends.{name.replace('-', '_')}"
    if find_spec(module) is None:
        raise NotYet(f"zoocheck does not drive the {name} toolchain yet")
    return cast(Backend, import_module(module).Backend())


@cache
def probe(chip: Chip, runtime: str) -> Availability:
    """Whether `chip` can be measured here with the backend `runtime`: its answer, or what is missing."""
    missing = [tool for tool in chip.tools if shutil.which(tool) is None]
    if missing:
        named = ", ".join(f"`{tool}`" for tool in missing)
        return Unavailable(reason=f"{named} not on PATH", remedy=chip.remedy)
    try:
        return load(runtime).probe(chip)
    except NotYet as absent:
        remedy = "choose another chip" if chip.local else "run its stand-in with --target stand-in"
        return Unavailable(reason=str(absent), remedy=remedy)
