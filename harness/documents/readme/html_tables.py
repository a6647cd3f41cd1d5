"""Tables in HTML: where they stand, and what their rows and cells hold before merged cells are parted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from html.parser import HTMLParser

from harness.documents.readme.inline import Shown, raised
from harness.documents.readme.merged_cells import Cell, Row, Source, to_grids
from harness.documents.readme.notes import Note, Told
from harness.documents.readme.parts import Grid, Line

# The tags that READMEs use in and around tables. Whatever else looks like one is text: `<batch_size>`.
_KNOWN = re.compile(
    r"a|b|blockquote|br|caption|center|code|col|colgroup|dd|del|details|div|dl|dt|em|font|h[1-6]|hr|i|img|ins|kbd|li"
    r"|mark|ol|p|pre|s|small|span|strike|strong|sub|summary|sup|table|tbody|td|tfoot|th|thead|tr|tt|u|ul|var"
)
# One whole tag, which ends before another begins: no time is lost on those that never end.
_WHOLE = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:[\s/](?:[^<>\"']|\"[^<\"]*\"|'[^<']*')*)?)>")
_OPENS = re.compile(r"<table(?=[\s>])", re.IGNORECASE)
_EDGE = re.compile(r"<(/?)table(?=[\s>])", re.IGNORECASE)
_ITS_OWN = re.compile(r"</?(?:table|t[rdh]|tbody|thead|caption)[\s>]", re.IGNORECASE)
_BREAKS = ("br", "p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "dd", "dt")
_STRUCK = ("s", "del", "strike")
_HEADING = re.compile(r"#{1,6}\s+\S")


def tables(
    lines: Sequence[str], taken: Set[int], told: Told
) -> Iterator[tuple[list[Grid], range, list[Line]]]:
    """The tables of stripped lines, each with the lines that it takes and what stands beside it there."""
    at = 0
    while at < len(lines):
        opening = None if at in taken else _OPENS.search(lines[at])
        if opening is None:
            at += 1
            continue
        where, before, text, after = _cut(lines, taken, at, opening.start())
        source = _parsed(text, at + 1, told)
        beside = [Line(number=at + 1, text=before.strip())] if _words(before) else []
        if _OPENS.search(after):
            why = "a table in HTML behind another on one line; begin it on a line of its own"
            told.unread.append(Note(line=where.stop, what=after.strip()[:60], why=why))
        elif _words(after):
            beside.append(Line(number=where.stop, text=after.strip()))
        yield to_grids(source, told), where, beside
        at = where.stop


def _cut(lines: Sequence[str], taken: Set[int], start: int, column: int) -> tuple[range, str, str, str]:
    """The lines of a table, and the text before it, of it and behind it.

    One that never closes ends with the last of its tags before the next heading or block.
    """
    depth, parts, at, last = 0, list[str](), start, start
    while at < len(lines) and at not in taken:
        line, offset = lines[at], column if at == start else 0
        if at > start and _HEADING.match(line):
            break
        for edge in _EDGE.finditer(line, offset):
            depth += -1 if edge[1] else 1
            if depth == 0:
                end = line.find(">", edge.end()) + 1 or len(line)
                text = "\n".join([*parts, line[offset:end]])
                return range(start, at + 1), lines[start][:column], text, line[end:]
        parts.append(line[offset:])
        last = at if _ITS_OWN.search(line) else last
        at += 1
    text = "\n".join(parts[: last + 1 - start])
    return range(start, last + 1), lines[start][:column], text, ""


def _words(text: str) -> bool:
    """Whether anything is left of a text without its tags."""
    return bool(_WHOLE.sub("", text).strip(" \t-*+>|"))


def _parsed(text: str, line: int, told: Told) -> Source:
    parser = _Parser(line, told)
    parser.feed(_safe(text))
    parser.close()
    parser.finish()
    return parser.source


def _safe(text: str) -> str:
    """The text with every ``<`` that begins no known tag as an entity, its lines where they were.

    `HTMLParser` takes the square of the time for tags and comments that never end; here are none.
    """
    text, parts, at = _without_comments(text), list[str](), 0
    for match in _WHOLE.finditer(text):
        if _KNOWN.fullmatch(match[2].lower()):
            parts += [text[at : match.start()].replace("<", "&lt;"), match[0]]
            at = match.end()
    return "".join([*parts, text[at:].replace("<", "&lt;")])


def _without_comments(text: str) -> str:
    """The text without its comments but for their line ends."""
    parts, at = list[str](), 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        parts += [text[at:start], "\n" * text.count("\n", start, end)]
        at = end + 3
    return "".join([*parts, text[at:]])


@dataclass(slots=True, kw_only=True)
class _Open:
    """The cell that is being read."""

    line: int
    head: bool
    across: int
    down: int
    texts: list[str] = field(default_factory=list)
    struck: list[str] = field(default_factory=list)
    images: set[int] = field(default_factory=set)  # which of `texts` are the words for one


class _Parser(HTMLParser):
    """Rows and cells as they come: one that is not closed ends where the next begins."""

    def __init__(self, line: int, told: Told) -> None:
        super().__init__(convert_charrefs=True)
        self.source = Source(line=line)
        self._first = line
        self._told = told
        self._depth = 0
        self._cell: _Open | None = None
        self._caption: list[str] | None = None
        self._struck = 0
        self._high = False
        self._part = ""  # thead, tbody or tfoot

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._depth += 1
            if self._depth == 2:  # a table in a cell: its words are the cell's
                why = "a table within a table; its words are read as those of the cell that holds it"
                self._told.assumed.append(Note(line=self._line(), what="<table>", why=why))
        elif self._depth > 1 and tag in ("tr", "td", "th", "caption"):
            self._add(" ")
        elif tag in ("thead", "tbody", "tfoot"):
            self._end_cell()
            self._part = tag
            self.source.groups += 1
        elif tag == "tr":
            self._end_cell()
            self._row()
        elif tag in ("td", "th"):
            self._start_cell(tag, dict(attrs))
        elif tag == "caption":
            self._end_cell()
            self._caption = []
        else:
            self._inline(tag, dict(attrs))

    def _inline(self, tag: str, attrs: dict[str, str | None]) -> None:
        if tag in _BREAKS:
            self._add(" ")
        elif tag == "img" and (words := (attrs.get("alt") or "").strip()):
            if self._cell is not None and self._caption is None and not self._struck:
                self._cell.images.add(len(self._cell.texts))
            self._add(words)
        elif tag in _STRUCK:
            self._struck += 1
        elif tag == "sup":
            self._high = True

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag in ("td", "th", *_STRUCK, "sup"):
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._depth -= 1
        elif self._depth > 1:
            return
        elif tag in ("td", "th", "tr", "thead", "tbody", "tfoot"):
            self._end_cell()
            self._part = "" if tag in ("thead", "tbody", "tfoot") else self._part
        elif tag == "caption":
            self._end_caption()
        elif tag in _STRUCK:
            self._struck = max(0, self._struck - 1)
        elif tag == "sup":
            self._high = False
        elif tag in _BREAKS:
            self._add(" ")

    def handle_data(self, data: str) -> None:
        if self._cell is None and self._caption is None:
            if any(map(str.isdigit, data)):
                why = "text of a table in HTML that stands in none of its cells"
                self._told.unread.append(Note(line=self._line(), what=data.strip()[:60], why=why))
            return
        self._add(data)

    def finish(self) -> None:
        """End what is open."""
        self._end_cell()

    def _line(self) -> int:
        return self._first + self.getpos()[0] - 1

    def _add(self, text: str) -> None:
        if self._caption is not None:
            self._caption.append(text)
        elif self._cell is not None and self._struck:
            self._cell.struck.append(text)
        elif self._cell is not None:
            if self._high and text.strip():
                before = next((part for part in reversed(self._cell.texts) if part), "")
                text, self._high = raised(before, text) + text, False
            self._cell.texts.append(text)

    def _row(self) -> Row:
        row = Row(line=self._line(), group=self.source.groups, head=self._part == "thead")
        self.source.rows.append(row)
        return row

    def _start_cell(self, tag: str, attrs: dict[str, str | None]) -> None:
        self._end_cell()
        if not self.source.rows:
            self._row()
        across, down = (_span(attrs.get(name)) for name in ("colspan", "rowspan"))
        self._cell = _Open(line=self._line(), head=tag == "th", across=max(across, 1), down=down)

    def _end_caption(self) -> None:
        if self._caption is not None:
            self.source.caption = " ".join("".join(self._caption).split())
            self._caption = None

    def _end_cell(self) -> None:
        self._end_caption()
        self._struck, self._high = 0, False
        if self._cell is None:
            return
        text, struck = (" ".join("".join(parts).split()) for parts in (self._cell.texts, self._cell.struck))
        words = "".join(part for at, part in enumerate(self._cell.texts) if at not in self._cell.images)
        beside = " ".join(words.split()) if self._cell.images else None
        shown = Shown(text=text, struck=(struck,) if struck else (), beside_images=beside)
        if struck and not text:
            shown = Shown(text=struck)
        self.source.rows[-1].cells.append(
            Cell(line=self._cell.line, shown=shown, head=self._cell.head, across=self._cell.across,
                 down=self._cell.down)
        )  # fmt: skip
        self._cell = None


def _span(said: str | None) -> int:
    """Over how many columns or rows a cell goes; 1 where that is no number, as browsers have it."""
    digits = (said or "").strip()
    return int(digits) if re.fullmatch(r"\d{1,12}", digits, re.ASCII) else 1
