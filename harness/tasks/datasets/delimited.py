"""Tables of texts, a row a line, parted by a character: what ``tsv`` and ``csv`` share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

from harness.domain.strict import STRICT
from harness.errors import BadInput
from harness.tasks.datasets import Dataset, rows, separated
from harness.tasks.datasets.examples import NoExample, TextExample, kept_label
from harness.tasks.lines import TextFile, read_lines, shown
from harness.tasks.options import Fault

Column = str | int  # its name in the header, or its place from 0


class Quoting(StrEnum):
    """What a double quote is: plain text, or what a column may stand between."""

    NONE = "none"
    MINIMAL = "minimal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a file of rows is to be read, and which columns make an example.

    `labels` are the names of its labels, where it numbers them or calls them otherwise: in the order of their
    numbers, or by what stands in the file.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    text: Column
    label: Column
    pair: Column | None = None  # the second text, of pairs
    header: bool = True
    separator: str
    quoting: Quoting
    labels: tuple[str, ...] | dict[str, str] = ()
    leave_out: tuple[str, ...] = ()  # labels of samples that are none, as "-": no gold label

    def faults(self) -> Iterator[Fault]:
        """Columns by name without a header, by a place before the first, or one for two things."""
        columns = {"text": self.text, "label": self.label, "pair": self.pair}
        given = {name: column for name, column in columns.items() if column is not None}
        for name, column in given.items():
            if isinstance(column, str) and not self.header:
                yield f"options.{name}", shown(column), "a place from 0: header = false, there are no names"
            if isinstance(column, int) and column < 0:
                yield f"options.{name}", str(column), "a place from 0"
        if len(set(given.values())) < len(given):
            yield "options", f"the columns {', '.join(map(str, given.values()))}", "another for each"
        if len(self.separator) != 1 or self.separator in '"\r\n':
            yield "options.separator", shown(self.separator), "one character, no quote and no line end"


def read(name: str, path: Path, options: Options, *, expected: int | None) -> Dataset[Any]:
    """Every row of `path`, in file order; `expected` is how many there have to be, None for any.

    Rows are those of Python's ``csv`` in its strict mode, with fields of any length; blank lines at the end
    are none. Raises `NotThere` for a missing file; `BadInput`,
    with the line, for what `read_lines` refuses, quotes that do not pair, a header without the columns, a row
    of another width, a label without a name, no row at all, and a count other than `expected`.
    """
    file = read_lines(path, remedy=rows.REMEDY)
    lines = list(_rows(file, options))
    header = lines.pop(0) if options.header else None
    if not lines:
        raise BadInput("found no row below the header", path=path, line=1, remedy=rows.REMEDY)
    columns = _Columns(header=header, width=len((header or lines[0])[1]), path=path, options=options)
    examples = rows.gather(lines, columns.example, path=path)
    return rows.dataset(
        name, path, file.sha256, examples, expected=expected, last=len(file.lines), rows=len(lines)
    )


def _rows(file: TextFile, options: Options) -> Iterator[tuple[int, list[str]]]:
    """The columns of each row, and the line on which it begins."""
    plain = options.quoting is Quoting.NONE
    lines = [f"{line}\n" for line in file.filled]
    try:
        yield from separated.rows(lines, separator=options.separator, quotes=not plain)
    except separated.Unpaired as problem:
        raise BadInput(
            f"the row that begins here cannot be read ({problem})", path=file.path, line=problem.line,
            remedy='write quoting = "none" into its table where a double quote is plain text, or double it',
        ) from problem  # fmt: skip


class _Columns:
    """Where the columns of a file are, and the example that a row is."""

    def __init__(
        self, *, header: tuple[int, list[str]] | None, width: int, path: Path, options: Options
    ) -> None:
        names = [] if header is None else header[1]
        self._width, self._labels, self._leave_out = width, options.labels, options.leave_out

        def place(column: Column) -> int:
            found = [at for at, name in enumerate(names) if name == column]
            if isinstance(column, int) and column < width:
                found = [column]
            if len(found) == 1:
                return found[0]
            there = ", ".join(map(shown, names)) if names else f"{width} columns"
            message = f"found {there}, expected the column {column!r}{' once' if found else ''}"
            raise BadInput(message, path=path, line=1, remedy=rows.REMEDY)

        self._text, self._label = place(options.text), place(options.label)
        self._pair = None if options.pair is None else place(options.pair)
        self._label_column = f"the column {options.label}"

    def example(self, row: Sequence[str], line: int) -> TextExample | None:
        """None of a row that is left out. Raises `NoExample` for another width, a label without a name."""
        if len(row) != self._width:
            several = f"{len(row)} column{'s' * (len(row) != 1)}"
            said = f"{several} in {shown(' | '.join(row))}" if row else "a blank line"
            raise NoExample(said, f"{self._width} columns", f"has {several}" if row else "is blank")
        label = kept_label(row[self._label], self._label_column, self._labels, self._leave_out)
        if label is None:
            return None
        second = None if self._pair is None else row[self._pair]
        return TextExample(text=row[self._text], second=second, label=label, line=line)
