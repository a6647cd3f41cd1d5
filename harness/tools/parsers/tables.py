"""What monitors' boxes have in common: cells between bars, rows of one card, and quantities in them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from harness.tools.parsers import consistency
from harness.tools.parsers.records import Card
from harness.tools.parsers.text import LARGEST, NUMBER, Line, Log

BUS = r"[0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-9A-Fa-f]"
# How tools write that they do not tell something; anything else in a value's place is a word to be shown.
NOTHING = re.compile(
    r"\[?(?:n/?a|-+|not supported|insufficient permissions|not available)\]?|", re.IGNORECASE
)
# A card that is listed and is not there any more, as nvidia-smi and its library's errors write it.
_LOST = re.compile(r"\blost\b|\brequires? (?:a )?reset|\bfallen off", re.IGNORECASE)
_RULE = re.compile(r"[|+]?[-=+]{5,}[|+]?")


def cells(text: str) -> list[str]:
    """The cells of one row of a box, without their padding; none where it is no row."""
    stripped = text.strip()
    if not stripped.startswith("|") or is_rule(text):
        return []
    return [cell.strip() for cell in stripped.removeprefix("|").removesuffix("|").split("|")]


def is_rule(text: str) -> bool:
    """Whether this is a line of a box: what stands below it is of another card."""
    return _RULE.fullmatch(text.strip()) is not None


@dataclass(slots=True)
class Rows:
    """The rows of one card, from its first on."""

    line: int  # of the first row
    rows: list[list[str]]
    closed: bool = False  # by a line of the box, or by the next card: the listing does not end within it


def groups(lines: Iterator[tuple[Line, list[str]]], starts: Any) -> list[Rows]:
    """Rows by card. `starts(row, rows so far)` says whether a row is the first of another card."""
    found: list[Rows] = []
    for line, row in lines:
        current = found[-1] if found and not found[-1].closed else None
        if not row:
            if current is not None:
                current.closed = True
        elif starts(row, [] if current is None else current.rows):
            if current is not None:
                current.closed = True
            found.append(Rows(line=line.number, rows=[row]))
        elif current is not None:
            current.rows.append(row)
    return found


def quantity(text: str, unit: str = "", *, bare: bool = True) -> float | None:
    """``28`` of ``28C`` where `unit` is ``C``; None for everything that is not a number with that unit.

    Where it may be `bare`, a number alone is one of the unit that the column's heading says.
    """
    found = re.fullmatch(rf"({NUMBER}) *(?:{unit}){'?' if bare else ''}", text.strip(), re.ASCII)
    value = float(found[1]) if found else -1.0
    return value if 0 <= value <= LARGEST else None


def is_index(text: str) -> bool:
    """Whether `text` is a card's number."""
    return text.isascii() and text.isdigit() and len(text) < 10


@dataclass(slots=True)
class Facts:
    """The facts of one card as they are found: what is told, and what stands where something is not."""

    told: dict[str, Any] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)

    def number(self, fact: str, text: str | None, unit: str = "", *, bare: bool = True) -> None:
        """A quantity of `unit`; None is what the listing does not have."""
        if text is None:
            return
        value = quantity(text, unit, bare=bare)
        most = None if value is None else consistency.beyond(fact, value)
        if value is None:
            self.unread[fact] = text
        elif most is not None:
            self.unread[fact] = f"{text}, expected {most}"
        else:
            self.told[fact] = value

    def word(self, fact: str, text: str | None, form: str = r".+") -> None:
        """A word or a name of the `form`."""
        if text is None:
            return
        broken = NOTHING.fullmatch(text) or text.startswith("[")
        if broken or not re.fullmatch(form, text, re.ASCII):
            self.unread[fact] = text
        else:
            self.told[fact] = text

    def known(self, what: str, text: str | None, form: str) -> None:
        """Something that is no fact here, and is told where it is not one of the known words."""
        if text is not None and not NOTHING.fullmatch(text) and not re.fullmatch(form, text, re.ASCII):
            self.unread[what] = text

    def elsewhere(self, fact: str, keys: Sequence[str], found: Mapping[str, str]) -> None:
        """Of a fact that stands under none of `keys`, paths with ``/``: what stands where it may have moved.

        That is under the same heading, or by the same name under another one.
        """
        headings = {key.partition("/")[0] for key in keys}
        names = {key.rpartition("/")[2] for key in keys}
        kin = [key for key in found if key.partition("/")[0] in headings or key.rpartition("/")[2] in names]
        if kin:
            self.unread[fact] = f"not under `{keys[0]}`; there is `{kin[0]}: {found[kin[0]]}`"

    def cell(self, text: str, form: str, units: Mapping[str, str]) -> None:
        """A cell that holds several quantities: the groups of `form`, which are facts by the units.

        Each has its unit beside it. A cell of another form tells none: which number is which is not known.
        """
        found = re.fullmatch(form, text, re.ASCII)
        for fact, unit in units.items():
            if found is None:
                self.unread[fact] = text
            else:
                self.number(fact, found[fact], unit, bare=False)

    def card(self, index: int | None) -> Card:
        """The card; one whose name is no name, or that says it is lost, is in trouble.

        Of memory that is used beyond all there is, nobody knows which number is wrong: neither is told.
        """
        used, total = (self.told.get(f"memory_{part}_mib") for part in ("used", "total"))
        if used is not None and total is not None and not consistency.at_most(used, total):
            for part in ("used", "total"):
                del self.told[f"memory_{part}_mib"]
                self.unread[f"memory_{part}_mib"] = f"{used:g} MiB used of {total:g} MiB"
        lost = [text for text in self.unread.values() if _LOST.search(text)]
        name = self.unread.get("name", "")
        if not lost and not NOTHING.fullmatch(name):
            lost = [name]
        trouble = lost[0].strip("[]") if lost else None
        return Card(index=index, unread=self.unread, **{"name": None, "trouble": trouble} | self.told)


def told_apart(cards: Sequence[Card]) -> tuple[Card, ...]:
    """The cards, without what is to tell one from the others where several have it.

    A whole card's number, and its place on the bus. The parts of a card, and it, may share both.
    """
    whole = [card for card in cards if card.share is None]
    numbers = Counter(card.number for card in whole if card.number is not None)
    # Chips of one card share its place: npu-smi lists both by the card's number.
    places = Counter(bus for bus, _ in {(card.bus_id, card.index) for card in whole} if bus is not None)
    told: list[Card] = []
    for card in cards:
        alike = numbers[card.number] if card.share is None and card.number is not None else 1
        if alike > 1:
            word = f"{card.number}, which {alike} cards have"
            card = replace(
                card, index=None, device=None, unread={**card.unread, "index": word},
                trouble=card.trouble or f"{alike} cards have its number, {card.number}",
            )  # fmt: skip
        shared = places[card.bus_id] if card.share is None and card.bus_id is not None else 1
        if shared > 1:
            word = f"{card.bus_id}, which {shared} cards have"
            card = replace(card, bus_id=None, unread={**card.unread, "bus_id": word})
        told.append(card)
    return tuple(told)


def rest_of_head(log: Log, head: re.Pattern[str], known: re.Pattern[str]) -> tuple[str, ...]:
    """What the line of `head` says behind it that is not `known`, in the parts that wide gaps make."""
    for line in log.lines:
        found = head.search(line.text)
        if found is not None:
            rest = line.text[found.end() :].strip(" |")
            parts = [part.strip() for part in re.split(r" {2,}", rest)]
            return tuple(part for part in parts if part and not known.fullmatch(part))
    return ()


def rows(log: Log, sizes: tuple[int, ...]) -> Iterator[tuple[Line, list[str]]]:
    """Every row of as many cells as `sizes` has, and an empty one for each line of the box."""
    for line in log.lines:
        row = cells(line.text)
        if len(row) in sizes or is_rule(line.text):
            yield line, row
