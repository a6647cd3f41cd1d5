"""A table of texts with commas between its columns, as spreadsheets write it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.domain.datasets import Examples
from harness.tasks.datasets import Dataset, delimited
from harness.tasks.datasets.delimited import Quoting


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(delimited.Options):
    """As `delimited.Options`, with commas, and quotes around what needs them unless told otherwise."""

    separator: str = ","
    quoting: Quoting = Quoting.MINIMAL


def gives(options: Options) -> Examples:
    """What the examples are."""
    return Examples.TEXTS


def read(path: Path, *, expected: int | None, options: Options) -> Dataset[Any]:
    """Every row of `path`, in file order. Raises as `delimited.read` does."""
    return delimited.read("csv", path, options, expected=expected)
