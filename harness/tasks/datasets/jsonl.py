"""JSON objects, one a line: texts with a label, words with tags, or questions, by keys that a table names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from harness.decoding import Undecodable, json_object
from harness.domain.datasets import Examples
from harness.domain.strict import STRICT
from harness.tasks.datasets import Dataset, rows
from harness.tasks.datasets.examples import Columns, NoExample, example
from harness.tasks.lines import read_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Columns):
    """Which keys an example is made of."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT


def gives(options: Options) -> Examples:
    """What the examples are."""
    return options.gives


def read(path: Path, *, expected: int | None, options: Options) -> Dataset[Any]:
    """Every object of `path`, in file order; `expected` is how many there have to be, None for any.

    Blank lines at the end are no rows. Raises `NotThere` for a missing file; `BadInput`, with the line, for
    what `read_lines` refuses, a line that is no JSON object, one without the keys or with other values, and a
    count other than `expected`.
    """
    file = read_lines(path, remedy=rows.REMEDY)

    def made(line: str, number: int) -> Any:
        return example(_object(line), options, number)

    objects = list(enumerate(file.filled, start=1))
    examples = rows.gather(objects, made, path=path)
    return rows.dataset(
        "jsonl", path, file.sha256, examples, expected=expected, last=len(file.lines), rows=len(objects)
    )


def _object(line: str) -> dict[str, Any]:
    if not line.strip():
        raise NoExample("a blank line", "a JSON object", "is blank")
    try:
        return json_object(line)
    except Undecodable as problem:
        raise NoExample(problem.kind, "a JSON object", "is no JSON object") from problem
