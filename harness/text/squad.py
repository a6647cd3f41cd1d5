"""Answering questions of SQuAD: what the two systems' tasks share, whatever their rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.domain import Metric, Protocol
from harness.errors import BadOutput, ZoocheckError
from harness.metrics import squad as metric
from harness.text import Scored
from harness.text.squad_answers import NOTHING, predict
from harness.text.squad_rules import Rules
from harness.text.squad_windows import Features, Question, features
from harness.text.wordpiece import WordPieceTokenizer

RulesOf = Mapping[Protocol, Rules]


def prepare(
    examples: Sequence[Question],
    tokenizer: WordPieceTokenizer,
    *,
    length: int,
    protocol: Protocol,
    rules: RulesOf,
) -> Features:
    """The windows of `examples` by the rules that `protocol` means; raises as `features` does."""
    return features(examples, tokenizer, length, rules=rules[protocol], protocol=protocol)


def score(outputs: Sequence[npt.NDArray[Any]], features: Features, *, protocol: Protocol) -> Scored:
    """Exact match and F1 over all questions, from two outputs: start and end logits ``[windows, length]``.

    The facts are what the protocol lost on the way, and the score in per cent as the original scripts
    print it, to the last digit. Raises `BadOutput` for other outputs, `ZoocheckError` for features of
    the other protocol.
    """
    if len(outputs) != 2:
        raise BadOutput(f"found {len(outputs)} outputs, expected two: start and end logits")
    if protocol is not features.protocol:
        message = f"features of the {features.protocol} protocol cannot be scored by the {protocol} one"
        raise ZoocheckError(message, remedy="make features for each protocol")
    found = predict(outputs[0], outputs[1], features)
    predictions = [NOTHING if text is None else text for text in found]
    answers = [[answer.text for answer in example.answers] for example in features.examples]
    counted = metric.score(predictions, answers, official=features.rules.official_evaluation)
    return Scored(
        metrics={Metric.EXACT: counted.exact_match, Metric.F1: counted.f1},
        correct={Metric.EXACT: counted.exact},
        samples=counted.samples,
        predictions=np.array([*predictions, ""], object)[:-1],  # never taken for a list of characters
        facts={
            "exact_percent": counted.exact_percent,
            "f1_percent": counted.f1_percent,
            "without_answer": found.count(None),
            **losses(features),
        },
    )


def losses(features: Features) -> dict[str, int]:
    """What of questions and contexts the model is not shown, and where answers come from elsewhere."""
    questions = np.bincount(features.asked, minlength=len(features.examples))
    elsewhere = features.answers != features.asked
    return {
        "windows": len(features),
        "questions_of_several_windows": int((questions > 1).sum()),
        "questions_without_window": int((questions == 0).sum()),
        "questions_cut": len(features.truncated),
        "context_tokens_in_no_window": int(features.unseen.sum()),
        "questions_answered_from_another": len(np.unique(features.answers[elsewhere])),
    }
