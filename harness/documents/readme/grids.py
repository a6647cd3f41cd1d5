"""A markdown table as a result table: which columns name rows, and what every other cell means."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.documents.readme import columns
from harness.documents.readme.blocks import Grid, GridRow
from harness.documents.readme.cells import Number, number
from harness.documents.readme.reading import Context, Note, ReadTable, Value
from harness.domain.metrics import Unit
from harness.domain.precisions import Precision
from harness.domain.references import Role
from harness.domain.words import WordKind

# A name with a digit in it that no word explains: another vendor's chip, as like as not.
_DEVICE = re.compile(r"(?<![A-Za-z0-9])(?!bs\d)[A-Z]{1,4}[A-Za-z]*[- ]?\d{2,4}\w*")


def read_grid(context: Context, grid: Grid, name: str) -> ReadTable | None:
    """The result table that `grid` is, or None where it holds no value that means a metric."""
    width = len(grid.headers)
    rows = []
    for row in grid.rows:
        if len(row.cells) == width:
            rows.append(row)
        else:
            why = f"{len(row.cells)} cells under {width} heads"
            context.notes.append(Note(line=row.line, what=" | ".join(row.cells)[:60], why=why))
    labels = tuple(
        columns.is_label(context, at, header, [row.cells[at] for row in rows])
        for at, header in enumerate(grid.headers)
    )
    of_columns = [{} if label else columns.of_header(context, header)
                  for header, label in zip(grid.headers, labels, strict=True)]  # fmt: skip
    _name_differences(of_columns)
    of_rows = [columns.of_row(context, grid.headers, labels, row) for row in rows]
    if not _holds_results(context, grid, rows, labels, of_columns, name):
        return None
    for row in rows:
        columns.note_sizes(context, grid.headers, row)
    whole = columns.grid_metric(context, grid, name)
    open_heads = [head for head, label, said in zip(grid.headers, labels, of_columns, strict=True)
                  if not label and not {"metric", "ratio", "foreign", "other"} & said.keys()]  # fmt: skip
    if whole and open_heads and any(said for said in of_columns):
        why = f"the heads {', '.join(map(repr, open_heads))} name no metric, what stands above them does"
        context.assumed.append(Note(line=grid.line, what=f"metric = {whole['metric']}", why=why))
    if not any("chip" in said for said in (*of_columns, *of_rows)):
        whole |= _fallback(context, grid)
    values = [
        value
        for at, (row, of_row) in enumerate(zip(rows, of_rows, strict=True))
        for value in _row(context, at, row, grid.headers, labels, whole, of_row, of_columns)
    ]
    if not values:
        return None
    return ReadTable(
        line=grid.line, name=name, headers=grid.headers, labels=labels,
        rows=tuple(row.cells for row in rows), values=with_baselines(values), misfit=grid.misfit,
    )  # fmt: skip


def _holds_results(
    context: Context,
    grid: Grid,
    rows: Sequence[GridRow],
    labels: Sequence[bool],
    of_columns: Sequence[Mapping[str, Any]],
    name: str,
) -> bool:
    """Whether some column holds numbers and something tells a metric; a note where only the first is so."""
    numeric = [
        at
        for at, label in enumerate(labels)
        if not label
        and ({"metric", "foreign"} & of_columns[at].keys() or any(number(row.cells[at]) for row in rows))
    ]
    if not numeric or all("other" in of_columns[at] for at in numeric):
        return False
    found = [number(row.cells[at]) for row in rows for at in numeric]
    told = any({"metric", "ratio", "foreign"} & of_columns[at].keys() for at in numeric)
    told = told or bool(columns.grid_metric(context, grid, name))
    cells = [columns.of_cell(context, item) for item in found if item is not None]
    told = told or any({"metric", "foreign"} & said.keys() for said in cells)
    if not told:
        kept = [at for at in numeric if "other" not in of_columns[at]]
        heads = ", ".join(repr(grid.headers[at]) for at in kept)
        why = f"numbers under {heads}, and no word of a metric; add a [[word]] for it"
        context.notes.append(Note(line=grid.line, what=grid.title[:80], why=why))
    return told


def _name_differences(of_columns: Sequence[dict[str, Any]]) -> None:
    """A difference is one of the table's first score, where its head names none."""
    scores = [said["metric"] for said in of_columns if said.get("metric", "throughput") != "throughput"]
    for said in of_columns:
        if "difference" in said and scores:
            said.setdefault("metric", scores[0])


def _fallback(context: Context, grid: Grid) -> dict[str, Any]:
    """The document's own chip, for a table that names none; said aloud, because it is a rule of ours."""
    unknown = [item for text in grid.headers for item in _DEVICE.findall(text)]
    if context.own_chip is None or unknown:
        return {}
    why = f"the table names no chip, the document only {context.own_chip.name}"
    context.assumed.append(Note(line=grid.line, what=f"chip = {context.own_chip.name}", why=why))
    return {"chip": context.own_chip.name}


def _row(
    context: Context,
    at: int,
    row: GridRow,
    headers: Sequence[str],
    labels: Sequence[bool],
    whole: Mapping[str, Any],
    of_row: Mapping[str, Any],
    of_columns: Sequence[Mapping[str, Any]],
) -> list[Value]:
    label = " | ".join(cell for cell, is_label in zip(row.cells, labels, strict=True) if is_label)
    values = []
    for column, (header, cell) in enumerate(zip(headers, row.cells, strict=True)):
        if labels[column]:
            continue
        what = f"row {label!r}, column {header!r}"
        known = (
            whole if of_columns[column] or not header.strip() else {}
        )  # of a head of no known word nothing
        value = _cell(context, row, what, cell, (known, of_row, of_columns[column]))
        if value is None:
            continue
        found, meaning = value
        values.append(
            Value(
                line=row.line,
                row=at,
                column=column,
                label=label,
                header=header,
                text=cell,
                number=found,
                meaning=meaning,
            )
        )
    return values


def _cell(
    context: Context, row: GridRow, what: str, cell: str, parts: tuple[Mapping[str, Any], ...]
) -> tuple[Number | None, dict[str, Any]] | None:
    """A cell's number and meaning; None where it has none, which is noted unless its column is another's."""
    whole, of_row, of_column = parts
    if "other" in of_column:
        return None
    if "metric" in of_column:
        of_row = {key: item for key, item in of_row.items() if key != "foreign"}
    found = number(cell)
    if found is None and "foreign" not in of_column and not context.words.absent(cell):
        why = f"{cell!r} is no single number" if cell else "the cell is empty"
        context.notes.append(Note(line=row.line, what=what, why=why))
        return None
    for key in ("chip", "batch_size", "precision", "metric"):
        if key in of_row and key in of_column and of_row[key] != of_column[key] and "ratio" not in of_column:
            if key == "metric":
                continue
            why = f"its row says {key} {of_row[key]}, its column {of_column[key]}"
            context.notes.append(Note(line=row.line, what=what, why=why))
            return None
    if "ratio" in of_column or of_column.get("role") is Role.BASELINE:
        of_row = {key: item for key, item in of_row.items() if key != "chip"}
        whole = {key: item for key, item in whole.items() if key != "chip"}
    around = {} if found is None else columns.of_cell(context, found)
    said = columns.merged(context, row, [whole, of_row, of_column, around], what)
    if said is None:
        return None
    return complete(context, row.line, what, found, said)


def complete(
    context: Context, line: int, what: str, found: Number | None, said: dict[str, Any]
) -> tuple[Number | None, dict[str, Any]] | None:
    """A meaning with role and unit; None with a note where a metric or a chip is missing."""
    said.setdefault("role", Role.FACT if "difference" in said else Role.MEASURED)
    if said["role"] is Role.RATIO:
        said.setdefault("metric", "throughput")
    if "metric" not in said:
        context.notes.append(Note(line=line, what=what, why="no word of a metric in its head, row or cell"))
        return None
    if said["role"] is Role.BASELINE:
        said.pop("chip", None)
    if said["role"] is Role.MEASURED and "chip" not in said:
        context.notes.append(
            Note(line=line, what=what, why="no known chip is named there; add a [[word]] and a [[chip]]")
        )
        return None
    if "unit" not in said:
        said["unit"] = _unit(context, line, found, said)
    return found, said


def _unit(context: Context, line: int, found: Number | None, said: Mapping[str, Any]) -> Unit:
    """Of a score by its size, of a speed samples per second; what the document does not state is noted."""
    if said["metric"] == "throughput":
        stated = any(
            context.words.has(item.text, WordKind.UNIT) and context.words.has(item.text, WordKind.METRIC)
            for item in context.readme.prose
        )
        if not stated:
            note = Note(line=0, what="unit = samples/s", why="the document states no unit of its throughput")
            if note not in context.assumed:
                context.assumed.append(note)
        return Unit.SAMPLES_PER_S
    return Unit.PERCENT if found is None or found.value > 1 else Unit.FRACTION


def with_baselines(values: Sequence[Value]) -> tuple[Value, ...]:
    """A table's fp32 scores are the baseline of its other precisions."""
    scores = [
        item for item in values if item.get("role") is Role.MEASURED and item.get("metric") != "throughput"
    ]
    if len({item.get("precision") for item in scores} - {None}) < 2:
        return tuple(values)
    return tuple(
        _marked(item) if item in scores and item.get("precision") == Precision.FP32 else item
        for item in values
    )


def _marked(value: Value) -> Value:
    return replace(value, meaning={**value.meaning, "baseline": True})
