"""What answers that need no network score, by the protocol's own code."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest

from harness.domain.metrics import Metric
from harness.domain.models import Protocol
from harness.tasks.text import Scored, classify, ner_characters, ner_words, squad
from harness.tasks.text.squad_rules import ORIGINAL, STANDARD

DOCUMENTED = Protocol.DOCUMENTED


def features(labels: list[int], rows: list[int]) -> SimpleNamespace:
    """As much of an entity recogniser's features as a score of labels reads."""
    bounds = np.searchsorted(rows, np.arange(max(rows) + 2))
    counted = {"words": len(labels), "unknown_words": 0, "characters": len(labels), "unknown_characters": 0}
    return SimpleNamespace(
        labels=np.array(labels), bounds=bounds, facts={**counted, "sentences": max(rows) + 1}
    )


def test_the_majority_class_is_the_true_labels_own():
    """Three of five are 1: that scores 60 %, whichever label is the more frequent elsewhere."""
    scored = classify.trivial(SimpleNamespace(labels=np.array([1, 0, 1, 1, 0])), protocol=DOCUMENTED)
    assert {name: item.correct for name, item in scored.items()} == {"majority class": {Metric.ACCURACY: 3}}
    assert scored["majority class"].metrics == {Metric.ACCURACY: 0.6}


@pytest.mark.parametrize("protocol", Protocol)
def test_all_outside_is_right_where_there_is_no_entity(protocol: Protocol):
    """Words: 5 of 6. Entities: none is found."""
    [(name, scored)] = ner_words.trivial(
        features([0, 0, 3, 0, 0, 0], [0, 0, 0, 1, 1, 1]), protocol=protocol
    ).items()
    assert name == "all O"
    assert scored.metrics[Metric.ACCURACY] == 5 / 6
    assert (Metric.F1 in scored.metrics) is (protocol is Protocol.STANDARD)
    assert scored.metrics.get(Metric.F1, 0) == 0


def test_all_outside_reads_as_far_as_the_documented_script():
    """Up to the first true I-ORG: 2 of 3 characters of the one sentence that has it."""
    labels, rows = [0, 0, 5, 6, 0, 0, 0], [0, 0, 0, 0, 0, 1, 1]
    documented = ner_characters.trivial(features(labels, rows), protocol=DOCUMENTED)["all O"]
    standard = ner_characters.trivial(features(labels, rows), protocol=Protocol.STANDARD)["all O"]
    assert documented.metrics == {
        Metric.PRECISION: 0, Metric.RECALL: 0, Metric.F1: 0, Metric.ACCURACY: 2 / 3,
    }  # fmt: skip
    assert standard.metrics[Metric.ACCURACY] == 5 / 7


@dataclass(frozen=True)
class Questions:
    """As much of SQuAD's features as a score of answers reads, each question with one window."""

    examples: tuple[SimpleNamespace, ...]
    facts: dict = field(default_factory=dict)


def squad_scores(monkeypatch: pytest.MonkeyPatch, rules) -> dict[str, Scored]:
    monkeypatch.setattr(squad, "_misplaced", lambda features, rules: 0)
    context = "The river is 3.5 km long! It ends in the sea. Nobody knows why."
    asked = [("the river is 3.5 km long",), ("in the sea",)]
    examples = tuple(
        SimpleNamespace(context=context, answers=[SimpleNamespace(text=text) for text in texts])
        for texts in asked
    )
    return dict(squad.trivial(Questions(examples), rules))


@pytest.mark.parametrize("rules", [ORIGINAL, STANDARD])
def test_the_first_sentence_ends_at_its_mark_not_in_a_number(monkeypatch: pytest.MonkeyPatch, rules):
    """It is the one answer to the letter, and shares no word with the other; no answer is neither."""
    scored = squad_scores(monkeypatch, rules)
    assert scored["first sentence"].metrics == {Metric.EXACT: 0.5, Metric.F1: 0.5}
    assert scored["no answer"].metrics == {Metric.EXACT: 0, Metric.F1: 0}
