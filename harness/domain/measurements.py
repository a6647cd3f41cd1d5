"""What a run recorded, what it was made with, and the verdict on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from harness.domain.cases import Kind
from harness.domain.datasets import Corpus
from harness.domain.metrics import Metric, Unit
from harness.domain.models import Protocol, Weights
from harness.domain.references import Reference
from harness.domain.strict import STRICT


class Origin(StrEnum):
    """Where a number comes from. Numbers of different origin never share a column (rule 1)."""

    CHIP = "chip"
    STAND_IN = "stand-in"
    SIMULATED = "simulated"  # a vendor's tools imitated by zoocheck's own tests
    IMPORTED = "imported"
    DOCUMENTED = "documented"

    @property
    def stands_in(self) -> bool:
        """Whether something else than the chip computed: its speed says nothing of the chip."""
        return self in (Origin.STAND_IN, Origin.SIMULATED)


class VerdictKind(StrEnum):
    """What a measurement comes to.

    ``reproduced`` and ``exceeds`` are said of documented numbers alone, ``survives`` of what is held to
    something else: the checkpoint's own fp32, or the bound of a check.
    """

    REPRODUCED = "reproduced"
    EXCEEDS = "exceeds"
    SURVIVES = "survives"
    FALLS_SHORT = "falls-short"
    NO_REFERENCE = "no-reference"
    NOT_COMPARABLE = "not-comparable"
    KNOWN_GAP = "known-gap"  # falls short or fails as `fixtures/tables/gaps.toml` says it does
    ERROR = "error"

    @property
    def good(self) -> bool:
        """Whether a run that holds only such verdicts exits with 0."""
        return self not in (VerdictKind.FALLS_SHORT, VerdictKind.ERROR)

    @property
    def silent(self) -> bool:
        """Whether it says neither good nor bad: there is nothing that the result is held to."""
        return self in (VerdictKind.NO_REFERENCE, VerdictKind.NOT_COMPARABLE)


class Basis(StrEnum):
    """What a verdict was measured against: the documented value, or the checkpoint's own fp32."""

    DOCUMENTED = "documented"
    DROP = "drop"


def kind_today(kind: str, basis: str | None) -> str:
    """The kind of a recorded verdict in today's words, by what it was recorded to be measured against.

    Before there was ``survives``, what did not fall below the checkpoint's own fp32, and every check that
    held, was recorded as ``reproduced`` too.
    """
    old = kind == VerdictKind.REPRODUCED and basis != Basis.DOCUMENTED
    return VerdictKind.SURVIVES.value if old else kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A confidence interval of a fraction, or of a throughput in samples per second."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    low: float
    high: float
    confidence: float = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What a measurement was made with: enough to make it again, or to see why it differs."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    target: str  # "chip" or "stand-in"
    weights: Weights
    weights_sha256: str
    data: Corpus | None
    data_sha256: str | None
    protocol: Protocol | None
    limit: int | None  # the first N samples only
    artifact: str | None  # key in the artifact cache
    backend: str
    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    git_revision: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What one run recorded, before anybody judged it."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    id: str
    run: str
    created: str  # ISO 8601, UTC
    case: str
    kind: Kind
    check: str = (
        ""  # which of its kind's claims, where it has several; empty: the one that its kind is named for
    )
    origin: Origin
    provenance: Provenance
    metrics: Mapping[str, float]  # fractions, or throughput in samples per second
    samples: int
    intervals: Mapping[str, Interval]
    stages_s: Mapping[str, float]  # seconds of each stage
    raw: Mapping[str, Any]  # latencies_ns, predictions
    detail: Mapping[str, Any]  # flips, truncated samples, parity

    @property
    def claim(self) -> str:
        """What is claimed of the case, in words: ``conformance``, or ``conformance (batch order)``."""
        return f"{self.kind} ({self.check})" if self.check else str(self.kind)

    @property
    def made(self) -> str:
        """What it was measured with, in words: ``stand-in, mini weights, documented protocol``."""
        return made_with(self.origin, self.provenance.weights, self.provenance.protocol)


def made_with(origin: Origin, weights: Weights, protocol: Protocol | None) -> str:
    """What a result was measured with, in words: ``stand-in, mini weights, documented protocol``."""
    by = "" if protocol is None else f", {protocol} protocol"
    return f"{origin}, {weights} weights{by}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One judgement of one measurement, carrying both numbers."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    kind: VerdictKind
    basis: Basis | None
    metric: Metric | None
    measured: float | None  # in the unit of `unit`
    expected: float | None
    unit: Unit | None
    tolerance: float | None  # in points of `unit` for scores, relative for throughput
    reference: Reference | None
    message: str

    @property
    def of_documented(self) -> bool:
        """Whether the documented number itself was tested: the measured value was held to the printed one."""
        return self.basis is Basis.DOCUMENTED
