"""Collecting every mistake of the tables, so that one run shows them all."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.errors import Mistake

_SHOWN = 80  # characters of a found value that a message shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record with the file and the dotted path it was read from, such as ``model[0]``."""

    file: str
    path: str
    record: Any


@dataclass(slots=True, kw_only=True)
class Draft:
    """What has been read so far: the good entries by kind, and the mistakes in the order found."""

    entries: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    refused: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # names by kind
    _noted: dict[Mistake, None] = field(default_factory=dict)

    def note(self, file: str, path: str, found: str, expected: str) -> None:
        """Remember a mistake, once."""
        self._noted[Mistake(file=file, path=path, found=found, expected=expected)] = None

    def wrong(self, entry: Entry, path: str, found: str, expected: str) -> None:
        """Remember a mistake at `path` in `entry`."""
        self.note(entry.file, f"{entry.path}.{path}", found, expected)

    def known(self, entry: Entry, path: str, name: str, index: Mapping[str, Any], kind: str) -> bool:
        """Whether `index` has `name`; a mistake that lists what there is where it has not.

        None where an entry of that name was refused: that one is to be put right, not this.
        """
        if name in index:
            return True
        if name not in self.refused[kind]:
            self.wrong(entry, path, show(name), f"a known {kind}: {listed(index)}")
        return False

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """All of them, in the order found."""
        return tuple(self._noted)


def show(value: object) -> str:
    """A value as a table writes it, cut to a line's length."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def listed(names: Iterable[object]) -> str:
    """The names there are, for a message."""
    return ", ".join(str(name) for name in names) or "there is none"
