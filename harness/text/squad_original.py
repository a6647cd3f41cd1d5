"""SQuAD by the original BERT's run_squad, as SpanBERT and its Ascend port have it."""

from __future__ import annotations

from collections.abc import Sequence

from harness.domain import Protocol
from harness.text import squad
from harness.text.squad import score as score
from harness.text.squad_rules import ORIGINAL, STANDARD
from harness.text.squad_windows import Features, Question
from harness.text.wordpiece import WordPieceTokenizer

RULES = {Protocol.DOCUMENTED: ORIGINAL, Protocol.STANDARD: STANDARD}


def prepare(
    examples: Sequence[Question], tokenizer: WordPieceTokenizer, *, length: int, protocol: Protocol
) -> Features:
    """The windows of `examples`; raises as `squad_windows.features` does."""
    return squad.prepare(examples, tokenizer, length=length, protocol=protocol, rules=RULES)
