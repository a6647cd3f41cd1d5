"""SQuAD by the original BERT's run_squad, as SpanBERT and its Ascend port have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy.typing as npt

from harness.domain.models import Protocol
from harness.tasks.text import Scored, squad, wordpiece
from harness.tasks.text.squad_rules import ORIGINAL, STANDARD
from harness.tasks.text.squad_windows import Features, Question, features
from harness.tasks.text.wordpiece import WordPieceTokenizer

RULES = {Protocol.DOCUMENTED: ORIGINAL, Protocol.STANDARD: STANDARD}
READS_PADDING = squad.READS_PADDING
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


def trivial(features: Features, *, protocol: Protocol) -> Mapping[str, Scored]:
    """What answers that need no network score by the rules of `protocol`."""
    return squad.trivial(features, RULES[protocol])
