"""Chip or stand-in: what the cases of a chip run on, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from harness.domain.chips import Chip
from harness.domain.measurements import Origin
from harness.errors import NotThere
from harness.toolchains import loading
from harness.toolchains.base import Backend, Unavailable
from harness.toolchains.place import Toolchain


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a chip's cases run on: the chip through its backend, or its stand-in."""

    origin: Origin
    backend_name: str
    backend: Backend
    reason: str  # why this one, in words
    toolchain: Toolchain
    facts: Mapping[str, str] = field(default_factory=dict, hash=False)  # what the probe said of chip and SDK

    @property
    def name(self) -> str:
        """``chip``, ``stand-in`` or ``simulated``."""
        return self.origin.value


@cache
def resolve(chip: Chip, choice: str, runtime: str = "", device: int = 0) -> Target:
    """What `chip`'s cases run on under `--target choice`; raises `NotThere` with the remedy.

    `runtime` names another backend than the chip's own, `device` one of several cards: nothing stands in for
    any but the first. A local chip (`cpu`,
    `cuda`) has no stand-in: it is here, or its cases skip.
    """
    if choice == "stand-in" and not chip.local:
        return _stand_in(chip, "as asked")
    runtime = runtime or chip.backend
    answer = loading.probe(chip, runtime, device)
    if isinstance(answer, Unavailable):
        if choice == "chip" or chip.local or device:
            option = "target" if choice == "chip" else "device"
            raise NotThere(f"{chip.name}: {answer.reason}", remedy=answer.remedy or None, option=option)
        return _stand_in(chip, answer.reason)
    return Target(
        origin=Origin.SIMULATED if answer.simulated else Origin.CHIP,
        backend_name=runtime,
        backend=loading.load(runtime),
        reason=answer.device,
        toolchain=loading.toolchain(chip, runtime),
        facts=answer.facts,
    )


def _stand_in(chip: Chip, reason: str) -> Target:
    return Target(
        origin=Origin.STAND_IN,
        backend_name=loading.STAND_IN,
        backend=loading.load(loading.STAND_IN),
        reason=reason,
        toolchain=loading.toolchain(chip, loading.STAND_IN),
    )
