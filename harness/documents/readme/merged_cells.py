"""Merged cells parted: a cell that goes over several rows or columns stands in each of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.documents.readme.inline import Shown
from harness.documents.readme.notes import Note, Told
from harness.documents.readme.parts import Grid
from harness.documents.readme.rows import Written, taken_as

MOST_REPEATED = 5000  # cells of one table that merged ones may come to
MOST_HEADS = 6  # rows
WIDEST = 500  # columns of a table in HTML
_FIGURE = re.compile(r"^[-+]?\d|\d\.\d")  # what no second row of heads holds
_VALUE = re.compile(r"[-+]?\d[\d,]*(?:\.\d+\s*)?(?:[%％]|fps|ms)?", re.IGNORECASE)
_THRESHOLD = re.compile(r"@\s*[\d.:-]+")  # of mAP@0.5:0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell as it is written; `down` 0 is to the end of its group, as in HTML."""

    line: int
    shown: Shown
    head: bool = False
    across: int = 1
    down: int = 1


@dataclass(slots=True, kw_only=True)
class Row:
    """One row as it is written, in the how manieth group, and whether that is of heads."""

    line: int
    group: int = 0
    head: bool = False
    cells: list[Cell] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Source:
    """A table's rows as they are written."""

    line: int
    caption: str = ""
    groups: int = 0
    rows: list[Row] = field(default_factory=list)


class _TooMany(Exception):
    """More cells than a table has that is written to be read."""


def to_grids(source: Source, told: Told) -> list[Grid]:
    """The table with its merged cells in each of their places; none, told, where they are far too many.

    A row of words under heads that go over several columns heads what follows, as a table of its own.
    """
    try:
        rows = _parted(source.rows)
    except _TooMany:
        why = f"its merged cells come to over {MOST_REPEATED} cells or {WIDEST} columns; write each cell"
        told.unread.append(Note(line=source.line, what="a table in HTML", why=why))
        return []
    width = max(map(len, rows), default=0)
    if not width:
        return []
    rows = [[*row, *[_empty(source.rows[at].line)] * (width - len(row))] for at, row in enumerate(rows)]
    count = _heads(source.rows, rows)
    heads, line, grids = rows[:count], source.line, list[Grid]()
    written, under = list[Written](), ""
    for row, cells in zip(source.rows[count:], rows[count:], strict=True):
        if _heads_again(heads, cells):
            grids.append(_grid(source, line, width, heads, written, told))
            heads, line, written = _replaced(heads, cells), row.line, []
        elif width > 1 and len(row.cells) == 1 and row.cells[0].across >= width and row.cells[0].down == 1:
            under = row.cells[0].shown.text
            why = "a row that is one cell; read as what the rows below it are of"
            told.assumed.append(Note(line=row.line, what=under[:60], why=why))
        elif row.cells or any(cell.shown.text for cell in cells):
            lines = tuple(cell.line for cell in cells)
            shown = tuple(cell.shown for cell in cells)
            written.append(Written(line=row.line, cells=shown, lines=lines, under=under))
    return [*grids, _grid(source, line, width, heads, written, told)]


def _grid(
    source: Source,
    line: int,
    width: int,
    heads: Sequence[Sequence[Cell]],
    written: Sequence[Written],
    told: Told,
) -> Grid:
    columns = zip(*heads, strict=True) if heads else [()] * width
    headers = tuple(_joined([cell.shown.text for cell in column]) for column in columns)
    rows = taken_as(written, len(headers), told)
    return Grid(line=line, headers=headers, rows=rows, caption=source.caption)


def _heads_again(heads: Sequence[Sequence[Cell]], cells: Sequence[Cell]) -> bool:
    """Whether a row is words alone, two or more, and each under a head that goes over several columns."""
    spread = [any(row[column].across > 1 for row in heads) for column in range(len(cells))]
    texts = [cell.shown.text for cell in cells]
    words = sum(map(bool, texts))
    return words > 1 and not any(
        text and (not wide or _figure(text) or not any(map(str.isalpha, text)))
        for text, wide in zip(texts, spread, strict=True)
    )


def _replaced(heads: Sequence[Sequence[Cell]], cells: Sequence[Cell]) -> list[list[Cell]]:
    """Heads whose last row is another one, where that has words."""
    empty = _empty(cells[0].line)
    kept = [[cell if cell.across > 1 or not below.shown.text else empty for cell, below in
             zip(row, cells, strict=True)] for row in heads]  # fmt: skip
    return [*kept, list(cells)]


def _parted(rows: Sequence[Row]) -> list[list[Cell]]:
    """Every row's cells by column. Raises `_TooMany`."""
    left = {row.group: at for at, row in enumerate(rows)}  # the last row of each group
    parted, hanging, repeated = list[list[Cell]](), dict[int, tuple[int, Cell]](), 0
    for at, row in enumerate(rows):
        line: dict[int, Cell] = {}
        for column, (last, cell) in list(hanging.items()):
            if last < at:
                del hanging[column]
            else:
                line[column] = cell
        column = 0
        for cell in row.cells:
            repeated += cell.across - 1
            if repeated > MOST_REPEATED:
                raise _TooMany
            last = min(left[row.group], at + cell.down - 1 if cell.down else len(rows))
            for _ in range(cell.across):
                while column in line:
                    column += 1
                line[column] = cell
                if last > at:
                    hanging[column] = (last, cell)
                column += 1
        repeated += sum(last > at for last, _ in hanging.values())
        width = max(line, default=-1) + 1
        if repeated > MOST_REPEATED or width > WIDEST:
            raise _TooMany
        parted.append([line.get(column) or _empty(row.line) for column in range(width)])
    return parted


def _empty(line: int) -> Cell:
    return Cell(line=line, shown=Shown(text=""))


def _heads(rows: Sequence[Row], cells: Sequence[Sequence[Cell]]) -> int:
    """How many rows are heads: those of a thead, or of head cells alone, or that the first row reaches.

    And as long as two heads read the same, the next row, if it tells them apart and holds no figure. A
    first row of figures heads nothing.
    """
    count = next((at for at, row in enumerate(rows) if not row.head), len(rows))
    if not count:
        alone = (all(cell.head for cell in row.cells) and not _is_values(row.cells) for row in rows)
        plain = next((at for at, heads in enumerate(alone) if not heads), len(rows))
        reach = max((cell.down for cell in rows[0].cells if cell.head), default=0)
        count = max(plain, min(reach, len(rows)), 0 if _is_values(rows[0].cells) else 1)
    while 0 < count < min(len(rows), MOST_HEADS):
        paths = [tuple(row[column].shown.text for row in cells[:count]) for column in range(len(cells[0]))]
        longer = [(*path, cell.shown.text) for path, cell in zip(paths, cells[count], strict=True)]
        figures = any(_figure(cell.shown.text) for cell in cells[count])
        if figures or len(set(longer)) <= len(set(paths)):
            break
        count += 1
    return count


def _figure(text: str) -> bool:
    return _FIGURE.search(_THRESHOLD.sub("", text)) is not None


def _is_values(cells: Sequence[Cell]) -> bool:
    """Whether a row's cells are numbers, or one of them is a fraction or a share."""
    texts = [cell.shown.text for cell in cells if cell.shown.text]
    values = [text for text in texts if _VALUE.fullmatch(text)]
    return any(not text.isdigit() for text in values) or (bool(texts) and len(values) == len(texts))


def _joined(texts: Sequence[str]) -> str:
    """The heads over one column as one, each once: ``310P / fp16``."""
    return " / ".join(text for at, text in enumerate(texts) if text and text != (texts[at - 1] if at else ""))
