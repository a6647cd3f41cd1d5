"""What tells two values of a table apart where no setting with a name of its own does: their own words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from heapq import merge
from typing import Any

from harness.documents.readme.blocks import Grid, GridRow
from harness.documents.readme.labels import names_chips
from harness.documents.readme.naming import rest
from harness.documents.readme.once import once
from harness.documents.readme.reading import Context, Note, ReadTable, Value
from harness.domain.metrics import Unit
from harness.domain.references import Role
from harness.domain.settings import SETTINGS
from harness.domain.words import WordKind

# What calls results those that others are held against.
REFERENCE = re.compile(r"参考|(?<![a-z])reference(?![a-z])", re.IGNORECASE)
_JOINING = " 的&和:：-"  # what joins a title's words
_SHORT = 60  # characters of a line above a table that may say which one it is
_Key = tuple[Any, ...]
_Stated = Mapping[_Key, Value]  # what a table gives as results, by all that tells them apart
KEYS = ("role", "metric", "called", "chip", "precision", "batch_size", "best", "ratio", *SETTINGS)


def key_of(value: Value) -> _Key:
    """All that tells a value from another: of equal ones a table can hold one."""
    return tuple(map(value.meaning.get, KEYS))


def labelled(
    context: Context,
    grid: Grid,
    labels: Sequence[bool],
    rows: Sequence[GridRow],
    of_rows: Sequence[dict[str, Any]],
) -> list[dict[str, Any]]:
    """What rows say, with the words of their labels that nothing explains and that are not all the same.

    A data set that is the same in all rows tells none apart; of a model that is more than a name it is known.
    A precision that is none of ours tells its row apart from those of ours, though they leave no word.
    """
    for at, (header, label) in enumerate(zip(grid.headers, labels, strict=True)):
        words = [said["rests"].get(at, "") for said in of_rows]
        kind = context.words.is_whole(header, WordKind.LABEL)
        if kind in ("", "model", "source"):
            words = _carried(context, words, [row.cells[at] for row in rows])
        named = kind == "precision" or names_chips(context, header)  # beside what is known one name is enough
        different = set(words) if named else set(words) - {""}
        if not label or len(different) < 2:
            continue
        numbers = all(word.isdigit() for word in words if word)
        for said, word in zip(of_rows, words, strict=True):
            if word:
                told = f"{header.strip()}={word}" if numbers else word
                said["variant"] = f"{said['variant']}, {told}" if "variant" in said else told
    sets = {said.get("dataset") for said in of_rows}
    if len(sets) < 2 and not context.claims:
        for said in of_rows:
            said.pop("dataset", None)
    return list(of_rows)


def _carried(context: Context, words: Sequence[str], cells: Sequence[str]) -> list[str]:
    """`words` of a column of models, their kinds or sources, where a dash repeats what stands above it."""
    carried, last = [], ""
    for word, cell in zip(words, cells, strict=True):
        last = last if not word and context.words.absent(cell) else word
        carried.append(last)
    return carried


def of_models(context: Context, tables: Sequence[ReadTable]) -> list[ReadTable]:
    """`tables`, each with the one model that its column of models, the line or the title over it names.

    Only where rows of other tables are of other models.
    """
    names = models_named(context)
    return [_of_model(context, table, names) if names else table for table in tables]


@once
def models_named(context: Context) -> list[str]:
    """What the columns of models call them, but for what the document as a whole is called."""
    readme = context.readme
    rows = ((grid.headers, row.cells) for grid in readme.grids for row in grid.rows)
    found = {name for headers, cells in rows for name in _named(context, headers, cells)}
    title = readme.title.lower()
    names = [name for name in found if len(name) > 1 and name.lower() not in title]
    return sorted(names) if len(names) > 1 else []


def _named(context: Context, headers: Sequence[str], cells: Sequence[str]) -> Iterator[str]:
    """What the cells under heads of models, or of names, are called."""
    for header, cell in zip(headers, cells, strict=False):
        kind = context.words.is_whole(header, WordKind.LABEL)
        if kind == "model" or header.strip().casefold() == "name":
            yield rest(context.words, cell)


def _of_model(context: Context, table: ReadTable, names: Sequence[str]) -> ReadTable:
    readme, at = context.readme, _begin(context, table)
    title = readme.under(at)
    named = [name for row in table.rows for name in _named(context, table.headers, row)]
    own = {*named, *(value.get("variant") for value in table.values)} & set(names)
    above_it = "" if _is_text(context, table) else readme.above(at)
    texts = (above_it, "" if title is None else title.text)
    above = ({name for name in names if _stands(name, text)} for text in texts)
    only = next((found for found in ((own,) if own else above) if len(found) == 1), None)
    if only is None:
        return table
    [name] = only
    told = any(name.lower() in str(value.get("variant")).lower() for value in table.values)
    of_it = tuple(_with_variant(value, name) for value in table.values)
    return table if told else replace(table, values=of_it)


def _is_text(context: Context, table: ReadTable) -> bool:
    """Whether a table was read from a line of text: what stands above that is another sentence."""
    return table.block is not None and _begin(context, table) == table.line


def _begin(context: Context, table: ReadTable) -> int:
    """The line that a table begins at, or the block that it stands in."""
    fence = context.readme.fence_of(table.line)
    return table.line if fence is None else fence.line


def model_in(context: Context, text: str) -> str | None:
    """The only one of a claiming document's models that `text` names."""
    names = models_named(context) if context.claims else ()
    found = [name for name in names if _stands(name, text)]
    return found[0] if len(found) == 1 else None


def _stands(name: str, text: str) -> bool:
    """Whether a name stands in a text, and is no part of a longer one."""
    if name.lower() not in text.lower():  # as most are: a pattern for each would take the longest
        return False
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, re.IGNORECASE | re.ASCII) is not None


def between(context: Context, tables: Sequence[ReadTable]) -> list[ReadTable]:
    """`tables`, where two that state another value of one thing are told apart by what stands above them.

    Results that a block prints are of the tables beside them, unless they are others even as rounded there:
    then it is the block that was another run. Two blocks that print all the same keys are two runs, whatever
    their numbers; what alone is called reference is what the other one is held against.
    """
    stated = [_stated(table) for table in tables]
    fenced = [context.readme.fence_of(table.line) is not None for table in tables]
    titles = [_above(context, table) for table in tables]
    holding = _holding(tables, stated, titles, range(len(tables)))
    words = dict[int, str]()
    references = set[int]()
    for at, table in enumerate(tables):
        may_refer = fenced[at] and any(map(REFERENCE.search, titles[at]))
        for other in dict.fromkeys(merge(*(holding[table.block is None, *key] for key in stated[at]))):
            own = _own(titles[at], titles[other])
            rerun = fenced[at] and fenced[other] and stated[at].keys() == stated[other].keys()
            if not own or not (rerun or _at_odds(stated[at], stated[other])):
                continue
            words.setdefault(at, own[0])
            if not may_refer:
                break
            if rerun and any(map(REFERENCE.search, own)) and not any(map(REFERENCE.search, titles[other])):
                references.add(at)
                break
    for at in range(len(tables)):
        if not fenced[at] or at in words:
            continue
        beside = dict.fromkeys(merge(*(holding[True, *key] for key in stated[at])))
        others = (other for other in beside if not fenced[other] and _is_another(stated[at], stated[other]))
        word = next((text for other in others for text in _own(titles[at], titles[other])), None)
        words |= {} if word is None else {at: word}
    words |= _under_one_title(tables, stated, titles, words)
    found = list(tables)
    for at, word in words.items():
        values = [_with_variant(value, word) for value in tables[at].values]
        values = [_as_baseline(value) for value in values] if at in references else values
        found[at] = replace(tables[at], values=tuple(values))
    return found


def _holding(
    tables: Sequence[ReadTable],
    stated: Sequence[_Stated],
    titles: Sequence[Sequence[str]],
    places: Iterable[int],
) -> Mapping[_Key, list[int]]:
    """Which of the tables at `places` state a thing, those of blocks and the others by themselves, in order.

    Of those with the same titles and the same keys that is the first, and the first of another number: as
    many as tell whether one is at odds with any.
    """
    holding: Mapping[_Key, list[int]] = defaultdict(list)
    groups: dict[tuple[tuple[str, ...], frozenset[_Key]], int] = {}
    numbers: Mapping[_Key, set[Decimal]] = defaultdict(set)
    for at in places:
        kind = tables[at].block is None
        group = groups.setdefault((tuple(titles[at]), frozenset(stated[at])), len(groups))
        for key, value in stated[at].items():
            assert value.number is not None
            known = numbers[group, kind, *key]
            if len(known) < 2 and value.number.value not in known:
                known.add(value.number.value)
                holding[kind, *key].append(at)
    return holding


def _under_one_title(
    tables: Sequence[ReadTable],
    stated: Sequence[_Stated],
    titles: Sequence[Sequence[str]],
    words: Mapping[int, str],
) -> dict[int, str]:
    """More words for those that the words of a title tell from a third table, and not from each other."""
    found = dict[int, str]()
    under: Mapping[str, list[int]] = defaultdict(list)
    for at, word in words.items():
        under[word].append(at)
    for word, places in under.items():
        holding = _holding(tables, stated, titles, places)
        for at in places:
            near = dict.fromkeys(merge(*(holding[tables[at].block is None, *key] for key in stated[at])))
            others = (other for other in near if _at_odds(stated[at], stated[other]))
            own = next((text for other in others for text in _own(titles[at], titles[other])), None)
            found |= {} if own is None else {at: f"{word}, {own}"}
    return found


def _own(titles: Sequence[str], others: Sequence[str]) -> list[str]:
    """What stands above a table, and not above another one."""
    return [text for text in titles if text not in others]


def _as_baseline(value: Value) -> Value:
    """A value that the document's own are held against: on no chip of the document's."""
    if value.get("role") is not Role.MEASURED:
        return value
    meaning = {key: item for key, item in value.meaning.items() if key != "chip"}
    return replace(value, meaning={**meaning, "role": Role.BASELINE})


def _stated(table: ReadTable) -> _Stated:
    """What a table gives as results, by all that tells them apart."""
    return {key_of(value): value for value in table.values if _counts(value) and value.number}


def _at_odds(one: _Stated, other: _Stated) -> bool:
    """Whether two tables state two numbers of the same thing."""
    return any(_amount(one.get(key, value)) != _amount(value) for key, value in other.items())


def _is_another(one: _Stated, other: _Stated) -> bool:
    """Whether two tables state numbers of the same thing that no rounding makes of each other."""
    pairs = [(one[key], value) for key, value in other.items() if key in one]
    return any(not _same_amount(*pair) for pair in pairs)


def _same_amount(one: Value, other: Value) -> bool:
    """Whether two numbers are one, as far as the shorter one is printed; shares of one as per cent."""
    step = max(_amount(one, step=True), _amount(other, step=True))
    return abs(_amount(one) - _amount(other)) <= step


def _amount(value: Value, *, step: bool = False) -> Decimal:
    """A value's number, or one more in its last digit; a share of one in per cent."""
    assert value.number is not None
    amount = value.number.step if step else value.number.value
    return amount * 100 if value.get("unit") is Unit.FRACTION else amount


def _counts(value: Value) -> bool:
    return value.get("role") in (Role.MEASURED, Role.BASELINE)


def _above(context: Context, table: ReadTable) -> list[str]:
    """What stands above a table, the surest first: titles from the nearest up, then the line above it.

    Above a line of text that is another sentence, or the item beside it.
    """
    readme, line = context.readme, _begin(context, table)
    caption = "" if _is_text(context, table) else readme.above(line).strip(" *#:：-")
    over = [item for item in reversed(readme.headings_of(line)) if item.text]
    titles = [item.text for item in over if item.titled]
    items = [item.text for item in over if not item.titled]
    texts = [*titles, *([caption] if 0 < len(caption) <= _SHORT else []), *items]
    return list(dict.fromkeys(_bare(context, text) for text in texts))


def _bare(context: Context, title: str) -> str:
    """A title without what ends any ("模型", "的精度结果如下"); all of it where it has no more."""
    left = title.rstrip(_JOINING)
    while (filler := context.words.hits(left, WordKind.FILLER)) and filler[-1].end == len(left):
        left = left[: filler[-1].start].rstrip(_JOINING)
    return left or title


def told_apart(context: Context, table: ReadTable) -> ReadTable:
    """`table`, no two values of which say the same: where nothing else does, their words tell them apart."""
    found = list(table.values)
    for by in (_by_row, _by_column, _by_number):
        groups: Mapping[tuple[Any, ...], list[int]] = defaultdict(list)
        for at, value in enumerate(found):
            if value.get("role") is not Role.FACT:
                groups[key_of(value)].append(at)
        named = dict[int, str]()
        for group in groups.values():
            if len(group) > 1:
                words = by(context, table, [found[at] for at in group])
                named |= {at: word for at, word in zip(group, words, strict=True) if word}
        if by is _by_column:
            named |= _alone(found, named)
        for at, word in named.items():
            found[at] = _with_variant(found[at], word)
    return replace(table, values=tuple(found))


def _alone(values: Sequence[Value], named: Mapping[int, str]) -> dict[int, str]:
    """The words of a column for its values in rows where what it is told apart from was not read."""
    words: Mapping[tuple[int, int, Any], set[str]] = defaultdict(set)
    for at, word in named.items():
        words[_column(values[at])].add(word)
    found = {at: words.get(_column(value), set()) for at, value in enumerate(values) if at not in named}
    return {
        at: next(iter(held)) for at, held in found.items()
        if len(held) == 1 and values[at].get("role") is not Role.FACT
    }  # fmt: skip


def _column(value: Value) -> tuple[int, int, Any]:
    return value.column, value.place, value.get("metric")


def _with_variant(value: Value, word: str) -> Value:
    before = value.get("variant")
    return replace(value, meaning={**value.meaning, "variant": f"{before}, {word}" if before else word})


def _by_row(context: Context, table: ReadTable, group: Sequence[Value]) -> list[str]:
    """The label cells that differ within the group; a dash stands for what is above it."""
    columns = [_carried_down(context, table, at) for at, label in enumerate(table.labels) if label]
    columns = [cells for cells in columns if len({cells[value.row] for value in group}) > 1]
    rows = [[cells[value.row] for cells in columns] for value in group]
    return [", ".join(cell for cell in row if cell) for row in rows]


def _carried_down(context: Context, table: ReadTable, at: int) -> list[str]:
    """One column's cells, of those that are absent the one above."""
    cells = [row[at] for row in table.rows]
    words = ["" if context.words.absent(cell) else cell.strip() for cell in cells]
    return _carried(context, words, cells)


def _by_column(context: Context, table: ReadTable, group: Sequence[Value]) -> list[str]:
    """What the heads say, where the group stands in several columns.

    A word for the document's own chip is a program's name beside another one on that chip: ``om推理``.
    """
    if len({value.column for value in group}) == 1:
        return [""] * len(group)
    words = [rest(context.words, value.header, WordKind.METRIC) or value.header.strip() for value in group]
    program = any("*" in context.words.values(value.header, WordKind.CHIP) for value in group)
    if program or len(set(words)) == 1:
        words = [value.header.strip() for value in group]
    return words if len(set(words)) > 1 else [""] * len(group)


def _by_number(context: Context, table: ReadTable, group: Sequence[Value]) -> list[str]:
    """Numbers from the second on: the document prints the same words twice, which is told."""
    first, *others = group
    for other in others:
        what = f"row {other.label!r}, column {other.header!r}"
        why = f"all that it says, row {first.label!r}, column {first.header!r} says too; it is called another"
        context.assumed.append(Note(line=other.line, what=what, why=why))
    return ["", *(f"({at})" for at in range(2, len(group) + 1))]
