"""What `--only WORD` of a benchmark keeps to."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import TypeVar

Item = TypeVar("Item")


def only(word: str, items: Iterable[Item], name: Callable[[Item], str] = attrgetter("name")) -> list[Item]:
    """The items whose name holds the word. Exits, with all names, where there is none to measure."""
    every = list(items)
    found = [item for item in every if word in name(item)]
    if not found:
        sys.exit(f"--only {word}: found in no name; there are: {'; '.join(dict.fromkeys(map(name, every)))}")
    return found
