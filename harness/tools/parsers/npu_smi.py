"""npu-smi info: two rows a chip. 310P lists its memory, 910B its HBM; older ones have no version line."""

from __future__ import annotations

import re

from harness.tools.parsers.records import Card, CardList
from harness.tools.parsers.tables import BUS, MEMORY, cells, index, quantity
from harness.tools.parsers.text import Log

TOOL = "npu_smi"
SECOND = "| Chip | Bus-Id | AICore(%) Memory-Usage(MB) |"

_HEADER = re.compile(r"\| *NPU +(?:Chip +)?Name")
_VERSION = re.compile(r"npu-smi v?(\S+)")
_DRIVER = re.compile(r"npu-smi.*Version: *(\S+)")
_FIRST = re.compile(r"(\d{1,9}) +(\S+)", re.ASCII)
_CHIP_AND_DEVICE = re.compile(r"\d{1,9} +(\d{1,9})", re.ASCII)
_PROCESSES = re.compile(r"\| *NPU +Chip +\| *Process", re.IGNORECASE)


def recognises(log: Log) -> bool:
    """Whether this is npu-smi's table."""
    return log.has(_HEADER) or log.has(_VERSION)


def parse(log: Log) -> CardList:
    """Every chip. Raises `ParseError` for a table without one, and for one that is cut within a chip."""
    version, driver = log.first(_VERSION), log.first(_DRIVER)
    cards: list[Card] = []
    first: tuple[int, list[str]] | None = None
    for line in log.lines:
        if _PROCESSES.search(line.text):
            break
        row = cells(line.text)
        if len(row) != 3:
            continue
        if BUS.search(row[1]):
            if first is None:
                raise log.missing(TOOL, "| NPU Name | Health | Power(W) Temp(C) |", line.number)
            cards.append(_card(log, *first, line.number, row))
            first = None
        elif _FIRST.fullmatch(row[0]):
            if first is not None:
                raise log.missing(TOOL, SECOND, first[0])
            first = (line.number, row)
    if first is not None:
        raise log.missing(TOOL, SECOND, first[0])
    if not cards:
        raise log.missing(TOOL, "| NPU Name | Health | Power(W) Temp(C) |")
    return CardList(
        tool=TOOL, version=version and version[1], driver=driver and driver[1], cards=tuple(cards)
    )


def _card(log: Log, line: int, first: list[str], second_line: int, second: list[str]) -> Card:
    named = _FIRST.fullmatch(first[0])
    usages = [(float(used), float(total)) for used, total in MEMORY.findall(second[2]) if float(total) > 0]
    if named is None or not usages:
        raise log.missing(TOOL, SECOND, second_line)
    device = _CHIP_AND_DEVICE.fullmatch(second[0])  # a card may hold several chips, each with a number
    used, total = usages[-1]  # of a chip with HBM the last, and the only one that is not 0 / 0
    power, _, rest = first[2].partition(" ")
    return Card(
        index=index(log, line, named[1]),
        name=named[2],
        device=device and int(device[1]),
        health=first[1],
        bus_id=second[1],
        memory_used_mib=used,
        memory_total_mib=total,
        temperature_c=quantity(rest),
        power_w=quantity(power),
        utilisation_percent=quantity(second[2]),
    )
