"""Fenced blocks: where each begins and ends, and what ends one that its author forgot to close."""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from harness.documents.readme.notes import Note

DELIMITER = re.compile(r"\|?(?:\s*:?-+:?\s*\|)+(?:\s*:?-+:?)?\s*")
_FENCE = re.compile(r"(?P<marks>`{3,}|~{3,})(?P<info>.*)")
_QUOTE = re.compile(r"(?:>\s?)+")
_ITEM = re.compile(r"(?:[-*+]|\d{1,9}[.)])\s+(?=`{3}|~{3}|\|)")
_HEADS = re.compile(r"#{2,6}\s+\S")
_TEXT = re.compile(r"(?:\d{1,9}[.)]|[-*+>])\s+\S")  # an item or a quote
_WORD = re.compile(r"[\w+-]+")  # of the language behind an opening
_SHOWS_MARKDOWN = ("markdown", "md")
_TRIES = 8  # forgotten fences of a document that are found by what is in them


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """One line of a fence's marks: what stands behind them, and where blocks that it opens could end."""

    size: int
    info: str
    bare: int | None  # the next line that closes such a block
    any: int | None  # the next line that closes it, or opens another


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One fenced block as places in the lines: `start` its opening, `end` behind its last line."""

    start: int
    end: int
    info: str
    closed: bool
    cut: bool = False  # ended by a line that cannot be in it


def structure(line: str) -> str:
    """A line without the quote's marks before it, and without an item's before a fence or a table."""
    text = unquoted(line)
    match = _ITEM.match(text)
    return text[match.end() :] if match else text


def unquoted(line: str) -> str:
    """A line without the quote's marks before it."""
    return _QUOTE.sub("", line, count=1) if line.startswith(">") else line


def fences(lines: Sequence[str]) -> tuple[list[Span], list[Note]]:
    """The fenced blocks of stripped lines, and a note for each that ends where nothing closes it.

    In markdown a block that is never closed goes on to the next fence, or to the end, and what stood
    between is turned about: text is code, code is text. Where a line that opens a block with a word
    stands in another, or the last one never ends, a block is forgotten. It ends at the first line that is
    surely text: such an opening, a table, or behind an empty line a heading of two # or an item.
    """
    marks = _marks(lines)
    spans = list(_scan(lines, marks, {}))
    cuts: dict[int, int] = {}
    for _ in range(_TRIES):
        if not spans or spans[-1].closed or spans[-1].cut:
            break
        better = _mended(lines, marks, spans, cuts)
        if better is None:
            break
        spans, cuts = better
    notes = [
        Note(
            line=span.start + 1,
            what=lines[span.start][:60],
            why=f"this block is never closed; read as if it ended before line {span.end + 1}, "
            f"{lines[span.end][:40]!r}",
        )
        for span in spans
        if span.cut
    ]
    return spans, notes


def _mended(
    lines: Sequence[str], marks: Mapping[int, _Mark], spans: Sequence[Span], cuts: Mapping[int, int]
) -> tuple[list[Span], dict[int, int]] | None:
    """The blocks if one with text in it were the forgotten one, where that leaves less text in blocks."""
    doubtful = (
        (span.start, end)
        for span in spans
        if span.info.lower() not in _SHOWS_MARKDOWN and not span.cut
        if (end := _text_in(lines, span.start, span.end, items=False)) is not None
    )
    for start, end in islice(doubtful, _TRIES):
        tried = {**cuts, start: end}
        other = list(_scan(lines, marks, tried))
        if _signs(lines, other) < _signs(lines, spans):
            return other, tried
    return None


def _signs(lines: Sequence[str], spans: Sequence[Span]) -> int:
    """How many headings and tables stand in blocks."""
    inside = (at for span in spans for at in range(span.start + 1, span.end))
    return sum(_is_text(lines, at, items=False) for at in inside)


def _marks(lines: Sequence[str]) -> dict[int, _Mark]:
    """The lines of marks by their place. From the last to the first, so that each knows what is behind it."""
    found: dict[int, _Mark] = {}
    behind: dict[tuple[str, bool], list[tuple[int, int]]] = {}
    for at in range(len(lines) - 1, -1, -1):
        match = _FENCE.match(structure(lines[at])) if "```" in lines[at] or "~~~" in lines[at] else None
        if match is None or (match["marks"][0] == "`" and "`" in match["info"]):
            continue
        kind, size, info = match["marks"][0], len(match["marks"]), match["info"].strip()
        bare, both = (behind.setdefault((kind, only), []) for only in (True, False))
        found[at] = _Mark(size=size, info=info, bare=_next(bare, size), any=_next(both, size))
        if not unquoted(lines[at]).startswith(kind):
            continue  # behind an item's mark: it opens a block and ends none
        if not info:
            _push(bare, size, at)
        if not info or _WORD.fullmatch(info):
            _push(both, size, at)
    return found


def _next(behind: Sequence[tuple[int, int]], size: int) -> int | None:
    """The nearest place of at least `size` marks; `behind` has (-marks, place), the nearest last."""
    at = bisect_right(behind, (-size, sys.maxsize))
    return behind[at - 1][1] if at else None


def _push(behind: list[tuple[int, int]], size: int, at: int) -> None:
    while behind and -behind[-1][0] <= size:
        behind.pop()
    behind.append((-size, at))


def _scan(lines: Sequence[str], marks: Mapping[int, _Mark], cuts: Mapping[int, int]) -> Iterator[Span]:
    """The blocks, one behind the other; `cuts` says of forgotten ones where they end."""
    behind = 0
    for at in sorted(marks):
        if at >= behind:
            cut = cuts.get(at)
            span = _block(lines, at, marks) if cut is None else _cut(at, cut, marks)
            yield span
            behind = span.end


def _block(lines: Sequence[str], start: int, marks: Mapping[int, _Mark]) -> Span:
    """The block that opens at `start`."""
    mark = marks[start]
    shows = mark.info.lower() in _SHOWS_MARKDOWN
    end = mark.bare if shows else mark.any
    if end is not None and not marks[end].info:
        return Span(start=start, end=end + 1, info=mark.info, closed=True)
    text = None if shows else _text_in(lines, start, len(lines) if end is None else end, items=True)
    if text is not None or end is not None:
        return _cut(start, end if text is None else text, marks)
    return Span(start=start, end=len(lines), info=mark.info, closed=False)


def _cut(start: int, end: int | None, marks: Mapping[int, _Mark]) -> Span:
    return Span(start=start, end=end or start + 1, info=marks[start].info, closed=False, cut=True)


def _text_in(lines: Sequence[str], start: int, end: int, *, items: bool) -> int | None:
    """The first line between two places that is surely text."""
    return next((at for at in range(start + 1, end) if _is_text(lines, at, items=items)), None)


def _is_text(lines: Sequence[str], at: int, *, items: bool) -> bool:
    """Whether a line heads a table, or is a heading (or an item) behind an empty line."""
    line = structure(lines[at])
    if "|" in line and at + 1 < len(lines) and "|" in lines[at + 1]:
        return DELIMITER.fullmatch(structure(lines[at + 1])) is not None
    if lines[at - 1]:
        return False
    return _HEADS.match(line) is not None or (items and _TEXT.match(lines[at]) is not None)
