"""A fault of one line, or of the whole file: what every line has in common is told once, as the file's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.errors import BadInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with one line: in its own words, and in words that other lines may share."""

    message: str  # what was found in it, and what was expected
    remedy: str  # for this line alone
    shared: str  # ``has 2 columns``: said of every line that departs in this way
    whole: str  # what a sound file has instead: ``four columns, with one space between each two``


DOCUMENTED = "the documented file has"


def fault(
    found: Fault, line: int, kinds: Iterable[str], *, path: Path, remedy: str, holds: str = DOCUMENTED
) -> BadInput:
    """The error of the first line that is no row, where `kinds` are the shared faults of all rows.

    An empty kind is of a row that is sound. Where every row has the fault of this one, it is the file's:
    "every one of N lines". Where several have it, how many is told. `remedy` says where a sound file
    comes from, `holds` who says what it has.
    """
    counted = Counter(kinds)
    rows, alike = sum(counted.values()), counted[found.shared]
    if alike == rows > 1:
        example = f"line {line}: {found.message.partition(', expected')[0]}"
        message = f"every one of {rows} lines {found.shared} ({example}); {holds} {found.whole}"
        return BadInput(message, path=path, remedy=remedy)
    if alike > 1:
        message = f"{found.message}; {alike} of {rows} lines are so: each {found.shared}"
        return BadInput(message, path=path, line=line, remedy=f"correct them, or {remedy}")
    return BadInput(found.message, path=path, line=line, remedy=found.remedy)
