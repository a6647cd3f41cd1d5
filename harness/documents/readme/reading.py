"""What a README's result tables say: every value with row, column and meaning, or why it is not read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.documents.readme.blocks import Grid, Readme
from harness.documents.readme.cells import Number
from harness.documents.readme.commands import Command, commands
from harness.documents.readme.words import Vocabulary, vocabulary
from harness.domain.catalog import Catalog
from harness.domain.chips import Chip
from harness.domain.documents import Document
from harness.domain.models import Model
from harness.domain.words import WordKind

GPU_BACKENDS = ("tensorrt",)  # of chips that the zoos hold their own against


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One printed value; `number` is None where the document says that there is none."""

    line: int
    row: int
    column: int
    label: str  # the row's label cells
    header: str
    text: str
    number: Number | None
    part: str = ""  # of a block of several models: the comment above the rows of one
    meaning: Mapping[str, Any]  # as a table's Meaning: metric, unit, role, chip, precision, batch_size, ...

    def get(self, key: str) -> Any:
        """One part of the meaning, or None."""
        return self.meaning.get(key)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTable:
    """One table or result block with its values; `block` is the template of a block's rows."""

    line: int
    name: str
    headers: tuple[str, ...]
    labels: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    values: tuple[Value, ...]
    block: str | None = None
    misfit: str = ""

    def of_row(self, row: int) -> tuple[Value, ...]:
        """The values of one row."""
        return tuple(value for value in self.values if value.row == row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something not read, or read by a rule that the document does not state: where, what, and why."""

    line: int
    what: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a README is read by: the catalog's words, the model, the document's chips; and what was noted."""

    readme: Readme
    catalog: Catalog
    model: Model | None
    notes: list[Note]  # what was not read
    assumed: list[Note]  # what was read by a rule of ours

    @cached_property
    def words(self) -> Vocabulary:
        """The catalog's words."""
        return vocabulary(self.catalog.words)

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """The document's commands."""
        return commands(self.readme)

    @cached_property
    def chips(self) -> tuple[Chip, ...]:
        """The chips of the catalog that the document names, in the order of its text."""
        names = self.words.values(self.readme.text, WordKind.CHIP)
        return tuple(self.catalog.chips[name] for name in names if name in self.catalog.chips)

    @cached_property
    def own_chip(self) -> Chip | None:
        """The only chip the document is about, or None where it names none or several."""
        own = [chip for chip in self.chips if not chip.local and chip.backend not in GPU_BACKENDS]
        return own[0] if len(own) == 1 else None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One README, read and understood as far as its words go."""

    readme: Readme
    catalog: Catalog
    model: Model | None
    document: Document | None  # the catalog's entry for this README, where it has one
    tables: tuple[ReadTable, ...]
    others: tuple[str, ...]  # titles of tables, and first lines of blocks, that hold no result
    unread: tuple[Note, ...]
    assumed: tuple[Note, ...]
    context: Context

    @property
    def values(self) -> tuple[Value, ...]:
        """All values of all tables."""
        return tuple(value for table in self.tables for value in table.values)

    @property
    def commands(self) -> tuple[Command, ...]:
        """The document's commands."""
        return self.context.commands


def find_document(catalog: Catalog, readme: Readme) -> Document | None:
    """The catalog's document with this README's file name or, where no file is called so, its title."""
    documents = list(catalog.documents.values())
    by_file = [item for item in documents if item.file == readme.path.name]
    by_title = [item for item in documents if item.title == readme.title]
    found = by_file or by_title
    return found[0] if len(found) == 1 else None


def find_model(
    catalog: Catalog, readme: Readme, document: Document | None, notes: list[Note]
) -> Model | None:
    """The catalog's model that a README is about: its document's, else by the words for models."""
    if document is not None:
        mine = [model for model in catalog.models.values() if model.document == document.name]
        if len(mine) == 1:
            return mine[0]
    words = vocabulary(catalog.words)
    named = [line for line in readme.lines if line.replace(" ", "").lower().startswith("model_name=")]
    for place in (readme.title, "\n".join(named), readme.text):
        found = words.values(place, WordKind.MODEL)
        if len(found) == 1:
            return catalog.models[found[0]]
        if found:
            why = f"the words of several models stand there: {', '.join(found)}; say which with --model"
            notes.append(Note(line=1, what="the model", why=why))
            return None
    known = ", ".join(catalog.models)
    why = f"no word of a known model stands there ({known}); add a [[word]] and a [[model]] for it"
    notes.append(Note(line=1, what="the model", why=why))
    return None


def title_of(grid: Grid, readme: Readme) -> str:
    """What a table is called: by the title above it, or by its first head."""
    heading = readme.heading_of(grid.line)
    return grid.headers[0] if heading is None else heading.text
