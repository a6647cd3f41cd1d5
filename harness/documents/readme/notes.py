"""What is told of a README: something not read, or read by a rule that the document does not state."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something not read, or read by a rule that the document does not state: where, what, and why."""

    line: int
    what: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was not read, and what was read by a rule of ours."""

    unread: list[Note] = field(default_factory=list)
    assumed: list[Note] = field(default_factory=list)
