"""Whether a case's artifact is the same model as its checkpoint: one check, measured, recorded, judged."""

from __future__ import annotations

from harness.conformance import measuring
from harness.conformance.opening import LastOpened
from harness.domain.cases import Case, Kind
from harness.running.recording import Stages
from harness.running.workbench import Workbench, common
from harness.store.results import Result


def conformance(bench: Workbench, opened: LastOpened, case: Case, check: str) -> Result:
    """Carry out one check of `harness.conformance.checks`, record it and judge it; any weights will do.

    `opened` keeps a case's artifact open for all checks of it that come one behind the other. Raises
    `NotApplicable` for what cannot be asked of this case, and as `conformance.measuring` does.
    """
    stages = Stages()
    subject = opened.subject(case, stages)
    measured = measuring.measure(subject, check, bench.materials, stages)
    used = subject.opened
    measurement = bench.recorder.measurement(
        case, Kind.CONFORMANCE, used.target, stages, check=check, artifact=measured.artifact or used.artifact,
        samples=measured.samples,
        detail={**measured.detail, **common(used.session, used.place).stored()},
    )  # fmt: skip
    return bench.recorder.record(measurement, measured.judged)
