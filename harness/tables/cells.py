"""A documented table's cells as references: each takes its meaning from table, column and row."""

from __future__ import annotations

import math
import re
import string
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

from harness.domain.chips import Chip
from harness.domain.documents import Meaning, Part, Row, Table
from harness.domain.references import NARROW, PRINTED, Reference, Role, Rounding, Source, digits_behind, exact
from harness.domain.settings import SETTINGS
from harness.domain.words import WordKind
from harness.tables.cell_rules import Problem, Setting, problems, range_missed
from harness.tables.consistency import Named, repeated
from harness.tables.mistakes import Draft, Entry, listed, show

ABSENT = ("无", "-", "--", "—", "/", "N/A")  # "there is no such value", beside the words for it

_DIGITS = f"({PRINTED})"
_KEYS = frozenset(item.name for item in fields(Meaning))
_ONE = (Part(),)  # of a cell with one number nothing more is said
Told = dict[str, Any]  # what a part says, by key: what it leaves open is not in it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """One cell, and where it stands."""

    path: str
    row: Row
    cell: str
    source: Source


@dataclass(frozen=True, kw_only=True)
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

    @cached_property
    def headers(self) -> list[str]:
        """What columns are called in a `Source`."""
        return _told_apart(column.header for column in self.table.columns)

    @cached_property
    def rows(self) -> list[str]:
        """What rows are called in a `Source`."""
        whole = len(self.table.columns)
        return _told_apart(
            self.table.row_label(row) if len(row.cells) == whole else "" for row in self.table.rows
        )

    def wrong(self, path: str, found: str, expected: str) -> None:
        self.draft.wrong(self.entry, path, found, expected)

    def wrong_cell(self, path: str, row: Row, problem: Problem) -> None:
        """Note what is wrong with a cell; what its column is to blame for, in the first row only."""
        key, found, expected = problem
        if problem not in self.noted or getattr(row, key) is not None:
            self.noted.add(problem)
            self.wrong(f"{path}.{key}", found, expected)


def expand(entry: Entry, named: Named, names: Container[str], draft: Draft) -> Iterator[Reference]:
    """The references of one table, row by row; what is wrong with it is noted in `draft`.

    `names` are the models whose values were imported as claims.
    """
    table: Table = entry.record
    words = [item.record for item in draft.entries["word"] if item.record.means is WordKind.ABSENT]
    setting = Setting(
        chips=named["chip"],
        devices=named["device"],
        model=named["model"].get(table.model),
        claims=table.model in names,
        absent=(*ABSENT, *(spelling for word in words for spelling in word.spelled)),
    )
    work = _Expansion(entry=entry, draft=draft, setting=setting)
    draft.known(entry, "document", table.document, named["document"], "document")
    draft.known(entry, "model", table.model, named["model"], "model")
    _check_layout(work)
    whole = _said(table)
    _check_part(work, "", whole)
    columns: list[Told] = []
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
    buts = _buts(work, index, row)
    for number, (cell, of_column) in enumerate(zip(row.cells, columns, strict=True)):
        if work.table.columns[number].label:
            continue
        _check_agreement(work, f"rows[{index}]", said, f"columns[{number}]", of_column)
        place = _Place(
            path=f"rows[{index}].cells[{number}]",
            row=row,
            cell=cell,
            source=Source(
                document=work.table.document,
                table=work.table.name,
                row=work.rows[index],
                column=work.headers[number],
            ),
        )
        for reference in _cell(work, place, {**said, **of_column, **buts.get(number, {})}):
            _check_repeat(work, place.path, reference, seen)
            yield reference


def _told_apart(names: Iterable[str]) -> list[str]:
    """`names`, of those that are alike all but the first with its number."""
    seen = Counter[str]()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})".strip())
    return found


def _buts(work: _Expansion, index: int, row: Row) -> dict[int, Told]:
    """What a row says of single cells, by their column."""
    found: dict[int, Told] = {}
    for number, item in enumerate(row.but):
        path, said = f"rows[{index}].but[{number}].", _said(item)
        if not 0 <= item.at < len(row.cells) or work.table.columns[item.at].label or item.at in found:
            expected = f"a column that holds values, from 0 to {len(row.cells) - 1}, each once"
            work.wrong(f"{path}at", str(item.at), expected)
        _check_part(work, path, said)
        found[item.at] = said
    return found


def _cell(work: _Expansion, place: _Place, meaning: Told) -> Iterator[Reference]:
    """The references of one cell: one a number."""
    parts = [_said(part) for part in meaning.pop("numbers", _ONE)]
    form = meaning.get("form", "{}")
    if form.count("{}") != len(parts):
        if "{}" in form:
            found = f"{len(parts)} for the form {show(form)}"
            work.wrong_cell(place.path, place.row, ("numbers", found, "what each {} of the form means"))
        return
    printed = _printed(work, place.path, place.cell, form)
    for at, part in enumerate(parts):
        said = {**meaning, **part}
        found_wrong = list(problems(said, work.setting))
        for problem in found_wrong:
            work.wrong_cell(place.path, place.row, problem)
        if printed is None or found_wrong:
            continue
        absent = printed[at] in work.setting.absent
        said["form"] = "{}" if absent else _form_of(form, printed, at)
        reference = _reference(said, printed[at], place.source, work.table.model, absent)
        expected = range_missed(reference)
        if expected is not None:
            work.wrong(place.path, show(printed[at]), expected)
        yield reference


def _reference(
    meaning: Mapping[str, Any], printed: str, source: Source, model: str, absent: bool
) -> Reference:
    return Reference(
        source=source,
        printed=printed,
        value=None if absent else float(exact(printed)),
        digits=0 if absent else digits_behind(printed),
        model=model,
        rounding=meaning.get("rounding", Rounding.ROUNDED),
        baseline=meaning["role"] is Role.BASELINE or meaning.get("baseline", False),
        **{key: value for key, value in meaning.items() if key not in ("rounding", "baseline")},
    )


def _form_of(form: str, printed: Sequence[str], at: int) -> str:
    """What stands around one of a cell's numbers, the others among it."""
    around = form.split("{}")
    filled = ["{}" if place == at else digits for place, digits in enumerate(printed)]
    return "".join(text for pair in zip(around, [*filled, ""], strict=True) for text in pair)


def _said(part: Part) -> Told:
    """What a table, column, row, cell or number says."""
    pairs = ((item.name, getattr(part, item.name)) for item in fields(part) if item.name in _KEYS)
    return {name: value for name, value in pairs if value is not None}


def _check_agreement(
    work: _Expansion, path: str, said: Mapping[str, Any], above: str, general: Mapping[str, Any]
) -> None:
    """To say a thing twice is fine, to say two different things is a mistake."""
    for key in said:
        if key in general and said[key] != general[key]:
            expected = f"{show(general[key])}, as {above} says, or nothing"
            work.wrong(f"{path}.{key}", show(said[key]), expected)


def _printed(work: _Expansion, path: str, cell: str, form: str) -> tuple[str, ...] | None:
    """The digits in a cell written in `form`, or that there are none; None where it is neither, and noted."""
    if cell in work.setting.absent:
        return (cell,) * form.count("{}")
    pattern = _DIGITS.join(map(re.escape, form.split("{}")))
    match = re.fullmatch(pattern, cell, re.ASCII) or re.fullmatch(pattern, cell.translate(NARROW), re.ASCII)
    if match is None:
        work.wrong(path, show(cell), f"a number written {form}, or {ABSENT[0]} for none")
    return match.groups() if match else None


def _check_layout(work: _Expansion) -> None:
    """Labels that tell rows apart, columns that hold values, a block that shows every column."""
    table = work.table
    labels = [column for column in table.columns if column.label]
    if not labels and not work.setting.claims:
        work.wrong("columns", "no label column", "a column with label = true, which names the rows")
    if len(labels) == len(table.columns):
        work.wrong("columns", "only label columns", "a column that holds values")
    if not work.setting.claims:
        _check_names(work, bool(labels))
    for index, column in enumerate(table.columns):
        if column.label and (said := _said(column)):
            expected = "nothing of it: a label column holds no value"
            work.wrong(f"columns[{index}]", listed(said), expected)
    if table.block is not None:
        _check_block(work, table.block)


def _check_names(work: _Expansion, labelled: bool) -> None:
    """Heads and label cells that tell columns and rows apart, in what is no import of a document as it is."""
    table = work.table
    for header in repeated(column.header for column in table.columns):
        work.wrong("columns", f"the header {show(header)} more than once", "a header of its own each")
    rows = [table.row_label(row) for row in table.rows if len(row.cells) == len(table.columns)]
    for label in repeated(rows) if labelled else []:
        work.wrong("rows", f"the row {show(label)} more than once", "label cells of its own each")


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
    measured_on = work.setting.measured_on
    if "chip" in said:
        work.draft.known(work.entry, f"{path}chip", said["chip"], measured_on, "chip")
    for index, chip in enumerate(said.get("ratio", ())):
        work.draft.known(work.entry, f"{path}ratio[{index}]", chip, measured_on, "chip")
    for index, part in enumerate(said.get("numbers", ())):
        _check_part(work, f"{path}numbers[{index}].", _said(part))
    if "ratio" in said and said["ratio"][0] == said["ratio"][1]:
        work.wrong(f"{path}ratio", show(said["ratio"]), "two different chips")
    if "form" in said and "{}" not in said["form"]:
        work.wrong(f"{path}form", show(said["form"]), "{}, where a number stands")
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
        *(getattr(reference, name) for name in SETTINGS),
        reference.role,
        reference.metric,
        reference.called,
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
