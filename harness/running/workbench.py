"""The tools for a case of any kind: its place, artifact and session in one run, and the run's recorder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.artifacts.cache import Artifact, ArtifactCache
from harness.domain.cases import Case, Kind
from harness.domain.details import Common
from harness.domain.measurements import Origin
from harness.domain.models import Protocol
from harness.errors import ZoocheckError
from harness.machine.fingerprint import usable_cores
from harness.running import building
from harness.running.called import AnyShape, Loaded
from harness.running.inference import Inference
from harness.running.materials import Materials
from harness.running.recording import Recorder, Stages
from harness.store.results import Result, Store
from harness.toolchains.base import Session, Telling
from harness.toolchains.place import Place
from harness.toolchains.targets import Target


class Workbench:
    """One a process; cheap until a case is run."""

    def __init__(self, materials: Materials, store: Store, run: str) -> None:
        self.materials = materials
        self.recorder = Recorder(materials, store, run)
        self.inference = Inference(materials)
        self.cache = ArtifactCache(materials.home.artifacts)
        self._places: dict[tuple[str, Kind, Protocol | None], Place] = {}

    def place(
        self, case: Case, kind: Kind, target: Target, protocol: Protocol | None = None, *, check: str = ""
    ) -> Place:
        """The working place of one claim, whose commands are kept for a record of its failure too."""
        options = self.materials.options
        name = "-".join(str(part) for part in (case.id, kind, protocol, check) if part)
        threads = None  # an accuracy is the library's own
        if kind is Kind.THROUGHPUT:
            threads = options.threads or len(usable_cores())
        place = Place(
            folder=self.materials.home.work / self.recorder.run / name,
            toolchain=target.toolchain,
            device=options.device,
            tool_timeout_s=options.tool_timeout_s,
            threads=threads,
            stamp=options.stamp,
            facts=target.facts,
        )
        self._places[case.id, kind, protocol] = place
        return place

    def build(self, case: Case, target: Target, stages: Stages, place: Place) -> Artifact:
        """Build or take the case's artifact."""
        with stages.timed("build"):
            return building.artifact(self.cache, self.materials, case, target, place)

    def open(self, case: Case, target: Target, stages: Stages, place: Place) -> tuple[Artifact, Session]:
        """Build or take the case's artifact, and load it."""
        artifact = self.build(case, target, stages, place)
        with stages.timed("load"):
            session = target.backend.open(case, artifact, place)
        return artifact, session

    def any_shape(self, case: Case, target: Target, stages: Stages, place: Place) -> AnyShape | None:
        """How a stand-in, or a local chip, runs samples at their real length.

        A document's chip itself runs the documented input; of a local chip there is none.
        """
        stands_in = target.origin is Origin.STAND_IN or case.chip.local
        if not stands_in or not target.backend.any_shape:
            return None

        return AnyShape(
            key=building.any_shape_key(self.materials, case, target, place),
            open=lambda: self.open_any_shape(case, target, stages, place),
        )

    def open_any_shape(self, case: Case, target: Target, stages: Stages, place: Place) -> Loaded:
        """Build or take the case's artifact with open batch and length, and load it."""
        with stages.timed("build"):
            artifact = building.any_shape_artifact(self.cache, self.materials, case, target, place)
        with stages.timed("load"):
            session = target.backend.open(case, artifact, place)
        return Loaded(artifact=artifact, session=session, place=place)

    def fail(
        self,
        case: Case,
        kind: Kind,
        problem: ZoocheckError,
        *,
        protocol: Protocol | None = None,
        check: str = "",
    ) -> Result:
        """Record a case that could not be measured, with the commands that ran. Raises as `Recorder.fail`."""
        place = self._places.get((case.id, kind, protocol))
        commands = [] if place is None else place.recorded()
        return self.recorder.fail(case, kind, problem, protocol=protocol, check=check, commands=commands)


def told_by(session: Session | None) -> dict[str, Any] | None:
    """What a session says of its calls, as a result keeps it; None where it says nothing."""
    told: Mapping[str, Any] = session.told() if isinstance(session, Telling) else {}
    return dict(told) or None


def common(session: Session | None, place: Place) -> Common:
    """What results of every kind keep: the words of the session on its calls, and the tools' commands."""
    return Common(session=told_by(session), commands=tuple(place.recorded()))
