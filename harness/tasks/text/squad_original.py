"""SQuAD by the original BERT's run_squad, as SpanBERT and its Ascend port have it."""

from __future__ import annotations

from harness.domain.models import Protocol
from harness.tasks.text import squad, wordpiece
from harness.tasks.text.squad_rules import ORIGINAL, STANDARD

RULES = {Protocol.DOCUMENTED: ORIGINAL, Protocol.STANDARD: STANDARD}
TWO_TEXTS = squad.TWO_TEXTS
COUNTS = squad.COUNTS
open_tokenizer = wordpiece.open_tokenizer

_TASK = squad.ByRules(RULES)
prepare = _TASK.prepare
score = _TASK.score
padding_may_move = _TASK.padding_may_move
trivial = _TASK.trivial
