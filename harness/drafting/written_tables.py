"""How a table of texts was written, as the whole file shows: what a double quote is, and the first row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

from harness.tasks.datasets import separated

FEWEST = 10  # rows below a heading that nothing but its label tells
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|nan", re.ASCII)
_SPECIAL = '"\r\n'


def is_quoted(lines: Sequence[str], separator: str) -> bool:
    """Whether the quotes in a file are a writer's, who put them around what a column holds.

    They are where Python's ``csv``, pandas and spreadsheets would write the same lines for what is read in
    them: quotes around what needs them, around every text or around everything, and those inside doubled. In
    GLUE's files they are plain text: a sentence begins with one, or stands between two for no need.
    """
    if not any('"' in line for line in lines):
        return False
    try:
        rows = list(separated.rows([f"{line}\n" for line in lines], separator=separator, quotes=True))
    except separated.Unpaired:
        return False
    begins = [*(line - 1 for line, _ in rows), len(lines)]
    there = ["\n".join(lines[begin:end]) for begin, end in pairwise(begins)]
    return len({len(row) for _, row in rows}) == 1 and any(
        all(_line(row, separator, needs) == line for (_, row), line in zip(rows, there, strict=True))
        for needs in _habits(separator)
    )


def may_be_quoted(lines: Sequence[str], separator: str) -> bool:
    """Whether anything stands between two double quotes."""
    return any(
        len(cell) > 1 and cell[0] == cell[-1] == '"' for line in lines for cell in line.split(separator)
    )


def _habits(separator: str) -> tuple[Callable[[str], bool], ...]:
    """What writers put quotes around: what needs them, texts, or everything."""
    special = {*_SPECIAL, separator}
    return (
        lambda cell: not special.isdisjoint(cell),
        lambda cell: not _NUMBER.fullmatch(cell),
        lambda cell: True,
    )


def _line(row: Sequence[str], separator: str, needs: Callable[[str], bool]) -> str:
    doubled = [cell.replace('"', '""') for cell in row]
    return separator.join(
        f'"{text}"' if needs(cell) else cell for cell, text in zip(row, doubled, strict=True)
    )


def begins_with_heading(labels: Sequence[str]) -> bool:
    """Whether the first of a column of labels is its heading.

    It is where all others are numbers; or, of other words, where it stands nowhere else though each of the
    others does, in a file that is not a handful of rows.
    """
    first, *others = labels
    if not others or first in others:
        return False
    if all(_NUMBER.fullmatch(label) for label in others):
        return not _NUMBER.fullmatch(first)
    return len(others) >= FEWEST and min(Counter(others).values()) > 1
