"""The score of answers to SQuAD's questions, and what was lost on the way to it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.domain.metrics import Metric
from harness.domain.models import Protocol
from harness.domain.parts import Parts
from harness.errors import BadOutput
from harness.tasks.metrics import squad as metric
from harness.tasks.text import Scored, squad_windows
from harness.tasks.text.squad_answers import NOTHING, predict
from harness.tasks.text.squad_candidates import answerable
from harness.tasks.text.squad_padding import may_move
from harness.tasks.text.squad_rules import Rules
from harness.tasks.text.squad_windows import Features, Question
from harness.tasks.text.squad_words import IntArray
from harness.tasks.text.wordpiece import WordPieceTokenizer

# The originals take the 20 best logits of all positions first, and only then drop those outside the context:
# padding among them takes the place of a span (`squad_candidates`). So it is part of the score.
TWO_TEXTS = True  # question and context
COUNTS = "questions"

_SENTENCE_END = re.compile(r"(?<=[.!?])\s")


@dataclass(frozen=True, slots=True)
class ByRules:
    """What the modules of the SQuAD tasks have as their functions: a task by the rules of each protocol."""

    rules: Mapping[Protocol, Rules]

    def prepare(
        self, examples: Sequence[Question], tokenizer: WordPieceTokenizer, *, length: int, protocol: Protocol
    ) -> Features:
        """The windows of `examples`; raises as `squad_windows.features` does."""
        return squad_windows.features(examples, tokenizer, length, rules=self.rules[protocol])

    def score(self, outputs: Sequence[npt.NDArray[Any]], features: Features, *, protocol: Protocol) -> Scored:
        """Exact match and F1 by the rules of `protocol`; features of the other one are scored, too."""
        return score(outputs, features, self.rules[protocol])

    def padding_may_move(
        self,
        outputs: Sequence[npt.NDArray[Any]],
        highest: Sequence[npt.NDArray[Any]],
        slack: float,
        features: Features,
    ) -> IntArray:
        """The windows of all questions whose answer padding may change under one of the protocols.

        See `squad_padding`.
        """
        moved = [may_move(outputs, highest, slack, features, rules) for rules in self.rules.values()]
        return np.unique(np.concatenate(moved))

    def trivial(self, features: Features, *, protocol: Protocol) -> Mapping[str, Scored]:
        """What answers that need no network score by the rules of `protocol`."""
        return trivial(features, self.rules[protocol])


def score(outputs: Sequence[npt.NDArray[Any]], features: Features, rules: Rules) -> Scored:
    """Exact match and F1 over all questions, from two outputs: start and end logits ``[windows, length]``.

    `rules` are those of the answers; the features may be by others. The facts are what was lost on the way,
    and the score in per cent as the original scripts print it, to the last digit. Raises `BadOutput` for
    other outputs.
    """
    if len(outputs) != 2:
        raise BadOutput(f"found {len(outputs)} outputs, expected two: start and end logits")
    return _scored(predict(outputs[0], outputs[1], features, rules), features, rules)


def trivial(features: Features, rules: Rules) -> Mapping[str, Scored]:
    """The first sentence of every context, and no answer to any question."""
    first = [first_sentence(example.context) for example in features.examples]
    return {
        "first sentence": _scored(first, features, rules),
        "no answer": _scored([""] * len(first), features, rules),
    }


def first_sentence(context: str) -> str:
    """What stands before the first blank behind a full stop."""
    return _SENTENCE_END.split(context.strip(), maxsplit=1)[0]


def _scored(found: Sequence[str | None], features: Features, rules: Rules) -> Scored:
    predictions = [NOTHING if text is None else text for text in found]
    answers = [[answer.text for answer in example.answers] for example in features.examples]
    counted = metric.score(predictions, answers, official=rules.official_evaluation)
    return Scored(
        metrics={Metric.EXACT: counted.exact_match, Metric.F1: counted.f1},
        correct={Metric.EXACT: counted.exact},
        samples=counted.samples,
        predictions=np.array(predictions, np.str_),
        right=np.array(counted.right),
        parts={Metric.F1: Parts(above=counted.f1s, below=[1.0] * counted.samples)},
        facts={
            "exact_percent": counted.exact_percent,
            "f1_percent": counted.f1_percent,
            "without_answer": found.count(None),
            "answered_from_another": _misplaced(features, rules),
            **features.facts,
        },
    )


def _misplaced(features: Features, rules: Rules) -> int:
    """How many questions are answered from the windows of another."""
    question = answerable(features, rules).question
    return len(np.unique(question[question != features.asked]))
