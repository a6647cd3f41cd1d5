"""What the heads and labels of a result table mean, and from there each of its cells."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from harness.documents.readme.blocks import Grid, GridRow
from harness.documents.readme.cells import Number, number, whole
from harness.documents.readme.reading import Context, Note
from harness.documents.readme.words import Vocabulary
from harness.domain.metrics import Metric, Unit
from harness.domain.references import Role
from harness.domain.words import WordKind

Said = dict[str, Any]

BATCH = re.compile(r"(?<![a-z])(?:bs|batch[ _]?size|batch)[ _:=]?(\d{1,15})(?!\d)", re.IGNORECASE)
_NEAR = 2  # lines above a table that may say what it holds
_TIMES = ("ms", "us", "s", "毫秒", "秒")


def is_label(context: Context, at: int, header: str, cells: Sequence[str]) -> bool:
    """Whether a column names rows: its head says so, or no cell of it is a number.

    A later column that is headed by a metric is no label even then: its cells are numbers not understood.
    """
    words = context.words
    if (
        words.is_whole(header, WordKind.LABEL) is not None
        or words.is_whole(header, WordKind.BATCH_SIZE) is not None
    ):
        return True
    if at and (words.has(header, WordKind.METRIC) or words.has(header, WordKind.FOREIGN)):
        return False
    return all(number(cell) is None and not words.absent(cell) for cell in cells)


def of_header(context: Context, header: str) -> Said:
    """What a column's head says of its cells."""
    words, said = context.words, Said()
    if (ratio := _ratio(context, header)) is not None:
        return {"role": Role.RATIO, "unit": Unit.RATIO, "ratio": ratio}
    if words.is_whole(header, WordKind.OTHER) is not None:
        return {"other": True}
    if words.has(header, WordKind.FOREIGN):
        return {"foreign": header}
    if words.has(header, WordKind.DIFFERENCE):
        return {
            "difference": True,
            "role": Role.FACT,
            **_metric(words, words.without(header, WordKind.DIFFERENCE)),
        }
    fact = words.is_whole(header, WordKind.FACT)
    said |= _metric(words, header)
    if fact is not None:
        return {**said, "role": Role.FACT, "unit": Unit(fact)}
    said |= _common(context, header)
    units = words.values(header, WordKind.UNIT)
    if len(units) == 1:
        said["unit"] = Unit(units[0])
        if said["unit"] is Unit.SAMPLES_PER_S:
            said.setdefault("metric", Metric.THROUGHPUT)
    elif re.search(r"[(（/]\s*(ms|毫秒)\s*[)）]?$", header):
        said["latency"] = True
    return said


def of_row(context: Context, headers: Sequence[str], labels: Sequence[bool], row: GridRow) -> Said:
    """What a row's label cells say of its cells."""
    said = Said()
    for header, label, cell in zip(headers, labels, row.cells, strict=False):
        if not label:
            continue
        size = whole(cell) if context.words.is_whole(header, WordKind.BATCH_SIZE) is not None else None
        if size is not None:
            said["batch_size"] = size
            continue
        if context.words.is_whole(cell, WordKind.BEST) is not None:
            said["best"] = True
        if context.words.has(cell, WordKind.FOREIGN):
            said["foreign"] = cell
        said |= _common(context, cell)
    return said


def note_sizes(context: Context, headers: Sequence[str], row: GridRow) -> None:
    """Tell of what stands under a head of batch sizes with digits in it, and is no batch size."""
    words = context.words
    for header, cell in zip(headers, row.cells, strict=True):
        if words.is_whole(header, WordKind.BATCH_SIZE) is None or not any(map(str.isdigit, cell)):
            continue
        if whole(cell) is None and batch_in(cell) is None and words.is_whole(cell, WordKind.BEST) is None:
            why = "no batch size: a whole number is expected there"
            context.notes.append(Note(line=row.line, what=f"column {header!r}: {cell[:40]}", why=why))


def grid_metric(context: Context, grid: Grid, name: str) -> Said:
    """The metric for columns that tell none: of the first head, of the line right above, of the name."""
    above = [line.text for line in context.readme.prose if 0 < grid.line - line.number <= _NEAR]
    for text in (grid.headers[0], *reversed(above), name):
        if (said := _metric(context.words, text)) and not context.words.has(text, WordKind.FOREIGN):
            return said
    return {}


def of_cell(context: Context, found: Number) -> Said:
    """What stands around a cell's digits."""
    said = _metric(context.words, found.before) if found.before else Said()
    if found.before and context.words.has(found.before, WordKind.FOREIGN):
        return {"foreign": found.before.strip(" :：=")}
    after = found.after.strip()
    if after:
        unit = context.words.is_whole(after, WordKind.UNIT)
        if unit is not None:
            said["unit"] = Unit(unit)
            if unit == Unit.SAMPLES_PER_S:
                said.setdefault("metric", Metric.THROUGHPUT)
        else:
            said["latency" if after in _TIMES else "strange"] = after
    return said


def batch_in(text: str) -> int | None:
    """The batch size in a label such as ``TinyBERT(bs8)``."""
    match = BATCH.search(text)
    return int(match[1]) if match else None


def _common(context: Context, text: str) -> Said:
    """Chip, precision, batch size and baseline, which a head or a label may tell."""
    words, said = context.words, Said()
    chips = words.values(text, WordKind.CHIP)
    if len(chips) == 1:
        said["chip"] = chips[0]
    precisions = words.values(text, WordKind.PRECISION)
    if len(precisions) == 1:
        said["precision"] = precisions[0]
    if (size := batch_in(text)) is not None:
        said["batch_size"] = size
    if words.has(text, WordKind.BASELINE):
        said["role"] = Role.BASELINE
    return said


def _metric(words: Vocabulary, text: str) -> Said:
    metrics = words.values(text, WordKind.METRIC)
    if len(metrics) > 1 and Metric.ACCURACY in metrics and Metric.THROUGHPUT not in metrics:
        metrics.remove(Metric.ACCURACY)  # 精度(F1): the more special word
    return {"metric": Metric(metrics[0])} if len(metrics) == 1 else {}


def _ratio(context: Context, header: str) -> tuple[str, str] | None:
    """The chips of a head like ``310P/T4``: two chips and a stroke, and nothing that is measured."""
    hits = [hit for hit in context.words.hits(header, WordKind.CHIP) if hit.value in context.catalog.chips]
    if len(hits) != 2 or hits[0].value == hits[1].value:
        return None
    between = header[hits[0].end : hits[1].start]
    return (hits[0].value, hits[1].value) if re.fullmatch(r"[^/]*[/÷:]\s*", between) else None


def merged(context: Context, row: GridRow, parts: Sequence[Mapping[str, Any]], what: str) -> Said | None:
    """One meaning from what table, row, column and cell say, the later ones winning; None with a note."""
    said: Said = {}
    for part in parts:
        said |= part
    if said.get("chip") == "*":
        if context.own_chip is None:
            named = ", ".join(chip.name for chip in context.chips) or "none"
            context.notes.append(
                Note(line=row.line, what=what, why=f"its chip is the document's own, which names {named}")
            )
            return None
        said["chip"] = context.own_chip.name
    for key, why in (
        ("other", ""),
        ("latency", "a time, and the tables hold rates; say samples per second"),
        ("foreign", f"{said.get('foreign')!r} is no metric that our tables have"),
        ("strange", f"{said.get('strange')!r} behind the digits is no known unit; add a [[word]] for it"),
    ):
        if key in said:
            if why:
                context.notes.append(Note(line=row.line, what=what, why=why))
            return None
    return said
