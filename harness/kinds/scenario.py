"""A throughput by LoadGen: one scenario on a case's artifact in a process of its own."""

from __future__ import annotations

from harness.domain.cases import Case, Kind
from harness.domain.measurements import Origin
from harness.domain.metrics import Metric
from harness.errors import NotApplicable, NotYet
from harness.kinds.throughput import card_of
from harness.running.materials import inputs_in_order
from harness.running.recording import Stages
from harness.running.workbench import Workbench
from harness.setting.scenarios import Ask
from harness.store.results import Result
from harness.timing.loadgen import running
from harness.timing.loadgen.plan import plan_for
from harness.timing.loadgen.results import detail_of, stages_of
from harness.toolchains.targets import Target
from harness.verdicts import throughputs


def scenario(bench: Workbench, case: Case, ask: Ask) -> Result:
    """Let LoadGen run one scenario on the case's artifact; record and judge it.

    Raises `NotThere` for what is not here, `NotApplicable` for a case that the scenario cannot be asked of,
    `NotYet` for a toolchain whose tool makes the calls, and as `loadgen.running.run`.
    """
    stages = Stages()
    target = _target(bench, case, ask)
    with stages.timed("features"):
        samples = bench.materials.timed_samples(case.model)
    place = bench.place(case, Kind.THROUGHPUT, target, check=str(ask.scenario))
    artifact = bench.build(case, target, stages, place)
    plan = plan_for(ask, place.stamp, case.batch_size)
    answered = running.run(
        case, artifact, place, inputs_in_order(case.model, samples.features), plan,
        backend=target.backend_name, card=card_of(target, place),
    )  # fmt: skip
    stages.seconds |= stages_of(answered)
    log = answered.log
    measurement = bench.recorder.measurement(
        case, Kind.THROUGHPUT, target, stages, check=str(ask.scenario), data=samples, artifact=artifact,
        # What LoadGen calls invalid is no result: charts, histories and gates find no number of it.
        metrics={str(Metric.THROUGHPUT): log.samples_per_s} if log.valid else {},
        samples=answered.system["samples_answered"],
        detail={
            **detail_of(answered, plan, place.stamp),
            **({} if target.origin is Origin.STAND_IN else {"device": place.device}),
            "commands": place.recorded(),
        },
    )  # fmt: skip
    found = throughputs.ScenarioFound(
        scenario=str(ask.scenario), samples_per_s=log.samples_per_s, valid=log.valid, why=log.why,
        scored=log.scored_percentile, scored_ns=log.scored_ns, bound_met=log.bound_met,
        bound_ms=ask.target_latency_ms,
    )  # fmt: skip
    return bench.recorder.record(measurement, lambda: throughputs.judge_scenario(case, found, target.origin))


def _target(bench: Workbench, case: Case, ask: Ask) -> Target:
    """What the case runs on; raises where the scenario cannot be asked of it."""
    if why := ask.unfit(case.batch_size):
        remedy = "choose another --bs or --samples-per-query"
        raise NotApplicable(f"{case.id}: {why}", remedy=remedy)
    target = bench.materials.target(case)
    if not target.backend.computes_here:
        raise NotYet(
            f"{case.id}: a tool runs its artifact in a process of its own, which LoadGen cannot call",
            option="scenario",
        )
    return target
