"""Chip or stand-in: what the cases of a chip run on, and why."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from harness import backends
from harness.backends.base import Backend, Unavailable
from harness.domain import Chip, Origin
from harness.errors import NotThere


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a chip's cases run on: the chip through its backend, or its stand-in."""

    origin: Origin
    backend_name: str
    backend: Backend
    reason: str  # why this one, in words

    @property
    def name(self) -> str:
        """``chip`` or ``stand-in``."""
        return self.origin.value


@cache
def resolve(chip: Chip, choice: str, runtime: str = "") -> Target:
    """What `chip`'s cases run on under `--target choice`; raises `NotThere` with the remedy.

    `runtime` names another backend than the chip's own. A local chip (`cpu`, `cuda`) has no
    stand-in: it is here, or its cases skip.
    """
    if choice == "stand-in" and not chip.local:
        return _stand_in("as asked")
    runtime = runtime or chip.backend
    answer = backends.probe(chip, runtime)
    if isinstance(answer, Unavailable):
        if choice == "chip" or chip.local:
            raise NotThere(f"{chip.name}: {answer.reason}", remedy=answer.remedy or None)
        return _stand_in(answer.reason)
    return _target(Origin.CHIP, runtime, answer.device)


def _stand_in(reason: str) -> Target:
    return _target(Origin.STAND_IN, backends.STAND_IN, reason)


def _target(origin: Origin, name: str, reason: str) -> Target:
    return Target(origin=origin, backend_name=name, backend=backends.load(name), reason=reason)
