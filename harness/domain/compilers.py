"""What vendors' compilers are known to do with a LayerNorm that a graph spells out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from harness.domain.strict import STRICT


class Fuses(StrEnum):
    """Whether a compiler makes one operator of a spelt-out LayerNorm."""

    YES = "yes"  # its documents or sources have a pass for this very form
    SOMETIMES = "sometimes"  # known to in some graphs or versions, and not to in others
    NOT_NEEDED = "not needed"  # what it reads has LayerNorm as one operator
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiler:
    """The compiler of one backend. What is said of it is of public documents, and was tried on no chip."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    backend: str  # as chips name it
    tool: str  # what it is called
    fuses_layer_norm: Fuses
    known: str  # in a sentence without a full stop
    sources: tuple[str, ...] = ()  # addresses; none where nothing is known
