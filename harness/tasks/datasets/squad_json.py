"""Questions in SQuAD's JSON, 1.1 or 2.0: of the latter some have no answer in their text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.domain.datasets import Examples
from harness.tasks.datasets import Dataset, rows
from harness.tasks.datasets.squad import Answer, QuestionExample, Reader, parse
from harness.tasks.lines import read_text

IMPOSSIBLE = "is_impossible"


def gives(options: None) -> Examples:
    """What the examples are."""
    return Examples.QUESTIONS


def read(path: Path, *, expected: int | None) -> Dataset[QuestionExample]:
    """Every question of `path`, in file order; `expected` is how many there have to be, None for any.

    Where any question says whether it is impossible, all of them may lack answers. Counts are of articles,
    paragraphs and impossible questions. Raises as `squad.read` does, but for another version and impossible
    questions; `BadInput` for a question that is said to be impossible and has answers, or the reverse.
    """
    text, sha256 = read_text(path, remedy=rows.REMEDY)
    reader = _Reader(path)
    found = tuple(reader.questions(parse(text, path=path, remedy=_Reader.remedy)))
    examples = tuple(replace(item, may_lack_answers=True) for item in found) if reader.tells else found
    made = rows.dataset("squad_json", path, sha256, examples, expected=expected, last=text.count("\n") + 1)
    counts = {
        "articles": reader.articles, "paragraphs": reader.paragraphs,
        "impossible": sum(not item.answers for item in examples),
    }  # fmt: skip
    return replace(made, counts=counts)


class _Reader(Reader):
    """Of any version; impossible questions have no answers."""

    whose = "SQuAD"
    remedy = "correct the file"
    tells = False  # whether any question says whether it is impossible

    def check_version(self, root: Mapping[str, Any]) -> None:
        """Versions are names: what the questions have is what counts."""

    def answers(self, question: Mapping[str, Any], context: str, at: str) -> tuple[Answer, ...]:
        """The answers; none to an impossible question."""
        if IMPOSSIBLE not in question:
            return self.each_answer(question, context, at)
        self.tells = True
        impossible: bool = self.value(question, IMPOSSIBLE, bool, at)
        if not impossible:
            return self.each_answer(question, context, at)
        if given := self.value(question, "answers", list, at):
            found = f"{len(given)} answers to a question that {IMPOSSIBLE}"
            raise self.wrong(f"{at}.answers", found, "an empty list; plausible_answers are not read")
        return ()
