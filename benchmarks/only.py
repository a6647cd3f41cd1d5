"""What `--only WORD` of a benchmark keeps to."""

from __future__ import annotations

import sys
from collections.abc import Iterable


def only(word: str, names: Iterable[str]) -> list[str]:
    """The names that hold the word. Exits, with all there are, where none does: nothing would be measured."""
    every = list(dict.fromkeys(names))
    found = [name for name in every if word in name]
    if not found:
        sys.exit(f"--only {word}: found in no name; there are: {', '.join(every)}")
    return found
