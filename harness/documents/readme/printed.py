"""Tables that a tool printed into a fenced block: framed by pipes and rules, or columns of words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.documents.readme.blocks import Fence, Grid, GridRow, Line, cells
from harness.documents.readme.words import Vocabulary
from harness.domain.words import WordKind

_RULE = re.compile(r"[+|]?[-=+|: ]{3,}[+|]?")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?%?")
_NO_HEAD = re.compile(r"[|{}'\"=,]|: ")  # of what holds figures itself
_FEWEST = 2  # metrics in the head of a table without pipes


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """One table in a fence: as a grid, the lines that it takes, and the words above it that may name it."""

    grid: Grid
    lines: frozenset[int]
    title: str


def printed_tables(fence: Fence, words: Vocabulary) -> Iterator[Printed]:
    """The tables of a fence: a head, and rows of as many cells."""
    lines, at, title = fence.lines, 0, ""
    while at < len(lines):
        text = lines[at].text.strip()
        taken = _piped(lines[at:]) or _spaced(lines[at:], words)
        if len(taken) > 1:
            first, *rest = taken
            yield Printed(
                grid=Grid(line=first.line, headers=first.cells, rows=tuple(rest)),
                lines=frozenset(range(lines[at].number, rest[-1].line + 1)),
                title=title,
            )
            at = next(n for n, line in enumerate(lines) if line.number == rest[-1].line)
        elif text and not _RULE.fullmatch(text):
            title = text.strip("#:： ") if not _NUMBER.search(text) else ""
        at += 1


def _piped(lines: Sequence[Line]) -> list[GridRow]:
    """The rows between pipes that a run of lines begins with, rules between them left out."""
    found = list[GridRow]()
    for line in lines:
        text = line.text.strip()
        if _RULE.fullmatch(text):
            continue
        if not (text.startswith("|") and text.endswith("|") and text.count("|") > 2):
            break
        row = GridRow(line=line.number, cells=cells(text))
        if found and len(row.cells) != len(found[0].cells):
            break
        found.append(row)
    return found if found and not any(map(_NUMBER.fullmatch, found[0].cells)) else []


def _spaced(lines: Sequence[Line], words: Vocabulary) -> list[GridRow]:
    """A head of words, of which some are metrics, and the rows of as many words and numbers below it."""
    heads = lines[0].text.split()
    if len(heads) < _FEWEST + 1 or any(map(_NUMBER.fullmatch, heads)) or _NO_HEAD.search(lines[0].text):
        return []
    if sum(words.has(head, WordKind.METRIC) for head in heads) < _FEWEST:
        return []
    found = [GridRow(line=lines[0].number, cells=tuple(heads))]
    for line in lines[1:]:
        row = line.text.split()
        if len(row) != len(heads) or sum(bool(_NUMBER.fullmatch(cell)) for cell in row) < _FEWEST:
            break
        found.append(GridRow(line=line.number, cells=tuple(row)))
    return found
