"""What a check came to, before it is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.artifacts.cache import Artifact
from harness.domain.measurements import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What came of a check: how many samples were compared, what is recorded, and the judgement to make."""

    samples: int
    detail: Mapping[str, Any]
    judged: Callable[[], Verdict]
    artifact: Artifact | None = None  # what ran, where it is not the case's own
