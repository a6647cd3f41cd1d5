"""Cells' meanings as a [[table]] says them: each key once, of the table, its columns or its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Said = dict[str, Any]
Cells = Mapping[tuple[int, int], Said]  # by row and column


@dataclass(frozen=True, kw_only=True)
class Placed:
    """What a table, its columns, its rows and single cells say."""

    whole: Said = field(default_factory=dict)
    of_columns: dict[int, Said] = field(default_factory=dict)
    of_rows: dict[int, Said] = field(default_factory=dict)
    of_cells: dict[tuple[int, int], Said] = field(default_factory=dict)


def placed(cells: Cells, defaults: Mapping[str, Any]) -> Placed:
    """Where each key of `cells` is said: of all, of columns, of rows; else of the cells that differ.

    `defaults` are what a table need not say: a cell without such a key has its default.
    """
    rows = sorted({row for row, _ in cells})
    columns = sorted({column for _, column in cells})
    found = Placed(of_columns={at: {} for at in columns}, of_rows={at: {} for at in rows})
    for key in dict.fromkeys(key for said in cells.values() for key in said):
        values = {place: said.get(key, defaults.get(key)) for place, said in cells.items()}
        if _alike(values.values()):
            value = next(iter(values.values()))
            if value != defaults.get(key):
                found.whole[key] = value
            continue
        by_column = {at: {place: v for place, v in values.items() if place[1] == at} for at in columns}
        by_row = {at: {place: v for place, v in values.items() if place[0] == at} for at in rows}
        if all(_alike(group.values()) for group in by_column.values()):
            _put(found.of_columns, by_column, found, key, defaults)
        elif all(_alike(group.values()) for group in by_row.values()):
            _put(found.of_rows, by_row, found, key, defaults)
        elif _exceptions(by_column) <= _exceptions(by_row):
            _put(found.of_columns, by_column, found, key, defaults)
        else:
            _put(found.of_rows, by_row, found, key, defaults)
    return found


def _put(
    parts: Mapping[int, Said],
    groups: Mapping[int, Mapping[tuple[int, int], Any]],
    found: Placed,
    key: str,
    defaults: Mapping[str, Any],
) -> None:
    """Say `key` of each column or row that mostly agrees, and of the cells that do not.

    What one cell of a group leaves open nothing can say of the group: no cell takes back what is said.
    """
    for at, group in groups.items():
        usual = _usual(list(group.values()))
        if None in group.values():
            usual = None
        if usual is not None and usual != defaults.get(key):
            parts[at][key] = usual
        for place, value in group.items():
            if value is not None and value != usual:
                found.of_cells.setdefault(place, {})[key] = value


def _alike(values: Iterable[Any]) -> bool:
    items = list(values)
    return all(item == items[0] for item in items)


def _usual(values: Sequence[Any]) -> Any:
    [(text, _)] = Counter(map(repr, values)).most_common(1)
    return next(value for value in values if repr(value) == text)


def _exceptions(groups: Mapping[int, Mapping[tuple[int, int], Any]]) -> int:
    """How many cells have to say for themselves what their group does not."""
    number = 0
    for group in groups.values():
        values = list(group.values())
        if None in values:
            number += sum(value is not None for value in values)
        else:
            usual = _usual(values)
            number += sum(value != usual for value in values)
    return number
