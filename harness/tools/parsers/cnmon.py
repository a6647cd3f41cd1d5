"""cnmon, versions 4 and 5: two rows a card."""

from __future__ import annotations

import re

from harness.tools.parsers.records import Card, CardList
from harness.tools.parsers.tables import BUS, MEMORY, cells, index, quantity
from harness.tools.parsers.text import Log

TOOL = "cnmon"
SECOND = "| Fan Temp Pwr:Usage/Cap | Memory-Usage | Compute-Mode |"

_VERSION = re.compile(r"\bCNMON v?(\S+)")
_DRIVER = re.compile(r"\bDriver v(\S+)")
_FIRST = re.compile(r"(\d{1,9}) +(?:/|\d+)? +(MLU\S+) +v?(\S+)", re.ASCII)
_OLD_DRIVER = re.compile(r"(\S+) +v(\S+)")  # version 4 lists it by card: ``On v4.20.11``


def recognises(log: Log) -> bool:
    """Whether this is cnmon's table."""
    return log.has(_VERSION)


def parse(log: Log) -> CardList:
    """Every card. Raises `ParseError` for a table without one, and for one that is cut within a card."""
    version, driver = log.first(_VERSION), log.first(_DRIVER)
    told = driver and driver[1]
    cards: list[Card] = []
    first: tuple[int, re.Match[str], list[str]] | None = None
    for line in log.lines:
        row = cells(line.text)
        named = _FIRST.match(row[0]) if len(row) == 3 else None
        if named:
            if first is not None:
                raise log.missing(TOOL, SECOND, first[0])
            first = (line.number, named, row)
            old = _OLD_DRIVER.fullmatch(row[1])
            told = told or (old and old[2])
        elif first is not None and len(row) == 3:
            cards.append(_card(log, first, line.number, row))
            first = None
    if first is not None:
        raise log.missing(TOOL, SECOND, first[0])
    if not cards:
        raise log.missing(TOOL, "| Card VF Name Firmware | ... | Util |")
    return CardList(tool=TOOL, version=version and version[1], driver=told, cards=tuple(cards))


def _card(log: Log, first: tuple[int, re.Match[str], list[str]], line: int, row: list[str]) -> Card:
    at, named, above = first
    memory = MEMORY.search(row[1])
    if memory is None:
        raise log.missing(TOOL, SECOND, line)
    bus = BUS.search(above[1])
    return Card(
        index=index(log, at, named[1]),
        name=named[2],
        bus_id=None if bus is None else bus[0],
        memory_used_mib=float(memory[1]),
        memory_total_mib=float(memory[2]),
        temperature_c=quantity(row[0], "C"),
        power_w=quantity(row[0], "W"),
        utilisation_percent=quantity(above[2], "%"),
    )
