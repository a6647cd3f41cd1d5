"""Writes `docs/faults.md` from what the mutation test asserts.

python tests/faults/document.py > docs/faults.md
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from expected import (
    CONTRACT,
    DOCUMENTED_REFUSED,
    EXPECTED,
    FAULTS,
    IF_FUSED,
    IN_ANOTHERS_PLACE,
    NOT_ON_ITS_CARD,
    NOT_PLANTED,
    NOT_THE_CHECKPOINTS,
    ONE_TEXT,
    PARITY,
    PARITY_REFUSED,
    REFUSED,
    SHORT,
    SHORTENED,
    TWO_TEXTS,
)

FILE = "docs/faults.md"

_ACCURACY = {
    SHORT: "falls short",
    IN_ANOTHERS_PLACE: "in another's place",
    NOT_THE_CHECKPOINTS: "not the checkpoint's",
    NOT_ON_ITS_CARD: "not its card's",
    REFUSED: "refused",
}

_HEAD = """\
# Which check sees which fault

<!-- Written by `python tests/faults/document.py > docs/faults.md`; a test holds it to what is asserted. -->

`tests/faults/` plants faults in real pipelines (the real runner, graphs, precisions and artifact cache, the
minis and their corpora) and asserts which checks turn red, which stay green, and that the sound pipeline
turns none red. A fault is in the session that runs the artifact, in its graph, or in the checkpoint's
folder; none makes a tool fail or says a word. Every one is caught by at least one check wherever it is
planted.

"""

_LEGEND = """\

- *Accuracy*: `falls short` is the drop from the checkpoint's own fp32 score. The others are errors: outputs
  `in another's place` ([swapped](../harness/running/swapped.py)); a score that is good while the outputs are
  `not the checkpoint's`; a checkpoint whose own fp32 score is `not its card's`; `refused` where the case
  cannot be scored at all.
- *Contract* and *parity* are one test; a contract that is not the table's stops it before outputs are
  compared.
- *Documented graph*: parity of the graph that a chip's compiler is given, spelt out in small operators: `only
  if fused` is no failure, and not green either. It is asked where that graph says more than the artifact's
  (here of tinybert fp16, bert-large-ner fp16 and spanbert fp16); a fault in a session or an artifact is none
  in it.
- *Metamorphic*: the checks by the names that they have in [conformance](conformance.md). In italics: they do
  not fall short but are errors (the artifact does not run, or gives too few outputs).
- `-` stayed green. A check that a case does not have (segments, of one text) is neither.
"""

_LIMITS = """\

## With fewer samples

By `--until sure` ([sequential](sequential.md)) accuracy turns red in the same way for every fault in TinyBERT
that turns it red by all samples; a test holds it. The other corpora here are cut to so few samples that all
of them are drawn.

## What the table does not say

- These are minis of two to four layers. One fault in one layer of twelve is a smaller part of the logits:
  the bounds of int8 are wide enough to hide a wrong scale there. `zoocheck bisect` looks at each operator by
  itself ([bisect](bisect.md)); it is asked for, and no check.
- A vocabulary or an order of labels that is wrong shows in a score alone that was recorded before. A mini
  has its card; where the card states no score of the corpus, the verdict says so. The full checkpoint has
  its document, on the full data set under the documented protocol; with the embedded corpus, or with
  `--limit`, nothing holds its vocabulary but the record of `zoocheck fetch`, and a checkpoint that was
  put there by hand has none.
- Three pairs of samples in each other's place are no fault of a session that the other checks could be asked
  of: they are planted in the outputs themselves, of every mini at the precision above and in int8, and each
  time accuracy's check of places names them. Of two logits, a pair whose outputs are alike stays unseen.
- A bias lost in int8 is within what rounding explains. In fp16 each model's own bounds see it, but for a bias
  of keys, which a softmax does not see.
- In fp16 the tanh form of GELU is within what rounding explains, so that it is planted in fp32 only; see
  [conformance](conformance.md).
- A session that returns the outputs of the call before makes equal calls differ: the other metamorphic checks
  are too noisy to tell then. The check of the same input twice is the one that says so.
"""


def document() -> str:
    """The whole page."""
    return "".join((_HEAD, *_table(), _LEGEND, "\n## The faults\n", *_faults(), *_left_out(), _LIMITS))


def _table() -> Iterable[str]:
    yield "| fault | planted in | accuracy | contract | parity | documented graph | metamorphic |\n"
    yield "|---|---|---|---|---|---|---|\n"
    for fault, systems in EXPECTED.items():
        for at, (system, red) in enumerate(systems.items()):
            cells = [
                fault if at == 0 else "",
                system,
                *(
                    ", ".join(said for name, said in column.items() if name in red) or "-"
                    for column in _COLUMNS
                ),
                _metamorphic(system, red),
            ]
            yield f"| {' | '.join(cells)} |\n"


_COLUMNS = (
    _ACCURACY,
    {CONTRACT: "differs"},
    {PARITY: "falls short", PARITY_REFUSED: "refused"},
    {IF_FUSED: "only if fused", DOCUMENTED_REFUSED: "refused"},
)


def _metamorphic(system: str, red: frozenset[str]) -> str:
    asked = TWO_TEXTS if system.startswith(("bert-squad", "spanbert")) else ONE_TEXT
    if red >= {f"{check}: refused" for check in asked}:
        return "*all*"
    short = [check for check in TWO_TEXTS if check in red]
    errors = [f"*{check}*" for check in TWO_TEXTS if f"{check}: refused" in red]
    return ", ".join(short + errors) or "-"


def _faults() -> Iterable[str]:
    for fault in FAULTS:
        yield "\n" + _filled(f"**{fault.name}.** {fault.said} *Why other checks stay green:* {fault.blind}")


def _left_out() -> Iterable[str]:
    yield "\n## Where a fault cannot be planted\n\n"
    for fault, systems in NOT_PLANTED.items():
        reasons: dict[str, list[str]] = {}
        for system, reason in systems.items():
            reasons.setdefault(reason, []).append(system)
        for reason, where in reasons.items():
            if reason != SHORTENED:
                yield _filled(f"- {fault} in {', '.join(where)}: {reason}.", "  ")
    yield "\n" + _filled(
        "Every other pair that the table does not have could be planted and is not, to keep the suite short: "
        "nothing is said of it."
    )


def _filled(text: str, indent: str = "") -> str:
    filled = textwrap.fill(
        text, 109, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return f"{filled}\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(document())
