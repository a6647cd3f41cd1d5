"""Known gaps: failures that are dated and excused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.domain.cases import Kind
from harness.domain.measurements import Origin, VerdictKind
from harness.domain.strict import STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A failure that is known and dated: reported, and no failure of a run, until its last day."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    case: str  # its id, or a pattern of ids such as tinybert-t4-bs*
    kind: Kind
    reason: str
    since: str  # ISO 8601, a day
    until: str  # the last day on which it is accepted
    check: str = ""  # as of a result; empty: the claim that the kind is named for
    verdict: VerdictKind = VerdictKind.FALLS_SHORT  # or ``error``
    origin: Origin | None = None  # None: wherever it runs
    least: float | None = None  # a measured value below is not excused; in the verdict's unit
