"""One audit of one case, carried out, recorded and judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from harness.domain.cases import Case, Kind
from harness.domain.details import TimedOutputsDetail
from harness.domain.measurements import Verdict
from harness.errors import BadOutput, NotApplicable
from harness.kinds import throughput
from harness.kinds.audits import batches, outputs, speeds
from harness.kinds.audits.checks import OUTPUTS, REPEATED, SEED
from harness.kinds.throughput import Timing
from harness.records import to_json
from harness.running.batches import SEED as BATCH_SEED
from harness.running.batches import fixed_batch
from harness.running.workbench import Workbench, common
from harness.setting.plans import plan_for
from harness.setting.stamps import Stamp
from harness.store.results import Result
from harness.timing.turns import Turns
from harness.toolchains.base import Session
from harness.verdicts import checks
from harness.verdicts.effects import Finding

OTHER_SEED = 1
MOST_FASTER = 0.10  # MLPerf Inference's TEST04: a repeated sample may be no more than a tenth faster
SEED_MARGIN = 0.05  # what a document's throughput is allowed by default, and within which a night is the same


@dataclass(frozen=True, slots=True, kw_only=True)
class _Audited:
    """What came of an audit: the samples that it timed, what is recorded, and the judgement to make."""

    samples: int
    session: Session
    detail: dict[str, Any]
    judged: Callable[[], Verdict]


def audit(bench: Workbench, case: Case, check: str) -> Result:
    """Carry out the audit called `check` (`checks.NAMES`) in this process, record it and judge it.

    Raises `NotApplicable` where the calls are a tool's own, and where they are too slow to take turns;
    `BadOutput` where outputs say nothing; what the backend raises.
    """
    target = bench.materials.target(case)
    if not target.backend.computes_here:
        raise NotApplicable(
            f"{case.id}: cannot be audited: the vendor's tool makes the timed calls in its own process and "
            "shows none of their inputs and outputs",
            remedy="audit its stand-in with --target stand-in",
        )
    timing = throughput.built(bench, case)
    found = _AUDITS[check](bench, timing)
    measurement = bench.recorder.measurement(
        case, Kind.THROUGHPUT, target, timing.stages, check=check, data=timing.samples,
        artifact=timing.artifact, samples=found.samples,
        detail={**found.detail, **common(found.session, timing.place).stored()},
    )  # fmt: skip
    return bench.recorder.record(measurement, found.judged)


def _same_outputs(bench: Workbench, timing: Timing) -> _Audited:
    """Outputs of timed calls against those of a session that is opened for them and never timed."""
    case = timing.case
    shown = [fixed_batch(case, timing.samples, seed) for seed in range(BATCH_SEED, outputs.BATCHES)]
    with timing.stages.timed("untimed calls"):
        fresh = timing.open()
        reference, repeated = ([_copied(fresh.run(batch)) for batch in shown] for _ in range(2))
        del fresh  # two sessions of a large model may be more than the memory holds
    session = timing.open()
    with timing.stages.timed("timed calls"):
        kept = outputs.timed(session.run, shown, plan_for(Stamp.QUICK, case.batch_size))
    try:
        found = outputs.compare(kept, reference, repeated)
    except BadOutput as problem:
        raise BadOutput(f"{case.id}: {problem}") from problem
    detail = TimedOutputsDetail(
        calls=found.calls, differing=found.differing, largest=found.largest, noise=found.noise,
        worst_call=found.worst_call, worst_batch=found.worst_batch, holds=found.holds, bound=found.allowed,
        batches=len(shown), timed_calls=len(kept.latencies_ns), ended=kept.ended,
    )  # fmt: skip
    return _Audited(
        samples=found.calls * case.batch_size,
        session=session,
        detail=detail.stored(),
        judged=lambda: checks.judge_timed_outputs(
            case, calls=found.calls, differing=found.differing, largest=found.largest,
            allowed=found.allowed, holds=found.holds, worst=found.worst_call,
        ),
    )  # fmt: skip


def _copied(arrays: Any) -> list[Any]:
    return [array.copy() for array in arrays]


def _repeated(bench: Workbench, timing: Timing) -> _Audited:
    """Batches that never come twice against one sample again and again."""
    case, samples = timing.case, timing.samples
    architecture = bench.materials.checkpoint(case.model).architecture
    vocabulary = 0 if architecture is None else architecture.vocabulary
    draw = batches.varied(case, samples, vocabulary=vocabulary, seed=BATCH_SEED)
    same = batches.copies(batches.repeated(case, samples))
    return _by_turns(
        timing, draw, same, margin=MOST_FASTER,
        judged=lambda turns, finding: checks.judge_repeated(case, turns.effect, finding, MOST_FASTER),
        of=lambda turns: Finding.BETTER if turns.effect.low > MOST_FASTER
        else Finding.SAME if turns.effect.high <= MOST_FASTER else Finding.TOO_NOISY,
    )  # fmt: skip


def _other_seed(bench: Workbench, timing: Timing) -> _Audited:
    """The batch that throughput is timed with against one of another seed."""
    case, samples = timing.case, timing.samples

    def of(turns: Turns) -> Finding:
        effect = turns.effect
        if effect.low > SEED_MARGIN or effect.high < -SEED_MARGIN:
            return Finding.BETTER if effect.low > 0 else Finding.WORSE
        inside = effect.low >= -SEED_MARGIN and effect.high <= SEED_MARGIN
        return Finding.SAME if inside else Finding.TOO_NOISY

    return _by_turns(
        timing, *(batches.copies(fixed_batch(case, samples, seed)) for seed in (BATCH_SEED, OTHER_SEED)),
        margin=SEED_MARGIN, of=of,
        judged=lambda turns, finding: checks.judge_seed(case, turns.effect, finding, SEED_MARGIN),
    )  # fmt: skip


def _by_turns(
    timing: Timing,
    first: Callable[[], batches.Batch],
    second: Callable[[], batches.Batch],
    *,
    margin: float,
    of: Callable[[Turns], Finding],
    judged: Callable[[Turns, Finding], Verdict],
) -> _Audited:
    session = timing.open()
    try:
        with timing.stages.timed("timed calls"):
            turns = speeds.in_turns(session.run, first, second, most_s=timing.plan.longest_s)
    except NotApplicable as slow:
        raise NotApplicable(f"{timing.case.id}: {slow}") from slow
    finding = of(turns)
    fours = sum(map(len, turns.rounds))
    detail = {
        "change": to_json(turns.effect), "finding": str(finding), "margin": margin,
        "mean_call_ns": list(turns.mean_ns), "turns": 4 * fours, "calls_a_turn": turns.calls_a_turn,
    }  # fmt: skip
    return _Audited(
        samples=4 * fours * turns.calls_a_turn * timing.case.batch_size,
        session=session,
        detail=detail,
        judged=partial(judged, turns, finding),
    )


_AUDITS: dict[str, Callable[[Workbench, Timing], _Audited]] = {
    OUTPUTS: _same_outputs,
    REPEATED: _repeated,
    SEED: _other_seed,
}
