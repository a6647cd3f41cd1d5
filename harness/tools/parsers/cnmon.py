"""cnmon, versions 4 and 5: two rows a card."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.tools.parsers.records import Card, CardList
from harness.tools.parsers.tables import BUS, Facts, Rows, groups, rest_of_head, rows, told_apart
from harness.tools.parsers.text import Line, Log

TOOL = "cnmon"
FIRST = "| Card VF Name Firmware | ... | Util |"
SECOND = "| Fan Temp Pwr:Usage/Cap | Memory-Usage | Compute-Mode |"

_VERSION = re.compile(r"\bCNMON v?(\S+)")
_DRIVER = re.compile(r"\bDriver v(\S+)")
# The card's number and the virtual function that it is of (`/` for the whole card), the name, the firmware.
_FIRST = re.compile(
    r"((?:(?:\d{1,9}|/|N/A|-+)(?: +|$)){0,2})(.*?)(?: *(?<!\S)(v\d[\w.]*|\d+(?:\.\d+)+|N/A))?", re.ASCII
)
_HEADED = ("Card", "Fan")
_OLD_DRIVER = re.compile(r"(On|Off) +v(\S+)")  # version 4 lists it by card: ``On v4.20.11``
_FAN_TO_POWER = r"\S+ +(?P<temperature_c>\S+) +(?P<power_w>\S+?(?: W)?) ?/ *\S+(?: W)?"
_MEMORY = r"(?P<memory_used_mib>\S+?(?: MiB)?) ?/ *(?P<memory_total_mib>\S+(?: MiB)?)"
_MODES = "FULL|N/A|Disabled"
_SPLIT = ("MIM", "SMLU", "sMLU", "Enabled")  # modes in which a card is given away in parts
_BUSY = re.compile(r"(\d+ ?%|N/A)?(?: *(\S.*))?", re.ASCII)


def recognises(log: Log) -> bool:
    """Whether this is cnmon's table."""
    return log.has(_VERSION)


def parse(log: Log) -> CardList:
    """Every card. Raises `ParseError` for a table without one, and for one that is cut within a card."""
    version, driver = log.first(_VERSION), log.first(_DRIVER)
    listed = groups(_body(log), _begins)
    if not listed:
        raise log.missing(TOOL, FIRST)
    if not listed[-1].closed and len(listed[-1].rows) == 1:
        raise log.missing(TOOL, SECOND, listed[-1].line)
    old = [said[2] for found in listed if (said := _OLD_DRIVER.fullmatch(found.rows[0][1]))]
    told = driver[1] if driver else next(iter(old), None)
    return CardList(
        tool=TOOL, version=version and version[1], driver=told, said=rest_of_head(log, _VERSION, _DRIVER),
        cards=told_apart([_card(found) for found in listed]),
    )  # fmt: skip


def _body(log: Log) -> Iterator[tuple[Line, list[str]]]:
    """The rows of cards: those below are of processes."""
    for line, row in rows(log, (1, 3)):
        if len(row) == 1 and row[0].startswith("Processes"):
            return
        if len(row) != 1 and not (row and row[0].startswith(_HEADED)):
            yield line, row


def _begins(row: list[str], before: list[list[str]]) -> bool:
    """Whether a row is a card's first: the one below a line of the box, or one with a bus or a driver."""
    own = re.search(BUS, row[1]) or _OLD_DRIVER.fullmatch(row[1])
    return bool(row[0] and not before) or own is not None


def _card(found: Rows) -> Card:
    facts = Facts()
    first, *others = found.rows
    named = _FIRST.fullmatch(first[0])
    numbers, name = (named[1].split(), named[2]) if named else ([], first[0])
    index = int(numbers[0]) if len(numbers) == 2 and numbers[0].isdigit() else None
    if index is None:  # one number alone may be either
        facts.unread["index"] = first[0]
    elif numbers[1].isdigit():
        facts.told["share"] = f"VF {numbers[1]}"
    facts.word("name", name)
    if not _OLD_DRIVER.fullmatch(first[1]):
        facts.word("bus_id", first[1], BUS)
    busy = _BUSY.fullmatch(first[2])
    facts.number("utilisation_percent", first[2] if busy is None else busy[1] or "", "%")
    facts.known("ECC errors", busy[2] if busy else None, r"\d+")
    second = others[0] if others else ["", "", ""]
    facts.cell(second[0], _FAN_TO_POWER, {"temperature_c": "C", "power_w": "W"})
    facts.cell(second[1], _MEMORY, {"memory_used_mib": "MiB", "memory_total_mib": "MiB"})
    mode = second[2].partition(" ")[0]
    facts.known("mode", second[2], rf"(?:(?:{_MODES}|{'|'.join(_SPLIT)}) +)?Default|\d+ MiB */ *\d+ MiB")
    facts.told |= {"share": mode} if mode in _SPLIT else {}
    for row in others[1:]:
        facts.known("another row", " ".join(row), r"\s*")
    return facts.card(index)
