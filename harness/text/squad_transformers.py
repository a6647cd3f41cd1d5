"""SQuAD as transformers 3 and 4 have it, which Cambricon's bert-squad calls."""

from __future__ import annotations

from collections.abc import Sequence

from harness.domain import Protocol
from harness.text import squad
from harness.text.squad import score as score
from harness.text.squad_rules import STANDARD, TRANSFORMERS
from harness.text.squad_windows import Features, Question
from harness.text.wordpiece import WordPieceTokenizer

RULES = {Protocol.DOCUMENTED: TRANSFORMERS, Protocol.STANDARD: STANDARD}


def prepare(
    examples: Sequence[Question], tokenizer: WordPieceTokenizer, *, length: int, protocol: Protocol
) -> Features:
    """The windows of `examples`; raises as `squad_windows.features` does."""
    return squad.prepare(examples, tokenizer, length=length, protocol=protocol, rules=RULES)
