"""From what was measured to rows of the store: provenance, the measurement, then its verdict."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from harness import __version__
from harness.artifacts.cache import Artifact
from harness.domain.cases import Case, Kind
from harness.domain.details import FailedDetail
from harness.domain.measurements import Interval, Measurement, Provenance, Verdict
from harness.domain.metrics import Metric
from harness.domain.models import Protocol
from harness.errors import StoreGone, ZoocheckError, machines_fault
from harness.machine.fingerprint import fingerprint, git_revision, library_versions
from harness.models.checkpoints import Checkpoint
from harness.running.materials import Materials, Samples
from harness.setting import reproducing
from harness.setting.home import CODE
from harness.store import keeping
from harness.store.results import Result, Store
from harness.tables import cases, references
from harness.toolchains.targets import Target
from harness.verdicts import plain

_USE_DATA = frozenset({Kind.ACCURACY, Kind.THROUGHPUT})

T = TypeVar("T")


@dataclass(slots=True)
class Stages:
    """Seconds spent in each stage of one case."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Add the time inside to stage `name`, but for what other stages inside it take."""
        start, before = time.perf_counter(), sum(self.seconds.values())
        try:
            yield
        finally:
            others = sum(self.seconds.values()) - before
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start - others


def record(store: Store, measurement: Measurement, verdict: Callable[[], Verdict]) -> Result:
    """Judge the measurement and write both at once: a kill leaves both or neither.

    Whatever judging comes to, the numbers are kept: where it fails, they are written without a verdict.
    """
    try:
        judged = verdict()
    except BaseException:
        store.add(measurement)
        raise
    store.add(measurement, judged)
    return Result(measurement=measurement, verdict=judged)


class Recorder:
    """Writes one run's results."""

    def __init__(self, materials: Materials, store: Store, run: str) -> None:
        self.materials = materials
        self.store = store
        self.run = run
        self._machine = fingerprint()  # now: its load average is of before the first measurement
        self._versions = {"zoocheck": __version__, **library_versions()}

    def fail(
        self,
        case: Case,
        kind: Kind,
        problem: ZoocheckError,
        *,
        protocol: Protocol | None = None,
        check: str = "",
        commands: Sequence[Mapping[str, Any]] = (),
    ) -> Result:
        """Record a case that could not be measured, with the reason as its verdict and what is known.

        Raises `NotThere` where the case has no target: that is a skip, and nothing to record.
        """
        data = None
        if kind in _USE_DATA:
            data = _or_none(lambda: self._data(case, kind, protocol))
        measurement = self.measurement(
            case, kind, self.materials.target(case), Stages(), protocol=protocol, check=check, data=data,
            detail=FailedDetail(
                error=type(problem).__name__, machine=machines_fault(problem),
                commands=tuple(commands),
            ).stored(),
        )  # fmt: skip
        metric = {Kind.ACCURACY: case.model.metric, Kind.THROUGHPUT: Metric.THROUGHPUT}.get(kind)
        # The documented number is what the main claim is held to; a check of a kind has none.
        reference = (
            None if metric is None or check else references.for_case(self.materials.catalog, case, metric)
        )
        return self.record(measurement, lambda: plain.error(f"{case.id}: {problem}", reference))

    def _data(self, case: Case, kind: Kind, protocol: Protocol | None) -> Samples:
        """What a claim of that kind is measured on."""
        if kind is Kind.THROUGHPUT:
            return self.materials.timed_samples(case.model)
        return self.materials.samples(case.model, protocol or Protocol.DOCUMENTED)

    def record(self, measurement: Measurement, verdict: Callable[[], Verdict]) -> Result:
        """`record` in this run's store; a verdict that is not good ends with the line that reproduces it."""
        judged: list[Verdict] = []

        def judge() -> Verdict:
            judged.append(self._reproducible(measurement, verdict()))
            return judged[0]

        try:
            return record(self.store, measurement, judge)
        except StoreGone as problem:
            root = self.materials.home.root
            kept = judged[0] if judged else None
            keeping.keep(root, measurement, kept, problem=problem, wanted=self.store.shown)
            raise

    def _reproducible(self, made: Measurement, verdict: Verdict) -> Verdict:
        if verdict.kind.good:
            return verdict
        line = reproducing.command(
            cases.named(self.materials.catalog, made.case), made.kind, self.materials.options,
            check=made.check, protocol=made.provenance.protocol,
        )  # fmt: skip
        return replace(verdict, message=reproducing.ending(verdict.message, line))

    def measurement(
        self,
        case: Case,
        kind: Kind,
        target: Target,
        stages: Stages,
        *,
        protocol: Protocol | None = None,
        check: str = "",
        data: Samples | None = None,
        artifact: Artifact | None = None,
        metrics: Mapping[str, float] | None = None,
        samples: int = 0,
        intervals: Mapping[str, Interval] | None = None,
        raw: Mapping[str, Any] | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> Measurement:
        """A measurement of `case` with everything that is known of how it was made.

        `data` is what it was measured on, None where no data set had a part in it.
        """
        checkpoint = _or_none(lambda: self.materials.checkpoint(case.model))
        return Measurement(
            id=str(uuid.uuid4()),
            run=self.run,
            created=datetime.now(UTC).isoformat(),
            case=case.id,
            kind=kind,
            check=check,
            origin=target.origin,
            provenance=self._provenance(case, target, checkpoint, protocol, data, artifact),
            metrics=metrics or {},
            samples=samples,
            intervals=intervals or {},
            stages_s=dict(stages.seconds),
            raw=raw or {},
            detail=_detail(target, checkpoint, data, artifact, detail or {}),
        )

    def _provenance(
        self,
        case: Case,
        target: Target,
        checkpoint: Checkpoint | None,
        protocol: Protocol | None,
        data: Samples | None,
        artifact: Artifact | None,
    ) -> Provenance:
        """What the measurement was made with; a case that failed may not have come to know its checkpoint."""
        return Provenance(
            target=target.name,
            weights=self.materials.weights(case.model) if checkpoint is None else checkpoint.weights,
            weights_sha256="" if checkpoint is None else checkpoint.weights_sha256,
            data=None if data is None else data.corpus,
            data_sha256=None if data is None else data.sha256,
            protocol=protocol,
            limit=None if data is None else data.limit,
            artifact=None if artifact is None else artifact.key,
            backend=target.backend_name,
            machine=self._machine,
            versions=self._versions,
            git_revision=git_revision(CODE),
        )


def _detail(
    target: Target,
    checkpoint: Checkpoint | None,
    data: Samples | None,
    artifact: Artifact | None,
    detail: Mapping[str, Any],
) -> dict[str, Any]:
    """`detail` with the facts of checkpoint, data, artifact and target, as far as there are any."""
    known = dict(detail)
    if data is not None and data.samples_sha256 is not None:
        known["samples_sha256"] = data.samples_sha256
    if checkpoint is not None:
        known |= {"checkpoint": checkpoint.source, "checkpoint_files": dict(checkpoint.files)}
    if artifact is None:
        return known
    facts = dict(artifact.facts)
    known |= {"ignored_weights": facts.pop("ignored_weights", []), "artifact": facts}
    known |= {"device": target.reason, **target.facts} if target.facts else {}
    # A setting of this case goes before a library's own.
    return {**target.backend.describe(), **known}


def _or_none(get: Callable[[], T]) -> T | None:
    """None where it fails: less is known of a case that failed."""
    try:
        return get()
    except ZoocheckError:
        return None
