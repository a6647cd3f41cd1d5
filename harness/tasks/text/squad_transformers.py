"""SQuAD as transformers 3 and 4 have it, which Cambricon's bert-squad calls."""

from __future__ import annotations

from harness.domain.models import Protocol
from harness.tasks.text import squad, wordpiece
from harness.tasks.text.squad_rules import STANDARD, TRANSFORMERS

RULES = {Protocol.DOCUMENTED: TRANSFORMERS, Protocol.STANDARD: STANDARD}
TWO_TEXTS = squad.TWO_TEXTS
COUNTS = squad.COUNTS
open_tokenizer = wordpiece.open_tokenizer

_TASK = squad.ByRules(RULES)
prepare = _TASK.prepare
score = _TASK.score
padding_may_move = _TASK.padding_may_move
trivial = _TASK.trivial
