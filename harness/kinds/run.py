"""One case from start to verdict: the only module that knows all stages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.artifacts.cache import Artifact, ArtifactCache
from harness.conformance import measuring
from harness.conformance.checks import PARITY
from harness.conformance.measuring import explained
from harness.conformance.opening import LastOpened
from harness.domain.cases import Case, Kind
from harness.domain.measurements import Interval, Origin, Verdict
from harness.domain.metrics import Metric
from harness.domain.models import InputRole, Protocol, Weights
from harness.errors import BadOutput, NoSamples, NotThere, NotYet, ZoocheckError
from harness.machine.fingerprint import usable_cores
from harness.machine.watch import Watch
from harness.records import to_json
from harness.running import building
from harness.running.inference import AnyShape, Inference
from harness.running.materials import Materials, Samples, comparable, inputs_in_order
from harness.running.real_length import largest_valid_difference, typical_difference
from harness.running.recording import Recorder, Stages
from harness.running.swapped import require_in_place
from harness.setting import stamps
from harness.setting.plans import Plan, plan_for
from harness.setting.scenarios import Ask
from harness.store.results import Result, Store
from harness.tables import references
from harness.tasks.feeds import AS_NAMED, feed_of, in_words
from harness.tasks.metrics.accuracy import flips, marks
from harness.tasks.text import Scored
from harness.tasks.text.shown import flipped_texts
from harness.timing import parent
from harness.timing.loadgen import running as loadgen
from harness.timing.loadgen.plan import plan_for as loadgen_plan
from harness.timing.loadgen.results import detail_of, stages_of
from harness.toolchains.base import Latencies, Profile, Session, Telling, ToolSession
from harness.toolchains.place import Place
from harness.toolchains.targets import Target
from harness.verdicts import gaps, judge, stats, utilisation

Array = npt.NDArray[Any]

BATCH_SEED = 0  # which samples make up the timed batch


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
        return bool(self.target.backend.computes_here) and self.target.backend_name != "torch-cuda"

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

        None where a tool runs the session and there is no SDK to call. Raises as `isolation.time_in_child`.
        """
        if self.session is None:
            return parent.time_in_child(
                self.case, self.artifact, self.place, self.inputs,
                backend=self.target.backend_name, plan=self.plan, card=self.card,
            )  # fmt: skip
        if not isinstance(self.session, ToolSession):
            return None
        with Watch() as watch:
            found = self.session.time_batch(self.inputs)
        # Of the whole process, its load and its warm-up too: the energy of that is not the calls'.
        return found and replace(found, facts={**found.facts, **watch.facts})

    def by_the_tool(self) -> Profile | None:
        """The throughput by the vendor's own tool, None where the toolchain has none."""
        return self.target.backend.profile(self.case, self.artifact, self.place)


class Runner:
    """Runs cases and records them. One a process; cheap until a case is run."""

    def __init__(self, materials: Materials, store: Store, run: str) -> None:
        self.materials = materials
        self.recorder = Recorder(materials, store, run)
        self.inference = Inference(materials)
        self.cache = ArtifactCache(materials.home.artifacts)
        self._places: dict[tuple[str, Kind, Protocol | None], Place] = {}
        self._checked = LastOpened(
            materials,
            self.cache,
            lambda *which: self.open(*which),
            lambda case, target: self._place(case, Kind.CONFORMANCE, target),
        )

    def _build(self, case: Case, target: Target, stages: Stages, place: Place) -> Artifact:
        """Build or take the case's artifact."""
        with stages.timed("build"):
            return building.artifact(self.cache, self.materials, case, target, place)

    def open(self, case: Case, target: Target, stages: Stages, place: Place) -> tuple[Artifact, Session]:
        """Build or take the case's artifact, and load it."""
        artifact = self._build(case, target, stages, place)
        with stages.timed("load"):
            session = target.backend.open(case, artifact, place)
        return artifact, session

    def _place(
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

    def with_gap(self, case: Case, result: Result) -> tuple[Result, str]:
        """`result` with a second verdict where a known gap excuses it; and what to say of a closed one.

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
        known = judge.known_gap(verdict, gaps.excused(gap, verdict.message))
        self.recorder.store.judge(made.id, known)
        return Result(measurement=made, verdict=known), ""

    def _any_shape(self, case: Case, target: Target, stages: Stages, place: Place) -> AnyShape | None:
        """How a stand-in runs samples at their real length; the chip itself runs the documented input."""
        if target.origin is not Origin.STAND_IN or not target.backend.any_shape:
            return None

        def load() -> Session:
            with stages.timed("build"):
                artifact = building.any_shape_artifact(self.cache, self.materials, case, target, place)
            with stages.timed("load"):
                return target.backend.open(case, artifact, place)

        return AnyShape(key=building.any_shape_key(self.materials, case, target, place), open=load)

    # ---------------------------------------------------------------- accuracy

    def accuracy(self, case: Case, protocol: Protocol) -> Result:
        """Score every sample through the case's artifact, record it, judge it.

        Raises `NotThere` where the chip, the checkpoint or the data is not here, and for random weights:
        then nothing is recorded.
        """
        stages = Stages()
        model = case.model
        target = self.materials.target(case)
        checkpoint = self.materials.checkpoint(model)
        if checkpoint.weights is Weights.RANDOM:
            raise NotThere(
                f"{case.id}: random weights have no accuracy",
                remedy="choose --weights mini or full, or -m conformance for output parity",
            )
        with stages.timed("features"):
            samples = self.materials.samples(model, protocol)
        place = self._place(case, Kind.ACCURACY, target, protocol)
        artifact, session = self.open(case, target, stages, place)
        with stages.timed("inference"):
            any_shape = self._any_shape(case, target, stages, place)
            outputs = self.inference.all_outputs(case, protocol, artifact, session, any_shape)
        feed = feed_of(case, protocol)
        with stages.timed("fp32 reference"):
            reference = self.materials.reference(model, protocol, feed)
            own = self.materials.score_reference(model, protocol, feed)
        mask = samples.features.inputs[InputRole.MASK]
        try:
            require_in_place(
                case, outputs.arrays, reference, mask, explained(self.materials, case, reference, mask)
            )
        except BadOutput:
            outputs.forget()  # or the next run would go on with them, whatever was mended
            raise
        with stages.timed("score"):
            scored = samples.task.score(outputs.arrays, samples.features, protocol=protocol)
        on_card = self.materials.score_on_card(model, protocol)
        fed_right = own if feed == AS_NAMED else self.materials.score_reference(model, protocol)
        flipped = flips(scored.predictions, own.predictions)
        typical = typical_difference(outputs.arrays, reference, mask, model.outputs)
        detail = {
            "correct": scored.correct.get(model.metric),
            "own_fp32": own.metrics[model.metric],
            "own_fp32_correct": own.correct.get(model.metric),
            "fp32_on_card": on_card,
            "flips": len(flipped),
            "flipped": flipped.tolist(),
            "flipped_texts": flipped_texts(
                flipped.tolist(),
                samples.examples,
                samples.features,
                own.predictions.tolist(),
                scored.predictions.tolist(),
            ),
            "truncated": len(samples.features.truncated),
            "max_abs_difference": largest_valid_difference(outputs.arrays, reference, mask, model.outputs),
            "typical_difference": typical,
            "facts": dict(scored.facts),
            **outputs.facts,
            "trivial": self.materials.trivial(model, protocol),
            **self._misfed(case, protocol, scored),
            **told_by(session),
            "commands": place.recorded(),
        }
        measurement = self.recorder.measurement(
            case, Kind.ACCURACY, target, stages, protocol=protocol, data=samples, artifact=artifact,
            metrics={str(name): value for name, value in scored.metrics.items()}, samples=scored.samples,
            intervals={
                str(name): stats.wilson(count, scored.samples) for name, count in scored.correct.items()
            },
            raw={"predictions": scored.predictions.tolist(), "right": marks(scored.right)}, detail=detail,
        )  # fmt: skip
        result = self.recorder.record(
            measurement,
            lambda: judge.beside_no_card(
                judge.against_card(
                    case,
                    judge.doubt(
                        case,
                        self._judge_score(case, protocol, scored, own, len(flipped)),
                        typical,
                        self.materials.catalog.precisions[case.precision].typical.most,
                    ),
                    fed_right.metrics[model.metric],
                    on_card,
                    fed_right.samples,
                ),
                self.materials.unheld_by_card(model, protocol),
            ),
        )
        outputs.forget()
        return result

    def _misfed(self, case: Case, protocol: Protocol, scored: Scored) -> dict[str, Any]:
        """What a documented feeding of the wrong inputs changes: the checkpoint's fp32 score when fed right.

        JSON; empty where every input is fed its own features. Raises as a task's `score`.
        """
        feed = feed_of(case, protocol)
        if feed == AS_NAMED:
            return {}
        right = self.materials.score_reference(case.model, protocol)
        return {
            "misfed": {
                "as_documented": in_words(feed),
                "fed_right": {str(name): value for name, value in right.metrics.items()},
                "difference": {
                    str(name): scored.metrics[name] - value for name, value in right.metrics.items()
                },
                "flips": len(flips(scored.predictions, right.predictions)),
            }
        }

    def _judge_score(
        self, case: Case, protocol: Protocol, scored: Scored, own: Scored, flipped: int
    ) -> Verdict:
        metric = case.model.metric
        weights = self.materials.checkpoint(case.model).weights
        corpus = self.materials.samples(case.model, protocol).corpus
        why_not = comparable(weights, corpus, protocol, self.materials.options.limit)
        score = judge.Score(
            metric=metric,
            value=scored.metrics[metric],
            samples=scored.samples,
            own_fp32=None if weights is Weights.FULL else own.metrics[metric],
            comparable=not why_not,
            why_not=why_not,
            flips=flipped,
        )
        catalog = self.materials.catalog
        verdict = judge.judge_score(
            case,
            score,
            references.for_case(catalog, case, metric),
            references.documented_drop(catalog, case, metric),
        )
        return judge.beside_trivial(verdict, self.materials.trivial(case.model, protocol))

    # -------------------------------------------------------------- throughput

    def built(self, case: Case) -> Timing:
        """A throughput case with its artifact built and not opened; raises `NotThere` as `accuracy`."""
        stages = Stages()
        target = self.materials.target(case)
        with stages.timed("features"):
            samples = self.materials.samples(case.model, Protocol.DOCUMENTED)
            inputs = fixed_batch(case, samples)
        place = self._place(case, Kind.THROUGHPUT, target)
        return Timing(
            case=case, target=target, samples=samples, artifact=self._build(case, target, stages, place),
            stages=stages, place=place, session=None, inputs=inputs,
        )  # fmt: skip

    def timing(self, case: Case) -> Timing:
        """Everything of a throughput case up to the call that is timed; raises `NotThere` as `accuracy`.

        With `--isolate` what computes in this process is not opened here: a process of its own does that.
        """
        timing = self.built(case)
        if self.materials.options.isolate and timing.target.backend.computes_here:
            return timing
        return replace(timing, session=timing.open())

    def record_throughput(self, timing: Timing, ours: Latencies | None, tools: Profile | None) -> Result:
        """Record a throughput by our clock, by the vendor's tool, or by both, and judge it.

        The tool's counts where there is one: by that the document's number was made. Raises `NoSamples`
        where there is neither.
        """
        case = timing.case
        summary = None if ours is None else stats.summarise(ours.latencies_ns, case.batch_size)
        if tools is None and summary is None:
            raise NoSamples(f"{case.id}: nothing timed it: no vendor's tool, and no SDK to call")
        told = {} if timing.session is None else told_by(timing.session)
        detail: dict[str, Any] = {"commands": timing.place.recorded(), **told}
        intervals: dict[str, Interval] = {}
        samples = 0
        if ours is not None and summary is not None:
            samples = summary.calls * case.batch_size
            detail |= self._series(timing, ours)
            detail |= {
                "calls": summary.calls,
                "warm_up_calls": ours.warm_up_calls,
                "median_ns": summary.median_ns,
                "minimum_ns": summary.minimum_ns,
                "maximum_ns": summary.maximum_ns,
                "percentiles_ns": dict(summary.percentiles_ns),
                "clock": ours.clock,
            }
            interval = stats.throughput_interval(ours.latencies_ns, case.batch_size)
            if interval is not None and tools is None:
                intervals[str(Metric.THROUGHPUT)] = interval
        if tools is not None:
            samples = (tools.run.count or 0) * case.batch_size or samples
            detail["tool"] = {
                "samples_per_s": tools.samples_per_s, "formula": tools.formula, "run": to_json(tools.run),
                "log_sha256": tools.log_sha256,
                "our_samples_per_s": None if summary is None else summary.samples_per_s,
            }  # fmt: skip
        measured = tools.samples_per_s if tools is not None else summary.samples_per_s  # type: ignore[union-attr]
        detail["work"] = utilisation.work(
            case, measured, architecture=self.materials.checkpoint(case.model).architecture,
            artifact_facts=timing.artifact.facts, origin=timing.target.origin,
            matmul=detail.get("matmul") if timing.on_this_processor else None, threads=timing.place.threads,
        )  # fmt: skip
        measurement = self.recorder.measurement(
            case, Kind.THROUGHPUT, timing.target, timing.stages, data=timing.samples,
            artifact=timing.artifact,
            metrics={str(Metric.THROUGHPUT): measured},
            samples=samples,
            intervals=intervals,
            raw={} if ours is None else {"latencies_ns": list(ours.latencies_ns)},
            detail=detail,
        )  # fmt: skip
        mini = self.materials.checkpoint(case.model).weights is Weights.MINI
        return self.recorder.record(
            measurement,
            lambda: judge.judge_throughput(
                case,
                measured,
                references.for_case(self.materials.catalog, case, Metric.THROUGHPUT),
                timing.target.origin,
                "mini weights: another architecture" if mini else "",
            ),
        )

    def _series(self, timing: Timing, ours: Latencies) -> dict[str, Any]:
        """What a series of calls says beside its summary: stamps, drift, and what was recorded with it."""
        stages, facts = timing.stages.seconds, dict(ours.facts)
        timed_s = sum(ours.latencies_ns) / 1e9
        for stage, name in (("import", "import_s"), ("load", "load_s")):
            if name in facts:
                stages[stage] = facts[name]
        if "first_call_ns" in facts:
            first_s = facts["first_call_ns"] / 1e9
            stages["first call"] = first_s
            stages["warm-up"] = max(0.0, facts["warm_up"]["seconds"] - first_s)
        stages["timed calls"] = timed_s
        found = stats.drift(ours.latencies_ns)
        told = facts.get("session") or (told_by(timing.session) if timing.session else {}).get("session", {})
        return {
            "isolated": False,
            **facts,
            **({"threads": told["threads"]} if "threads" in told else {}),
            "stamp": stamps.earned(len(ours.latencies_ns), timed_s, timing.case.batch_size),
            "stamp_asked": timing.place.stamp,
            "drift": None if found is None else {**to_json(found), "found": found.found},
        }

    # --------------------------------------------------------------- scenarios

    def scenario(self, case: Case, ask: Ask) -> Result:
        """Let LoadGen run one scenario on the case's artifact in a process of its own; record and judge it.

        Raises `NotThere` for what is not here and for a case that the scenario cannot be asked of, and as
        `loadgen.running.run`.
        """
        if why := ask.unfit(case.batch_size):
            raise NotThere(f"{case.id}: {why}", remedy="choose another --bs or --samples-per-query")
        stages = Stages()
        target = self.materials.target(case)
        if not target.backend.computes_here:
            raise NotYet(
                f"{case.id}: a tool runs its artifact in a process of its own, which LoadGen cannot call"
            )
        with stages.timed("features"):
            samples = self.materials.samples(case.model, Protocol.DOCUMENTED)
        place = self._place(case, Kind.THROUGHPUT, target, check=str(ask.scenario))
        artifact = self._build(case, target, stages, place)
        plan = loadgen_plan(ask, place.stamp, case.batch_size)
        answered = loadgen.run(
            case, artifact, place, inputs_in_order(case.model, samples.features), plan,
            backend=target.backend_name, card=card_of(target, place),
        )  # fmt: skip
        stages.seconds |= stages_of(answered)
        log = answered.log
        measurement = self.recorder.measurement(
            case, Kind.THROUGHPUT, target, stages, check=str(ask.scenario), data=samples, artifact=artifact,
            # What LoadGen calls invalid is no result: charts, histories and gates find no number of it.
            metrics={str(Metric.THROUGHPUT): log.samples_per_s} if log.valid else {},
            samples=answered.system["samples_answered"],
            detail={**detail_of(answered, plan, place.stamp), "commands": place.recorded()},
        )  # fmt: skip
        found = judge.ScenarioFound(
            scenario=str(ask.scenario), samples_per_s=log.samples_per_s, valid=log.valid, why=log.why,
            scored=log.scored_percentile, scored_ns=log.scored_ns, bound_met=log.bound_met,
            bound_ms=ask.target_latency_ms,
        )  # fmt: skip
        return self.recorder.record(measurement, lambda: judge.judge_scenario(case, found, target.origin))

    # ------------------------------------------------------------- conformance

    def conformance(self, case: Case, check: str = PARITY) -> Result:
        """Carry out one check of `harness.conformance.checks`, record it and judge it; any weights will do.

        The artifact is opened once for all checks of a case that come one behind the other. Raises
        `NotThere` for what cannot be asked of this case, and as `conformance.measuring` does.
        """
        stages = Stages()
        subject = self._checked.subject(case, stages)
        measured = measuring.measure(subject, check, self.materials, stages)
        opened = subject.opened
        measurement = self.recorder.measurement(
            case, Kind.CONFORMANCE, opened.target, stages, check=check, artifact=opened.artifact,
            samples=measured.samples,
            detail={**measured.detail, **told_by(opened.session), "commands": opened.place.recorded()},
        )  # fmt: skip
        return self.recorder.record(measurement, measured.judged)


def card_of(target: Target, place: Place) -> int | None:
    """The number of the NVIDIA card that computes for a Python process, None where none does."""
    on_card = target.backend_name == "torch-cuda" and target.origin is Origin.CHIP
    return place.device if on_card else None


def told_by(session: Session) -> dict[str, Any]:
    """What a session says of its calls, as a result keeps it; empty where it says nothing."""
    told = session.told() if isinstance(session, Telling) else {}
    return {"session": dict(told)} if told else {}


def fixed_batch(case: Case, samples: Samples, seed: int = BATCH_SEED) -> list[Array]:
    """One batch of real features, chosen by a fixed `seed`, repeated where the data has too few."""
    chosen = np.random.default_rng(seed).permutation(len(samples.features))
    rows = np.resize(chosen, case.batch_size)
    return [np.ascontiguousarray(array[rows]) for array in inputs_in_order(case.model, samples.features)]
