"""Samples per second of one batch, timed by our clock or by the vendor's tool, recorded and judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy.typing as npt

from harness.artifacts.cache import Artifact
from harness.domain.cases import Case, Kind
from harness.domain.details import Calls, Drift, Matmul, Steadiness, ThroughputDetail, Tool, Watched, Work
from harness.domain.measurements import Interval, Origin, Verdict
from harness.domain.metrics import Metric
from harness.domain.models import Weights
from harness.errors import NoSamples
from harness.machine.watch import Watch
from harness.records import to_json
from harness.running.batches import fixed_batch
from harness.running.materials import Materials, Samples
from harness.running.recording import Stages
from harness.running.workbench import Workbench, common, told_by
from harness.setting import stamps
from harness.setting.plans import Plan, plan_for
from harness.store.results import Result
from harness.tables import references
from harness.timing import parent
from harness.toolchains.base import Latencies, Processor, Profile, Session, ToolSession
from harness.toolchains.place import Place
from harness.toolchains.targets import Target
from harness.verdicts import stats, throughputs, utilisation

Array = npt.NDArray[Any]
ONE_DEVICE = 1  # what `--device` chooses for our calls


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """A case that is ready to be timed: one batch, loaded and bound."""

    case: Case
    target: Target
    samples: Samples
    artifact: Artifact
    stages: Stages
    place: Place
    session: Session | None  # None: opened in a process of its own
    inputs: list[Array]  # the batch, in the documented order

    @property
    def plan(self) -> Plan:
        """The calls that are to earn the stamp that was asked for."""
        return plan_for(self.place.stamp, self.case.batch_size)

    @property
    def card(self) -> int | None:
        """The number of the NVIDIA card that computes for this process, None where none does."""
        return card_of(self.target, self.place)

    @property
    def on_this_processor(self) -> bool:
        """Whether this machine's own cores compute, and not a card or a tool's device."""
        backend = self.target.backend
        return bool(backend.computes_here) and backend.computes_on is Processor.HOST

    def open(self) -> Session:
        """The artifact loaded anew, beside any session that there is."""
        with self.stages.timed("load"):
            return self.target.backend.open(self.case, self.artifact, self.place)

    @property
    def call(self) -> Callable[[], object] | None:
        """One batch through the artifact in this process; None where another makes the calls."""
        return None if self.session is None or isinstance(self.session, ToolSession) else self._call

    def _call(self) -> object:
        assert self.session is not None, "a call has a session"
        return self.session.run(self.inputs)

    def elsewhere(self) -> Latencies | None:
        """Calls timed in another process: beside the SDK of a session that a tool runs, else in a child.

        None where a tool runs the session and there is no SDK to call. Raises as `parent.time_in_child`.
        """
        if self.session is None:
            return parent.time_in_child(
                self.case, self.artifact, self.place, self.inputs,
                backend=self.target.backend_name, plan=self.plan, card=self.card,
            )  # fmt: skip
        if not isinstance(self.session, ToolSession):
            return None
        with Watch() as watch:
            latencies = self.session.time_batch(self.inputs)
        # Of the whole process, its load and its warm-up too: the energy of that is not the calls'.
        return latencies and replace(latencies, facts={**latencies.facts, **watch.facts})

    def by_the_tool(self) -> Profile | None:
        """The throughput by the vendor's own tool, None where the toolchain has none."""
        return self.target.backend.profile(self.case, self.artifact, self.place)


def card_of(target: Target, place: Place) -> int | None:
    """The number of the NVIDIA card that computes for a Python process, None where none does."""
    backend = target.backend
    on_card = backend.computes_here and backend.computes_on is Processor.NVIDIA
    return place.device if on_card and target.origin is Origin.CHIP else None


def built(bench: Workbench, case: Case) -> Timing:
    """A throughput case with its artifact built and not opened; raises `NotThere` for what is not here."""
    stages = Stages()
    target = bench.materials.target(case)
    with stages.timed("features"):
        samples = bench.materials.timed_samples(case.model)
        inputs = fixed_batch(case, samples)
    place = bench.place(case, Kind.THROUGHPUT, target)
    return Timing(
        case=case, target=target, samples=samples, artifact=bench.build(case, target, stages, place),
        stages=stages, place=place, session=None, inputs=inputs,
    )  # fmt: skip


def ready(bench: Workbench, case: Case) -> Timing:
    """Everything of a throughput case up to the call that is timed; raises as `built`.

    With `--isolate` what computes in this process is not opened here: a process of its own does that.
    """
    timing = built(bench, case)
    if bench.materials.options.isolate and timing.target.backend.computes_here:
        return timing
    return replace(timing, session=timing.open())


def record(bench: Workbench, timing: Timing, ours: Latencies | None, tools: Profile | None) -> Result:
    """Record a throughput by our clock, by the vendor's tool, or by both, and judge it.

    The tool's counts where there is one: by that the document's number was made. Raises `NoSamples` where
    there is neither.
    """
    speed = _speed(timing, ours, tools)
    series = _series(timing, ours) if ours is not None else ThroughputDetail()
    detail = replace(
        series,
        common=common(timing.session, timing.place),
        tool=None if tools is None else _tool(tools, speed.ours),
        work=_work(bench.materials, timing, speed.samples_per_s, series.watched.matmul),
    )
    measurement = bench.recorder.measurement(
        timing.case, Kind.THROUGHPUT, timing.target, timing.stages, data=timing.samples,
        artifact=timing.artifact, metrics={str(Metric.THROUGHPUT): speed.samples_per_s},
        samples=speed.samples, intervals=speed.intervals,
        raw={} if ours is None else {"latencies_ns": list(ours.latencies_ns)}, detail=detail.stored(),
    )  # fmt: skip
    return bench.recorder.record(measurement, lambda: _judge(bench.materials, timing, speed))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Speed:
    """The throughput that counts, and of how many samples."""

    samples_per_s: float
    samples: int
    ours: float | None  # samples per second by our own clock, beside a tool's too
    intervals: dict[str, Interval]  # none of a tool's number: it is not made of our calls
    devices: int | None  # whose total it is; None: nobody tells


def _speed(timing: Timing, ours: Latencies | None, tools: Profile | None) -> _Speed:
    """Raises `NoSamples` where nothing timed the case."""
    size = timing.case.batch_size
    own = None if ours is None else stats.summarise(ours.latencies_ns, size)
    if tools is not None:
        counted = 0 if own is None else own.calls * size
        return _Speed(
            samples_per_s=tools.samples_per_s, samples=(tools.run.count or 0) * size or counted,
            ours=None if own is None else own.samples_per_s, intervals={},
            devices=tools.run.devices,
        )  # fmt: skip
    if ours is None or own is None:
        raise NoSamples(f"{timing.case.id}: nothing timed it: the toolchain has no benchmark tool and no SDK")
    interval = stats.throughput_interval(ours.latencies_ns, size)
    return _Speed(
        samples_per_s=own.samples_per_s, samples=own.calls * size, ours=own.samples_per_s,
        intervals={} if interval is None else {str(Metric.THROUGHPUT): interval}, devices=ONE_DEVICE,
    )  # fmt: skip


def _series(timing: Timing, ours: Latencies) -> ThroughputDetail:
    """What a series of calls says of itself: its summary, stamps, drift, and the machine meanwhile."""
    facts = dict(ours.facts)
    timed_s = sum(ours.latencies_ns) / 1e9
    timing.stages.seconds.update(_stages(facts), **{"timed calls": timed_s})
    told = facts.get("session") or told_by(timing.session) or {}
    drift = stats.drift(ours.latencies_ns)
    earned = stamps.earned(len(ours.latencies_ns), timed_s, timing.case.batch_size)
    return ThroughputDetail(
        watched=Watched.from_stored({"isolated": False, **facts}),
        threads=told.get("threads"),
        device=None if timing.target.origin is Origin.STAND_IN else timing.place.device,
        steadiness=Steadiness(
            stamp=earned,
            stamp_asked=timing.place.stamp,
            drift=None if drift is None else Drift.from_stored({**to_json(drift), "found": drift.found}),
        ),
        calls=_summary(ours, stats.summarise(ours.latencies_ns, timing.case.batch_size)),
    )


def _stages(facts: dict[str, Any]) -> dict[str, float]:
    """Seconds of the stages that a series tells of itself."""
    seconds = {
        stage: facts[name] for stage, name in (("import", "import_s"), ("load", "load_s")) if name in facts
    }
    if "first_call_ns" in facts:
        first_s = facts["first_call_ns"] / 1e9
        seconds |= {"first call": first_s, "warm-up": max(0.0, facts["warm_up"]["seconds"] - first_s)}
    return seconds


def _summary(ours: Latencies, summary: stats.LatencySummary) -> Calls:
    """Our own calls in numbers."""
    return Calls(
        calls=summary.calls,
        warm_up_calls=ours.warm_up_calls,
        median_ns=summary.median_ns,
        minimum_ns=summary.minimum_ns,
        maximum_ns=summary.maximum_ns,
        percentiles_ns=dict(summary.percentiles_ns),
        clock=ours.clock,
    )


def _tool(tools: Profile, ours: float | None) -> Tool:
    """The tool's own measurement, with ours beside it."""
    return Tool(
        samples_per_s=tools.samples_per_s, formula=tools.formula, run=to_json(tools.run),
        log_sha256=tools.log_sha256, our_samples_per_s=ours,
    )  # fmt: skip


def _work(materials: Materials, timing: Timing, samples_per_s: float, matmul: Matmul | None) -> Work | None:
    """What the throughput comes to in operations a second; None where nobody can count them."""
    here = matmul is not None and timing.on_this_processor
    found = utilisation.work(
        timing.case, samples_per_s,
        architecture=materials.checkpoint(timing.case.model).architecture,
        artifact_facts=timing.artifact.facts, origin=timing.target.origin,
        matmul=matmul.stored() if here and matmul else None, threads=timing.place.threads,
    )  # fmt: skip
    return Work.from_stored(found) if found else None


def _judge(materials: Materials, timing: Timing, speed: _Speed) -> Verdict:
    """Against the documented throughput, where the chip itself ran the documented network."""
    case = timing.case
    reference = references.for_case(materials.catalog, case, Metric.THROUGHPUT)
    mini = materials.checkpoint(case.model).weights is Weights.MINI
    return throughputs.judge_throughput(
        case,
        speed.samples_per_s,
        reference,
        timing.target.origin,
        "mini weights: another architecture" if mini else "",
        devices=speed.devices,
        document=references.document(materials.catalog, case.model, reference),
    )
