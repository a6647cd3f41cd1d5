"""The cells of a table as values: what table, row, column and cell say of each number, put together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.documents.readme import columns
from harness.documents.readme.blocks import GridRow
from harness.documents.readme.cells import Item, Kind, Number, is_comma
from harness.documents.readme.drafts import Table, is_of_sizes
from harness.documents.readme.naming import Said
from harness.documents.readme.reading import Context, Note, Value
from harness.documents.readme.units import complete
from harness.domain.metrics import Unit
from harness.domain.references import Role
from harness.domain.words import WordKind

_COMMA = "with a comma it may be two, or one of a decimal comma: write a point"


def values_of(table: Table, at: int, valued: Sequence[int]) -> Iterator[Value]:
    """The values of one row, cell by cell of the columns `valued`."""
    context, row, of_row = table.context, table.rows[at], table.of_rows[at]
    label = " | ".join(cell for cell, name in zip(row.cells, table.labels, strict=True) if name)
    for column in valued:
        header, cell = table.grid.headers[column], row.cells[column]
        what = f"row {label!r}, column {header!r}"
        of_column = table.of_columns[column]
        if "published" in of_column and "chip" not in of_row:
            of_column = {"role": Role.BASELINE, **of_column}
        open_ = not {"metric", "ratio"} & {*of_column, *of_row} and (of_column or not header.strip())
        whole = table.whole if open_ else _settings(table.whole)
        of_column = _held_against(of_column, of_row.get("chip") or whole.get("chip"), cell)
        parts = (whole, of_row, of_column)
        held = table.items(row, column)
        for place, (found, meaning) in enumerate(_cell(context, row, what, cell, header, held, parts)):
            yield Value(
                line=row.line, row=at, column=column, label=label, header=header, text=cell, number=found,
                place=place, meaning=meaning,
            )  # fmt: skip


def _held_against(of_column: Said, own: str | None, cell: str) -> Said:
    """A column's meaning, of ``vs A10`` with the row's `own` chip; against itself, or in %, it is a fact."""
    over, other = of_column.get("ratio", ("", ""))
    if over != "*":
        return of_column
    if own in (None, "*", other) or "%" in cell:
        return {key: item for key, item in of_column.items() if key != "ratio"} | {"role": Role.FACT}
    return {**of_column, "ratio": (own, other)}


def _settings(whole_: Mapping[str, Any]) -> Said:
    """For what has a metric of its own, or a head of no known word: only where it was measured."""
    return {key: item for key, item in whole_.items() if key not in ("metric", "called", "unit", "generic")}


def _cell(
    context: Context,
    row: GridRow,
    what: str,
    cell: str,
    header: str,
    found: Sequence[Item],
    parts: tuple[Said, Said, Said],
) -> Iterator[tuple[Number | None, Said]]:
    """A cell's numbers and their meanings; that it has none is noted unless its column is another's."""
    whole_, of_row, of_column = parts
    if "other" in of_column:
        return
    if "metric" in of_column:
        of_row = {key: item for key, item in of_row.items() if key != "foreign"}
    words = context.words
    absent = words.absent(cell) or (context.claims and not cell.strip())
    if words.is_whole(cell, WordKind.BEST) is not None:
        return
    if not found and "foreign" not in of_column and not absent:
        why = f"{cell!r} is no single number" if cell else "the cell is empty"
        hint = of_column.get("hint") or of_row.get("hint") or (_COMMA if is_comma(cell) else "")
        why += f"; {hint}" if hint else ""
        context.notes.append(Note(line=row.line, what=what, why=why))
        return
    adjusted = _at_odds(context, row, what, whole_, of_row, of_column)
    if adjusted is None:
        return
    around = columns.joined(context, adjusted)
    inside: list[Said] = [columns.of_item(context, item, around, found[0].name) for item in found] or [{}]
    for said in inside:
        if "variant" in said and "variant" in of_row:
            said["variant"] = f"{of_row['variant']}, {said['variant']}"
    if (unsure := _unsure(context, inside, found)) is not None:
        context.notes.append(Note(line=row.line, what=what, why=unsure.format(cell)))
        return
    beside: Said = {}
    held: Sequence[Item | None] = found or [None]
    for said, item in zip(inside, held, strict=True):
        kind = Kind.VALUE if item is None else item.kind
        whole_said = columns.merged(context, row, [*adjusted, said], what)
        if whole_said is None:
            continue
        if kind is not Kind.VALUE:
            whole_said = {**beside, **said, "unit": said.get("unit", beside.get("unit", Unit.NUMBER))}
        done = complete(context, row.line, what, None if item is None else item.number, whole_said, header)
        if done is not None:
            beside = dict(done[1])
            if item is not None and item.is_about:
                why = f"{item.number.before.strip()} says about; read as the number itself"
                context.assumed.append(Note(line=row.line, what=what, why=why))
            yield done


def _unsure(context: Context, inside: Sequence[Said], found: Sequence[Any]) -> str | None:
    """Why the numbers of a cell cannot be told apart, or None."""
    if len(found) == 1 and found[0].loose and "unknown" in inside[0]:
        return "{!r} is no single number"
    for item in found:
        if len(context.words.values(item.name, WordKind.PRECISION)) > 1:
            return "{!r} names two precisions and has one number"
    return None


def _at_odds(
    context: Context, row: GridRow, what: str, whole_: Said, of_row: Said, of_column: Said
) -> tuple[Said, Said, Said] | None:
    """What table, row and column say, made to go together; None with a note where they do not."""
    for key in ("chip", "batch_size", "precision"):
        one, other = of_row.get(key), of_column.get(key)
        if "ratio" in of_column or None in (one, other) or one == other or "*" in (one, other):
            continue
        why = f"its row says {key} {one}, its column {other}"
        context.notes.append(Note(line=row.line, what=what, why=why))
        return None
    roles = (of_column.get("role"), of_row.get("role"))
    ratio = "ratio" in of_column or "ratio" in of_row
    if ratio or Role.BASELINE in roles:
        named = of_column.get("chip") or of_row.get("chip")
        if of_column.get("role") is Role.BASELINE or "ratio" in of_column:
            of_the_chip = ("chip",) if ratio else ("chip", "precision")  # what the row's is held against
            of_row = {key: item for key, item in of_row.items() if key not in of_the_chip}
        if ratio or named is None or of_column.get("role") is Role.BASELINE:
            whole_ = {key: item for key, item in whole_.items() if key != "chip"}
    if "metric" in of_row and "metric" in of_column and _row_gives_way(of_row, of_column):
        of_the_metric = ("metric", "called", "generic", "variant")
        of_row = {key: item for key, item in of_row.items() if key not in of_the_metric}
    return whole_, of_row, of_column


def _row_gives_way(of_row: Said, of_column: Said) -> bool:
    """Whether a row's metric counts less than its column's: of two that are both certain ones, or general."""
    return bool(of_row.get("generic")) or not of_column.get("generic") or is_of_sizes(of_column)
