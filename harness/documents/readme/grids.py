"""A markdown table as a result table: which columns name rows, and whether any of the others is a result."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from harness.documents.readme import columns
from harness.documents.readme import labels as labels_of
from harness.documents.readme.apart import labelled
from harness.documents.readme.blocks import Grid, GridRow
from harness.documents.readme.cells import is_unsure, items, parted, whole
from harness.documents.readme.drafts import Table, is_of_sizes
from harness.documents.readme.naming import Said, sides_in
from harness.documents.readme.reading import Context, Note, ReadTable
from harness.documents.readme.units import with_baselines
from harness.documents.readme.values import values_of
from harness.documents.readme.wholes import hold_against, name_differences, name_others, name_tasks, of_whole
from harness.domain.words import WordKind

# How quantized weights and activations are called: "W8A8", "INT4", "bf16", "AWQ".
_PRECISION = re.compile(r"w\d{1,2}a\d{1,2}\w*|(?:u?int|b?fp?|nf|tf|q)\d{1,2}\w*|awq|gptq|amp", re.IGNORECASE)


def read_grid(context: Context, grid: Grid, name: str) -> ReadTable | None:
    """The result table that `grid` is, or None where it holds no value that means a metric."""
    rows = _rows(context, grid)
    labels = [
        labels_of.is_label(context, at, header, [row.cells[at] for row in rows])
        for at, header in enumerate(grid.headers)
    ]
    of_columns = _heads(context, grid, rows, labels)
    _name_precisions(context, grid, labels, of_columns)
    _settings_in_numbers(context, grid, rows, labels, of_columns)
    settings = labels_of.setting(context, labels, rows)
    for at, told in [item for said in settings.values() for item in said.items()]:
        of_columns[at] = {**told, **of_columns[at]}
    of_rows = [labels_of.of_row(context, grid.headers, labels, row) for row in rows]
    if not any("metric" in said for said in of_columns):
        labels_of.name_quantities(context, grid.headers, rows, of_rows)
    table = Table(
        context=context, grid=grid, name=name, rows=rows, labels=tuple(labels), of_columns=of_columns,
        of_rows=labelled(context, grid, labels, rows, of_rows), whole={},
    )  # fmt: skip
    name_tasks(table)
    name_differences(of_columns)
    name_others(table)
    if not _holds_results(table):
        return None
    for row in rows:
        labels_of.note_sizes(context, grid.headers, row)
    table.whole.update(of_whole(table))
    hold_against(table)
    unexplained = list(_unexplained(table))
    for at in unexplained:
        why = "no word of a metric in its head, a row or a cell; add a [[word]] for it"
        context.notes.append(Note(line=grid.line, what=f"column {grid.headers[at]!r}", why=why))
    sums = labels_of.summing_up(context, table.labels, rows)
    for at, called in sums.items():
        why = "a total or an average over rows is no claim of a model"
        context.notes.append(Note(line=rows[at].line, what=f"row {called!r}", why=why))
    valued = [at for at in table.valued if at not in unexplained]
    apart = {*sums, *settings}
    values = [value for at in range(len(rows)) if at not in apart for value in values_of(table, at, valued)]
    if not values:
        return None
    labels_of.note_constants(context, grid.line, grid.headers, of_rows)
    return ReadTable(
        line=grid.line, name=name, headers=grid.headers, labels=tuple(labels),
        rows=tuple(row.cells for row in rows), values=with_baselines(values),
        misfit=grid.misfit,
    )  # fmt: skip


def _rows(context: Context, grid: Grid) -> list[GridRow]:
    """The rows that have a cell for each head; the others are told."""
    rows = []
    for row in grid.rows:
        if len(row.cells) == len(grid.headers):
            rows.append(row)
        else:
            why = f"{len(row.cells)} cells under {len(grid.headers)} heads"
            context.notes.append(Note(line=row.line, what=" | ".join(row.cells)[:60], why=why))
    return rows


def _heads(context: Context, grid: Grid, rows: Sequence[GridRow], labels: Sequence[bool]) -> list[Said]:
    """What each head says; under a first head of batch sizes a number is one.

    A head with two sides, as ``310P/T4 fps`` has, over cells of two numbers says what each of those is.
    """
    sizes = labels_of.names_sizes(context, grid.headers[0])
    said = list[Said]()
    for at, (header, label) in enumerate(zip(grid.headers, labels, strict=True)):
        names, beside = sides_in(context.words, header)
        if names and not label and any(parted(row.cells[at], names) for row in rows):
            said.append({**columns.of_header(context, beside), "numbers": names})
            continue
        size = whole(header.strip()) if sizes and not context.words.has(header, WordKind.CHIP) else None
        if label:
            said.append({})
        else:
            said.append(columns.of_header(context, header) if size is None else {"batch_size": size})
    return said


def _name_precisions(
    context: Context, grid: Grid, labels: Sequence[bool], of_columns: Sequence[Said]
) -> None:
    """Beside the head of a precision one of another, that is none of ours, tells its column apart."""
    heads = [head.strip() for head in grid.headers]
    if not any(context.words.is_whole(head, WordKind.PRECISION) for head in heads):
        return
    for head, label, said in zip(heads, labels, of_columns, strict=True):
        if not label and not said and _PRECISION.fullmatch(head):
            said["variant"] = head


def _settings_in_numbers(
    context: Context, grid: Grid, rows: Sequence[GridRow], labels: list[bool], of_columns: list[Said]
) -> None:
    """A column of plain numbers that no word explains, before those of results, is a setting of its rows.

    It is one, too, before a column that names each row's metric.
    """
    told = [at for at, said in enumerate(of_columns) if said and any(items(row.cells[at]) for row in rows)]
    words = context.words
    told += [at for at, head in enumerate(grid.headers) if words.is_whole(head, WordKind.LABEL) == "metric"]
    for at, header in enumerate(grid.headers):
        cells = [row.cells[at].strip() for row in rows]
        plain = all(re.fullmatch(r"\d+", cell) for cell in cells) and bool(cells)
        if not labels[at] and not of_columns[at] and header.strip() and plain and any(at < n for n in told):
            labels[at] = True
            why = "whole numbers that no word explains, before results; taken for what its rows are of"
            context.assumed.append(Note(line=grid.line, what=f"column {header!r}", why=why))


def _holds_results(table: Table) -> bool:
    """Whether some column holds numbers and something tells a metric; a note where only the first is so."""
    context, grid, of_columns = table.context, table.grid, table.of_columns
    numeric = [
        at
        for at in table.valued
        if {"metric", "foreign", "ratio"} & of_columns[at].keys()
        or any(table.items(row, at) or is_unsure(row.cells[at]) for row in table.rows)
    ]
    kept = [at for at in numeric if "other" not in of_columns[at] and not is_of_sizes(of_columns[at])]
    if not kept:
        if any(is_of_sizes(of_columns[at]) for at in numeric):
            why = "only the sizes of models stand there"
            context.notes.append(Note(line=grid.line, what=grid.title[:80], why=why))
        return False
    told = any({"metric", "ratio", "foreign"} & of_columns[at].keys() for at in kept)
    told = told or bool(table.above)
    told = told or any({"metric", "ratio"} & said.keys() for said in table.of_rows)
    cells = [columns.of_item(context, item, {}) for row in table.rows for at in kept
             for item in table.items(row, at)]  # fmt: skip
    known = {"metric", "foreign", "cell_unit"}
    told = told or any(known & said.keys() and "unknown" not in said for said in cells)
    if not told:
        heads = ", ".join(repr(grid.headers[at]) for at in kept)
        why = f"numbers under {heads}, and no word of a metric; add a [[word]] for it"
        context.notes.append(Note(line=grid.line, what=grid.title[:80], why=why))
    return told


def _unexplained(table: Table) -> Iterator[int]:
    """The columns of numbers that nothing says a metric of: each is told once, and not cell by cell."""
    if any({"metric", "ratio", "foreign"} & said.keys() for said in table.of_rows):
        return
    for at in table.valued:
        held = [item for row in table.rows for item in table.items(row, at)]
        plain = all(not item.name and not item.unit for item in held)
        if len(held) > 1 and plain and not table.of_columns[at] and table.grid.headers[at].strip():
            yield at
