"""The form of a table of texts and labels, parted by tabs or commas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from harness.drafting import written_tables
from harness.drafting.encoders import Task
from harness.drafting.kinds_of_columns import (
    FORMS,
    LABELS,
    PAIRS,
    REMEDY,
    TEXTS,
    Form,
    text_columns,
    told_columns,
)
from harness.errors import BadInput
from harness.tasks.datasets import separated
from harness.tasks.datasets.delimited import Quoting
from harness.tasks.lines import read_lines

HEADER, QUOTING, SEPARATOR = "header", "quoting", "separator"  # what is said of the file, and of no column
Row = Sequence[str]

# As Excel writes a .csv where commas are decimal points.
_PARTED = "columns are parted by commas in a .csv and by tabs in a .tsv, not by semicolons: save it so"


def form_of(path: Path, told: Task | None, said: Mapping[str, Any]) -> Form:
    """The form of the file at `path`; `said` is of ``--columns``, `told` the task where that is known.

    Raises `BadInput` for what is no such table, or of whose columns nobody knows what they are.
    """
    lines = read_lines(path, remedy=f"give {FORMS}").filled
    tabs = "\t" in lines[0] if path.suffix not in (".csv", ".tsv") else path.suffix == ".tsv"
    separator = str(said.get(SEPARATOR, "\t" if tabs else ","))
    usual = Quoting.NONE if tabs else Quoting.MINIMAL
    quoting, of_quotes = _quoting(lines, separator, usual, said.get(QUOTING))
    table = _table(lines, separator, quoting != Quoting.NONE)
    _require_texts(path, lines[0], table, told if not said else None)
    of_file = {name: said[name] for name in (SEPARATOR,) if name in said}
    if quoting != usual or QUOTING in said:
        of_file[QUOTING] = str(quoting)
    columns = {name: column for name, column in said.items() if name not in (HEADER, QUOTING, SEPARATOR)}
    columns = columns or _columns(path, table, said.get(HEADER))
    header, of_header = _header(table, columns, said.get(HEADER))
    options = {**columns, **of_file, **({} if header else {HEADER: False})}
    return Form(
        task=Task.SEQUENCES, reader="tsv" if tabs else "csv", options=options,
        notes=(told_columns(columns), *of_header, *of_quotes),
    )  # fmt: skip


def _quoting(
    lines: Sequence[str], separator: str, usual: Quoting, said: str | None
) -> tuple[str, tuple[str, ...]]:
    """What a double quote is, and what people have to know of that guess."""
    if said is not None or usual is not Quoting.NONE:
        return said or usual, ()
    if written_tables.is_quoted(lines, separator):
        return Quoting.MINIMAL, (
            "quotes: stand around what columns hold, and are taken off; --columns quoting=none says that "
            "they are text",
        )
    if written_tables.may_be_quoted(lines, separator):
        return usual, ("quotes: are text; --columns quoting=minimal takes them off",)
    return usual, ()


def _require_texts(path: Path, first: str, table: Sequence[Row], told: Task | None) -> None:
    """Raise `BadInput` for rows of one column, and for words where the checkpoint is `told` to tag such."""
    if told is Task.TOKENS and not (table and _has_header(table)):
        raise BadInput(
            f"found {first[:60]!r}, expected a word and its tag with blanks between them", path=path, line=1,
            remedy="write a word and its tag a line, and a blank line between sentences, or .jsonl of lists",
        )  # fmt: skip
    if not table or len(table[0]) < 2:
        raise BadInput(
            f"found one column in {first[:60]!r}, expected a text and its label", path=path, line=1,
            remedy=_PARTED if ";" in first else f"give {FORMS}",
        )  # fmt: skip


def _table(lines: Sequence[str], separator: str, quotes: bool) -> list[Row]:
    """Rows as their reader will have them, up to the first that it cannot read: of that it will tell."""
    table: list[Row] = []
    with suppress(separated.Unpaired):
        for _, row in separated.rows([f"{line}\n" for line in lines], separator=separator, quotes=quotes):
            table.append(row)
    return [row for row in table if row]


def _has_header(table: Sequence[Row]) -> bool:
    known = {*TEXTS, *LABELS, *(name for pair in PAIRS for name in pair)}
    return any(cell.strip().lower() in known for cell in table[0])


def _header(
    table: Sequence[Row], columns: Mapping[str, Any], said: bool | None
) -> tuple[bool, Sequence[str]]:
    """Whether the first row is a header, and what people have to know of that guess."""
    if said is not None:
        return said, ()
    if any(isinstance(column, str) for column in columns.values()) or _has_header(table):
        return True, ()
    at = columns.get("label")
    labels = [row[at] for row in table if at is not None and 0 <= at < len(row)]
    if labels and written_tables.begins_with_heading(labels):
        shown = ", ".join(table[0])[:60]
        return True, (
            f"header: the first line, {shown!r}: its label is unlike all others; --columns header=no says "
            "that it is a sample",
        )
    return False, ("header: none, the first line is a sample; --columns header=yes says otherwise",)


def _columns(path: Path, table: Sequence[Row], header: bool | None) -> dict[str, Any]:
    """The columns by a header's names; without one, of two columns, the label is what repeats more."""
    if header is not False and _has_header(table):
        return {**text_columns(path, table[0])}
    rows = [row for row in table if len(row) == 2]
    if len(rows) < len(table):
        raise BadInput(
            f"found {len(table[0])} columns and no header that names the text and the label", path=path,
            line=1, remedy=REMEDY,
        )  # fmt: skip
    kinds = [len({row[at] for row in rows}) for at in (0, 1)]
    if kinds[0] == kinds[1]:
        raise BadInput("found two columns, none of which is more likely the label", path=path, line=1,
                       remedy=REMEDY)  # fmt: skip
    label = 0 if kinds[0] < kinds[1] else 1
    return {"text": 1 - label, "label": label}
