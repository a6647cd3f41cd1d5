"""The case that is being checked, kept open until the next one is asked for."""

from __future__ import annotations

from collections.abc import Callable

from harness.artifacts.cache import Artifact, ArtifactCache
from harness.conformance.subject import Opened, Subject, probe_of
from harness.domain.cases import Case
from harness.errors import ZoocheckError
from harness.running import building
from harness.running.materials import Materials
from harness.running.recording import Stages
from harness.tasks.text import load_task
from harness.toolchains.base import Session
from harness.toolchains.place import Place
from harness.toolchains.targets import Target

Open = Callable[[Case, Target, Stages, Place], tuple[Artifact, Session]]


class LastOpened:
    """Opens a case once for all checks that come one behind the other; one at a time, to bound memory."""

    def __init__(
        self,
        materials: Materials,
        cache: ArtifactCache,
        open_artifact: Open,
        place_of: Callable[[Case, Target], Place],
    ) -> None:
        self._materials = materials
        self._cache = cache
        self._open_artifact = open_artifact
        self._place_of = place_of
        self._last: tuple[str, Subject | ZoocheckError] | None = None

    def subject(self, case: Case, stages: Stages) -> Subject:
        """The case, opened. What kept it from opening is raised again, and not tried again."""
        if self._last is None or self._last[0] != case.id:
            self._last = None  # its memory first
            try:
                self._last = case.id, self._open(case, stages)
            except ZoocheckError as problem:
                self._last = case.id, problem
        found = self._last[1]
        if isinstance(found, ZoocheckError):
            raise found
        return found

    def _open(self, case: Case, stages: Stages) -> Subject:
        materials = self._materials
        target = materials.target(case)
        place = self._place_of(case, target)
        artifact, session = self._open_artifact(case, target, stages, place)
        probe, shown = probe_of(materials, case)

        def load_any_shape(stages: Stages) -> Session:
            with stages.timed("build"):
                artifact = building.any_shape_artifact(self._cache, materials, case, target, place)
            with stages.timed("load"):
                return target.backend.open(case, artifact, place)

        opened = Opened(
            case=case, target=target, place=place, artifact=artifact, session=session,
            any_shape=load_any_shape if target.backend.any_shape else None,
            reads_two_texts=load_task(case.model).TWO_TEXTS,
        )  # fmt: skip
        return Subject(opened=opened, probe=probe, shown=shown)
