"""The outputs of a case that came back: read, held against the checkpoint's own where it is here, scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy.typing as npt

from harness.domain.catalog import Catalog
from harness.domain.measurements import Verdict
from harness.domain.models import InputRole, Protocol
from harness.errors import BadInput, CheckpointError, NotThere
from harness.other_machines import exchange
from harness.other_machines.bundles.steps import Ran
from harness.other_machines.exchange import Source
from harness.running.bounds import explained
from harness.running.called import checked_rows
from harness.running.materials import Materials, comparable, features_digest
from harness.running.progress import Progress
from harness.running.swapped import require_in_place
from harness.running.valid import (
    largest_valid_difference,
    overflow_told,
    require_numbers,
    typical_difference,
)
from harness.setting.home import Home
from harness.setting.options import Options
from harness.tables import references
from harness.tasks.metrics.accuracy import flips
from harness.tasks.text import Features, Scored
from harness.verdicts import paired, scores

Array = npt.NDArray[Any]
PROTOCOL = Protocol.DOCUMENTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A score of outputs that came back, and what is recorded beside it."""

    scored: Scored
    verdict: Verdict
    detail: Mapping[str, Any]


class Scorer:
    """Scores what came back by what is here: data, vocabulary, and the checkpoint where it is the same."""

    def __init__(self, catalog: Catalog, home: Home, progress: Progress) -> None:
        self._catalog = catalog
        self._home = home
        self._progress = progress
        self._materials: dict[Options, Materials] = {}
        self._sources: dict[tuple[str, Options], tuple[Source, Features]] = {}

    def score(self, ran: Ran) -> Judged:
        """Read, check, score and judge one case's outputs.

        Raises `NotThere` without data or vocabulary, `BadInput` where they are not the bundle's, `BadOutput`
        for outputs that cannot be scored or that are another sample's.
        """
        case, bundled = ran.case, ran.bundled
        source, features = self._samples(ran)
        count = len(features)
        found = checked_rows(case, ran.bundling.read(case, ran.folder, count), count)
        with overflow_told(case):
            require_numbers(found, case.id)
        scored = source.task.score(found, features, protocol=PROTOCOL)
        detail: dict[str, Any] = {
            "correct": scored.correct.get(case.model.score),
            "truncated": len(features.truncated),
            "facts": dict(scored.facts),
            "trivial": _fractions(source.task.trivial(features, protocol=PROTOCOL)),
        }
        why = comparable(bundled.weights, bundled.data, PROTOCOL, bundled.limit)
        score = scores.Score(
            metric=case.model.score, value=scored.metrics[case.model.score], samples=scored.samples,
            own_fp32=None, comparable=not why, why_not=why,
        )  # fmt: skip
        materials, why_not = self._checkpoint(ran)
        beside = scores.Beside(trivial=detail["trivial"])
        if materials is None:
            why = f"not held against the checkpoint's own fp32 outputs: {why_not}"
            verdict = self._judged(ran, score, replace(beside, not_held=why))
            return Judged(scored=scored, detail=detail | {"reference": why_not}, verdict=verdict)
        mask = features.inputs[InputRole.MASK]
        verdict, compared = self._held(ran, materials, score, beside, scored, found, mask)
        return Judged(scored=scored, detail=detail | compared, verdict=verdict)

    def _held(
        self,
        ran: Ran,
        materials: Materials,
        score: scores.Score,
        beside: scores.Beside,
        scored: Scored,
        found: Sequence[Array],
        mask: Array,
    ) -> tuple[Verdict, dict[str, Any]]:
        """The verdict on outputs beside the checkpoint's own in fp32, and what the two differ by."""
        case, model = ran.case, ran.case.model
        reference = materials.reference(model, PROTOCOL)
        own = materials.score_reference(model, PROTOCOL)
        require_in_place(case, found, reference, mask, explained(materials, case, reference, mask))
        flipped = flips(scored.predictions, own.predictions).tolist() if scored.decides else None
        typical = typical_difference(found, reference, mask, model.outputs)
        held = replace(
            score, own_fp32=own.metrics[model.score], flips=None if flipped is None else len(flipped),
            chance=paired.chance(own.parts.get(model.score), scored.parts.get(model.score)),
        )  # fmt: skip
        on_card = materials.score_on_card(model, PROTOCOL)
        beside = replace(
            beside, typical_difference=typical,
            typical_bound=self._catalog.precisions[case.precision].typical.most,
            card=scores.CardScore.of(own.metrics[model.score], on_card, own.samples),
            no_card=materials.unheld_by_card(model, PROTOCOL),
        )  # fmt: skip
        return self._judged(ran, held, beside), {
            "own_fp32": own.metrics[model.score],
            "own_fp32_correct": own.correct.get(model.score),
            "fp32_on_card": on_card,
            "flips": None if flipped is None else len(flipped),
            "flipped": flipped,
            "max_abs_difference": largest_valid_difference(found, reference, mask, model.outputs),
            "typical_difference": typical,
        }

    def _judged(self, ran: Ran, score: scores.Score, beside: scores.Beside) -> Verdict:
        case, metric = ran.case, score.metric
        return scores.judge_score(
            case,
            score,
            references.for_case(self._catalog, case, metric),
            references.documented_drop(self._catalog, case, metric),
            beside,
        )

    def _samples(self, ran: Ran) -> tuple[Source, Features]:
        """The samples that the bundle's inputs were made of, made again."""
        case, bundled = ran.case, ran.bundled
        options = _options(ran)
        key = case.model.name, options
        if key not in self._sources:
            source = exchange.open_source(
                self._catalog, self._home, case.model.name, case.chip.name,
                weights=bundled.weights, data=bundled.data, limit=bundled.limit,
            )  # fmt: skip
            self._sources[key] = source, source.features()
        source, features = self._sources[key]
        here = source.dataset.sha256, features_digest(features)
        if here != (bundled.data_sha256, bundled.features_sha256):
            raise BadInput(
                f"the bundle's inputs of {case.model.name} were made of another data set or vocabulary than "
                "the ones here",
                path=case.id,
                remedy="collect it on the machine that wrote it, or put the same files here",
            )
        return source, features

    def _checkpoint(self, ran: Ran) -> tuple[Materials | None, str]:
        """What the fp32 reference is made of; None, and why, where the bundle's weights are not here."""
        options = _options(ran)
        materials = self._materials.setdefault(
            options, Materials(self._catalog, self._home, options, self._progress)
        )
        try:
            here = materials.checkpoint(ran.case.model).weights_sha256
        except (NotThere, CheckpointError):
            return None, f"the {ran.bundled.weights} weights are not here"
        if here != ran.bundled.weights_sha256:
            return None, f"the {ran.bundled.weights} weights here differ from the bundle's"
        return materials, ""


def _fractions(trivial: Mapping[str, Scored]) -> dict[str, dict[str, float]]:
    return {name: {str(m): value for m, value in scored.metrics.items()} for name, scored in trivial.items()}


def _options(ran: Ran) -> Options:
    bundled = ran.bundled
    return Options(weights=bundled.weights.value, data=bundled.data.value, limit=bundled.limit)
