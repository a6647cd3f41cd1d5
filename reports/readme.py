"""A README's result tables as the README has them, with what was measured in columns of its own.

Each document has a template of its own in ``templates/readme/``; one without is laid out as plain tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from harness.domain.catalog import Catalog
from harness.domain.documents import Document, Table
from harness.domain.measurements import Origin
from reports import layout
from reports.language import Language, in_language, joined, printed_in, say
from reports.numbers import NOTHING
from reports.outcomes import Outcome, legend, mark_text, mark_words, outcomes
from reports.view import Cell, Grid, Head

if TYPE_CHECKING:
    from harness.store.results import Result

_CJK = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
STAND_IN = (
    "{number} Not the chip: {series}. The CPU with this chip's numerics; its speed is comparable with "
    "no number of the chip."
)
SIMULATED = (
    "{number} Not the chip: {series}. An imitation of the vendor's tools; neither its scores nor its speed "
    "say anything of the chip."
)
_PLAIN = "readme/plain.md.j2"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadmeColumn:
    """One column: its title in the chosen language, and which of the document's columns it belongs to."""

    text: str
    at: int
    measured: bool
    number: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadmeRow:
    """One row: all its cells; the documented ones alone; what was measured, in words, a line a series."""

    cells: tuple[str, ...]
    documented: tuple[str, ...]
    measured: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadmeTable:
    """One table of a document, ready for its template."""

    name: str
    columns: tuple[ReadmeColumn, ...]
    rows: tuple[ReadmeRow, ...]
    block: str | None  # the layout of a row in a fenced block
    notes: tuple[str, ...]


def render(
    catalog: Catalog, document: Document, results: Sequence[Result] = (), language: Language | None = None
) -> str:
    """The result tables of `document`, with the latest of `results` beside the documented values.

    Every documented value is a reference's, digits as printed. Without results nothing is added, and the
    cells are the document's. `language` is that of titles and notes; None: the document's own. Raises
    `ZoocheckError` where a cell has no reference.
    """
    language = language or _own_language(catalog, document)
    found = outcomes(results, catalog) if results else ()
    numbers: dict[str, int] = {}  # footnotes by the series they are about, across the document's tables
    tables = {
        table.name: _table(catalog, table, found, language, numbers)
        for table in catalog.tables
        if table.document == document.name
    }
    text = _template(document.name, language).render(tables=tables)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"


def _own_language(catalog: Catalog, document: Document) -> Language:
    names = [table.name for table in catalog.tables if table.document == document.name]
    return Language.CHINESE if any(map(_CJK.search, [document.title, *names])) else Language.ENGLISH


def _table(
    catalog: Catalog,
    table: Table,
    found: Sequence[Outcome],
    language: Language,
    numbers: dict[str, int],
) -> ReadmeTable:
    own = [item for item in found if item.parts is not None and item.parts.model.name == table.model]
    grid = layout.grid(layout.sheet(catalog, table, own), {})
    for head in grid.heads:
        if head.stand_in:
            numbers.setdefault(str(head.series), len(numbers) + 1)
    return ReadmeTable(
        name=table.name,
        columns=tuple(
            ReadmeColumn(
                text=_title(head, language, numbers), at=head.at, measured=head.measured, number=head.number
            )
            for head in grid.heads
        ),
        rows=tuple(_row(grid, row, language, numbers) for row in grid.rows),
        block=table.block,
        notes=tuple(in_language(note, language) for note in _notes(grid, numbers)),
    )


def _title(head: Head, language: Language, numbers: Mapping[str, int]) -> str:
    """``310P性能``, or ``310P性能 · 实测（替身，mini）¹``."""
    text = printed_in(head.text, language)
    detail = re.sub(" ?† ?", "", in_language(head.detail, language))  # the footnote says it
    parts = [text, detail] if head.measured else [text]
    return " · ".join(part for part in parts if part) + _superscript(head, numbers)


def _superscript(head: Head, numbers: Mapping[str, int]) -> str:
    return str(numbers[str(head.series)]).translate(_SUPERSCRIPTS) if head.stand_in else ""


def _row(grid: Grid, row: Sequence[Cell], language: Language, numbers: Mapping[str, int]) -> ReadmeRow:
    pairs = list(zip(grid.heads, row, strict=True))
    series: dict[str, list[str]] = {}
    for head, cell in pairs:
        if head.measured and cell.text not in ("", NOTHING):
            how = in_language(head.detail, language) + _superscript(head, numbers)
            name = printed_in(head.text, language)
            series.setdefault(how, []).append(f"{name} {_cell(cell, language)}".strip())
    return ReadmeRow(
        cells=tuple(_cell(cell, language) for cell in row),
        documented=tuple(printed_in(cell.text, language) for head, cell in pairs if not head.measured),
        measured=tuple(f"{how}: {', '.join(values)}" for how, values in series.items()),
    )


def _cell(cell: Cell, language: Language) -> str:
    text = printed_in(cell.text, language)
    return text if cell.mark is None else f"{text} {in_language(mark_text(cell.mark), language)}"


def _notes(grid: Grid, numbers: Mapping[str, int]) -> Iterator[str]:
    """The footnote of each stand-in, what the marks mean, and the table's own notes."""
    told = set()
    for head in grid.heads:
        if head.stand_in and head.series not in told:
            told.add(head.series)
            said = SIMULATED if str(head.series).startswith(Origin.SIMULATED) else STAND_IN
            yield say(said, number=_superscript(head, numbers), series=head.series)
    if grid.marks:
        yield joined(
            " · ",
            [say("{mark}: {words}", mark=mark_text(m), words=mark_words(m)) for m in legend(grid.marks)],
        )
    yield from (note for note in grid.notes if note != layout.STAND_IN_NOTE)


@cache
def _template(document: str, language: Language) -> Template:
    """A document's own layout. Markdown, so nothing is escaped but the pipe that would end a cell."""
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=False,  # noqa: S701 - Markdown, not HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = lambda text: text.replace("|", r"\|")
    environment.filters["printed"] = lambda text: printed_in(text, language)
    environment.filters["say"] = lambda text: in_language(say(text), language)
    return environment.select_template([f"readme/{document}.md.j2", _PLAIN])
