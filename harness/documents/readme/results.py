"""Fenced blocks of results as tables: a row for each group of figures, a table for each set of keys."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from harness.documents.readme import columns
from harness.documents.readme.apart import REFERENCE
from harness.documents.readme.blocks import Fence, GridRow, Line
from harness.documents.readme.captions import over
from harness.documents.readme.cells import Number, number
from harness.documents.readme.commands import typed_lines
from harness.documents.readme.grids import read_grid
from harness.documents.readme.groups import Group, groups
from harness.documents.readme.keys import another, is_set, of_key
from harness.documents.readme.naming import Said
from harness.documents.readme.nearby import chip_of, of_commands, of_words, runs_framework
from harness.documents.readme.pairs import FIGURE, Pair, pairs
from harness.documents.readme.printed import Printed, printed_tables
from harness.documents.readme.reading import Context, Note, ReadTable, Value
from harness.documents.readme.units import complete, with_baselines
from harness.domain.metrics import Metric, Unit
from harness.domain.references import Role
from harness.domain.words import WordKind

_CODE = re.compile(r"(?:python|py|c\+\+|cpp|c|java|mermaid|ya?ml|cmake)\b.*", re.IGNORECASE)
# A score that is a mean over classes, and what each of them has.
_MEANS = {
    Metric.MIOU: Metric.IOU,
    **{metric: metric for metric in (Metric.MAP, Metric.DICE, Metric.ACCURACY)},
}
_MAYBE = re.compile(r"\.\d|\d ?(?:%|k?fps|qps|ms\b)", re.IGNORECASE)  # a measured figure, as like as not
# What stands behind a key in place of a plain number: "1.2k fps", "12~15", "nan".
_KEYED = re.compile(
    r"\s*(?P<key>[^:：=]{1,60}?)\s*[:：=]\s*(?P<value>[-≈~<>]?\s*\.?\d.*|nan\b.*|inf\b.*)", re.IGNORECASE
)
_CONSOLE = ("npu-smi", "nvidia-smi", "cnmon", "Hugepages-Usage", "AICore(%)")

Left = tuple[int, str]  # the line of a block that holds no result, and what it begins with


def read_blocks(context: Context) -> tuple[list[ReadTable], list[Left]]:
    """The results in a README's fenced blocks, and the blocks of figures that hold none."""
    tables, left = list[ReadTable](), list[Left]()
    for fence in context.readme.fences:
        if not any(_MAYBE.search(line.text) for line in fence.lines):
            continue
        found = [] if is_console(fence) else read_block(context, fence)
        tables += found
        if not found and _has_figure(fence) and (is_console(fence) or not typed_lines(fence)):
            left.append((fence.line, " ".join(_first(fence).split())))
    return tables, left


def read_block(context: Context, fence: Fence) -> list[ReadTable]:
    """The tables of results in a fenced block; what figures are none, and why, is noted."""
    if _CODE.fullmatch(fence.info):
        return _none(context, fence)
    typed = typed_lines(fence)
    printed = list(printed_tables(fence, context.words))
    framed = frozenset[int]().union(*(table.lines for table in printed))
    rest = replace(fence, lines=tuple(line for line in fence.lines if line.number not in framed))
    keyed = partial(_figures, context, bool(typed))
    found = list(groups(rest, keyed, typed))
    labelled = any("precision" in of_words(context, group.label.text) for group in found if group.named)
    rows = [row for group in found if (row := _row(context, fence, group, labelled)) is not None]
    if not rows and not printed:
        return _none(context, fence, typed)
    _note_rest(context, [line for line in rest.lines if line.number not in typed], rows)
    tables = [table for item in printed if (table := _grid(context, item)) is not None]
    alike = _alike(context, rows)
    tables += [
        table for same in alike if (table := _table(context, fence, same, len(alike) == 1)) is not None
    ]
    return sorted(tables, key=lambda table: table.line)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One group with what all of it and each of its keys says."""

    group: Group
    whole: Said
    said: tuple[Said, ...]

    @property
    def kind(self) -> tuple[object, ...]:
        """What rows of one table have in common."""
        layout = " ".join(self.group.template.split())
        return self.group.part, self.group.commented, self.group.keys, layout


def _none(context: Context, fence: Fence, typed: Collection[int] = ()) -> list[ReadTable]:
    """Tell why a block holds no result; of figures among commands only what stands behind a metric's name."""
    left = [line for line in fence.lines if line.number in typed or not _note_keyed(context, line)]
    if not typed and any(FIGURE.search(line.text) for line in left):
        why = "figures in a block, and no key names a metric"
        context.notes.append(Note(line=fence.line, what=_first(fence)[:80], why=why))
    return []


def _note_rest(context: Context, lines: Sequence[Line], rows: Sequence[_Row]) -> None:
    """Tell of the figures that stand among results and are none that are understood."""
    read: dict[int, list[tuple[int, int]]] = {}
    for row in rows:
        for pair in row.group.pairs:
            read.setdefault(pair.line, []).extend((pair.named, pair.placed))
    for line in lines:
        places = read.get(line.number, [])
        rest = [
            match
            for match in FIGURE.finditer(line.text)
            if not any(start <= match.start() < end for start, end in places)
        ]
        if rest:
            why = "a figure among results, and no key before it names a metric"
            context.notes.append(Note(line=line.number, what=line.text[rest[0].start() :][:60], why=why))
            continue
        if line.number not in read:
            _note_keyed(context, line)


def _note_keyed(context: Context, line: Line) -> bool:
    """Tell of what stands behind the name of a metric and is no number that is read; whether it does."""
    keyed = _KEYED.match(line.text)
    if keyed is None or is_set(keyed["key"]) or not context.words.has(keyed["key"], WordKind.METRIC):
        return False
    if any(not pair.unclear for pair in pairs(line, context.words)):
        return False
    why = f"{keyed['value'][:40]!r} behind the name of a metric is no single number"
    context.notes.append(Note(line=line.number, what=line.text.strip()[:60], why=why))
    return True


def _figures(context: Context, among_commands: bool, line: Line) -> tuple[Pair, ...]:
    """The figures of a line that may be results: those of a metric, and those with a point or a unit."""
    found = pairs(line, context.words)
    if any(pair.unclear for pair in found):
        return ()
    return tuple(pair for pair in found if _may_be(pair, of_key(context, pair), among_commands))


def _may_be(pair: Pair, said: Said, among_commands: bool) -> bool:
    if among_commands or pair.listed:
        return "metric" in said and pair.is_figure
    return "metric" in said or "role" in said or ("." in pair.text and not is_set(pair.key))


def _row(context: Context, fence: Fence, group: Group, labelled: bool) -> _Row | None:
    """A group as a row, where one of its keys names a metric, or what stands above its only figure does."""
    said = [of_key(context, pair) for pair in group.pairs]
    first = next((item["metric"] for item in said if "metric" in item), None)
    if first is None:
        above = _above(context, fence)
        if len(group.pairs) > 1 or not above:
            return None
        said = [above]
    of_class = _of_classes(said, group.pairs)
    for item, pair in zip(said, group.pairs, strict=True):
        if item.get("role") is Role.FACT and first is not None:
            item.setdefault("metric", first)
        elif "metric" not in item:
            item |= another(context, pair) | of_class
    return _Row(group=group, whole=_whole(context, fence, group, said, labelled), said=tuple(said))


def _of_classes(said: Sequence[Said], pairs_: Sequence[Pair]) -> Said:
    """What figures under keys of no known word are, where their mean is printed: that score, by class.

    So "eel: 81.00", "cod: 90.00" and "mIOU: 85.50" are two IoU and their mean, in per cent all three.
    """
    found = [(item, number(pair.text)) for item, pair in zip(said, pairs_, strict=True) if not pair.listed]
    classes = [one.value for item, one in found if one is not None and not {"metric", "role"} & item.keys()]
    if len(classes) < 2:
        return {}
    mean = sum(classes, Decimal()) / len(classes)
    for item, one in found:
        metric = item.get("metric")
        if one is not None and metric in _MEANS and "role" not in item and abs(one.value - mean) <= one.step:
            return {"metric": _MEANS[metric], "unit": Unit.PERCENT if one.value > 1 else Unit.FRACTION}
    return {}


def _above(context: Context, fence: Fence) -> Said:
    """The metric that the last line above a block names, where it names one."""
    for text in columns.above(context, fence.line):
        said = columns.of_header(context, text)
        if "metric" in said:
            return {"metric": said["metric"]}
    return {}


def _whole(context: Context, fence: Fence, group: Group, keys: Sequence[Said], labelled: bool) -> Said:
    """What is said of a whole group: by commands, heading, part, label and keys, the nearer ones winning."""
    framework = runs_framework(group.said)
    said = {} if framework else of_commands(context, group.pairs[0].line)
    own = over(context, fence.line)
    for text in (group.part, *([group.label.text] if group.named else [])):
        own |= of_words(context, text)
    elsewhere = own.get("chip", "*") not in ("*", chip_of(context))
    if labelled or elsewhere or own.get("role") is Role.BASELINE:
        said.pop("precision", None)  # of the commands, which run the document's own chip
    said |= own
    if framework:
        said.pop("chip", None)
        if REFERENCE.search(group.label.text):
            said["role"] = Role.BASELINE
    elif "chip" not in said and (chip := chip_of(context)) is not None:
        said["chip"] = chip
    if group.part:
        said["variant"] = _part(context, group.part)
    sizes = {item["batch_size"] for item in keys if "batch_size" in item}
    if len(sizes) == 1:
        said["batch_size"] = sizes.pop()
    return said


def _part(context: Context, comment: str) -> str:
    """What the results under a comment are of: ``yolo-s`` of ``模型名：yolo-s``."""
    named = re.fullmatch(r"(?P<label>[^:：]+)[:：]\s*(?P<name>.+)", comment)
    is_label = named is not None and context.words.is_whole(named["label"], WordKind.LABEL) is not None
    return named["name"] if named is not None and is_label else comment


def _alike(context: Context, rows: Sequence[_Row]) -> list[list[_Row]]:
    """Rows by what makes them rows of one table, in the order of the first of each; no label twice in one.

    What a block says a second time under the same label is called the second, and that is told.
    """
    found: dict[tuple[object, ...], list[_Row]] = {}
    seen: dict[tuple[object, ...], int] = {}
    for row in rows:
        label = row.group.label.text
        if len(set(row.group.keys)) < len(row.group.keys):
            why = "a key that its row has twice"
            context.notes.extend(
                Note(line=pair.line, what=pair.key[:60], why=why) for pair in row.group.pairs
            )
            continue
        count = seen[*row.kind, label] = seen.get((*row.kind, label), 0) + 1
        if count > 1:
            said = ", ".join(filter(None, (row.whole.get("variant"), f"({count})")))
            row = replace(row, whole={**row.whole, "variant": said})
            why = "all that it says, a row above it in its block says too; it is called another"
            context.assumed.append(Note(line=row.group.pairs[0].line, what=f"row {label!r}", why=why))
        found.setdefault((*row.kind, count), []).append(row)
    return list(found.values())


def _table(context: Context, fence: Fence, rows: Sequence[_Row], alone: bool) -> ReadTable | None:
    first = rows[0].group
    heading = context.readme.heading_of(fence.line)
    titled = heading.text if alone and heading is not None and not heading.titled else ""
    headers = ("#" if first.commented else "name", *first.keys)
    values = [value for at, row in enumerate(rows) for value in _values(context, at, row)]
    if not values:
        return None
    return ReadTable(
        line=first.lines[0].number, name=first.part or titled or first.label.text, headers=headers,
        labels=(True, *(False for _ in first.keys)),
        rows=tuple((row.group.label.text, *(pair.text for pair in row.group.pairs)) for row in rows),
        values=with_baselines(one_unit(values)), block=first.template,
    )  # fmt: skip


def _values(context: Context, at: int, row: _Row) -> Iterator[Value]:
    """The values of one row of a block; of several numbers behind one key, each is called by its place."""
    group = row.group
    for column, (pair, of_pair) in enumerate(zip(group.pairs, row.said, strict=True), start=1):
        what = f"row {group.label.text!r}, key {pair.key!r}"
        line = GridRow(line=pair.line, cells=(group.label.text,))
        for place, found in enumerate(_numbers(pair)):
            around = {} if found is None or pair.listed else columns.of_cell(context, found)
            which = {"variant": _which(row.whole, place)} if pair.listed else {}
            merged = columns.merged(context, line, [row.whole, of_pair, around, which], what)
            done = None if merged is None else complete(context, pair.line, what, found, merged)
            if done is not None:
                yield Value(
                    line=pair.line, row=at, column=column, label=group.label.text, part=group.part,
                    header=pair.key, text=pair.text, number=done[0], place=place, meaning=done[1],
                )  # fmt: skip


def _numbers(pair: Pair) -> list[Number | None]:
    """The number behind a key, or the several of a list."""
    if not pair.listed:
        return [number(pair.text)]
    return [
        Number(printed=match[0], before=pair.text[: match.start()], after=pair.text[match.end() :])
        for match in re.finditer(r"[^\s,]+", pair.text)
    ]


def _which(whole: Said, place: int) -> str:
    """Which of several numbers behind one key a number is."""
    part = whole.get("variant")
    return f"{part}, number {place + 1}" if part else f"number {place + 1}"


def one_unit(values: Sequence[Value]) -> list[Value]:
    """The scores of one key in one unit: 0.6 beside 70.6 is of a hundred, too, where none prints a sign."""
    percent = {
        value.column
        for value in values
        if value.number is not None and value.get("unit") is Unit.PERCENT and not value.number.after
    }
    return [
        replace(value, meaning={**value.meaning, "unit": Unit.PERCENT})
        if value.column in percent
        and value.get("unit") is Unit.FRACTION
        and value.get("role") is not Role.FACT
        else value
        for value in values
    ]


def _grid(context: Context, printed: Printed) -> ReadTable | None:
    """A table that a tool printed, read as one of markdown; what it does not say, the commands do."""
    table = read_grid(context, printed.grid, printed.title or printed.grid.headers[0])
    if table is None:
        return None
    said = of_commands(context, table.line)
    values = [replace(value, meaning={**said, **value.meaning}) for value in table.values]
    return replace(table, values=tuple(values))


def _has_figure(fence: Fence) -> bool:
    return any(FIGURE.search(line.text) for line in fence.lines)


def is_console(fence: Fence) -> bool:
    """Whether a block shows what a tool prints of the devices of a machine."""
    return any(word in line.text for line in fence.lines for word in _CONSOLE)


def _first(fence: Fence) -> str:
    return next((line.text.strip() for line in fence.lines if line.text.strip()), "")
