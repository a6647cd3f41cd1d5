"""Markdown to blocks with line numbers: headings, tables, fenced blocks, and everything else as prose."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from harness.errors import BadInput

_DELIMITER = re.compile(r"\|?(\s*:?-+:?\s*\|)+\s*(:?-+:?)?\s*")
_TAG = re.compile(r"</?\w[^<>]*>")
_NUMBERING = re.compile(r"(?:[-*+]|\d+(?:\.\d+)*[.、)]?|[a-z][.)]|step\.\d+|[一二三四五六七八九十]+、)\s+")
_LONGEST = 1000  # characters of markdown in a cell, a heading or a title


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


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRow:
    """One row of a table: cells without markup and padding."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """One table. `misfit` says why markdown shows no table here, where it does not."""

    line: int
    headers: tuple[str, ...]
    rows: tuple[GridRow, ...]
    misfit: str = ""

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

    @cached_property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.lines)

    @property
    def title(self) -> str:
        """The first heading; empty where there is none."""
        return next((item.text for item in self.headings if item.titled), "")

    def heading_of(self, line: int) -> Heading | None:
        """The heading or list item that a line stands under."""
        return next((item for item in reversed(self.headings) if item.line < line), None)

    def under(self, line: int) -> Heading | None:
        """The real heading that a line stands under."""
        return next((item for item in reversed(self.headings) if item.line < line and item.titled), None)


def read(path: Path, shown: str | None = None) -> Readme:
    """The README at `path`. Raises `BadInput` where it is no text in UTF-8."""
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
    lines = tuple(line.strip() for line in raw)
    tokens = _blocks().parse("\n".join(lines))
    grids, fences, headings, taken = list[Grid](), list[Fence](), list[Heading](), set[int]()
    for at, token in enumerate(tokens):
        if token.map is None:
            continue
        start, end = token.map
        if token.type == "table_open":
            end = next((n for n in range(start, end) if "|" not in lines[n]), end)
            grids.append(_grid(lines, start, end))
        elif token.type == "fence":
            fences.append(_fence(lines, token, start, end))
        elif token.type == "heading_open":
            headings.append(_heading(tokens[at + 1], start, int(token.tag[1:])))
        else:
            continue
        taken.update(range(start, end))
    for start, end in _misfits(lines, taken):
        grids.append(_grid(lines, start, end, misfit=True))
        taken.update(range(start, end))
    prose = [Line(number=n + 1, text=line) for n, line in enumerate(lines) if n not in taken and line.strip()]
    headings += _items(prose)
    return Readme(
        path=path,
        shown=shown or str(path),
        lines=lines,
        headings=tuple(sorted(headings, key=lambda item: item.line)),
        grids=tuple(sorted(grids, key=lambda item: item.line)),
        fences=tuple(fences),
        prose=tuple(prose),
        raw=raw,
    )


def plain(markdown: str) -> str:
    """Inline markdown as the text that a reader sees; more than `_LONGEST` characters as they stand.

    The parser takes the square of the time for brackets that never close, and no cell or title is so long.
    """
    if len(markdown) > _LONGEST:
        return markdown.strip()
    [inline] = _markdown().parseInline(markdown.strip())
    parts = []
    for token in inline.children or ():
        if token.type in ("text", "code_inline", "image"):
            parts.append(token.content)
        elif token.type in ("softbreak", "hardbreak") or token.content.lower().startswith("<br"):
            parts.append(" ")
    return "".join(parts).strip()


def cells(line: str) -> tuple[str, ...]:
    """A line's cells as a reader sees them; the pipes at both ends may be absent."""
    inner = line.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith(r"\|") else inner
    return tuple(plain(cell.replace(r"\|", "|")) for cell in re.split(r"(?<!\\)\|", inner))


@cache
def _blocks() -> MarkdownIt:
    """The same, for blocks alone: what is in a line, `plain` reads."""
    return _grammar().disable("inline")


@cache
def _markdown() -> MarkdownIt:
    """For `plain`."""
    return _grammar()


def _grammar() -> MarkdownIt:
    """CommonMark with tables, without what indentation, HTML or dashes would make of a line."""
    markdown = MarkdownIt("commonmark").enable("table")
    return markdown.disable(["code", "list", "blockquote", "html_block", "lheading", "reference", "entity"])


def _grid(lines: Sequence[str], start: int, end: int, misfit: bool = False) -> Grid:
    headers, delimiters = cells(lines[start]), len(cells(lines[start + 1]))
    rows = [GridRow(line=n + 1, cells=cells(lines[n])) for n in range(start + 2, end)]
    why = f"{len(headers)} heads over a delimiter row of {delimiters} cells" if misfit else ""
    return Grid(line=start + 1, headers=headers, rows=tuple(rows), misfit=why)


def _fence(lines: Sequence[str], token: Token, start: int, end: int) -> Fence:
    closed = end - start > 1 and lines[end - 1].strip().startswith(token.markup)
    inside = range(start + 1, end - 1 if closed else end)
    return Fence(
        line=start + 1,
        info=token.info.strip(),
        lines=tuple(Line(number=n + 1, text=lines[n]) for n in inside),
    )


def _heading(inline: Token, start: int, level: int) -> Heading:
    text = _TAG.sub("", plain(inline.content)).strip()
    numbered = re.match(r"(\d+(?:\.\d+)*)[.、 ]?", text)
    rest = re.sub(r"^\d+(?:\.\d+)*[.、](?!\d)\s*", "", text, count=1) if numbered else text
    rest = _NUMBERING.sub("", rest, count=1) if _NUMBERING.match(rest) else rest
    return Heading(
        line=start + 1,
        level=level,
        text=rest.strip("*： :"),
        numbered=numbered[1] if numbered else "",
    )


def _items(prose: Sequence[Line]) -> Iterator[Heading]:
    """List items and bold lines that are short enough to be a title of what follows."""
    for line in prose:
        text = line.text.strip()
        match = _NUMBERING.match(text)
        bold = re.fullmatch(r"\*\*[^*]+\*\*[:：]?", text)
        rest = plain(text[match.end() :] if match else text).strip("*： :。")
        if (match or bold) and rest and len(rest) <= 40 and "，" not in rest:
            yield Heading(line=line.number, level=9, text=rest, titled=False)


def _misfits(lines: Sequence[str], taken: set[int]) -> Iterator[tuple[int, int]]:
    """Where a delimiter row stands under a row of pipes, and markdown saw no table."""
    for n in range(1, len(lines)):
        if {n - 1, n} & taken or "|" not in lines[n - 1] or not _DELIMITER.fullmatch(lines[n].strip()):
            continue
        end = n + 1
        while end < len(lines) and end not in taken and "|" in lines[end]:
            end += 1
        yield n - 1, end
