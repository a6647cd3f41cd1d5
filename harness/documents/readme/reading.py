"""What a README's result tables say: every value with row, column and meaning, or why it is not read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from harness.documents.readme.blocks import Grid, Readme
from harness.documents.readme.cells import Number
from harness.documents.readme.commands import Command, commands
from harness.documents.readme.naming import ANY_SCORE
from harness.documents.readme.notes import Note as Note
from harness.documents.readme.words import Vocabulary, vocabulary
from harness.domain.catalog import Catalog
from harness.domain.chips import Chip
from harness.domain.documents import Document
from harness.domain.metrics import Better, Metric, Sort
from harness.domain.models import Model
from harness.domain.words import WordKind

# Of tasks whose score is no share of right answers, by what a zoo's first lines call them: what it is.
_SCORES_OF_TASKS = (
    (re.compile(r"超分辨率|超分|super[- _]?resolution", re.IGNORECASE), Metric.PSNR),
    (re.compile(r"目标检测|object detection", re.IGNORECASE), Metric.MAP),
)
GPU_BACKENDS = ("tensorrt",)  # of chips that the zoos hold their own against
_PLAIN = re.compile(r"readme(?:[-_.](?:en|zh|cn|ja|ko|de|fr|es|ru)(?:[-_][a-z]{2})?)?", re.IGNORECASE)
ANY_GPU = "gpu"  # the device that "GPU" alone names


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
    place: int = 0  # which of several numbers in the cell
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


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a README is read by: the catalog's words, the model, the document's chips; and what was noted."""

    readme: Readme
    catalog: Catalog
    notes: list[Note]  # what was not read
    assumed: list[Note]  # what was read by a rule of ours
    claims: bool = False  # whether nothing but a name is known of its model

    @cached_property
    def words(self) -> Vocabulary:
        """The catalog's words."""
        return vocabulary(self.catalog)

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

    def is_gpu(self, chip: str) -> bool:
        """Whether a chip's name is that of a GPU, which the zoos hold their own against."""
        known = self.catalog.chips.get(chip)
        return chip == ANY_GPU or (known is not None and known.backend in GPU_BACKENDS)

    @cached_property
    def stated_units(self) -> frozenset[str]:
        """The units that running text has beside the word of a metric."""
        lines = [line.text for line in self.readme.prose if self.words.has(line.text, WordKind.METRIC)]
        return frozenset(unit for text in lines for unit in self.words.values(text, WordKind.UNIT))

    def score_at(self, line: int) -> tuple[Metric, str] | None:
        """The only score that is named in the section of a line, or else in the whole document; its word.

        None where accuracy is named among several, or otherwise than "精度", which the zoos call any score.
        Where a document names none, it is what models of its task are told by.
        """
        here = self.readme.under(line)
        section = [item.text for item in self.readme.prose if self.readme.under(item.number) == here]
        return _only(self._scores(section)) or self._score_of_all

    @cached_property
    def _score_of_all(self) -> tuple[Metric, str] | None:
        grids = self.readme.grids
        cells = [
            cell
            for grid in grids
            for row in (grid.headers, *(row.cells for row in grid.rows))
            for cell in row
        ]
        named = self._scores([*(line.text for line in self.readme.prose), *cells])
        return _only(named) if named else self._score_of_task

    @property
    def _score_of_task(self) -> tuple[Metric, str] | None:
        """By what the lines up to the first table say that the model does."""
        first = min((grid.line for grid in self.readme.grids), default=0)
        said = "\n".join([self.readme.title, *(x.text for x in self.readme.prose if x.number < first)])
        return next(((metric, "") for task, metric in _SCORES_OF_TASKS if task.search(said)), None)

    def _scores(self, texts: Iterable[str]) -> set[tuple[Metric, str]]:
        """The scores that texts name, but for "精度"; of what is only a word, that word."""
        named = {
            (Metric(hit.value), text[hit.start : hit.end])
            for text in texts
            for hit in self.words.hits(text, WordKind.METRIC)
            if hit.value != Metric.ACCURACY or text[hit.start : hit.end] not in ANY_SCORE
        }
        return {
            (metric, word if metric is Metric.OTHER else "")
            for metric, word in named
            if metric.sort not in (Sort.SPEED, Sort.TIME) and not word.endswith("loss")
        }


def _only(scores: Collection[tuple[Metric, str]]) -> tuple[Metric, str] | None:
    """The one score that there is: a share, what is better the higher, or what has a word of its own."""
    [*found] = scores
    if len(found) != 1:
        return None
    metric, word = found[0]
    return found[0] if word or metric.is_score or metric.better is Better.HIGHER else None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One README, read and understood as far as its words go."""

    readme: Readme
    catalog: Catalog
    models: tuple[str, ...]  # which it may be about, as they are called; one is what it is about
    document: Document | None  # the catalog's entry for this README, where it has one
    tables: tuple[ReadTable, ...]
    others: tuple[str, ...]  # titles of tables, and first lines of blocks, that hold no result
    unread: tuple[Note, ...]
    assumed: tuple[Note, ...]
    context: Context
    unsure: str = ""  # why it is not told which model it is about

    @property
    def called(self) -> str:
        """What its model is called, of which nothing else may be known; empty where it is not told."""
        return self.models[0] if len(self.models) == 1 else ""

    @property
    def model(self) -> Model | None:
        """Its model, where the catalog knows more of it than a name."""
        return self.catalog.models.get(self.called)

    @cached_property
    def values(self) -> tuple[Value, ...]:
        """All values of all tables."""
        return tuple(value for table in self.tables for value in table.values)

    @property
    def commands(self) -> tuple[Command, ...]:
        """The document's commands."""
        return self.context.commands


def find_document(catalog: Catalog, readme: Readme) -> Document | None:
    """The catalog's document with this README's file name or, where no file is called so, its title.

    A zoo calls every file README.md: of one called so the title has to be this one's, too.
    """
    documents = list(catalog.documents.values())
    by_title = [item for item in documents if item.title == readme.title]
    among = by_title if is_plain(readme.path) else documents
    found = [item for item in among if PurePosixPath(item.file).name == readme.path.name] or by_title
    return found[0] if len(found) == 1 else None


def is_plain(path: Path) -> bool:
    """Whether a README's file is called as any other is, so that only its folder or title tells it.

    So is one with a language behind its name: ``README_en.md``, ``README.zh-CN.md``.
    """
    return _PLAIN.fullmatch(path.stem) is not None


def find_models(catalog: Catalog, readme: Readme, document: Document | None) -> tuple[str, ...]:
    """The catalog's models that a README may be about: its document's, else by the words for models.

    A title with a name in it that is none of the catalog's is of another model, whatever its commands name.
    """
    if document is not None:
        mine = tuple(model.name for model in catalog.called.values() if model.document == document.name)
        if len(mine) == 1:
            return mine
    words = vocabulary(catalog)
    named = [
        line
        for line in readme.lines
        if "=" in line and line.replace(" ", "").lower().startswith("model_name=")
    ]
    whole = readme.text if _names_nothing(readme.title) else ""
    for place in (readme.title, "\n".join(named), whole):
        found = words.values(place, WordKind.MODEL)
        if found:
            return tuple(found)
    return ()


def _names_nothing(title: str) -> bool:
    """Whether a title is no name of a model: no word of ASCII in it has a capital or a digit."""
    return not any(re.search(r"[A-Z0-9]", word) for word in re.findall(r"[A-Za-z0-9_.+-]{2,}", title))


def unsure(models: Sequence[str]) -> str:
    """Why it is not told which model a README is about that may be about `models`; empty where it is."""
    if len(models) == 1:
        return ""
    if models:
        return f"the words of several known models stand there ({', '.join(models)})"
    return "no word of a known model stands there"


def title_of(grid: Grid, readme: Readme) -> str:
    """What a table is called: by the title above it, or by its first head."""
    heading = readme.heading_of(grid.line)
    return grid.headers[0] if heading is None else heading.text
