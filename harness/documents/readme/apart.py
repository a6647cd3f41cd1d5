"""What tells two values of a table apart where no setting with a name of its own does: their own words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.documents.readme.blocks import Grid, GridRow
from harness.documents.readme.naming import rest
from harness.documents.readme.reading import Context, Note, Value
from harness.domain.references import Role
from harness.domain.settings import SETTINGS
from harness.domain.words import WordKind

KEYS = ("role", "metric", "called", "chip", "precision", "batch_size", "best", "ratio", *SETTINGS)


def key_of(value: Value) -> tuple[Any, ...]:
    """All that tells a value from another: of equal ones a table can hold one."""
    return tuple(str(value.get(key)) for key in KEYS)


def labelled(
    context: Context,
    grid: Grid,
    labels: Sequence[bool],
    rows: Sequence[GridRow],
    of_rows: Sequence[dict[str, Any]],
) -> list[dict[str, Any]]:
    """What rows say, with the words of their labels that nothing explains and that are not all the same.

    A data set that is the same in all rows tells none apart; of a model that is more than a name it is known.
    """
    for at, (header, label) in enumerate(zip(grid.headers, labels, strict=True)):
        words = [said["rests"].get(at, "") for said in of_rows]
        if not label or len(set(words) - {""}) < 2:
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


def told_apart(
    context: Context, values: Sequence[Value], rows: Sequence[GridRow], labels: Sequence[bool]
) -> list[Value]:
    """`values`, of which no two say the same: what nothing tells apart is told by its label, head or number."""
    found = list(values)
    for by in (_by_row, _by_column, _by_number):
        groups: Mapping[tuple[Any, ...], list[int]] = defaultdict(list)
        for at, value in enumerate(found):
            if value.get("role") is not Role.FACT:
                groups[key_of(value)].append(at)
        for group in groups.values():
            if len(group) > 1:
                words = by(context, [found[at] for at in group], rows, labels)
                for at, word in zip(group, words, strict=True):
                    if word:
                        found[at] = _with_variant(found[at], word)
    return found


def _with_variant(value: Value, word: str) -> Value:
    before = value.get("variant")
    return replace(value, meaning={**value.meaning, "variant": f"{before}, {word}" if before else word})


def _by_row(
    context: Context, group: Sequence[Value], rows: Sequence[GridRow], labels: Sequence[bool]
) -> list[str]:
    """The label cells that differ within the group."""
    differing = [
        at
        for at, label in enumerate(labels)
        if label and len({rows[value.row].cells[at] for value in group}) > 1
    ]
    return [
        ", ".join(cell for at in differing if (cell := rows[value.row].cells[at].strip())) for value in group
    ]


def _by_column(
    context: Context, group: Sequence[Value], rows: Sequence[GridRow], labels: Sequence[bool]
) -> list[str]:
    """What the heads say, where the group stands in several columns."""
    if len({value.column for value in group}) == 1:
        return [""] * len(group)
    words = [rest(context.words, value.header, WordKind.METRIC) or value.header.strip() for value in group]
    if len(set(words)) == 1:
        words = [value.header.strip() for value in group]
    return words if len(set(words)) > 1 else [""] * len(group)


def _by_number(
    context: Context, group: Sequence[Value], rows: Sequence[GridRow], labels: Sequence[bool]
) -> list[str]:
    """Numbers from the second on: the document prints the same words twice, which is told."""
    first, *others = group
    for other in others:
        what = f"row {other.label!r}, column {other.header!r}"
        why = f"all that it says, row {first.label!r}, column {first.header!r} says too; it is called another"
        context.assumed.append(Note(line=other.line, what=what, why=why))
    return ["", *(f"({at})" for at in range(2, len(group) + 1))]


def repeated(names: Sequence[str]) -> list[str]:
    """`names`, each that stands there before with its number."""
    seen = Counter[str]()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found
