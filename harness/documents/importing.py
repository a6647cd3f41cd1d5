"""A README's reading as reference tables in our TOML."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.documents import toml_text
from harness.documents.readme import cards
from harness.documents.readme.reading import Note, Reading, ReadTable, Value, is_plain
from harness.documents.readme.rounding import Roundings, roundings
from harness.documents.taking import refused
from harness.domain.metrics import Unit
from harness.domain.references import Role
from harness.errors import Mistake, UsageError

_KEYS = (
    "metric", "unit", "role", "rounding", "chip", "precision", "batch_size", "best", "ratio", "baseline",
    "form",
)  # fmt: skip
_WILD = ("unit", "form", "rounding")  # what a cell without a number has of its column
_TELLS_APART = ("role", "metric", "chip", "precision", "batch_size", "best", "ratio")
Said = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Imported:
    """The tables of one README: the TOML, what was not read, what was assumed, what the catalog refuses."""

    document: str
    model: str  # what its model is called; empty where nothing tells which of several it is
    toml: str  # empty where there is nothing to write
    tables: tuple[ReadTable, ...]  # those written
    unread: tuple[Note, ...]
    assumed: tuple[Note, ...]
    mistakes: tuple[Mistake, ...]

    @property
    def whole(self) -> bool:
        """Whether there are tables and the catalog loads them."""
        return bool(self.tables) and not self.mistakes


def import_reading(reading: Reading, *, document: str = "", repository: str = "") -> Imported:
    """The reference tables of a reading, and beside them the name of a model that is in no other table.

    A README about none of the catalog's models is about one that is called as the document. Raises
    `UsageError` for a name that no document or no model can have.
    """
    name = document or document_name(reading)
    model = reading.called or ("" if reading.models else name)
    for what, said in (("document", name), ("model", model or name)):
        if not re.fullmatch(r"[a-z0-9]+([_-][a-z0-9]+)*", said):
            raise UsageError(
                f"{said!r} is no name of a {what}; use lower-case letters and digits, parted by -"
            )
    unread, assumed = _told(reading, model)
    where = repository or (reading.document.repository if reading.document else "")
    if not where:
        assumed.append(Note(line=1, what="repository = not stated", why="give it with --repository"))
    written, entries, fixed = list[ReadTable](), list[str](), roundings(reading)
    for table in reading.tables if model else ():
        content = _table(table, {"document": name, "model": model}, fixed, unread)
        if content is not None:
            written.append(table)
            entries.append(toml_text.entry("table", content))
    counted = cards.counting(reading.readme.text)
    head = {
        "name": name,
        "title": reading.readme.title or reading.readme.path.name,
        "file": _file(reading.readme.path),
        "repository": where or "not stated",
        **{key: True for key in ("per_card", "times_devices") if getattr(counted, key)},
    }
    left = [table.headers for table in reading.tables if table not in written and table.block is None]
    others = [*reading.others, *(" | ".join(headers) for headers in left)]
    if others:
        head["other_tables"] = others
    notes = [f"not read: line {note.line}: {note.what}: {note.why}" for note in unread]
    notes += [f"assumed: line {note.line}: {note.what}: {note.why}" for note in assumed]
    heads = [toml_text.entry("document", head), *_only_a_name(reading, model, name)]
    toml = "\n".join([*([toml_text.comment(notes)] if notes else []), *heads, *entries])
    return Imported(
        document=name,
        model=model,
        toml=toml if written else "",
        tables=tuple(written),
        unread=tuple(unread),
        assumed=tuple(assumed),
        mistakes=refused(toml, reading.catalog, name) if written else (),
    )


def _told(reading: Reading, model: str) -> tuple[list[Note], list[Note]]:
    """What was not read and what was assumed: of an unknown model the latter, once it has a name."""
    unread, assumed = list(reading.unread), list(reading.assumed)
    if model and reading.doubt is not None:
        unread.remove(reading.doubt)
        why = "no word of a known model stands there, so it is called as the document; --model says another"
        assumed.append(Note(line=1, what=f"model = {model}", why=why))
    return unread, assumed


def _only_a_name(reading: Reading, model: str, document: str) -> Iterator[str]:
    """The entry of a model that is in no table yet, or in none but one that this import wrote before."""
    known = reading.catalog.names.get(model)
    if model and (model not in reading.catalog.called or (known is not None and known.document == document)):
        yield toml_text.comment([
            "A name alone: its values are claims. Another [[model]] called so, in a file of its own, says "
            "what it is: docs/adding-a-model.md."
        ]) + toml_text.entry(
            "model", {"name": model, "title": reading.readme.title or model, "document": document}
        )  # fmt: skip


def _file(readme: Path) -> str:
    """Where a README lies in the folder of documents: a zoo's are all called alike."""
    folder = os.environ.get("ZOOCHECK_DOCUMENTS")
    if folder and readme.absolute().is_relative_to(Path(folder).absolute()):
        return readme.absolute().relative_to(Path(folder).absolute()).as_posix()
    return readme.name


def document_name(reading: Reading) -> str:
    """The catalog's name of the document, else one made of its file's or its folder's name."""
    if reading.document is not None:
        return reading.document.name
    path = reading.readme.path
    name = path.absolute().parent.name if is_plain(path) else path.stem
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "readme"


def _table(table: ReadTable, of: Mapping[str, str], fixed: Roundings, unread: list[Note]) -> Said | None:
    """One [[table]] `of` a document and a model, or None with a note where our tables cannot say it."""
    rows, columns = _kept(table, unread)
    cells = {
        (value.row, value.column): _said(table, value, fixed)
        for value in table.values
        if value.row in rows and value.column in columns
    }
    _fill(cells, columns)
    twice = _said_twice(cells, table)
    if twice:
        unread.append(Note(line=table.line, what=table.name, why=twice))
        return None
    placed = _placed(cells, rows, columns)
    if isinstance(placed, str):
        why = f"{placed} differs within rows and within columns; our tables say it of a row or a column"
        unread.append(Note(line=table.line, what=table.name, why=why))
        return None
    whole, of_columns, of_rows = placed
    content: Said = {**of, "name": table.name, **whole}
    content["columns"] = [
        {"header": header, **({"label": True} if at not in columns else of_columns[at])}
        for at, header in enumerate(table.headers)
    ]
    content["rows"] = [{**of_rows[row], "cells": list(table.rows[row])} for row in rows]
    if table.block is not None:
        content["block"] = table.block
    return content


def _kept(table: ReadTable, unread: list[Note]) -> tuple[list[int], list[int]]:
    """The rows and columns to write: no column without a value (it names rows), no row that lacks one."""
    columns = sorted({value.column for value in table.values})
    rows = []
    for row in range(len(table.rows)):
        there = {value.column for value in table.of_row(row)}
        lacking = [table.headers[column] for column in columns if column not in there]
        if not lacking:
            rows.append(row)
        elif there:
            line = table.of_row(row)[0].line
            why = f"left out whole, because {', '.join(map(repr, lacking))} was not read"
            unread.append(Note(line=line, what=f"row {table.of_row(row)[0].label!r}", why=why))
    return rows, columns


def _said(table: ReadTable, value: Value, fixed: Roundings) -> Said:
    """A cell's meaning as plain TOML values."""
    said = {key: value.get(key) for key in _KEYS if value.get(key) is not None}
    if value.number is not None and value.number.form != "{}":
        said["form"] = value.number.form
    if (table.line, value.column) in fixed:
        said["rounding"] = fixed[table.line, value.column]
    if value.number is None:
        said = {key: item for key, item in said.items() if key not in _WILD}
    return {key: list(item) if isinstance(item, tuple) else _plain(item) for key, item in said.items()}


def _plain(item: Any) -> Any:
    return item if isinstance(item, bool | int) else str(item)


def _fill(cells: dict[tuple[int, int], Said], columns: Iterable[int]) -> None:
    """Cells without a number take what is said of the numbers of their column."""
    for column in columns:
        mine = [said for (_, at), said in cells.items() if at == column]
        numbers = [said for said in mine if "unit" in said]
        for said in mine:
            if "unit" not in said:
                said |= {key: item for key, item in (numbers[0] if numbers else {}).items() if key in _WILD}
                said.setdefault("unit", str(_default(said)))


def _default(said: Said) -> Unit:
    if said["role"] == Role.RATIO:
        return Unit.RATIO
    return Unit.SAMPLES_PER_S if said["metric"] == "throughput" else Unit.PERCENT


def _said_twice(cells: Mapping[tuple[int, int], Said], table: ReadTable) -> str:
    """Why two cells cannot stand in one table of ours: nothing that it has words for tells them apart."""
    seen: dict[str, tuple[int, int]] = {}
    for place, said in cells.items():
        if said["role"] == Role.FACT:
            continue
        key = repr([said.get(item) for item in _TELLS_APART])
        other = seen.setdefault(key, place)
        if other != place:
            names = [f"{' | '.join(table.rows[row])!r}" for row, _ in (other, place)]
            return f"rows {names[0]} and {names[1]} say the same thing, by all that our tables tell apart"
    return ""


def _placed(
    cells: Mapping[tuple[int, int], Said], rows: Sequence[int], columns: Sequence[int]
) -> tuple[Said, dict[int, Said], dict[int, Said]] | str:
    """Each key said once: of the table, of its columns or of its rows; the key's name where none will do."""
    whole: Said = {}
    of_columns: dict[int, Said] = {column: {} for column in columns}
    of_rows: dict[int, Said] = {row: {} for row in rows}
    for key in _KEYS:
        found = {place: said.get(key) for place, said in cells.items()}
        alike = {repr(item) for item in found.values()}
        by_column = {at: [item for (_, c), item in found.items() if c == at] for at in columns}
        by_row = {at: [item for (r, _), item in found.items() if r == at] for at in rows}
        if alike == {"None"} or not found:
            continue
        if len(alike) == 1:
            whole[key] = next(iter(found.values()))
        elif _constant(by_column.values()):
            _put(of_columns, by_column, key)
        elif _constant(by_row.values()):
            _put(of_rows, by_row, key)
        else:
            return key
    return whole, of_columns, of_rows


def _constant(groups: Iterable[Sequence[Any]]) -> bool:
    return all(item == group[0] for group in groups for item in group)


def _put(parts: Mapping[int, Said], groups: Mapping[int, Sequence[Any]], key: str) -> None:
    for at, group in groups.items():
        if group and group[0] is not None:
            parts[at][key] = group[0]
