"""A toolchain's parts, found by the name that the chip tables give it and loaded when asked for."""

from __future__ import annotations

import pkgutil
import shutil
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, cast

from harness import toolchains
from harness.domain.cases import Case
from harness.domain.chips import Chip
from harness.errors import MachineError, NotThere, NotYet, ParseError, ZoocheckError
from harness.toolchains.base import Availability, Backend, Unavailable
from harness.toolchains.place import Toolchain

if TYPE_CHECKING:
    from harness.toolchains.bundling import Bundling

STAND_IN = "onnxruntime"  # what runs a chip's numerics where the chip is not


def part(name: str, what: str) -> ModuleType | None:
    """The module `what` in the folder of the toolchain `name`; None where there is no such module."""
    folder = f"{__package__}.{name.replace('-', '_')}"
    if find_spec(folder) is None or find_spec(f"{folder}.{what}") is None:
        return None
    return import_module(f"{folder}.{what}")


def with_part(what: str) -> list[str]:
    """The names of the toolchains that have a module `what`, in order."""
    folders = [module.name for module in pkgutil.iter_modules(toolchains.__path__) if module.ispkg]
    names = [folder.replace("_", "-") for folder in folders]
    return sorted(name for name in names if part(name, what) is not None)


def load(name: str) -> Backend:
    """The backend called `name`; raises `NotYet` where zoocheck has no module for that toolchain."""
    module = part(name, "backend")
    if module is None:
        raise NotYet(f"zoocheck does not drive the {name} toolchain yet")
    return cast(Backend, module.Backend())


def bundling(case: Case) -> Bundling:
    """How cases of the toolchain of `case` are bundled; raises `NotYet` where they cannot be."""
    module = part(case.runtime, "bundle")
    if module is None:
        raise NotYet(
            f"{case.id}: cases of {case.runtime} cannot be bundled",
            remedy=f"choose a chip of {', '.join(with_part('bundle'))}",
        )
    return cast("Bundling", module)


def reads(name: str) -> str | None:
    """The form of input files that the tools of a toolchain read; None of one that is not bundled."""
    return getattr(part(name, "bundle"), "READS", None)


def unverified(name: str) -> tuple[str, ...]:
    """What the backend `name` takes for granted of its vendor's tools and could not verify; see `UNVERIFIED`.

    A backend that says nothing, or that zoocheck does not have, gives none.
    """
    return tuple(getattr(part(name, "unverified"), "UNVERIFIED", ()))


def toolchain(chip: Chip, runtime: str) -> Toolchain:
    """How the tools of the backend `runtime` are found on `chip`'s machine."""
    return Toolchain(name=runtime, script=chip.environment)


@cache
def probe(chip: Chip, runtime: str, device: int = 0) -> Availability:
    """Whether card `device` of `chip` can be measured with the backend `runtime`, or what is missing.

    A tool that answers nonsense, or hangs, is one that is not there: its error is the reason.
    """
    try:
        path = toolchain(chip, runtime).environment().get("PATH")
    except ZoocheckError as problem:
        return Unavailable(reason=str(problem), remedy=chip.remedy)
    missing = [tool for tool in chip.tools if shutil.which(tool, path=path) is None]
    if missing:
        named = ", ".join(f"`{tool}`" for tool in missing)
        return Unavailable(reason=f"{named} not on PATH", remedy=chip.remedy)
    try:
        return load(runtime).probe(chip, device)
    except (MachineError, NotThere, ParseError) as problem:
        remedy = chip.remedy
        if isinstance(problem, NotYet):
            remedy = "choose another chip" if chip.local else "run its stand-in with --target stand-in"
        return Unavailable(reason=str(problem), remedy=remedy)
