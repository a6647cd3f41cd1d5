"""READMEs and the meaning of the cells of their tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from harness.domain.metrics import Metric, Unit
from harness.domain.precisions import Precision
from harness.domain.references import Role, Rounding
from harness.domain.settings import Settings
from harness.domain.strict import OWN_RULE, STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One README: its file name, its title, and the tables in it that hold no result."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    name: str
    title: str
    file: str
    repository: str
    per_card: bool = False  # its throughput is samples a second and card, not chip
    times_devices: bool = False  # it says itself that a card's is one device's times the devices of a card
    other_tables: tuple[str, ...] = ()  # a table's header joined by " | ", or a block's first line


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Settings):
    """What one number of a cell means."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    metric: Metric | None = None
    called: str | None = None  # the metric's own words: of `Metric.OTHER`, and where they say more
    unit: Unit | None = None
    role: Role | None = None
    rounding: Rounding | None = None
    chip: str | None = None
    precision: Precision | None = None
    batch_size: int | None = None
    best: bool | None = None
    ratio: tuple[str, str] | None = None
    tolerance: float | None = None
    baseline: bool | None = None  # a measured value that is a baseline as well


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning(Part):
    """What the cells of a column or row mean. A cell takes its table's, its row's and its column's."""

    form: str | None = None  # what stands around the number, e.g. "f1:{}%"; of several a {} each
    numbers: tuple[Part, ...] | None = None  # of several numbers in a cell: what only one of them means


@dataclass(frozen=True, slots=True, kw_only=True)
class But(Meaning):
    """What one cell of a row means otherwise than its table, its row and its column say."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    at: int = field(metadata=OWN_RULE)  # which cell, the first being 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Meaning):
    """One column: its header as printed. A `label` column names rows and holds no value."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    header: str
    label: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Meaning):
    """One row: every cell as printed, markup such as ``<center>`` and padding left out."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    cells: tuple[str, ...]
    but: tuple[But, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Meaning):
    """One accuracy or performance table, or fenced result block, of a document.

    A block has a `block` template, ``str.format`` over a row's cells, that makes the row's lines;
    an empty line stands between two rows of a block.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    document: str
    model: str
    name: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    block: str | None = None

    def numbers_in(self, row: Row, column: int) -> int:
        """How many numbers a cell holds: as itself, its column, its row or the table says."""
        buts = [item for item in row.but if item.at == column]
        parts = (*buts, self.columns[column], row, self)
        return next((len(part.numbers) for part in parts if part.numbers is not None), 1)

    def row_label(self, row: Row) -> str:
        """What `row` is called: its label cells, in a `Source` and wherever a row is named."""
        pairs = zip(row.cells, self.columns, strict=True)
        return " | ".join(cell for cell, column in pairs if column.label)
