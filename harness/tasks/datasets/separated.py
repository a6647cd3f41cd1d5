"""Lines as rows of columns: the one place that calls Python's ``csv``, and says how long a field may be."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence

_LONGEST = 2**31 - 1  # characters of a field: csv's own 131072 are fewer than a long article has


class Unpaired(ValueError):
    """Quotes that do not pair, in the row that begins on `line`, counted from 1."""

    def __init__(self, problem: csv.Error, line: int) -> None:
        super().__init__(str(problem))
        self.line = line


def rows(lines: Sequence[str], *, separator: str, quotes: bool) -> Iterator[tuple[int, list[str]]]:
    """The columns of each row, and the line on which it begins, from 1; a blank line is a row of none.

    With `quotes` a double quote encloses what a column holds, else it is plain text. Raises `Unpaired`.
    """
    csv.field_size_limit(max(_LONGEST, csv.field_size_limit()))  # of the process: never less than others ask
    reader = csv.reader(
        lines, delimiter=separator, strict=True, quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE
    )
    begins = 1
    try:
        for row in reader:
            yield begins, row
            begins = reader.line_num + 1
    except csv.Error as problem:
        raise Unpaired(problem, begins) from problem
