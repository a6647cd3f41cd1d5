"""What monitors' boxes have in common: cells between bars, and quantities in them."""

from __future__ import annotations

import re

from harness.tools.parsers.text import LARGEST, NUMBER, Log

BUS = re.compile(r"\b[0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-9A-Fa-f]\b")
MEMORY = re.compile(rf"({NUMBER}) *(?:MiB)? */ *({NUMBER})", re.ASCII)


def cells(text: str) -> list[str]:
    """The cells of one row of a box, without their padding; none where it is no row."""
    stripped = text.strip()
    if not stripped.startswith("|"):
        return []
    return [cell.strip() for cell in stripped.strip("|").split("|")]


def quantity(text: str, unit: str = "") -> float | None:
    """The first number before `unit` (``28`` in ``28C``); None for ``N/A`` and the like."""
    found = re.search(rf"({NUMBER}) *{unit}", text, re.ASCII)
    value = float(found[1]) if found else -1.0
    return value if 0 <= value <= LARGEST else None


def index(log: Log, line: int, text: str) -> int:
    """A card's number. Raises `ParseError`."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise log.wrong(line, repr(text[:20]), "a card's number")
    return int(text)
