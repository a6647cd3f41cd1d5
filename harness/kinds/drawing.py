"""Samples drawn in a seeded order, run part by part until a score's drop is sure (`verdicts.sequential`).

Each part is run like a data set of its own, by the artifact and in the checkpoint's own fp32: what is kept on
disk, and shared by precisions and batch sizes, is kept by part. The order and the parts follow from the data
and the seed alone, so that a run that was killed goes on in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.domain.cases import Case
from harness.domain.details import Sequential
from harness.domain.models import Protocol
from harness.domain.parts import Parts
from harness.errors import NotApplicable
from harness.running.called import AnyShape, Loaded
from harness.running.inference import Inference, Outputs
from harness.running.materials import Materials, Proofs, Samples
from harness.running.recording import Stages
from harness.setting.options import SURE
from harness.tables import references
from harness.tasks.feeds import AS_NAMED, feed_of
from harness.tasks.text import Scored
from harness.verdicts import scores
from harness.verdicts.sequential import SEED, Race, drawn, looks, surely_apart

Array = npt.NDArray[Any]
IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What was drawn: the materials of those samples alone, their outputs, and how many they are.

    `numbers` are, of all that the score counts, those that were drawn: int64, ascending.
    """

    materials: Materials
    outputs: Outputs
    told: Sequential
    off_card: bool  # whether the own score of all is surely not the one on the checkpoint's card
    numbers: IntArray = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Some of the samples, in the order in which they were drawn, and what the artifact gave for them."""

    materials: Materials
    samples: Samples
    outputs: Outputs

    def __len__(self) -> int:
        return len(self.samples.examples)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Draws samples for one score, with a confidence `sure` in its verdict, a fraction."""

    materials: Materials
    inference: Inference
    case: Case
    protocol: Protocol
    loaded: Loaded
    any_shape: AnyShape | None
    stages: Stages
    sure: float

    def until_sure(self) -> Drawn:
        """Draw samples, each as likely as it counts, until the drop of all is sure to be allowed or not.

        With none left to draw it is a run of all samples. Raises `NotApplicable` for a score that is no mean
        over what it counts: F1 of entities, MCC, a correlation.
        """
        population = _Population(self.materials, self.case, self.protocol)
        parts: list[_Part] = []
        proofs: Proofs = {}
        race = population.race(self.sure)
        for start, stop in looks(len(population.order)):
            rows = population.order[start:stop]
            with self._all_or_none(parts):
                parts.append(self._run(self.materials.part(rows.tolist(), proofs)))
            with self._all_or_none(parts):
                race.see(population.weights[rows], *self._added(parts[-1]))
            # With all drawn that counts, what counts nothing is run too: then it is a run of all samples.
            if race.sure is not None and race.weight < population.counted:
                break
        return self._together(population, parts)

    def _all_or_none(self, parts: Sequence[_Part]) -> AbstractContextManager[None]:
        """Where something fails in here no part's outputs are kept: what gave the last gave the first."""
        if not parts:
            return nullcontext()
        outputs = tuple(part.outputs for part in parts)
        return self.inference.scoring(Outputs(arrays=[], facts={}, kept=None, parts=outputs))

    def _run(self, materials: Materials) -> _Part:
        return _Part(
            materials=materials,
            samples=materials.samples(self.case.model, self.protocol),
            outputs=self.inference.of(materials).all_outputs(
                self.case, self.protocol, self.loaded, self.any_shape
            ),
        )

    def _added(self, part: _Part) -> tuple[FloatArray, FloatArray]:
        """What each sample of a part adds to the own fp32 score, fed as the artifact is, and to its score."""
        samples, model, feed = part.samples, self.case.model, feed_of(self.case, self.protocol)
        with self.stages.timed("fp32 reference"):
            own = part.materials.score_reference(model, self.protocol, feed)
        with self.stages.timed("score"):
            scored = samples.task.score(part.outputs.arrays, samples.features, protocol=self.protocol)
        return _added(samples, own, self.case), _added(samples, scored, self.case)

    def _together(self, population: _Population, parts: Sequence[_Part]) -> Drawn:
        """The parts as one set of samples, in the order of the data."""
        count = sum(map(len, parts))
        rows = population.order[:count]
        whole = count == len(population.order)
        materials = self.materials if whole else self.materials.part(np.sort(rows).tolist(), {})
        starts = np.cumsum([0, *map(len, parts)])
        of_row = np.concatenate(
            [rows[start + part.samples.features.of_row] for start, part in zip(starts, parts, strict=False)]
        )
        order = np.argsort(of_row, kind="stable")
        model, protocol = self.case.model, self.protocol
        for feed in {AS_NAMED, feed_of(self.case, protocol)}:
            own = [part.materials.reference(model, protocol, feed) for part in parts]
            materials.give_reference(model, protocol, _in_order(own, order), feed)
        outputs = Outputs(
            arrays=_in_order([part.outputs.arrays for part in parts], order),
            facts=_facts([part.outputs.facts for part in parts]),
            kept=None,
            parts=tuple(part.outputs for part in parts),
        )
        numbers = np.flatnonzero(np.isin(population.of_counted, rows))
        told = Sequential(
            used=len(numbers), of=population.counted, counts=population.samples.task.COUNTS,
            drawn=count, seed=SEED, confidence=self.sure,
        )  # fmt: skip
        return Drawn(
            materials=materials, outputs=outputs, told=told, off_card=self._off_card(population, parts),
            numbers=numbers,
        )  # fmt: skip

    def _off_card(self, population: _Population, parts: Sequence[_Part]) -> bool:
        stated = self.materials.score_on_card(self.case.model, self.protocol)
        if stated is None:
            return False
        own = (part.materials.score_reference(self.case.model, self.protocol) for part in parts)
        added = [_added(part.samples, scored, self.case) for part, scored in zip(parts, own, strict=True)]
        weights, total = population.weights[population.order], population.counted
        count = sum(map(len, added))
        within = scores.SAMPLES_ALLOWED / total
        # A checkpoint is not doubted more lightly because its drop was asked for with less confidence.
        sure = max(self.sure, SURE)
        return surely_apart(total, weights[:count], np.concatenate(added), stated, within, sure)


class _Population:
    """All samples of a case's data: how much each counts, and the order in which they are drawn.

    `of_counted` is the sample of each that the score counts, int64 ``[counted]``; `weights` are by sample.
    """

    def __init__(self, materials: Materials, case: Case, protocol: Protocol) -> None:
        self.samples = materials.samples(case.model, protocol)
        _require_a_mean(self.samples, case, protocol)
        features = self.samples.features
        self.of_counted = features.of_counted
        there = np.union1d(features.of_row, self.of_counted)
        self.weights = np.bincount(self.of_counted, minlength=int(there[-1]) + 1)
        self.order = there[drawn(self.weights[there])]
        self._allowed = scores.allowance(
            self.counted,
            references.documented_drop(materials.catalog, case, case.model.score),
            materials.options.max_drop,
        )

    def race(self, sure: float) -> Race:
        """Whether a drop is allowed, of which nothing is known yet."""
        return Race(self.counted, self._allowed, sure)

    @property
    def counted(self) -> int:
        """How much the score counts, of all samples."""
        return len(self.of_counted)


def _require_a_mean(samples: Samples, case: Case, protocol: Protocol) -> None:
    """Raise `NotApplicable` for a score of which those that are drawn say nothing of the others."""
    found = samples.task.trivial(samples.features, protocol=protocol)
    if any(_values(scored, case) is not None for scored in found.values()):
        return
    raise NotApplicable(
        f"{case.id}: its score, {case.model.score}, is no mean over {samples.task.COUNTS}: those that are "
        "drawn say nothing sure of all",
        remedy="leave --until out for it, so that every sample is run",
    )


def _values(scored: Scored, case: Case) -> FloatArray | None:
    """What each that the judged score counts adds to it, from 0 to 1; None where it is no mean of that."""
    metric = case.model.score
    if metric in scored.correct:
        return scored.right.astype(np.float64)
    parts = scored.parts.get(metric)
    if isinstance(parts, Parts) and all(value == 1 for value in parts.below):
        return np.asarray(parts.above, np.float64)
    return None


def _added(samples: Samples, scored: Scored, case: Case) -> FloatArray:
    """What each sample adds to the score, float64 ``[samples]``."""
    values = _values(scored, case)
    assert values is not None, "a population's score is a mean"
    added = np.bincount(samples.features.of_counted, values, minlength=len(samples.examples))
    return added.astype(np.float64, copy=False)


def _in_order(parts: Sequence[Sequence[Array]], order: IntArray) -> list[Array]:
    return [np.concatenate(arrays)[order] for arrays in zip(*parts, strict=True)]


# What is counted of samples at their real length, part by part.
_COUNTED = ("positions_run", "positions_padded", "samples_padded")


def _facts(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How the parts were run: as the first that says so, with what was counted in all of them."""
    facts = {name: fact for part in reversed(parts) for name, fact in part.items()}
    grouped = list(_of(parts, "grouped"))
    if grouped:
        counted = [name for name in _COUNTED if any(name in each for each in grouped)]
        facts["grouped"] = grouped[0] | {name: sum(each.get(name, 0) for each in grouped) for name in counted}
    resumed = sum(_of(parts, "resumed_from_sample"))
    return facts | ({"resumed_from_sample": resumed} if resumed else {})


def _of(parts: Sequence[Mapping[str, Any]], name: str) -> Iterator[Any]:
    return (part[name] for part in parts if name in part)
