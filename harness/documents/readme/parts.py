"""What a README is made of: headings, tables, fenced blocks and lines of text, each with its line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a README, without the blanks at its ends."""

    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading without numbering and markup; a list item that heads what follows is not `titled`."""

    line: int
    level: int
    text: str
    numbered: str = ""  # "5.2" of "### 5.2 Accuracy"
    titled: bool = True
    indent: int = 0  # blanks before it


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRow:
    """One row of a table: cells without markup and padding, as a reader takes them.

    A mark such as ``...`` or ``〃`` that repeats the cell above is that cell in `cells`; `printed` has what
    stands there, where that is anything else. Of a table in HTML each cell may stand on a line of its own.
    """

    line: int
    cells: tuple[str, ...]
    printed: tuple[str, ...] | None = None
    lines: tuple[int, ...] | None = None
    under: str = ""  # the text of a row above it that is one cell from side to side

    @property
    def as_printed(self) -> tuple[str, ...]:
        """The cells as they stand in the document."""
        return self.cells if self.printed is None else self.printed

    def line_of(self, column: int) -> int:
        """The line of one cell."""
        return self.line if self.lines is None or column >= len(self.lines) else self.lines[column]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """One table. `misfit` says why markdown shows no table here, where it does not."""

    line: int
    headers: tuple[str, ...]
    rows: tuple[GridRow, ...]
    misfit: str = ""
    caption: str = ""  # of a table in HTML

    @property
    def title(self) -> str:
        """What `other_tables` calls it."""
        return " | ".join(self.headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """One fenced block: the line of its opening, the word behind it, and its lines."""

    line: int
    info: str
    lines: tuple[Line, ...]

    def holds(self, line: int) -> bool:
        """Whether a line stands in it."""
        return self.line <= line <= self.line + len(self.lines)
