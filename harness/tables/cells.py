"""A documented table's cells as references: each takes its meaning from table, column and row."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from harness.domain.chips import Chip
from harness.domain.documents import Meaning, Row, Table
from harness.domain.references import PRINTED, Reference, Role, Rounding, Source
from harness.tables.cell_rules import Problem, Setting, problems, range_missed
from harness.tables.consistency import Named, repeated
from harness.tables.mistakes import Draft, Entry, listed, show

ABSENT = ("无", "-", "--", "—", "/", "N/A")  # what the zoos print for "there is no such value"

_DIGITS = f"({PRINTED})"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Expansion:
    """One table on its way to references, and which problems of its cells have been noted."""

    entry: Entry
    draft: Draft
    setting: Setting
    noted: set[Problem] = field(default_factory=set)

    @property
    def table(self) -> Table:
        table: Table = self.entry.record
        return table

    def wrong(self, path: str, found: str, expected: str) -> None:
        self.draft.wrong(self.entry, path, found, expected)

    def wrong_cell(self, path: str, row: Row, problem: Problem) -> None:
        """Note what is wrong with a cell; what its column is to blame for, in the first row only."""
        key, found, expected = problem
        if problem not in self.noted or getattr(row, key) is not None:
            self.noted.add(problem)
            self.wrong(f"{path}.{key}", found, expected)


def expand(entry: Entry, named: Named, draft: Draft) -> Iterator[Reference]:
    """The references of one table, row by row; what is wrong with it is noted in `draft`."""
    table: Table = entry.record
    setting = Setting(chips=named["chip"], model=named["model"].get(table.model))
    work = _Expansion(entry=entry, draft=draft, setting=setting)
    draft.known(entry, "document", table.document, named["document"], "document")
    draft.known(entry, "model", table.model, named["model"], "model")
    _check_layout(work)
    whole = _said(table)
    _check_part(work, "", whole)
    columns = []
    for index, column in enumerate(table.columns):
        said = _said(column)
        _check_part(work, f"columns[{index}].", said)
        _check_agreement(work, f"columns[{index}]", said, "the table", whole)
        columns.append(said)
    seen: dict[tuple[Any, ...], str] = {}
    for index, row in enumerate(table.rows):
        if len(row.cells) != len(table.columns):
            found, expected = f"{len(row.cells)} cells", f"{len(table.columns)}, one a column"
            work.wrong(f"rows[{index}].cells", found, expected)
            continue
        said = _said(row)
        _check_part(work, f"rows[{index}].", said)
        _check_agreement(work, f"rows[{index}]", said, "the table", whole)
        yield from _row(work, index, row, {**said, **whole}, columns, seen)


def _row(
    work: _Expansion,
    index: int,
    row: Row,
    said: Mapping[str, Any],
    columns: list[dict[str, Any]],
    seen: dict[tuple[Any, ...], str],
) -> Iterator[Reference]:
    """The references of one row; `said` is what the row and the table say, `columns` what those do."""
    table = work.table
    label = table.row_label(row)
    for number, (cell, column, of_column) in enumerate(zip(row.cells, table.columns, columns, strict=True)):
        if column.label:
            continue
        path = f"rows[{index}].cells[{number}]"
        _check_agreement(work, f"rows[{index}]", said, f"columns[{number}]", of_column)
        meaning = {**said, **of_column}
        found_wrong = list(problems(meaning, work.setting))
        for problem in found_wrong:
            work.wrong_cell(path, row, problem)
        printed = _printed(work, path, cell, meaning.get("form", "{}"))
        if printed is None or found_wrong:
            continue
        source = Source(document=table.document, table=table.name, row=label, column=column.header)
        reference = _reference(meaning, printed, source, table.model)
        expected = range_missed(reference)
        if expected is not None:
            work.wrong(path, show(printed), expected)
        _check_repeat(work, path, reference, seen)
        yield reference


def _reference(meaning: Mapping[str, Any], printed: str, source: Source, model: str) -> Reference:
    absent = printed in ABSENT
    return Reference(
        source=source,
        printed=printed,
        value=None if absent else float(printed),
        digits=len(printed.partition(".")[2]),
        model=model,
        rounding=meaning.get("rounding", Rounding.ROUNDED),
        baseline=meaning["role"] is Role.BASELINE or meaning.get("baseline", False),
        **{key: value for key, value in meaning.items() if key not in ("rounding", "baseline")},
    )


def _said(part: Meaning) -> dict[str, Any]:
    """What a table, column or row says of its cells."""
    pairs = ((item.name, getattr(part, item.name)) for item in fields(Meaning))
    return {name: value for name, value in pairs if value is not None}


def _check_agreement(
    work: _Expansion, path: str, said: Mapping[str, Any], above: str, general: Mapping[str, Any]
) -> None:
    """To say a thing twice is fine, to say two different things is a mistake."""
    for key in said:
        if key in general and said[key] != general[key]:
            expected = f"{show(general[key])}, as {above} says, or nothing"
            work.wrong(f"{path}.{key}", show(said[key]), expected)


def _printed(work: _Expansion, path: str, cell: str, form: str) -> str | None:
    """The digits in a cell written in `form`, or one of `ABSENT`; None where it is neither, and noted."""
    if cell in ABSENT:
        return cell
    before, _, after = form.partition("{}")
    match = re.fullmatch(re.escape(before) + _DIGITS + re.escape(after), cell, re.ASCII)
    if match is None and form.count("{}") == 1:
        work.wrong(path, show(cell), f"a number written {form}, or {ABSENT[0]} for none")
    return match[1] if match else None


def _check_layout(work: _Expansion) -> None:
    """Labels that tell rows apart, columns that hold values, a block that shows every column."""
    table = work.table
    labels = [column for column in table.columns if column.label]
    if not labels:
        work.wrong("columns", "no label column", "a column with label = true, which names the rows")
    if len(labels) == len(table.columns):
        work.wrong("columns", "only label columns", "a column that holds values")
    for header in repeated(column.header for column in table.columns):
        work.wrong("columns", f"the header {show(header)} more than once", "a header of its own each")
    rows = [table.row_label(row) for row in table.rows if len(row.cells) == len(table.columns)]
    for label in repeated(rows) if labels else []:
        work.wrong("rows", f"the row {show(label)} more than once", "label cells of its own each")
    for index, column in enumerate(table.columns):
        if column.label and (said := _said(column)):
            expected = "nothing of it: a label column holds no value"
            work.wrong(f"columns[{index}]", listed(said), expected)
    if table.block is not None:
        _check_block(work, table.block)


def _check_block(work: _Expansion, block: str) -> None:
    wanted = {str(index) for index in range(len(work.table.columns))}
    try:
        shown = {name for _, name, _, _ in string.Formatter().parse(block) if name is not None}
    except ValueError as problem:
        work.wrong(
            "block", f"a template that cannot be read ({problem})", "{0}, {1}, ... one for each column"
        )
        return
    for name in sorted(shown - wanted):
        work.wrong("block", f"{{{name}}}", f"{{0}} to {{{len(wanted) - 1}}}, one for each column")
    for name in sorted(wanted - shown, key=int):
        work.wrong("block", f"no {{{name}}}", "every column of the table")


def _check_part(work: _Expansion, path: str, said: Mapping[str, Any]) -> None:
    """What one table, column or row says: chips that exist, a form with one place for the number."""
    chips = work.setting.chips
    if "chip" in said:
        work.draft.known(work.entry, f"{path}chip", said["chip"], chips, "chip")
    for index, chip in enumerate(said.get("ratio", ())):
        work.draft.known(work.entry, f"{path}ratio[{index}]", chip, chips, "chip")
    if "ratio" in said and said["ratio"][0] == said["ratio"][1]:
        work.wrong(f"{path}ratio", show(said["ratio"]), "two different chips")
    if "form" in said and said["form"].count("{}") != 1:
        work.wrong(f"{path}form", show(said["form"]), "one {}, where the number stands")
    if math.isfinite(said.get("tolerance", 0)) and said.get("tolerance", 0) < 0:
        work.wrong(f"{path}tolerance", str(said["tolerance"]), "a tolerance of at least 0")


def _check_repeat(
    work: _Expansion, path: str, reference: Reference, seen: dict[tuple[Any, ...], str]
) -> None:
    """No two cells of a table say the same thing; facts may (a figure printed under several names)."""
    if reference.role is Role.FACT:
        return
    chip: Chip | None = work.setting.chips.get(reference.chip or "")
    precision = reference.precision or (chip.precisions[0] if chip and chip.precisions else None)
    meaning = (
        reference.role,
        reference.metric,
        reference.chip,
        precision,
        reference.batch_size,
        reference.best,
        reference.ratio,
    )
    other = seen.setdefault(meaning, path)
    if other != path:
        what = f"the {reference.role} {reference.metric} of {other} once more"
        work.wrong(path, what, "a batch size, precision, chip or metric of its own")
