"""A table of texts with tabs between its columns, as GLUE has them: a double quote is plain text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.domain.datasets import Examples
from harness.tasks.datasets import Dataset, delimited
from harness.tasks.datasets.delimited import Quoting


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(delimited.Options):
    """As `delimited.Options`, with tabs, and quotes as plain text unless told otherwise."""

    separator: str = "\t"
    quoting: Quoting = Quoting.NONE


def gives(options: Options) -> Examples:
    """What the examples are."""
    return Examples.TEXTS


def read(path: Path, *, expected: int | None, options: Options) -> Dataset[Any]:
    """Every row of `path`, in file order. Raises as `delimited.read` does."""
    return delimited.read("tsv", path, options, expected=expected)
