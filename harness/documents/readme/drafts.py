"""A table on its way from a grid to a result table: which columns name rows, and what its parts say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.documents.readme import columns
from harness.documents.readme.blocks import Grid, GridRow
from harness.documents.readme.cells import Item, items, parted
from harness.documents.readme.naming import Said, names_in
from harness.documents.readme.reading import Context
from harness.domain.metrics import Metric
from harness.domain.references import Role


@dataclass(frozen=True, kw_only=True)
class Table:
    """A grid on its way to a table: which columns name rows, and what heads, rows and the whole say."""

    context: Context
    grid: Grid
    name: str  # what stands over it
    rows: Sequence[GridRow]
    labels: tuple[bool, ...]
    of_columns: list[Said]
    of_rows: list[Said]
    whole: Said

    def items(self, row: GridRow, at: int) -> tuple[Item, ...]:
        """The numbers of a cell, by the names in it or, where there are none, by those in its head."""
        cell, names = row.cells[at], self.of_columns[at].get("numbers", ())
        return items(cell) or parted(cell, names or names_in(self.context.words, self.grid.headers[at]))

    def tells(self, key: str) -> bool:
        """Whether a column or a row says something of `key`."""
        sides = [
            columns.of_text(self.context, name)
            for said in self.of_columns
            for name in said.get("numbers", ())
        ]
        return any(key in said for said in (*self.of_columns, *self.of_rows, *sides))

    @cached_property
    def above(self) -> Mapping[str, Any]:
        """The metric that stands above its columns, for those that tell none: see `columns.grid_metric`."""
        return columns.grid_metric(self.context, self.grid, self.labels, self.name)

    @property
    def valued(self) -> list[int]:
        """The columns that hold values."""
        return [at for at, label in enumerate(self.labels) if not label]


def is_of_sizes(said: Mapping[str, Any]) -> bool:
    """Whether a column holds the sizes of models: parameters, operations."""
    return said.get("role") is Role.FACT and said.get("metric") == Metric.OTHER and "difference" not in said
