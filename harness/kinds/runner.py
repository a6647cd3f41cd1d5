"""One run's cases, kind by kind: what pytest's fixtures hold."""

from __future__ import annotations

from datetime import UTC, datetime

from harness.conformance.checks import PARITY
from harness.conformance.opening import LastOpened
from harness.domain.cases import Case
from harness.domain.models import Protocol
from harness.kinds import accuracy, conformance, scenario, throughput
from harness.kinds.throughput import Timing
from harness.running.materials import Materials
from harness.running.valid import overflow_told
from harness.running.workbench import Workbench
from harness.setting import reproducing
from harness.setting.scenarios import Ask
from harness.store.results import Result, Store
from harness.toolchains.base import Latencies, Profile
from harness.verdicts import gaps, plain


class Runner(Workbench):
    """A workbench that knows the kinds. One a process; cheap until a case is run."""

    def __init__(self, materials: Materials, store: Store, run: str) -> None:
        super().__init__(materials, store, run)
        self._opened = LastOpened(self)

    def accuracy(self, case: Case, protocol: Protocol) -> Result:
        """As `kinds.accuracy`."""
        with overflow_told(case):
            return accuracy.accuracy(self, case, protocol)

    def timing(self, case: Case) -> Timing:
        """As `kinds.throughput.ready`."""
        with overflow_told(case):
            return throughput.ready(self, case)

    def record_throughput(self, timing: Timing, ours: Latencies | None, tools: Profile | None) -> Result:
        """As `kinds.throughput.record`."""
        with overflow_told(timing.case):
            return throughput.record(self, timing, ours, tools)

    def scenario(self, case: Case, ask: Ask) -> Result:
        """As `kinds.scenario`."""
        with overflow_told(case):
            return scenario.scenario(self, case, ask)

    def conformance(self, case: Case, check: str = PARITY) -> Result:
        """As `kinds.conformance`."""
        with overflow_told(case):
            return conformance.conformance(self, self._opened, case, check)

    def with_gap(self, case: Case, result: Result) -> tuple[Result, str]:
        """`result` with a second verdict where a known gap excuses it, and a sentence on a gap that closed.

        Raises as `Store.judge`.
        """
        made, verdict = result.measurement, result.verdict
        catalog = self.materials.catalog
        gap = gaps.of(catalog, case, made.kind, made.check, made.origin, datetime.now(UTC).date())
        if gap is None or verdict is None:
            return result, ""
        if gaps.closes(verdict):
            return result, gaps.outlived(gap, verdict.message)
        if not gaps.excuses(gap, verdict):
            return result, ""
        known = plain.known_gap(verdict, gaps.excused(gap, reproducing.without_ending(verdict.message)))
        self.recorder.store.judge(made.id, known)
        return Result(measurement=made, verdict=known), ""
