"""Markdown to blocks with line numbers: headings, tables, fenced blocks, and everything else as prose."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from harness.documents.readme import fences as fenced
from harness.documents.readme import html_tables, pipes
from harness.documents.readme.fences import unquoted
from harness.documents.readme.headings import heading, indent, is_item, items
from harness.documents.readme.inline import plain
from harness.documents.readme.notes import Note, Told
from harness.documents.readme.parts import Fence, Grid, GridRow, Heading, Line
from harness.documents.readme.pipes import cells
from harness.errors import BadInput

__all__ = ("Fence", "Grid", "GridRow", "Heading", "Line", "Readme", "cells", "parse", "plain", "read")

LARGEST = 2**20  # bytes of a README: twice what GitHub shows of one, and some ten seconds of reading
_DEEPEST = 32  # headings and items that a line stands under: what is nested deeper stands under the nearest
_NEAR = 4  # lines above a table or block among which its caption stands


@dataclass(frozen=True, kw_only=True)
class Readme:
    """One README, read."""

    path: Path
    shown: str  # how findings name the file
    lines: tuple[str, ...]
    headings: tuple[Heading, ...]
    grids: tuple[Grid, ...]
    fences: tuple[Fence, ...]
    prose: tuple[Line, ...]
    raw: tuple[str, ...] = ()  # the lines with the blanks at their ends
    unread: tuple[Note, ...] = ()  # of its tables and blocks, before anything is known of what they mean
    assumed: tuple[Note, ...] = ()  # read by a rule of ours

    @cached_property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.lines)

    def prose_with(self, pattern: re.Pattern[str]) -> tuple[Line, ...]:
        """The prose, where `pattern`, which finds nothing over a line's end, is in any of it: else none."""
        return self.prose if pattern.search(self._prose) else ()

    @cached_property
    def _prose(self) -> str:
        return "\n".join(line.text for line in self.prose)

    @property
    def title(self) -> str:
        """The first heading; empty where there is none."""
        return next((item.text for item in self.headings if item.titled), "")

    def heading_of(self, line: int) -> Heading | None:
        """The heading or list item that a line stands under."""
        at = bisect_left(self.headings, line, key=_line_of)
        return self.headings[at - 1] if at else None

    def under(self, line: int) -> Heading | None:
        """The real heading that a line stands under."""
        at = bisect_left(self._titled, line, key=_line_of)
        return self._titled[at - 1] if at else None

    def fence_of(self, line: int) -> Fence | None:
        """The fenced block that a line stands in."""
        at = bisect_right(self.fences, line, key=lambda item: item.line)
        return self.fences[at - 1] if at and self.fences[at - 1].holds(line) else None

    def headings_of(self, line: int) -> tuple[Heading, ...]:
        """All headings that a line stands under, the highest first: h2, h3, then items and bold lines.

        An item stands under those before it that are less indented, a bold line under none of its depth. They
        are `_DEEPEST` at most: of a list nested deeper the highest and the nearest.
        """
        chain, at = list[Heading](), bisect_left(self.headings, line, key=_line_of) - 1
        while at >= 0:
            if not self._is_beside(self.headings[at], line):
                chain.append(self.headings[at])
            at = self._over[at]
        return tuple(reversed(chain))

    def _is_beside(self, item: Heading, line: int) -> bool:
        """Whether `item` and what stands at `line` are two items of which none is nested in the other."""
        if item.titled or not (is_item(self.lines[item.line - 1]) and is_item(self.lines[line - 1])):
            return False
        return item.indent >= indent(self.raw[line - 1])

    def above(self, line: int) -> str:
        """The text right above a table or block, empty lines between them: a caption or a sentence.

        Empty where a heading, another table or a block stands there.
        """
        for number in range(line - 1, max(line - 1 - _NEAR, 0), -1):
            text = self._texts.get(number)
            if text is None and self.lines[number - 1]:
                return ""
            shown = plain(unquoted(text)) if text else ""
            if shown:
                return shown
        return ""

    @cached_property
    def _titled(self) -> tuple[Heading, ...]:
        return tuple(item for item in self.headings if item.titled)

    @cached_property
    def _over(self) -> list[int]:
        """Of each heading the place of the one that it stands under; -1 where there is none."""
        over, above = list[int](), list[int]()
        for at, item in enumerate(self.headings):
            while len(above) == _DEEPEST or (above and _depth(self.headings[above[-1]]) >= _depth(item)):
                above.pop()
            over.append(above[-1] if above else -1)
            above.append(at)
        return over

    @cached_property
    def _texts(self) -> dict[int, str]:
        return {item.number: item.text for item in self.prose}


def _line_of(item: Heading) -> int:
    return item.line


def _depth(item: Heading) -> tuple[int, int]:
    return item.level, item.indent


def read(path: Path, shown: str | None = None) -> Readme:
    """The README at `path`. Raises `BadInput` where it is no text in UTF-8, or larger than `LARGEST`."""
    if (size := path.stat().st_size) > LARGEST:
        raise BadInput(
            f"{size / 2**20:.1f} MB, and a README of at most {LARGEST / 2**20:.0f} MB is read",
            path=path, line=1, remedy="give what has its results in a file of its own",
        )  # fmt: skip
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise BadInput(
            f"byte 0x{data[problem.start]:02x} is no UTF-8", path=path, line=line, remedy="save it as UTF-8"
        ) from problem
    return parse(text, path, shown or str(path))


def parse(text: str, path: Path = Path("README.md"), shown: str | None = None) -> Readme:
    """`text` as blocks. Indentation decides nothing: the zoos indent as it comes, and no reader sees it.

    So lines are kept without it: what reads them takes a time by their words, however deep they are nested.
    """
    raw = tuple(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    lines, told, taken = tuple(line.strip() for line in raw), Told(), set[int]()
    spans, forgotten = fenced.fences(lines)
    told.assumed.extend(forgotten)
    for span in spans:
        taken.update(range(span.start, span.end))
    headings = [
        item
        for at, line in enumerate(lines)
        if line.startswith("#") and at not in taken and (item := heading(line, at + 1))
    ]
    taken.update(item.line - 1 for item in headings)
    grids, beside = list[Grid](), list[Line]()
    for found, where, texts in html_tables.tables(lines, taken, told):
        grids += found
        beside += texts
        taken.update(where)
    for grid, where in pipes.grids(lines, taken, told):
        grids.append(grid)
        taken.update(where)
    prose = [Line(number=at + 1, text=line) for at, line in enumerate(lines) if line and at not in taken]
    prose = sorted([*prose, *beside], key=lambda item: item.number)
    headings += items(prose, list(map(indent, raw)))
    return Readme(
        path=path,
        shown=shown or str(path),
        lines=lines,
        headings=tuple(sorted(headings, key=_line_of)),
        grids=tuple(sorted(grids, key=lambda item: item.line)),
        fences=tuple(_fence(lines, span) for span in spans),
        prose=tuple(prose),
        raw=raw,
        unread=tuple(told.unread),
        assumed=tuple(told.assumed),
    )


def _fence(lines: Sequence[str], span: fenced.Span) -> Fence:
    inside = range(span.start + 1, span.end - 1 if span.closed else span.end)
    quoted = lines[span.start].startswith(">")
    texts = ((at + 1, unquoted(lines[at]) if quoted else lines[at]) for at in inside)
    return Fence(
        line=span.start + 1,
        info=span.info,
        lines=tuple(Line(number=number, text=text) for number, text in texts),
    )
