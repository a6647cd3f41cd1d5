"""A reader of one's own: a function beside the tables, which gives rows. Its code is run here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from harness.domain.datasets import DatasetSpec
from harness.errors import BadInput, NotThere, ZoocheckError
from harness.tasks.datasets import Dataset
from harness.tasks.datasets.beside import imported
from harness.tasks.datasets.examples import Columns, NoExample, TextExample, example
from harness.tasks.datasets.squad import QuestionExample
from harness.tasks.datasets.tagged import TaggedSentence
from harness.tasks.lines import shown

_EXAMPLES = (TextExample, TaggedSentence, QuestionExample)
_KEYS = (
    Columns(text="text", label="label"),
    Columns(words="words", tags="tags"),
    Columns(question="question", context="context", answers="answers", no_answers=True),
)
_REMEDY = "correct the function"


def read(spec: DatasetSpec, path: Path, *, expected: int | None) -> Dataset[Any]:
    """What the function of `spec` gives for `path`, one example each.

    It gives dicts: ``text``, ``label`` and perhaps ``pair``; or ``words`` and ``tags``; or ``question``,
    ``context`` and ``answers``; or the records of `harness.tasks.datasets`. Raises `NotThere` for a missing
    file, `BadInput` for whatever the function raises, for a row that is no example, for none at all and
    for a count other than `expected`.
    """
    if not path.is_file():
        raise NotThere(f"{path}: no such file", remedy="put it there, or correct path in its table")
    place, _, name = spec.reader.rpartition(":")
    with ExitStack() as stack:
        try:
            module = stack.enter_context(imported(Path(place)))
        except Exception as problem:
            raise BadInput(f"cannot be imported: {problem!r}", path=place, remedy=_REMEDY) from problem
        examples = tuple(_examples(getattr(module, name), spec, path))
    if not examples:
        raise BadInput(f"{spec.reader} found no example", path=path, remedy=_REMEDY)
    if expected is not None and len(examples) != expected:
        raise BadInput(f"found {len(examples)} examples, expected {expected}", path=path, remedy=_REMEDY)
    counts = {"words": sum(len(item.words) for item in examples if isinstance(item, TaggedSentence))}
    return Dataset(
        name=spec.name, path=path, sha256=hashlib.sha256(path.read_bytes()).hexdigest(), examples=examples,
        counts={name: count for name, count in counts.items() if count},
    )  # fmt: skip


def _examples(function: Any, spec: DatasetSpec, path: Path) -> Iterator[Any]:
    number = 0
    try:
        given: Iterable[Any] = function(path, **spec.options)
        for number, row in enumerate(given, start=1):
            yield _example(row, number)
    except NoExample as problem:
        said = f"example {number} of {spec.reader}: {problem}"
        raise BadInput(said, path=path, remedy=_REMEDY) from problem
    except ZoocheckError:
        raise
    except Exception as problem:
        said = f"{spec.reader} raised {problem!r} behind example {number}"
        raise BadInput(said, path=path, remedy=_REMEDY) from problem


def _example(row: Any, number: int) -> Any:
    if isinstance(row, _EXAMPLES):
        return row
    if not isinstance(row, Mapping):
        raise NoExample(shown(repr(row)), "a dict")
    columns = next((item for item in _KEYS if (item.text or item.words or item.question) in row), _KEYS[0])
    if "pair" in row and columns is _KEYS[0]:
        columns = Columns(text="text", pair="pair", label="label")
    return example(row, columns, number)
