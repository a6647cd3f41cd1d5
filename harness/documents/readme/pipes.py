"""Tables in markdown: rows of pipes over and under a row of dashes, and what the zoos write in its stead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from harness.documents.readme.cells import number
from harness.documents.readme.fences import DELIMITER, structure
from harness.documents.readme.inline import plain, shown
from harness.documents.readme.notes import Note, Told
from harness.documents.readme.parts import Grid
from harness.documents.readme.rows import Written, taken_as

_PIPE = re.compile(r"(?<!\\)\|")
_DRAWN = ("+-", "+=")  # a line of a table drawn in characters, which is no markdown
_NARROWEST = 2  # columns of a table without a row of dashes
_FARTHEST = 2  # empty lines between two rows of one table


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipes:
    """The lines among which tables stand; those `taken` are something else's. `texts` are without quotes."""

    lines: Sequence[str]
    taken: Set[int]
    texts: Sequence[str]

    def row(self, at: int) -> bool:
        """Whether a line can be a row."""
        return 0 <= at < len(self.texts) and at not in self.taken and "|" in self.texts[at]

    def delimiter(self, at: int) -> bool:
        """Whether a line is a row of dashes."""
        return self.row(at) and DELIMITER.fullmatch(self.texts[at]) is not None

    def rule(self, at: int) -> bool:
        """Whether a line within a table is a row of dashes, and no row of single ones for absent values."""
        return self.delimiter(at) and ("--" in self.texts[at] or ":" in self.texts[at])


def grids(lines: Sequence[str], taken: Set[int], told: Told) -> Iterator[tuple[Grid, range]]:
    """The tables of stripped lines, each with the lines that it takes."""
    texts = [structure(line) if "|" in line else line for line in lines]
    pipes = Pipes(lines=lines, taken=taken, texts=texts)
    at = 0
    while at < len(lines):
        if not pipes.row(at):
            at += 1
        elif pipes.delimiter(at + 1) and not pipes.delimiter(at):
            end = _end(pipes, at, told)
            yield _grid(pipes, range(at, end), at + 2, told), range(at, end)
            at = end
        else:
            end, table = _bare(pipes, at)
            if table:
                yield _grid(pipes, range(at, end), at + 1, told), range(at, end)
            at = end


def split(text: str) -> list[str]:
    """A row's cells in markdown; the pipes at both ends may be absent."""
    inner = text.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith(r"\|") else inner
    return [cell.replace(r"\|", "|") for cell in _PIPE.split(inner)]


def cells(text: str) -> tuple[str, ...]:
    """A row's cells as a reader sees them."""
    return tuple(plain(cell) for cell in split(text))


def _end(pipes: Pipes, start: int, told: Told) -> int:
    """Where a table ends: behind its last row, which an empty line may stand before."""
    width, at = len(split(pipes.texts[start])), start + 2
    while at < len(pipes.texts):
        if pipes.row(at):
            if pipes.rule(at + 1) and not pipes.rule(at) and _heads(pipes, at):
                break  # the next table's heads, without an empty line before them
            at += 1
            continue
        more = next((n for n in range(at, at + _FARTHEST + 1) if n < len(pipes.lines) and pipes.lines[n]), 0)
        if more <= at or not _continues(pipes, more, width):
            break
        why = "a row behind an empty line, where markdown ends the table; read as a row of it"
        told.assumed.append(Note(line=more + 1, what=pipes.texts[more][:60], why=why))
        at = more
    return at


def _continues(pipes: Pipes, at: int, width: int) -> bool:
    """Whether a line is a row of the table before it: closed on both sides, as wide, and no table's head."""
    return _closed(pipes, at) and len(split(pipes.texts[at])) == width and not pipes.rule(at + 1)


def _closed(pipes: Pipes, at: int) -> bool:
    text = pipes.texts[at] if pipes.row(at) else ""
    return len(text) > 2 and text.startswith("|") and text.endswith("|")


def _heads(pipes: Pipes, at: int) -> bool:
    """Whether a row over a row of dashes holds no number: a row of heads, no row of values."""
    return not any(number(shown(cell).text) for cell in split(pipes.texts[at]))


def _bare(pipes: Pipes, start: int) -> tuple[int, bool]:
    """Where the lines like this one end, and whether they are a table without a row of dashes.

    That is two rows or more, closed on both sides and equally wide, the first without a number.
    """
    width, end = len(split(pipes.texts[start])), start
    if width < _NARROWEST or not _heads(pipes, start):
        return start + 1, False
    while _closed(pipes, end) and not pipes.delimiter(end + 1) and len(split(pipes.texts[end])) == width:
        end += 1
    around = [pipes.lines[at] for at in (start - 1, end) if 0 <= at < len(pipes.lines)]
    drawn = any(line.startswith(_DRAWN) for line in around)
    return max(end, start + 1), end - start > 1 and not drawn


def _grid(pipes: Pipes, where: range, first: int, told: Told) -> Grid:
    """The table in these lines, its heads on the first and its rows from `first` on."""
    start = where.start
    heads = tuple(shown(cell).text for cell in split(pipes.texts[start]))
    misfit = "no row of dashes under its heads"
    if first > start + 1:
        dashes = len(split(pipes.texts[start + 1]))
        misfit = f"{len(heads)} heads over a delimiter row of {dashes} cells" if dashes != len(heads) else ""
    written = [
        Written(line=at + 1, cells=tuple(map(shown, split(pipes.texts[at]))))
        for at in range(first, where.stop)
        if pipes.row(at) and not pipes.rule(at)
    ]
    if first == start + 1:
        why = f"{misfit}; read as a table"
        told.assumed.append(Note(line=start + 1, what=" | ".join(heads)[:60], why=why))
    return Grid(line=start + 1, headers=heads, rows=taken_as(written, len(heads), told), misfit=misfit)
