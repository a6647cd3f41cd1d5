"""A markdown table as a result table: which columns name rows, and what every other cell means."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.documents.readme import columns
from harness.documents.readme import labels as labels_of
from harness.documents.readme.apart import labelled
from harness.documents.readme.blocks import Grid, GridRow
from harness.documents.readme.captions import over
from harness.documents.readme.cells import Item, Kind, Number, is_duration, items, parted, whole
from harness.documents.readme.keys import is_set
from harness.documents.readme.naming import Said, names_in, sides_in
from harness.documents.readme.reading import Context, Note, ReadTable, Value
from harness.documents.readme.tasks import of_tasks
from harness.documents.readme.units import complete, with_baselines
from harness.domain.metrics import Metric, Sort, Unit
from harness.domain.references import Role
from harness.domain.words import WordKind

# A name with a digit in it that no word explains: another vendor's chip, as like as not.
_DEVICE = re.compile(r"(?<![A-Za-z0-9])(?!bs\d)[A-Z]{1,4}[A-Za-z]*[- ]?\d{2,4}\w*")
_SPEEDS = (Sort.SPEED, Sort.TIME)
_MOST = 100  # of a score, in per cent


@dataclass(frozen=True, kw_only=True)
class _Table:
    """A grid on its way to a table: which columns name rows, and what heads, rows and the whole say."""

    context: Context
    grid: Grid
    rows: Sequence[GridRow]
    labels: tuple[bool, ...]
    of_columns: list[Said]
    of_rows: list[Said]
    whole: Said

    def items(self, row: GridRow, at: int) -> tuple[Item, ...]:
        """The numbers of a cell, by the names in it or, where there are none, by those in its head."""
        cell, names = row.cells[at], self.of_columns[at].get("numbers", ())
        return items(cell) or parted(cell, names or names_in(self.context.words, self.grid.headers[at]))

    def tells(self, key: str) -> bool:
        """Whether a column or a row says something of `key`."""
        sides = [
            columns.of_text(self.context, name)
            for said in self.of_columns
            for name in said.get("numbers", ())
        ]
        return any(key in said for said in (*self.of_columns, *self.of_rows, *sides))

    @property
    def valued(self) -> list[int]:
        """The columns that hold values."""
        return [at for at, label in enumerate(self.labels) if not label]


def read_grid(context: Context, grid: Grid, name: str) -> ReadTable | None:
    """The result table that `grid` is, or None where it holds no value that means a metric."""
    rows = _rows(context, grid)
    labels = [
        labels_of.is_label(context, at, header, [row.cells[at] for row in rows])
        for at, header in enumerate(grid.headers)
    ]
    of_columns = _heads(context, grid, rows, labels)
    _settings_in_numbers(context, grid, rows, labels, of_columns)
    of_rows = [labels_of.of_row(context, grid.headers, labels, row) for row in rows]
    table = _Table(
        context=context, grid=grid, rows=rows, labels=tuple(labels), of_columns=of_columns,
        of_rows=labelled(context, grid, labels, rows, of_rows), whole={},
    )  # fmt: skip
    _name_tasks(table, name)
    _name_differences(of_columns)
    _name_others(table)
    if not _holds_results(table, name):
        return None
    for row in rows:
        labels_of.note_sizes(context, grid.headers, row)
    table.whole.update(_of_whole(table, name))
    _hold_against(table)
    unexplained = list(_unexplained(table))
    for at in unexplained:
        why = "no word of a metric in its head, a row or a cell; add a [[word]] for it"
        context.notes.append(Note(line=grid.line, what=f"column {grid.headers[at]!r}", why=why))
    sums = labels_of.summing_up(context, table.labels, rows)
    for at, called in sums.items():
        why = "a total or an average over rows is no claim of a model"
        context.notes.append(Note(line=rows[at].line, what=f"row {called!r}", why=why))
    valued = [at for at in table.valued if at not in unexplained]
    values = [value for at in range(len(rows)) if at not in sums for value in _row(table, at, valued)]
    if not values:
        return None
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


def _holds_results(table: _Table, name: str) -> bool:
    """Whether some column holds numbers and something tells a metric; a note where only the first is so."""
    context, grid, of_columns = table.context, table.grid, table.of_columns
    numeric = [
        at
        for at in table.valued
        if {"metric", "foreign", "ratio"} & of_columns[at].keys()
        or any(table.items(row, at) or is_duration(row.cells[at]) for row in table.rows)
    ]
    kept = [at for at in numeric if "other" not in of_columns[at] and not _sizes(of_columns[at])]
    if not kept:
        if any(_sizes(of_columns[at]) for at in numeric):
            why = "only the sizes of models stand there"
            context.notes.append(Note(line=grid.line, what=grid.title[:80], why=why))
        return False
    told = any({"metric", "ratio", "foreign"} & of_columns[at].keys() for at in kept)
    told = told or bool(columns.grid_metric(context, grid, table.labels, name))
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


def _sizes(said: Mapping[str, Any]) -> bool:
    """Whether a column holds the sizes of models: parameters, operations."""
    return said.get("role") is Role.FACT and said.get("metric") == Metric.OTHER and "difference" not in said


def _name_tasks(table: _Table, name: str) -> None:
    """Heads or labels that name a benchmark's tasks say what those are scored by, where nothing else does."""
    context, grid = table.context, table.grid
    above = columns.grid_metric(context, grid, table.labels, name)
    if table.tells("metric") or (above and not above.get("generic")) or "unit" in above:
        return
    cells = [item for row in table.rows for at in table.valued for item in table.items(row, at)]
    if any(item.number.value > _MOST for item in cells):
        return
    places = [([grid.headers[at] for at in table.valued], [table.of_columns[at] for at in table.valued])]
    places += [([row.cells[at] for row in table.rows], list(table.of_rows))
               for at, label in enumerate(table.labels) if label]  # fmt: skip
    for texts, said in places:
        for item, of_task in zip(said, of_tasks(context, grid.line, texts), strict=True):
            item.update({**of_task, **item})


def _name_differences(of_columns: Sequence[Said]) -> None:
    """A difference is one of the table's first score, or of its speed, where its head names none."""
    named = [said for said in of_columns if "metric" in said and not _sizes(said)]
    scores = [said["metric"] for said in named if Metric(said["metric"]).sort not in _SPEEDS]
    for said in of_columns:
        if "difference" in said and named:
            said.setdefault("metric", (scores or [named[0]["metric"]])[0])


def _name_others(table: _Table) -> None:
    """A column of fractions that no word explains, beside one of a score, is of a metric of its own words.

    Not of a model that is more than a name: what its documents state has to be known.
    """
    scored = [
        said for said in table.of_columns if "metric" in said and Metric(said["metric"]).sort not in _SPEEDS
    ]
    if not table.context.claims or all(map(_sizes, scored)):
        return
    for at in table.valued:
        header, said = table.grid.headers[at].strip(), table.of_columns[at]
        held = [item for row in table.rows for item in table.items(row, at)]
        fractions = all(item.number.digits and not item.name and not item.unit for item in held)
        if header and not said and held and fractions and not is_set(header):
            said |= {"metric": Metric.OTHER, "called": header}
            why = "no word of ours names what its fractions are; taken for a metric beside the others"
            table.context.assumed.append(Note(line=table.grid.line, what=f"column {header!r}", why=why))


def _of_whole(table: _Table, name: str) -> Said:
    """What is said of the whole table above it: a metric for heads that name none, a chip, settings."""
    context, grid = table.context, table.grid
    of_tasks_alone = table.tells("task")
    said = {} if of_tasks_alone else columns.grid_metric(context, grid, table.labels, name)
    open_heads = [grid.headers[at] for at in table.valued
                  if not {"metric", "ratio", "foreign", "other"} & table.of_columns[at].keys()]  # fmt: skip
    if not said and open_heads and not of_tasks_alone:
        said = _by_exclusion(table, name)
    if said and open_heads and any(item for item in table.of_columns):
        why = f"the heads {', '.join(map(repr, open_heads))} name no metric, what stands above them does"
        context.assumed.append(Note(line=grid.line, what=f"metric = {said['metric']}", why=why))
    above = over(context, grid.line, nearest=_is_over(table))
    said |= {key: item for key, item in above.items() if key != "chip" and not table.tells(key)}
    said |= _of_label_heads(table)
    if "chip" not in said and not table.tells("chip"):
        said |= {"chip": above["chip"]} if above.get("chip", "*") != "*" else _fallback(table)
    return said


def _is_over(table: _Table) -> bool:
    """Whether the nearest heading is of this table: a bold line or an item is of the first one below it."""
    readme, line = table.context.readme, table.grid.line
    heading = readme.heading_of(line)
    return (
        heading is None or heading.titled or not any(heading.line < grid.line < line for grid in readme.grids)
    )


def _of_label_heads(table: _Table) -> Said:
    """What the heads over labels say that no row and no column does: a corner with a chip, a batch size."""
    said: Said = {}
    for header, label in zip(table.grid.headers, table.labels, strict=True):
        told = columns.of_text(table.context, header) if label else {}
        for key in ("chip", "batch_size", "precision"):
            if told.get(key, "*") != "*" and not table.tells(key):
                said[key] = told[key]
    return said


def _by_exclusion(table: _Table, name: str) -> Said:
    """The speed, beside ratios of chips: of scores the zoos print none.

    Of a heading that names a score and a speed, too, where the score has columns of its own, or where a
    number is larger than any score in per cent.
    """
    if any("ratio" in said for said in table.of_columns):
        return {"metric": Metric.THROUGHPUT, "generic": True}
    named = table.context.words.values(name, WordKind.METRIC)
    if "throughput" not in named or len(named) < 2:
        return {}
    scored = any("metric" in said and Metric(said["metric"]).is_score for said in table.of_columns)
    open_columns = [at for at in table.valued if not {"metric", "ratio"} & table.of_columns[at].keys()]
    found = [item.number.value for row in table.rows for at in open_columns for item in table.items(row, at)]
    speed = scored or any(x > 100 for x in found)
    return {"metric": Metric.THROUGHPUT, "generic": True} if speed else {}


def _fallback(table: _Table) -> Said:
    """The document's own chip, for a table that names none; said aloud, because it is a rule of ours.

    A table of models with their sizes, or with scores alone, is of nobody's chip: it has published scores. So
    has one of a benchmark's tasks, where the document is about no chip.
    """
    context, own = table.context, table.context.own_chip
    unknown = [item for text in table.grid.headers for item in _DEVICE.findall(text)]
    if any(_sizes(said) for said in table.of_columns) or _lists_models(table):
        return {"role": Role.BASELINE}
    if own is None and table.tells("task"):
        return {"role": Role.BASELINE}
    named = any(label and labels_of.names_chips(context, head)
                for head, label in zip(table.grid.headers, table.labels, strict=True))  # fmt: skip
    if own is None or unknown or named:
        return {}
    why = f"the table names no chip, the document only {own.name}"
    context.assumed.append(Note(line=table.grid.line, what=f"chip = {own.name}", why=why))
    return {"chip": own.name}


def _lists_models(table: _Table) -> bool:
    """Whether rows are of several models and say nothing of how those were run, beside scores alone."""
    heads, words = table.grid.headers, table.context.words
    named = [at for at, head in enumerate(heads) if words.is_whole(head, WordKind.LABEL) == "model"]
    models = {tuple(row.cells[at] for at in named) for row in table.rows}
    metrics = [said["metric"] for said in table.of_columns if "metric" in said]
    run = any(map(table.tells, ("chip", "batch_size", "precision")))
    return len(models) > 1 and not run and all(Metric(item).is_score for item in metrics)


def _hold_against(table: _Table) -> None:
    """What names no chip, beside the same metric with one, is what the chip is held against."""
    of_columns = [table.of_columns[at] for at in table.valued]
    on_chips = {said.get("metric") for said in of_columns if "chip" in said and "ratio" not in said}
    for said in of_columns:
        if "chip" not in said and said.get("metric") in on_chips - {None}:
            said.setdefault("role", Role.BASELINE)
    if any(_sizes(said) for said in of_columns):  # a table of models as they were published
        for said in of_columns:
            if "chip" not in said and "metric" in said and Metric(said["metric"]).is_score:
                said["published"] = True
    headed = any(labels_of.names_chips(table.context, head) for head in table.grid.headers)
    rows_only = any("chip" in item for item in table.of_rows) and not any(
        "chip" in item for item in of_columns
    )
    for said in table.of_rows:
        published = bool(said.get("source")) and "chip" not in said
        beside = not headed and rows_only and "chip" not in said and "ratio" not in said
        if published or (beside and said["rests"]):
            said.setdefault("role", Role.BASELINE)


def _unexplained(table: _Table) -> Iterator[int]:
    """The columns of numbers that nothing says a metric of: each is told once, and not cell by cell."""
    if any({"metric", "ratio", "foreign"} & said.keys() for said in table.of_rows):
        return
    for at in table.valued:
        held = [item for row in table.rows for item in table.items(row, at)]
        plain = all(not item.name and not item.unit for item in held)
        if len(held) > 1 and plain and not table.of_columns[at] and table.grid.headers[at].strip():
            yield at


def _row(table: _Table, at: int, valued: Sequence[int]) -> Iterator[Value]:
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
        parts = (table.whole if open_ else _settings(table.whole), of_row, of_column)
        held = table.items(row, column)
        for place, (found, meaning) in enumerate(_cell(context, row, what, cell, header, held, parts)):
            yield Value(
                line=row.line, row=at, column=column, label=label, header=header, text=cell, number=found,
                place=place, meaning=meaning,
            )  # fmt: skip


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
        hint = of_column.get("hint") or of_row.get("hint")
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
            of_row = {key: item for key, item in of_row.items() if key != "chip"}
        if ratio or named is None or of_column.get("role") is Role.BASELINE:
            whole_ = {key: item for key, item in whole_.items() if key != "chip"}
    if "metric" in of_row and "metric" in of_column and _row_gives_way(of_row, of_column):
        of_the_metric = ("metric", "called", "generic", "variant")
        of_row = {key: item for key, item in of_row.items() if key not in of_the_metric}
    return whole_, of_row, of_column


def _row_gives_way(of_row: Said, of_column: Said) -> bool:
    """Whether a row's metric counts less than its column's: of two that are both certain ones, or general."""
    return bool(of_row.get("generic")) or not of_column.get("generic") or _sizes(of_column)
