"""The names that a config.json gives its logits, in any usual spelling, and the order that is scored.

Scores are counted by the place of a logit: labels in another order would be wrong in the fp32 reference and
in the artifact alike, and no drop would show it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.decoding import short
from harness.errors import CheckpointError
from harness.tasks.label_names import meaning

_NUMBERED = re.compile(r"(?:label-?)?(\d{1,6})", re.ASCII)  # what says nothing but its own number
_KEY = re.compile(r"\d{1,6}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Where a checkpoint has each label that is scored: ``rows[n]`` is its logit of the n-th one.

    `rows` is empty where nothing is to be moved; `note` says what was moved or could not be held against
    anything, empty where all is well.
    """

    rows: tuple[int, ...] = ()
    note: str = ""


def order(path: Path, content: Mapping[str, Any], labels: Sequence[str]) -> Order:
    """How the config.json at `path` orders `labels`.

    Raises `CheckpointError` for an ``id2label`` and a ``label2id`` that contradict each other, for ids that
    are not 0, 1, 2 ... once each, and for names of which some are among `labels` and some are not. Names of
    which none is known are told in the note, and so are those that only number (``LABEL_0``).
    """
    found = _told(path, content)
    if found is None:
        return Order(note=f"{path.name} names no labels: taken in the order {', '.join(labels)}")
    if len(found) != len(labels):
        raise _refused(path, labels, f"found {len(found)} labels ({_listed(found)}), expected {len(labels)}")
    wanted, names = [meaning(name) for name in labels], [meaning(name) for name in found]
    # As they are spelt, where that tells them; else by what they mean.
    for here, there in ((found, labels), (names, wanted)):
        if sorted(here) == sorted(there) and len(set(here)) == len(here):
            rows = tuple(here.index(name) for name in there)
            in_place = rows == tuple(range(len(rows)))
            return Order() if in_place else Order(rows=rows, note=_mapped(path, found, labels))
    if all(_NUMBERED.fullmatch(name) for name in names):
        if not _tell_places(found):
            raise _refused(path, labels, f"found {_listed(found)}, whose numbers are not their places")
        return Order(note=f"{path.name} only numbers its labels: taken in the order {', '.join(labels)}")
    if set(names) & set(wanted) or len(set(found)) < len(found):
        raise _refused(path, labels, f"found the labels {_listed(found)}, expected {', '.join(labels)}")
    return Order(
        note=f"{path.name} names its labels {_listed(found)}, none of which is known: taken in the order "
        f"{', '.join(labels)}"
    )


def names(path: Path, content: Mapping[str, Any]) -> tuple[str, ...]:
    """The names that the config.json at `path` gives its logits, by place; empty where it gives none.

    ``LABEL_3`` is what transformers writes where nobody named the fourth; a bare ``3`` is a name, and so is
    ``LABEL_3`` elsewhere. Raises `CheckpointError` as `order` does.
    """
    found = _told(path, content)
    unnamed = [f"label-{at}" for at in range(len(found or ()))]
    return () if found is None or [*map(meaning, found)] == unnamed else tuple(found)


def count(content: Mapping[str, Any]) -> int | None:
    """How many labels a config.json names, None where it names none."""
    for key in ("id2label", "label2id"):
        named = content.get(key)
        if isinstance(named, dict | list) and named:
            return len(named)
    return None


def _told(path: Path, content: Mapping[str, Any]) -> list[str] | None:
    """The names by their place, from whichever of the two tables tells more; None where neither does."""
    forward = _placed(path, "id2label", _pairs(path, "id2label", content))
    back = _placed(path, "label2id", [(number, name) for name, number in _pairs(path, "label2id", content)])
    both = [names for names in (forward, back) if names is not None]
    told = [names for names in both if not _tell_places(names)]
    meant = [[*map(meaning, names)] for names in both]
    same = len(both) == 2 and sorted(meant[0]) == sorted(meant[1])  # then neither tells more
    if len(both) == 2 and (same or len(told) != 1) and meant[0] != meant[1]:
        raise CheckpointError(
            f"{path}: id2label has {_listed(both[0])} and label2id has {_listed(both[1])}, expected the same",
            remedy="correct the one that is wrong; the training's own list of labels says which",
        )
    return told[0] if told else forward if forward is not None else back


def _pairs(path: Path, key: str, content: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    table = content.get(key)
    if isinstance(table, list):
        return list(enumerate(table))
    if table is None or isinstance(table, dict):
        return list((table or {}).items())
    raise _unordered(path, key, f"{short(table)}, no table")


def _placed(path: Path, key: str, pairs: Sequence[tuple[Any, Any]]) -> list[str] | None:
    """The names of pairs ``(number, name)`` by number; None without any. Raises `CheckpointError`."""
    if not pairs:
        return None
    by_place = {_place(number): name for number, name in pairs}
    if set(by_place) != set(range(len(pairs))):
        raise _unordered(path, key, f"the numbers {_listed([number for number, _ in pairs])}")
    names = [by_place[at] for at in range(len(pairs))]
    if not all(isinstance(name, str) for name in names):
        raise _unordered(path, key, f"the names {_listed(names)}")
    return names


def _unordered(path: Path, key: str, found: str) -> CheckpointError:
    return CheckpointError(
        f"{path}: {key}: found {found}, expected a name for each of the numbers from 0, once",
        remedy="put the published config.json there, unchanged",
    )


def _place(number: Any) -> int | None:
    if isinstance(number, str) and _KEY.fullmatch(number):
        return int(number)
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def _tell_places(names: Sequence[str]) -> bool:
    """Whether names say nothing but their own places: ``LABEL_0``, ``LABEL_1`` or ``0``, ``1``."""
    found = [_NUMBERED.fullmatch(meaning(name)) for name in names]
    return [item and int(item[1]) for item in found] == list(range(len(names)))


def _mapped(path: Path, found: Sequence[str], labels: Sequence[str]) -> str:
    return (
        f"{path.name} orders its labels {_listed(found)}; scores are counted as {', '.join(labels)}: "
        "its outputs are mapped by name"
    )


def _listed(names: Sequence[Any]) -> str:
    shown = ", ".join(
        name if isinstance(name, str) and name.isprintable() else repr(name) for name in names[:20]
    )
    return f"{shown}, ..." if len(names) > 20 else shown


def _refused(path: Path, labels: Sequence[str], said: str) -> CheckpointError:
    return CheckpointError(
        f"{path}: not the labels that are scored: {said}",
        remedy="put the published checkpoint there, or name its labels in config.json as they are here: "
        + ", ".join(labels),
    )
