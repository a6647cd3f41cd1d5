"""Columns that name rows: which those are, and what their cells say of the rows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.documents.readme.blocks import GridRow
from harness.documents.readme.cells import Number, is_unsure, items, number, two_numbers, whole
from harness.documents.readme.columns import batch_in, of_quantity, of_text, ratio_of, unit_in
from harness.documents.readme.naming import BATCH, Said, metric_in, rest, with_unit
from harness.documents.readme.reading import Context, Note
from harness.domain.metrics import Metric
from harness.domain.settings import Shapes
from harness.domain.words import WordKind

_FEWEST = 3  # rows of which one may sum up the others
# The size of an image or a tensor under a head that no word knows: "224x224", "1x3x640x640", "multi-size".
_SIZE = re.compile(
    r"(?:\d{1,5}\s?[x×*]\s?){0,3}\d{2,5}\s?[x×*]\s?\d{2,5}(?:\s?[x×*]\s?\d)?|multi[- ]?(?:size|scale)|多尺度",
    re.IGNORECASE,
)
_ANSWERS = {
    **dict.fromkeys(("true", "yes", "y", "on", "是", "√", "✓", "✔", "✅"), True),
    **dict.fromkeys(("false", "no", "n", "off", "否", "×", "✗", "✘", "❌"), False),
}


def is_label(context: Context, at: int, header: str, cells: Sequence[str]) -> bool:
    """Whether a column names rows: its head says so, or no cell of it is a number.

    A later column that is headed by a metric is no label even then: its cells are numbers not understood,
    but for those that are batch sizes or precisions.
    """
    words = context.words
    if names_sizes(context, header) or (cells and all(_pieces(context, header, cell)[1:] for cell in cells)):
        return True
    kind = words.is_whole(header, WordKind.LABEL)
    anyhow = bool(at) or all(map(items, cells))  # else "beam=8" is a row's name, as the other cells are
    valued = [cell for cell in cells if _has_value(context, cell, anyhow)]
    if kind == "input" and any("." in cell and number(cell) for cell in cells):
        return False  # "size" over 25.6 is of a file, and of nothing that is taken in
    if kind is not None and not (kind in ("precision", "metric") and valued):
        return True
    if at and (words.has(header, WordKind.FACT) or ratio_of(context, header) is not None):
        return False
    if at and (words.has(header, WordKind.METRIC) or words.has(header, WordKind.FOREIGN)):
        told = (_only_size(context, cell) or words.is_whole(cell, WordKind.PRECISION) for cell in cells)
        return bool(cells) and all(told)
    if at and any(map(is_unsure, cells)):
        return False
    return not valued and not (at and cells and all(map(words.absent, cells)))


def names_sizes(context: Context, header: str) -> bool:
    """Whether a head is that of batch sizes, of a chip or in a precision or not: ``bs``, ``310P bs``."""
    words = context.words
    bare = words.without(header, WordKind.CHIP, WordKind.PRECISION).strip(" _-()（）")
    return any(words.is_whole(text, WordKind.BATCH_SIZE) is not None for text in (header, bare))


def names_chips(context: Context, header: str) -> bool:
    """Whether a head is that of chips: ``Device``, ``GPU``."""
    words = context.words
    return (
        words.is_whole(header, WordKind.LABEL) == "chip" or words.is_whole(header, WordKind.CHIP) is not None
    )


def _only_size(context: Context, cell: str) -> bool:
    """Whether a cell says a batch size, or that it is the best one, and no number beside it."""
    left = BATCH.sub("", cell)
    told = left != cell or context.words.has(cell, WordKind.BEST)
    return told and not any(map(str.isdigit, left))


def _has_value(context: Context, cell: str, anyhow: bool) -> bool:
    """Whether a cell is a number, or several with names that are known or, `anyhow`, stand before a sign."""
    words, found = context.words, items(cell)
    if any(one.digits for one in two_numbers(cell)):
        return True
    if words.is_whole(cell, WordKind.CHIP) is not None:
        return False
    if len(found) == 1 and found[0].unit and not found[0].name:
        return words.is_whole(found[0].unit, WordKind.UNIT) is not None or found[0].unit[0] in "(（"
    known = (WordKind.METRIC, WordKind.PRECISION, WordKind.SHAPES)
    return bool(found) and all(
        (not item.loose and (anyhow or not item.name))
        or (any(words.has(item.name, kind) for kind in known) and not _in_a_chip(context, cell, item.number))
        for item in found
    )


def _in_a_chip(context: Context, cell: str, number: Number) -> bool:
    """Whether a number of a cell is a part of a chip's name: 310 of ``fp16 (Ascend 310P)``."""
    start, end = len(number.before), len(number.before) + len(number.printed)
    return any(
        hit.start <= start and hit.end >= end and hit.end - hit.start > end - start
        for hit in context.words.hits(cell, WordKind.CHIP)
    )


def of_row(context: Context, headers: Sequence[str], labels: Sequence[bool], row: GridRow) -> Said:
    """What a row's label cells say of its cells; ``rests`` are their words without a meaning, by column."""
    said: Said = {"rests": {}}
    for at, (header, label, cell) in enumerate(zip(headers, labels, row.cells, strict=False)):
        if label and not context.words.absent(cell):
            told: Said = {}
            for head, piece in _pieces(context, header, cell):
                told |= _of_label(context, head, piece, said["rests"], at)
            for key in ("dataset", "input"):  # a set, and a part of it
                if key in said and key in told:
                    told = {**told, key: f"{said[key]}, {told[key]}"}
            said |= told
        elif not label and context.words.is_whole(cell, WordKind.BEST) is not None:
            said["best"] = True
    return said


def _pieces(context: Context, header: str, cell: str) -> list[tuple[str, str]]:
    """A head and its cell; several where names are joined: ``Precision_BatchSize`` over ``fp16_4``."""
    heads = header.strip().split("_")
    pieces = cell.strip().rsplit("_", len(heads) - 1)
    joined = len(heads) == len(pieces) > 1 and names_sizes(context, heads[-1])
    return list(zip(heads, pieces, strict=True)) if joined and pieces[-1].isdigit() else [(header, cell)]


def _of_label(context: Context, header: str, cell: str, rests: dict[int, str], at: int) -> Said:
    """What one label cell says, by what its column is."""
    words = context.words
    kind = words.is_whole(header, WordKind.LABEL)
    if names_sizes(context, header) and whole(cell) is not None:
        return {"batch_size": whole(cell)}
    if kind == "length" and whole(cell) is not None:
        return {"length": whole(cell)}
    if kind == "streams" and whole(cell) is not None:
        return {"streams": whole(cell)}
    sized = kind == "input" and batch_in(cell) is None  # "net_bs8" under "Input" is a row's name
    if cell.strip() and (sized or (kind is None and _SIZE.fullmatch(cell.strip()))):
        return {"input": cell.strip()}
    if kind == "dataset" and cell.strip():
        return {"dataset": cell.strip()}
    if (answer := _ANSWERS.get(cell.strip().lower())) is not None and (
        asked := _asked(context, header, kind, answer)
    ):
        return asked
    said = of_text(context, cell)
    if kind in ("shapes", "remark"):
        return said
    of_head = words.is_whole(header, WordKind.CHIP)
    if of_head is not None and "role" not in said:  # "GPU" over a card that no word knows
        said.setdefault("chip", of_head)
    if kind == "precision" and "precision" in said and rest(words, cell):
        del said["precision"]  # "qint16_mixed_float32" is none of ours
        rests[at] = cell.strip()
        return said
    if (ratio := ratio_of(context, cell)) is not None:
        return ratio
    if words.has(cell, WordKind.BEST):
        said["best"] = True
    if words.has(cell, WordKind.FOREIGN):
        said["foreign"] = cell
    if kind not in ("model", "source", "precision", "task"):
        found = metric_in(words, cell)
        found.pop("variant", None)
        unsaid = found.get("metric") == Metric.OTHER and found.get("called") == rest(words, cell)
        if kind != "metric" and unsaid and not words.has(cell, WordKind.METRIC):
            found = {}
        if kind == "metric" and not found and _is_a_name(context, cell):
            found = of_quantity(context, cell) or {"metric": Metric.OTHER, "called": cell.strip()}
        unit = unit_in(context, cell) if "metric" in found else None
        said |= found if unit is None else with_unit(found, unit)
    if kind == "source":
        said["source"] = cell.strip()
    rests[at] = _label_rest(context, cell, kind or "")
    return said


def _is_a_name(context: Context, text: str) -> bool:
    """Whether a text under a head of metrics is a name of letters, and no word of ours for anything else."""
    return not context.words.hits(rest(context.words, text)) and re.search("[^\\W\\d_]{2}", text) is not None


def _asked(context: Context, header: str, kind: str | None, answer: bool) -> Said:
    """What a yes or a no says under a head such as ``AOE``, ``静态`` or ``Shape_Mutable``."""
    shapes = ["dynamic"] if kind == "shapes" else context.words.values(header, WordKind.SHAPES)
    if len(shapes) == 1:
        return {"shapes": Shapes.DYNAMIC if (shapes[0] == "dynamic") is answer else Shapes.STATIC}
    return {"aoe": answer} if context.words.has(header, WordKind.AOE) else {}


def _label_rest(context: Context, cell: str, kind: str) -> str:
    """What a label cell says beside all that is understood; a card of several chips is one of its own."""
    card = re.search(r"\d[A-Za-z]?\d?\s*([*×]\s*\d)\b", cell)
    more = () if kind in ("model", "source", "") else (WordKind.METRIC,)
    beside = rest(context.words, cell, *more, *([WordKind.METRIC] if kind == "" else []))
    return cell.strip() if card else beside


_STATISTIC = re.compile(
    r"(?<![a-z])(?:max|min|std|median|p\d\d|\d\d%)(?![a-z])|最大|最小|标准差|中位", re.IGNORECASE
)


def summing_up(context: Context, labels: Sequence[bool], rows: Sequence[GridRow]) -> dict[int, str]:
    """The rows that are a total or an average of the others, and what they are called.

    Beside a maximum or a deviation a mean is a statistic like these, and none of rows.
    """
    named = [" ".join(cell for cell, label in zip(row.cells, labels, strict=True) if label) for row in rows]
    if len(rows) < _FEWEST or any(map(_STATISTIC.search, named)):
        return {}
    return {
        at: named[at]
        for at, row in enumerate(rows)
        for cell, label in zip(row.cells, labels, strict=True)
        if label and context.words.is_whole(cell.strip(":： "), WordKind.SUMMARY) is not None
    }


def name_quantities(
    context: Context, headers: Sequence[str], rows: Sequence[GridRow], of_rows: Sequence[Said]
) -> None:
    """Rows without a metric are of what the unit in their label says; for columns of which none names one."""
    for row, said in zip(rows, of_rows, strict=True):
        for at in said["rests"]:
            if {"metric", "ratio"} & said.keys() or context.words.is_whole(headers[at], WordKind.LABEL):
                continue
            told = of_quantity(context, row.cells[at])
            if "called" in told:
                said["rests"][at] = ""
            said |= told


_SET = ("batch_size", "precision", "length", "input", "streams", "shapes", "aoe")


def setting(context: Context, labels: Sequence[bool], rows: Sequence[GridRow]) -> dict[int, dict[int, Said]]:
    """The rows that set something for their columns, ``Batch size | 16 | 8``, and what: by row and column.

    A setting that several rows have is none of a column.
    """
    found = {at: said for at, row in enumerate(rows) if (said := _set_by(context, labels, row))}
    keys = [key for said in found.values() for key in {key for told in said.values() for key in told}]
    return {
        at: said for at, said in found.items()
        if all(keys.count(key) == 1 for told in said.values() for key in told)
    }  # fmt: skip


def _set_by(context: Context, labels: Sequence[bool], row: GridRow) -> dict[int, Said]:
    """What a row sets for its columns; nothing where one of its cells is no such setting."""
    named = [cell for cell, label in zip(row.cells, labels, strict=True) if label and cell.strip()]
    if len(named) != 1 or not any(labels):
        return {}
    found: dict[int, Said] = {}
    for at, (cell, label) in enumerate(zip(row.cells, labels, strict=True)):
        if label or context.words.absent(cell) or not cell.strip():
            continue
        told = _of_label(context, named[0], cell, {}, at) if _names_setting(context, named[0]) else {}
        found[at] = {key: told[key] for key in _SET if key in told}
    return found if all(found.values()) else {}


def _names_setting(context: Context, text: str) -> bool:
    """Whether a label is the name of a setting, and nothing else."""
    return names_sizes(context, text) or context.words.is_whole(text, WordKind.LABEL) in _SET


def note_constants(context: Context, line: int, headers: Sequence[str], of_rows: Sequence[Said]) -> None:
    """Tell of what all rows of a column say that no word explains: it tells none apart, and is not read."""
    for at, header in enumerate(headers):
        words = {said["rests"].get(at, "") for said in of_rows}
        if not at or len(of_rows) < 2 or len(words) > 1 or "" in words:
            continue
        if context.words.is_whole(header, WordKind.LABEL) is None and header.strip():
            why = f"{words.pop()!r} in all rows, and no word explains it; taken for no setting of theirs"
            context.assumed.append(Note(line=line, what=f"column {header!r}", why=why))


def note_sizes(context: Context, headers: Sequence[str], row: GridRow) -> None:
    """Tell of what stands under a head of batch sizes with digits in it, and is no batch size."""
    words = context.words
    for header, cell in zip(headers, row.cells, strict=True):
        if not names_sizes(context, header) or not any(map(str.isdigit, cell)):
            continue
        if whole(cell) is None and batch_in(cell) is None and not words.has(cell, WordKind.BEST):
            why = "no batch size: a whole number is expected there"
            context.notes.append(Note(line=row.line, what=f"column {header!r}: {cell[:40]}", why=why))
