"""The score over a data set: its samples through a case's artifact, held against its own fp32, judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy.typing as npt

from harness.artifacts.cache import Artifact
from harness.domain.cases import Case, Kind
from harness.domain.details import (
    AccuracyDetail,
    FlippedText,
    HowRun,
    Misfed,
    OwnFp32,
    ScoreChange,
)
from harness.domain.measurements import Interval, Measurement, Verdict
from harness.domain.metrics import Metric
from harness.domain.models import InputRole, Protocol, Weights
from harness.domain.parts import Pairs
from harness.errors import NotApplicable
from harness.kinds.drawing import Drawing, Drawn
from harness.records import to_json
from harness.running.bounds import explained
from harness.running.called import Loaded
from harness.running.inference import Outputs
from harness.running.materials import Materials, Samples, comparable
from harness.running.recording import Stages
from harness.running.swapped import require_in_place
from harness.running.valid import largest_valid_difference, typical_difference
from harness.running.workbench import Workbench, common
from harness.store.results import Result
from harness.tables import references
from harness.tasks.feeds import AS_NAMED, Feed, feed_of, in_words
from harness.tasks.metrics.accuracy import flips
from harness.tasks.text import Scored
from harness.tasks.text.shown import flipped_texts
from harness.toolchains.base import Session
from harness.toolchains.place import Place
from harness.toolchains.targets import Target
from harness.verdicts import paired, scores, stats

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """A case that is ready to be scored."""

    case: Case
    protocol: Protocol
    feed: Feed
    target: Target
    samples: Samples
    place: Place
    artifact: Artifact
    session: Session
    stages: Stages
    materials: Materials  # of all samples
    drawn: Drawn | None = None  # those that are scored, where they were drawn until the verdict is sure

    @property
    def scored(self) -> Materials:
        """The materials of the samples that are scored."""
        return self.materials if self.drawn is None else self.drawn.materials

    @property
    def part(self) -> Drawn | None:
        """The samples that were drawn, where they are not all."""
        return None if self.drawn is None or self.drawn.told.whole else self.drawn

    @property
    def mask(self) -> Array:
        """``[samples, length]``, not 0 where there is no padding."""
        return self.samples.features.inputs[InputRole.MASK]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reference:
    """The checkpoint's own fp32 outputs, and what they score."""

    outputs: list[Array]
    own: Scored  # fed as the artifact is
    fed_right: Scored  # fed by name: another score only where the document feeds the wrong inputs
    on_card: float | None  # the fraction that the checkpoint's card states; None without one


def accuracy(bench: Workbench, case: Case, protocol: Protocol) -> Result:
    """Score every sample through the case's artifact, or as many as `--until` asks for; record it, judge it.

    Raises `NotThere` where the chip, the checkpoint or the data is not here, `NotApplicable` for random
    weights: then nothing is recorded. Raises `BadOutput` for outputs that cannot be scored, or that are
    another sample's: they are not kept, and the message says so.
    """
    opened, outputs = _run(bench, _open(bench, case, protocol))
    reference = _reference(opened)
    with bench.inference.scoring(outputs):
        _require_in_place(opened, outputs, reference)
        scored = _score(opened, outputs)
        detail = _detail(opened, outputs, reference, scored)
    measurement = _measurement(bench, opened, scored, detail)

    def judged() -> Verdict:
        with bench.inference.scoring(outputs):
            return _judge(opened, reference, scored, detail)

    result = bench.recorder.record(measurement, judged)
    outputs.forget()
    return result


def _open(bench: Workbench, case: Case, protocol: Protocol) -> _Opened:
    """Features made, artifact built or taken, and loaded."""
    materials, stages = bench.materials, Stages()
    target = materials.target(case)
    if materials.checkpoint(case.model).weights is Weights.RANDOM:
        raise NotApplicable(
            f"{case.id}: random weights have no accuracy",
            remedy="choose --weights mini or full, or -m conformance for output parity",
        )
    with stages.timed("features"):
        samples = materials.samples(case.model, protocol)
    place = bench.place(case, Kind.ACCURACY, target, protocol)
    artifact, session = bench.open(case, target, stages, place)
    return _Opened(
        case=case, protocol=protocol, feed=feed_of(case, protocol), target=target, samples=samples,
        place=place, artifact=artifact, session=session, stages=stages, materials=materials,
    )  # fmt: skip


def _run(bench: Workbench, opened: _Opened) -> tuple[_Opened, Outputs]:
    """Every sample through the artifact, or those that are drawn; what is scored then are these."""
    case, protocol, stages = opened.case, opened.protocol, opened.stages
    sure = bench.materials.options.until
    with stages.timed("inference"):
        any_shape = bench.any_shape(case, opened.target, stages, opened.place)
        loaded = Loaded(artifact=opened.artifact, session=opened.session, place=opened.place)
        if sure is None:
            return opened, bench.inference.all_outputs(case, protocol, loaded, any_shape)
        drawn = Drawing(
            materials=bench.materials, inference=bench.inference, case=case, protocol=protocol, loaded=loaded,
            any_shape=any_shape, stages=stages, sure=sure,
        ).until_sure()  # fmt: skip
    samples = drawn.materials.samples(case.model, protocol)
    return replace(opened, samples=samples, drawn=drawn), drawn.outputs


def _reference(opened: _Opened) -> _Reference:
    """The checkpoint's own fp32, fed as the artifact is."""
    materials = opened.scored
    model, protocol, feed = opened.case.model, opened.protocol, opened.feed
    with opened.stages.timed("fp32 reference"):
        outputs = materials.reference(model, protocol, feed)
        own = materials.score_reference(model, protocol, feed)
    return _Reference(
        outputs=outputs,
        own=own,
        fed_right=own if feed == AS_NAMED else materials.score_reference(model, protocol),
        on_card=opened.materials.score_on_card(model, protocol),
    )


def _require_in_place(opened: _Opened, outputs: Outputs, reference: _Reference) -> None:
    """Raise `BadOutput` for outputs in each other's place."""
    case, mask = opened.case, opened.mask
    bound = explained(opened.scored, case, reference.outputs, mask)
    require_in_place(case, outputs.arrays, reference.outputs, mask, bound)


def _score(opened: _Opened, outputs: Outputs) -> Scored:
    with opened.stages.timed("score"):
        return opened.samples.task.score(outputs.arrays, opened.samples.features, protocol=opened.protocol)


def _detail(opened: _Opened, outputs: Outputs, reference: _Reference, scored: Scored) -> AccuracyDetail:
    """What is recorded beside the score."""
    materials, model, samples, own = opened.scored, opened.case.model, opened.samples, reference.own
    flipped = flips(scored.predictions, own.predictions).tolist() if scored.decides else None
    texts = flipped_texts(
        flipped or (),
        samples.examples,
        samples.features,
        own.predictions.tolist(),
        scored.predictions.tolist(),
    )
    if opened.drawn is not None:
        numbers = opened.drawn.numbers.tolist()
        flipped = None if flipped is None else [numbers[item] for item in flipped]
        texts = [text | {"sample": numbers[text["sample"]]} for text in texts]
    pair = (outputs.arrays, reference.outputs, opened.mask, model.outputs)
    return AccuracyDetail(
        correct=scored.correct.get(model.score),
        fp32=OwnFp32(
            own_fp32=own.metrics[model.score],
            own_fp32_correct=own.correct.get(model.score),
            fp32_on_card=reference.on_card,
            flips=None if flipped is None else len(flipped),
            flipped=None if flipped is None else tuple(flipped),
        ),
        from_fp32=None if opened.part is not None else _from_fp32(own, scored, model.score),
        flipped_texts=tuple(map(FlippedText.from_stored, texts)),
        truncated=len(samples.features.truncated),
        max_abs_difference=largest_valid_difference(*pair),
        typical_difference=typical_difference(*pair),
        facts={**scored.facts, **samples.facts},
        run=HowRun.from_stored(outputs.facts),
        trivial=materials.trivial(model, opened.protocol),
        max_drop=materials.options.max_drop,
        sequential=None if opened.drawn is None else opened.drawn.told,
        misfed=_misfed(opened.feed, reference.fed_right, scored),
        common=common(opened.session, opened.place),
    )


def _from_fp32(own: Scored, scored: Scored, metric: Metric) -> ScoreChange | None:
    """The change of `metric` from the checkpoint's own fp32, with its 95 % interval."""
    effect = paired.between(own, scored, metric)
    return None if effect is None else ScoreChange.from_stored(to_json(effect))


def _chance(scored: Scored, metric: Metric, change: ScoreChange | None) -> float | None:
    """As `paired.chance`, of the change that is resampled already."""
    if change is None or not isinstance(scored.parts.get(metric), Pairs):
        return None
    return (change.high - change.low) / 2


def _misfed(feed: Feed, right: Scored, scored: Scored) -> Misfed | None:
    """What a documented feeding of the wrong inputs changes, from the checkpoint's fp32 score when fed right.

    None where every input is fed its own features.
    """
    if feed == AS_NAMED:
        return None
    return Misfed(
        as_documented=in_words(feed),
        fed_right={str(name): value for name, value in right.metrics.items()},
        difference={str(name): scored.metrics[name] - value for name, value in right.metrics.items()},
        flips=len(flips(scored.predictions, right.predictions)),
    )


def _measurement(bench: Workbench, opened: _Opened, scored: Scored, detail: AccuracyDetail) -> Measurement:
    return bench.recorder.measurement(
        opened.case, Kind.ACCURACY, opened.target, opened.stages, protocol=opened.protocol,
        data=opened.samples, artifact=opened.artifact,
        metrics={str(name): value for name, value in scored.metrics.items()}, samples=scored.samples,
        intervals={} if opened.part is not None else _intervals(scored),
        raw=scored.raw,
        detail=detail.stored(),
    )  # fmt: skip


def _intervals(scored: Scored) -> dict[str, Interval]:
    """By metric; none is said of drawn samples, whose number depends on what they showed."""
    return {str(name): stats.wilson(count, scored.samples) for name, count in scored.correct.items()}


def _judge(opened: _Opened, reference: _Reference, scored: Scored, detail: AccuracyDetail) -> Verdict:
    """The documented value or the drop, and the facts that may cast doubt on a good score."""
    materials, part = opened.materials, opened.part
    case, model, protocol = opened.case, opened.case.model, opened.protocol
    metric = model.score
    weights = materials.checkpoint(model).weights
    few = "" if part is None else f"{part.told.used:,} of {part.told.of:,} {part.told.counts}"
    why_not = comparable(weights, opened.samples.corpus, protocol, opened.scored.limit, few)
    score = scores.Score(
        metric=metric,
        value=scored.metrics[metric],
        samples=scored.samples,
        own_fp32=reference.own.metrics[metric],
        comparable=not why_not,
        why_not=why_not,
        flips=detail.fp32.flips,
        most_drop=materials.options.max_drop,
        chance=_chance(scored, metric, detail.from_fp32),
        sequential=None if part is None else part.told,
    )
    beside = scores.Beside(
        trivial=detail.trivial or {},
        typical_difference=detail.typical_difference,
        typical_bound=materials.catalog.precisions[case.precision].typical.most,
        card=scores.CardScore.of(
            reference.fed_right.metrics[metric],
            reference.on_card,
            reference.fed_right.samples,
            apart=None if part is None else part.off_card,
        ),
        no_card=materials.unheld_by_card(model, protocol),
    )
    return scores.judge_score(
        case,
        score,
        references.for_case(materials.catalog, case, metric),
        references.documented_drop(materials.catalog, case, metric),
        beside,
    )
