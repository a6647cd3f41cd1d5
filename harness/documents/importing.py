"""A README's reading as reference tables in our TOML."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.documents import toml_text
from harness.documents.placing import placed
from harness.documents.readme import cards
from harness.documents.readme.reading import Note, Reading, ReadTable, Value, is_plain
from harness.documents.readme.rounding import Roundings, roundings
from harness.documents.taking import names_in, refused
from harness.domain.metrics import Metric, Unit
from harness.domain.references import Role
from harness.domain.settings import SETTINGS
from harness.errors import Mistake, UsageError
from harness.tables.cell_rules import missed_by

_KEYS = (
    "metric", "called", "unit", "role", "rounding", "chip", "precision", "batch_size", "best", "ratio",
    "baseline", *SETTINGS,
)  # fmt: skip
_WILD = ("unit", "form", "rounding", "numbers")  # what a cell without a number has of its column
_DEFAULTS: Mapping[str, Any] = {"form": "{}", "numbers": [{}]}
Said = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Imported:
    """The tables of one README: the TOML, what was not read, what was assumed, what the catalog refuses."""

    document: str
    model: str  # what its model is called: as the document, where nothing tells which one it is
    toml: str  # empty where there is nothing to write
    tables: tuple[ReadTable, ...]
    unread: tuple[Note, ...]
    assumed: tuple[Note, ...]
    mistakes: tuple[Mistake, ...]

    @property
    def whole(self) -> bool:
        """Whether there are tables and the catalog loads them."""
        return bool(self.tables) and not self.mistakes

    @property
    def numbers(self) -> int:
        """How many values the tables print; a cell that says that there is none is not counted."""
        return sum(value.number is not None for table in self.tables for value in table.values)


def import_reading(
    reading: Reading, *, document: str = "", repository: str = "", out: Path | None = None
) -> Imported:
    """The reference tables of a reading, and beside them the name of a model that is in no other table.

    A README about none of the catalog's models, or about several, is about one that is called as the
    document. What `out` holds of an earlier import is written over, and counts for nothing. Raises
    `UsageError` for a name that no document or no model can have.
    """
    made = as_tables(reading, document=document, repository=repository, out=out)
    if not made.tables:
        return made
    return replace(made, mistakes=refused(made.toml, reading.catalog, made.document, out))


def as_tables(
    reading: Reading, *, document: str = "", repository: str = "", out: Path | None = None
) -> Imported:
    """As `import_reading`, and whether the catalog takes it is not asked."""
    name = document or document_name(reading)
    model = reading.called or name
    for what, said in (("document", name), ("model", model)):
        if not re.fullmatch(r"[a-z0-9]+([_-][a-z0-9]+)*", said):
            raise UsageError(
                f"{said!r} is no name of a {what}; use lower-case letters and digits, parted by -"
            )
    assumed = list(reading.assumed)
    if reading.unsure:
        why = f"{reading.unsure}, so it is called as the document; --model says another"
        assumed.append(Note(line=1, what=f"model = {model}", why=why))
    where = repository or (reading.document.repository if reading.document else "")
    if not where:
        assumed.append(Note(line=1, what="repository = not stated", why="give it with --repository"))
    entries, fixed = list[str](), roundings(reading)
    tables = [_within_range(table) for table in reading.tables]
    left_out = [note for _, notes in tables for note in notes]
    kept = tuple(table for table, _ in tables if table.values)
    unread = (*reading.unread, *left_out)
    for table, title in zip(kept, _names(kept), strict=True):
        parts = _parts(table, {"document": name, "model": model, "name": title}, fixed)
        entries += [toml_text.entry("table", content) for content in parts]
    counted = cards.counting(reading.readme.text)
    head = {
        "name": name,
        "title": reading.readme.title or reading.readme.path.name,
        "file": _file(reading.readme.path),
        "repository": where or "not stated",
        **{key: True for key in ("per_card", "times_devices") if getattr(counted, key)},
    }
    if others := list(dict.fromkeys(filter(str.strip, reading.others))):
        head["other_tables"] = others
    notes = [f"not read: line {note.line}: {note.what}: {note.why}" for note in unread]
    notes += [f"assumed: line {note.line}: {note.what}: {note.why}" for note in assumed]
    heads = [toml_text.entry("document", head), *_only_a_name(reading, model, name, out)]
    toml = "\n".join([*([toml_text.comment(notes)] if notes else []), *heads, *entries])
    return Imported(
        document=name,
        model=model,
        toml=toml if entries else "",
        tables=kept,
        unread=unread,
        assumed=tuple(assumed),
        mistakes=(),
    )


def _within_range(table: ReadTable) -> tuple[ReadTable, list[Note]]:
    """A table without the cells of values that its metrics cannot have, and a note of each.

    The rows of a block are read by one template, which no cell can be left out of.
    """
    wrong = dict[tuple[int, int], Note]()
    for value in table.values if table.block is None else ():
        if why := _out_of_range(value):
            what = f"row {value.label!r}, column {value.header!r}"
            wrong[value.row, value.column] = Note(line=value.line, what=what, why=why)
    kept = tuple(value for value in table.values if (value.row, value.column) not in wrong)
    return (replace(table, values=kept) if wrong else table), list(wrong.values())


def _out_of_range(value: Value) -> str:
    """Why a value cannot be of its metric; empty where it can."""
    said = (value.get("metric"), value.get("unit"), value.get("role"))
    if value.number is None or None in said:
        return ""
    metric, unit, role = Metric(said[0]), Unit(said[1]), Role(said[2])
    expected = missed_by(float(value.number.value), metric=metric, unit=unit, role=role)
    return f"found {value.number.printed!r}, expected {expected}" if expected else ""


def _only_a_name(reading: Reading, model: str, document: str, out: Path | None) -> Iterator[str]:
    """The entry of a model that is in no table yet, or in none but what an import of it wrote before."""
    known = reading.catalog.names.get(model)
    ours = known is not None and (known.document == document or model in names_in(out))
    if model not in reading.catalog.called or ours:
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


def _names(tables: Sequence[ReadTable]) -> list[str]:
    """What tables are called: as in the document, those without a name by their first head, each once."""
    seen = Counter[str]()
    found = []
    for table in tables:
        name = table.name.strip() or next(filter(str.strip, table.headers), "table")
        seen[name] += 1
        while seen[name] > 1 and f"{name} ({seen[name]})" in seen:
            seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
        seen[found[-1]] += found[-1] != name
    return found


def _parts(table: ReadTable, of: Mapping[str, str], fixed: Roundings) -> Iterator[Said]:
    """The [[table]]s `of` a document and a model: one, or one a set of columns that rows were read in."""
    cells: dict[tuple[int, int], list[Value]] = {}
    for value in table.values:
        cells.setdefault((value.row, value.column), []).append(value)
    said = {place: _cell(table, values, fixed) for place, values in cells.items()}
    _fill(said)
    groups: dict[tuple[int, ...], list[int]] = {}
    for row in sorted({row for row, _ in said}):
        groups.setdefault(tuple(sorted(c for r, c in said if r == row)), []).append(row)
    for at, (columns, rows) in enumerate(groups.items(), start=1):
        part = {place: item for place, item in said.items() if place[0] in rows}
        name = of["name"] if at == 1 else f"{of['name']} [{at}]"
        yield _content(table, {**of, "name": name}, columns, rows, part)


def _content(
    table: ReadTable,
    of: Mapping[str, str],
    columns: Sequence[int],
    rows: Sequence[int],
    cells: Mapping[tuple[int, int], Said],
) -> Said:
    """One [[table]] of some rows, whose values stand in `columns`; the other columns name rows."""
    found = placed(cells, _DEFAULTS)
    content: Said = {**of, **found.whole}
    content["columns"] = [
        {"header": header, **({"label": True} if at not in columns else found.of_columns[at])}
        for at, header in enumerate(table.headers)
    ]
    content["rows"] = []
    for row in rows:
        buts = [{"at": at, **found.of_cells[row, at]} for at in columns if (row, at) in found.of_cells]
        more = {"but": buts} if buts else {}
        content["rows"].append({**found.of_rows[row], **more, "cells": list(table.rows[row])})
    if table.block is not None:
        content["block"] = table.block
    return content


def _cell(table: ReadTable, values: Sequence[Value], fixed: Roundings) -> Said:
    """What is said of a cell: of all its numbers, and under ``numbers`` what only one of them means."""
    parts = [_said(table, value, fixed) for value in values]
    shared = {key: item for key, item in parts[0].items() if all(part.get(key) == item for part in parts)}
    said = dict(shared)
    if len(parts) > 1:
        said["numbers"] = [{key: v for key, v in part.items() if key not in shared} for part in parts]
    if values[0].number is not None:
        form, at = "", 0
        for value in values:
            assert value.number is not None
            start = len(value.number.before)
            form += value.text.strip()[at:start] + "{}"
            at = start + len(value.number.printed)
        said["form"] = form + values[-1].number.after  # type: ignore[union-attr]
    return said


def _said(table: ReadTable, value: Value, fixed: Roundings) -> Said:
    """A number's meaning as plain TOML values."""
    said = {key: value.get(key) for key in _KEYS if value.get(key) is not None}
    if (table.line, value.column) in fixed:
        said["rounding"] = fixed[table.line, value.column]
    if value.number is None:
        said = {key: item for key, item in said.items() if key not in _WILD}
    return {key: list(item) if isinstance(item, tuple) else _plain(item) for key, item in said.items()}


def _plain(item: Any) -> Any:
    return item if isinstance(item, bool | int) else str(item)


def _fill(cells: Mapping[tuple[int, int], Said]) -> None:
    """Cells without a number take what is said of the numbers of their column."""
    for (_, column), said in cells.items():
        if "form" in said:
            continue
        like = next((item for (_, at), item in cells.items() if at == column and "form" in item), None)
        if like is not None:
            told_by_each = {key for part in like.get("numbers", ()) for key in part}
            for key in told_by_each:
                said.pop(key, None)
            said |= {key: item for key, item in like.items() if key in _WILD or key in ("metric", "called")}
        if "unit" not in said and not any("unit" in part for part in said.get("numbers", ())):
            said["unit"] = str(Metric(said["metric"]).units[0])
