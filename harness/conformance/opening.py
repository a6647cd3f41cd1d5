"""The case that is being checked, kept open until the next one is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from harness.artifacts.cache import Artifact
from harness.conformance.metamorphic import LOW, Probe
from harness.conformance.subject import Opened, Subject, probe_of
from harness.domain.cases import Case, Kind
from harness.domain.measurements import Origin
from harness.domain.models import InputRole
from harness.errors import ZoocheckError
from harness.running.recording import Stages
from harness.running.workbench import Workbench
from harness.tasks.text import load_task
from harness.toolchains.base import Session
from harness.toolchains.onnxruntime.backend import DocumentedGraph
from harness.toolchains.place import Place
from harness.toolchains.targets import Target


class LastOpened:
    """Opens a case once for all checks that come one behind the other; one at a time, to bound memory."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
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
        bench = self._bench
        target = bench.materials.target(case)
        place = bench.place(case, Kind.CONFORMANCE, target)
        artifact, session = bench.open(case, target, stages, place)
        probe, shown = probe_of(bench.materials, case)
        any_shape = None
        if target.backend.any_shape:  # asked for with the stages of the check that needs it
            any_shape = partial(_open_any_shape, bench, case, target, place)
        opened = Opened(
            case=case, target=target, place=place, artifact=artifact, session=session,
            any_shape=any_shape, documented=_documented(bench, case, target, place),
            one_text=_one_text(case, probe),
        )  # fmt: skip
        return Subject(opened=opened, probe=probe, shown=shown)


def _one_text(case: Case, probe: Probe) -> str:
    """Why segments do not tell two texts of nearly every sample apart, in words; empty where they do."""
    if InputRole.SEGMENTS not in [item.role for item in case.model.inputs]:
        return "its network has none"
    if not load_task(case.model).TWO_TEXTS:
        return "its samples are of one"
    second = np.any(probe.inputs[InputRole.SEGMENTS], axis=1)
    if not second.any():
        return "its samples are of one"
    if second.mean() >= 1 - LOW:
        return ""
    return f"only {second.sum()} of the {len(second)} samples that it is held by have a second"


def _documented(
    bench: Workbench, case: Case, target: Target, place: Place
) -> Callable[[Stages], tuple[Artifact, Session]] | None:
    """How the stand-in of the documented graph is built and loaded; None where the target is no stand-in."""
    if target.origin is not Origin.STAND_IN:
        return None
    return lambda stages: bench.open(case, replace(target, backend=DocumentedGraph()), stages, place)


def _open_any_shape(bench: Workbench, case: Case, target: Target, place: Place, stages: Stages) -> Session:
    return bench.open_any_shape(case, target, stages, place).session
