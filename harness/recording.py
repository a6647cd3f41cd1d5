"""From what was measured to rows of the store: provenance, the measurement, then its verdict."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from harness import judge
from harness.artifacts import Artifact
from harness.domain import (
    Case,
    Interval,
    Kind,
    Measurement,
    Model,
    Origin,
    Protocol,
    Provenance,
    Verdict,
    Weights,
)
from harness.errors import MachineError, NotThere, ZoocheckError
from harness.machine import fingerprint, git_revision, library_versions
from harness.materials import Materials
from harness.store import Result, Store
from harness.targets import Target

LIBRARIES = ("numpy", "onnx", "onnxruntime", "onnxsim", "torch", "transformers", "zoocheck")


@dataclass(slots=True)
class Stages:
    """Seconds spent in each stage of one case."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Add the time inside to stage `name`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


class Recorder:
    """Writes one run's results."""

    def __init__(self, materials: Materials, store: Store, run: str) -> None:
        self.materials = materials
        self.store = store
        self.run = run

    def fail(self, case: Case, kind: Kind, problem: ZoocheckError) -> Result:
        """Record a case that could not be measured, with the reason as its verdict."""
        try:
            target: Target | None = self.materials.target(case.chip)
        except NotThere:
            target = None
        detail = {"error": type(problem).__name__, "machine": isinstance(problem, MachineError)}
        measurement = self.measurement(case, kind, target, Stages(), detail=detail)
        return self.record(measurement, judge.error(f"{case.id}: {problem}"))

    def record(self, measurement: Measurement, verdict: Verdict) -> Result:
        """The measurement goes into the store before its verdict does."""
        self.store.add(measurement)
        self.store.judge(measurement.id, verdict)
        return Result(measurement=measurement, verdict=verdict)

    def measurement(
        self,
        case: Case,
        kind: Kind,
        target: Target | None,
        stages: Stages,
        *,
        protocol: Protocol | None = None,
        artifact: Artifact | None = None,
        metrics: Mapping[str, float] | None = None,
        samples: int = 0,
        intervals: Mapping[str, Interval] | None = None,
        raw: Mapping[str, Any] | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> Measurement:
        """A measurement of `case` with everything that is known of how it was made."""
        return Measurement(
            id=str(uuid.uuid4()),
            run=self.run,
            created=datetime.now(UTC).isoformat(),
            case=case.id,
            kind=kind,
            origin=Origin.STAND_IN if target is None else target.origin,
            provenance=self._provenance(case.model, target, protocol, artifact),
            metrics=metrics or {},
            samples=samples,
            intervals=intervals or {},
            stages_s=dict(stages.seconds),
            raw=raw or {},
            detail=detail or {},
        )

    def _provenance(
        self, model: Model, target: Target | None, protocol: Protocol | None, artifact: Artifact | None
    ) -> Provenance:
        """What can be said of where the numbers come from; a failed case knows less of it."""
        checkpoint = _or_none(lambda: self.materials.checkpoint(model))
        samples = _or_none(lambda: self.materials.samples(model, protocol or Protocol.DOCUMENTED))
        return Provenance(
            target=Origin.STAND_IN.value if target is None else target.name,
            weights=Weights.MINI if checkpoint is None else checkpoint.weights,
            weights_sha256="" if checkpoint is None else checkpoint.weights_sha256,
            data=None if samples is None else samples.corpus,
            data_sha256=None if samples is None else samples.sha256,
            protocol=protocol,
            limit=self.materials.options.limit,
            artifact=None if artifact is None else artifact.key,
            backend="" if target is None else target.backend_name,
            machine=fingerprint(),
            versions=library_versions(LIBRARIES),
            git_revision=_revision(),
        )


T = TypeVar("T")


def _or_none(get: Callable[[], T]) -> T | None:
    try:
        return get()
    except ZoocheckError:
        return None


@cache
def _revision() -> str | None:
    return git_revision(Path(__file__).resolve().parents[1])
