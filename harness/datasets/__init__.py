"""Readers of the documented data sets, one module each: a file becomes a checksummed `Dataset`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

Example_co = TypeVar("Example_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset(Generic[Example_co]):
    """What a reader returns: the examples in file order, and which bytes they were read from.

    `sha256` is of the whole file as it lies on disk. A reader never returns an empty data set.
    """

    name: str
    path: Path
    sha256: str
    examples: tuple[Example_co, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.examples)
