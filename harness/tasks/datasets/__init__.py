"""Readers of the documented data sets, one module each: a file becomes a checksummed `Dataset`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from harness.errors import BadInput

# Counts of what a reader passes over because its table says so: no sample is left out in silence.
PASSED_OVER = ("left_out", "comments")

Example_co = TypeVar("Example_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset(Generic[Example_co]):
    """What a reader returns: the examples in file order, and which bytes they were read from.

    `sha256` is of the whole file as it lies on disk; `counts` says what was counted beside the samples,
    as ``tokens`` or ``articles``. A reader never returns an empty data set.
    """

    name: str
    path: Path
    sha256: str
    examples: tuple[Example_co, ...] = field(repr=False)
    counts: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.examples)


def require_counts(dataset: Dataset[Any], expected: Mapping[str, int]) -> None:
    """Raise `BadInput`, which names every count that is not the documented one.

    ``samples`` is left to the reader, which knows the line to blame.
    """
    wrong = [
        f"{dataset.counts.get(name, 'no count of')} {name}, expected {number}"
        for name, number in expected.items()
        if name != "samples" and dataset.counts.get(name) != number
    ]
    if wrong:
        raise BadInput(
            f"found {'; '.join(wrong)}", path=dataset.path, remedy="put the documented file there, unchanged"
        )
