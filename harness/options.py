"""What a run was asked for, whether by pytest's options or by a command's."""

from __future__ import annotations

from dataclasses import dataclass

from harness.domain import Protocol

TARGETS = ("auto", "chip", "stand-in")
WEIGHTS = ("auto", "full", "mini", "random")
DATA = ("auto", "full", "mini")
PROTOCOLS = {
    "documented": (Protocol.DOCUMENTED,),
    "standard": (Protocol.STANDARD,),
    "both": (Protocol.DOCUMENTED, Protocol.STANDARD),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a run was asked for, as the command line spells it."""

    target: str = "auto"
    weights: str = "auto"
    data: str = "auto"
    protocols: tuple[Protocol, ...] = (Protocol.DOCUMENTED,)
    limit: int | None = None
    device: int = 0
