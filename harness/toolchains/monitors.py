"""A vendor's monitor: its list of cards, read as far as it goes, and the one card that `--device` means.

A card that is lost, or of which something is not told, leaves the others as they are: it is refused by its
own number, in the tool's words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import ParseError
from harness.toolchains.asking import NO_ANSWER, asked
from harness.toolchains.base import Unavailable
from harness.toolchains.place import SIMULATED, Toolchain
from harness.tools import parsers
from harness.tools.parsers import Card, CardList, Log
from harness.tools.parsers.tables import NOTHING
from harness.tools.process.records import ending

NOT_TOLD = "not told"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a monitor printed, and the cards in it; `trouble` is all else that it said, in words."""

    tool: str
    log: Log
    cards: CardList
    trouble: str = ""

    @property
    def simulated(self) -> bool:
        """Whether the tests' imitation of the tool says so."""
        return any(SIMULATED in line.text for line in self.log.lines)

    def names(self) -> str:
        """The cards as messages list them."""
        return ", ".join(map(str, self.cards.cards))


def listed(toolchain: Toolchain, argv: Sequence[str], parse: Callable[[Log], CardList]) -> Listing:
    """The list that `argv` prints. Raises as `process.run` and `parse`.

    A monitor that lists cards and ends with a status of its own, as nvidia-smi does where one of several is
    lost, is read; how it ended is its trouble.
    """
    tool = Path(argv[0]).name
    answer = asked(toolchain, argv)
    failure = answer.failure
    if failure is not None and (isinstance(failure, NO_ANSWER) or failure.status is None):
        raise failure
    log = parsers.read(answer.output, tool)
    try:
        cards = parse(log)
    except ParseError:
        if failure is not None:
            raise failure from None
        raise
    said = [f"it ended with {ending(failure.finished)}"] if failure is not None else []
    said += [f"it says: {line}" for line in cards.said]
    return Listing(tool=tool, log=log, cards=cards, trouble="; ".join(said))


def unknown(card: Card) -> dict[str, str]:
    """Of a card the words that nobody here knows, by the facts in whose place they stand; no ``NA``."""
    return {fact: f"{NOT_TOLD} ({word})" for fact, word in card.unread.items() if not NOTHING.fullmatch(word)}


def chosen(listing: Listing, device: int) -> Card | Unavailable:
    """The card that `--device` calls `device`, or why there is none to measure on."""
    tool, card = listing.tool, listing.cards.of(device)
    if card is None:
        said = f"; {listing.trouble}" if listing.trouble else ""
        numbered = any(other.number is not None for other in listing.cards.cards)
        return Unavailable(
            reason=f"there is no card {device}: {tool} lists {listing.names()}{said}",
            remedy="choose one of them with --device"
            if numbered
            else "repair it: none of them can be chosen",
        )
    if card.trouble is not None:
        return Unavailable(
            reason=f"card {device} cannot be used: {tool} says of it: {card.trouble}",
            remedy="repair or reset the card, or choose another with --device",
        )
    if card.name is None:
        return Unavailable(
            reason=f"card {device} has no name that can be read: {tool} says {card.unread.get('name')!r}",
            remedy="choose another card with --device",
        )
    if card.share is not None:
        return Unavailable(
            reason=f"card {device} is a {card.name} that is given away in parts ({tool}: {card.share})",
            remedy="choose a whole card with --device",
        )
    return card
