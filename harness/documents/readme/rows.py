"""The rows of a table as a reader takes them: cells that repeat the one above, footnotes, what is struck."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass

from harness.documents.readme.inline import Shown, footnote
from harness.documents.readme.notes import Note, Told
from harness.documents.readme.parts import GridRow

# What stands for the cell above, and can mean nothing else.
_REPEATS = re.compile(r"[〃″]|''|\"|[-—]{1,3}\"[-—]{1,3}|同上|同前|as above", re.IGNORECASE)
# What may stand for it, and for what was left out too.
_OMITS = re.compile(r"\.{3,6}|…{1,2}|。{3,6}|↑")
_NOTHING = re.compile(r"[-—/\s]*")
_FRACTION = re.compile(r"(?<![A-Za-z\d.])\d+\.\d(?!\d*\.)")  # and no version, as of "SQuAD v1.1"
_NUMBER = re.compile(r"[-+]?\d[\d.,]*")
_AMOUNT = re.compile(r"[-+]?\d[\d.,]*(?![A-Za-z\d])")  # and no name, as "310P3" is one


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One row as it is written, and the lines of its cells where they have lines of their own."""

    line: int
    cells: tuple[Shown, ...]
    lines: tuple[int, ...] | None = None
    under: str = ""


def taken_as(written: Sequence[Written], width: int, told: Told) -> tuple[GridRow, ...]:
    """Rows under `width` heads.

    As on GitHub a short row's last cells are empty, and what stands behind the last head is not shown; a
    row with figures there stays as long as it is.
    """
    printed = [
        _fitted(row, tuple(_text(row, cell, told) for cell in row.cells), width, told) for row in written
    ]
    marked = {at for texts in printed for at in _omitted(texts)}
    rows, above, first = list[GridRow](), [""] * width, dict[str, tuple[int, list[int]]]()
    for at, (row, texts) in enumerate(zip(written, printed, strict=True)):
        read = _resolved(texts, above, marked)
        for mark in {text for text, other in zip(texts, read, strict=True) if text != other}:
            first.setdefault(mark, (at, []))[1].append(row.line)
        as_printed = texts if read != texts else None
        rows.append(GridRow(line=row.line, cells=read, printed=as_printed, lines=row.lines, under=row.under))
        above = [text or over for text, over in zip(read, above, strict=False)]
    for mark, (at, lines) in first.items():
        what, among = " | ".join(printed[at])[:60], "" if len(lines) == 1 else f" in {len(lines)} rows"
        why = f"{mark or 'an empty cell'}{among} is read as the cell above"
        told.assumed.append(Note(line=lines[0], what=what, why=why))
    return tuple(rows)


def _text(row: Written, cell: Shown, told: Told) -> str:
    """A cell's text; what is struck through in it, and a footnote's mark behind a number, is told."""
    for struck in cell.struck:
        why = "struck through, so it is no value"
        told.unread.append(Note(line=row.line, what=f"~~{struck[:60]}~~", why=why))
    if cell.text and cell.beside_images == "":
        return f"[{cell.text}]"  # the words for an image are no value
    text, mark = footnote(_without_images(row, cell, told))
    if mark:
        why = f"the mark {mark} is taken for a footnote's; what that says of the number is not read"
        told.assumed.append(Note(line=row.line, what=cell.text[:60], why=why))
    return text


def _without_images(row: Written, cell: Shown, told: Told) -> str:
    """A cell's text; of an image beside a number or a name the words are left out, which is told."""
    left = cell.beside_images
    if left is None or left == cell.text:
        return cell.text
    why = "an image beside a number or a name; its words are left out"
    told.assumed.append(Note(line=row.line, what=cell.text[:60], why=why))
    return left


def _fitted(row: Written, texts: tuple[str, ...], width: int, told: Told) -> tuple[str, ...]:
    """As many cells as there are heads."""
    texts += ("",) * (width - len(texts))
    surplus = " | ".join(text for text in texts[width:] if not _NOTHING.fullmatch(text))
    if any(map(str.isdigit, surplus)):
        return texts
    if surplus:
        why = f"{len(texts)} cells under {width} heads: the surplus is shown nowhere"
        told.assumed.append(Note(line=row.line, what=surplus[:60], why=why))
    return texts[:width]


def _omitted(texts: Sequence[str]) -> list[int]:
    """Where a row has dots that may stand for the cell above: something else stands behind them."""
    last = max((at for at, text in enumerate(texts) if text and not _OMITS.fullmatch(text)), default=-1)
    return [at for at, text in enumerate(texts[: max(last, 0)]) if _OMITS.fullmatch(text)]


def _resolved(texts: tuple[str, ...], above: Sequence[str], marked: Set[int]) -> tuple[str, ...]:
    """The cells, those that repeat the one above as that one.

    Dots are an omission where all of a row is dots, where nothing stands behind them, and where the cell
    above is a number and the cells before it are not those above: ``8 | ... | 92.1`` under another size.
    An empty cell repeats at a row's beginning, under a name or in a column that has dots as well; of a row
    that begins so, under a name before the first fraction too: a metric's, a data set's.
    """
    read, same, begins, goes_on = list[str](), True, True, False
    dots = set(_omitted(texts))
    values = next((at for at, text in enumerate(texts) if _FRACTION.search(text)), 0)
    for at, text in enumerate(texts):
        over = above[at] if at < len(above) else ""
        begins = begins and (not text or at in dots)
        repeats = bool(over) and _REPEATS.fullmatch(text) is not None
        if over and not _FRACTION.search(over):
            if at in dots:
                repeats = same or not _NUMBER.fullmatch(over)
            elif not text and (begins or (goes_on and at < values)) and any(texts[at:]):
                repeats = (same and at in marked) or not _AMOUNT.match(over)
                goes_on = goes_on or (repeats and not at)
        read.append(over if repeats else text)
        same = same and read[-1] == over
    return tuple(read)
