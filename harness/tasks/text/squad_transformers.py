"""SQuAD as transformers 3 and 4 have it, which Cambricon's bert-squad calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy.typing as npt

from harness.domain.models import Protocol
from harness.tasks.text import Scored, squad, wordpiece
from harness.tasks.text.squad_rules import STANDARD, TRANSFORMERS
from harness.tasks.text.squad_windows import Features, Question, features
from harness.tasks.text.squad_words import IntArray
from harness.tasks.text.wordpiece import WordPieceTokenizer

RULES = {Protocol.DOCUMENTED: TRANSFORMERS, Protocol.STANDARD: STANDARD}
TWO_TEXTS = squad.TWO_TEXTS
COUNTS = squad.COUNTS
open_tokenizer = wordpiece.open_tokenizer


def prepare(
    examples: Sequence[Question], tokenizer: WordPieceTokenizer, *, length: int, protocol: Protocol
) -> Features:
    """The windows of `examples`; raises as `squad_windows.features` does."""
    return features(examples, tokenizer, length, rules=RULES[protocol])


def score(outputs: Sequence[npt.NDArray[Any]], features: Features, *, protocol: Protocol) -> Scored:
    """Exact match and F1 by the rules of `protocol`; features of the other one are scored, too."""
    return squad.score(outputs, features, RULES[protocol])


def padding_may_move(
    outputs: Sequence[npt.NDArray[Any]],
    highest: Sequence[npt.NDArray[Any]],
    slack: float,
    features: Features,
) -> IntArray:
    """The windows of all questions whose answer padding may change under one of the protocols."""
    return squad.padding_may_move(outputs, highest, slack, features, RULES.values())


def trivial(features: Features, *, protocol: Protocol) -> Mapping[str, Scored]:
    """What answers that need no network score by the rules of `protocol`."""
    return squad.trivial(features, RULES[protocol])
