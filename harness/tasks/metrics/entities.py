"""Precision, recall and F1 of entities, micro-averaged as CoNLL's own script counts, by seqeval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.domain.parts import Parts
from harness.errors import BadOutput, NoSamples
from harness.tasks.tags import OUTSIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityScores:
    """Fractions over all entities of all types, and how many entities the truth has."""

    precision: float
    recall: float
    f1: float
    entities: int


def entity_scores(truth: Sequence[list[str]], predictions: Sequence[list[str]]) -> EntityScores:
    """Scores of predicted tags against true ones: a list of tags a sentence, ``O``, ``B-X`` or ``I-X``.

    An entity counts where type, start and end are right. Tags are read as conlleval reads them: an ``I-``
    behind anything but its own type begins an entity. What seqeval computes by default (`mode` None), to
    the last digit, which the zoos' scripts print; its F1 is ``2 p r / (p + r)`` in that order.

    Raises `BadOutput` for sentences that do not match one for one, `NoSamples` where the truth or the
    predictions have no entity at all: recall or precision would be nothing divided by nothing.
    """
    if [len(tags) for tags in truth] != [len(tags) for tags in predictions]:
        raise BadOutput(
            f"found predictions for {len(predictions)} sentences and {sum(map(len, predictions))} words, "
            f"expected {len(truth)} sentences and {sum(map(len, truth))} words of the same lengths"
        )
    for tags, what in ((truth, "the true tags"), (predictions, "the predictions")):
        if not any(tag != OUTSIDE for sentence in tags for tag in sentence):
            count = sum(map(len, tags))
            raise NoSamples(f"found no entity in {what} of {len(tags)} sentences, {count} words")
    # Not above: seqeval brings scikit-learn with it, a second that only a score is worth.
    from seqeval.metrics.sequence_labeling import precision_recall_fscore_support

    # zero_division: the case is an error above, so that its warning can never come.
    precision, recall, f1, entities = precision_recall_fscore_support(
        list(truth), list(predictions), average="micro", zero_division=0
    )
    return EntityScores(
        precision=float(precision), recall=float(recall), f1=float(f1), entities=int(entities)
    )


def entity_parts(truth: Sequence[list[str]], predictions: Sequence[list[str]]) -> Parts:
    """F1 of entities by sentence: twice those that match, and all that the truth and the predictions have.

    Entities as `entity_scores` reads them, of sentences that match one for one.
    """
    from seqeval.metrics.sequence_labeling import get_entities

    above: list[float] = []
    below: list[float] = []
    for wanted, found in zip(truth, predictions, strict=True):
        true, predicted = set(get_entities(wanted)), set(get_entities(found))
        above.append(2 * len(true & predicted))
        below.append(len(true) + len(predicted))
    return Parts(above=above, below=below)
