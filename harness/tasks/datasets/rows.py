"""Rows of a file as examples; the first that is none is told with its line, a fault of all of them once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from harness.errors import BadInput
from harness.tasks.datasets import Dataset
from harness.tasks.datasets.examples import NoExample
from harness.tasks.datasets.forms import Fault, fault
from harness.tasks.datasets.tagged import TaggedSentence

Row = TypeVar("Row")
Numbered = Sequence[tuple[int, Row]]  # where a row stands: its line, or its number from 1
REMEDY = "correct the file, or say in its table what it holds"


def gather(rows: Numbered[Row], make: Callable[[Row, int], Any], *, path: Path) -> tuple[Any, ...]:
    """The example of each row, of those that `make` does not leave out: of these it makes None.

    Raises `BadInput` at the first that it refuses with `NoExample`.
    """
    made = []
    for line, row in rows:
        try:
            made.append(make(row, line))
        except NoExample as problem:
            found = Fault(
                message=str(problem), remedy="correct the line", shared=problem.shared, whole=problem.expected
            )
            kinds = list(_kinds(rows, make))
            said = fault(found, line, kinds, path=path, remedy=REMEDY, holds="its table says")
            raise said from problem
    return tuple(item for item in made if item is not None)


def dataset(
    name: str, path: Path, sha256: str, examples: tuple[Any, ...], *, expected: int | None, last: int,
    rows: int | None = None, comments: int = 0,
) -> Dataset[Any]:  # fmt: skip
    """The examples as a data set that is not empty, and has `expected` of them where that is told.

    `last` is the last line, or row, of the file; `rows` is how many there were, with those that are left out,
    and `comments` how many lines were none. Raises `BadInput`.
    """
    left_out = 0 if rows is None else rows - len(examples)
    if not examples:
        why = f": all of {left_out} rows have a label that leave_out names" if left_out else ""
        raise BadInput(f"found no example{why}", path=path, line=last or None, remedy=REMEDY)
    if expected is not None and len(examples) != expected:
        found = f"found {len(examples)} examples, expected {expected}, which counts in its table says"
        raise BadInput(found, path=path, line=last, remedy="put the whole file there, or correct counts")
    words = sum(len(item.words) for item in examples if isinstance(item, TaggedSentence))
    counts = {"words": words, "left_out": left_out, "comments": comments}
    return Dataset(
        name=name, path=path, sha256=sha256, examples=examples,
        counts={what: count for what, count in counts.items() if count},
    )  # fmt: skip


def _kinds(rows: Numbered[Row], make: Callable[[Row, int], Any]) -> Iterator[str]:
    for line, row in rows:
        try:
            make(row, line)
        except NoExample as problem:
            yield problem.shared
        else:
            yield ""
