"""A score of files that came back, beside what the checkpoint itself scores on the same samples in fp32."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.domain.catalog import Catalog
from harness.domain.metrics import Metric
from harness.domain.models import Protocol
from harness.errors import BadInput
from harness.other_machines.exchange import Score, Source
from harness.running.materials import Materials, features_digest
from harness.running.progress import Progress
from harness.setting.home import Home
from harness.setting.options import Options
from harness.tasks.metrics.accuracy import flips
from harness.tasks.text import Scored
from harness.verdicts import paired
from harness.verdicts.effects import Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the checkpoint itself scores, and how far the score of the files is from it."""

    own: Scored
    metric: Metric  # that the drop is of
    change: Effect | None  # from fp32 to the files; None where nothing says how sure it is
    flipped: tuple[int, ...] | None  # samples whose predictions differ; None of numbers


def held(
    catalog: Catalog, home: Home, source: Source, found: Score, progress: Progress
) -> Mapping[Protocol, Held]:
    """`found` beside the checkpoint's own fp32, by protocol: torch runs the same inputs here.

    Raises `NotThere` without the weights, and `BadInput` where the checkpoint's tokenizer makes other inputs.
    """
    model = source.model
    options = Options(weights=str(source.weights), data=str(source.corpus), limit=source.limit)
    materials = Materials(catalog, home, options, progress)
    samples = materials.samples(model, Protocol.DOCUMENTED)
    features = source.features()
    if features_digest(features) != samples.digest:
        raise BadInput(
            f"{model.name}: the checkpoint here has another vocabulary than the inputs were made with",
            path=source.vocabulary,
            remedy="put the checkpoint and its vocabulary there as they were published",
        )
    outputs = materials.reference(model, Protocol.DOCUMENTED)
    return {
        protocol: _beside(source.task.score(outputs, features, protocol=protocol), scored, model.score)
        for protocol, scored in found.scored.items()
    }


def _beside(own: Scored, scored: Scored, metric: Metric) -> Held:
    flipped = flips(scored.predictions, own.predictions).tolist() if scored.decides else None
    return Held(
        own=own, metric=metric, change=paired.between(own, scored, metric),
        flipped=None if flipped is None else tuple(flipped),
    )  # fmt: skip
