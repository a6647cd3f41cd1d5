"""npu-smi info, from the versions of CANN 5 to those of Ascend 950; older ones have no version line.

What the values of a row are is what the two rows of its heading say: a chip with HBM has one more pair, one
of several chips on a card a second number, by which the runtime knows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.tools.parsers.records import Card, CardList
from harness.tools.parsers.tables import (
    BUS,
    NOTHING,
    Facts,
    Rows,
    groups,
    is_index,
    rest_of_head,
    rows,
    told_apart,
)
from harness.tools.parsers.text import Line, Log

TOOL = "npu_smi"
FIRST = "| NPU Name | Health | Power(W) Temp(C) |"
SECOND = "| Chip | Bus-Id | AICore(%) Memory-Usage(MB) |"

_HEADER = re.compile(r"\| *NPU +(?:Chip +|ID *\| *)?Name")
_VERSION = re.compile(r"npu-smi v?(\S+)")
_DRIVER = re.compile(r"npu-smi.*Version: *(\S+)")
_KNOWN_OF_HEAD = re.compile(r"Version: *\S+")
_FIRST = re.compile(r"(?:(\d{1,9})|N/?A|-+)?(?: +(\S.*))?", re.ASCII | re.IGNORECASE)
_CHIP = re.compile(r"(?:\d{1,9}|N/?A|-+)(?: +(\S.*))?", re.ASCII | re.IGNORECASE)
_PROCESSES = re.compile(r"\| *Process +id", re.IGNORECASE)
_HEALTHS = ("OK", "Warning", "Alarm", "Critical")
# Headings of the last cells: the fact of each, None of one that is known and not kept. A pair is `a / b`.
_VALUES = {"Power(W)": "power_w", "Temp(C)": "temperature_c", "AICore(%)": "utilisation_percent",
           "NPU Util(%)": "utilisation_percent"}  # fmt: skip
_PAIRS = ("Hugepages-Usage(page)", "Memory-Usage(MB)", "HBM-Usage(MB)")
_COLUMN = re.compile(r"(?:NPU )?\S+")
_TOKEN = re.compile(r"\S+? */ *\S+|\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """What the heading says: the columns of the last cell in both rows, and of the second row's first."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    chips: tuple[str, ...]  # ("Chip", "Device")

    def unknown(self) -> tuple[str, ...]:
        """Columns that nobody here knows."""
        return tuple(name for name in (*self.first, *self.second) if name not in (*_VALUES, *_PAIRS))


def recognises(log: Log) -> bool:
    """Whether this is npu-smi's table."""
    return log.has(_HEADER) or log.has(_VERSION)


def parse(log: Log) -> CardList:
    """Every chip. Raises `ParseError` for a table without one or without headings, and for a cut one."""
    version, driver = log.first(_VERSION), log.first(_DRIVER)
    layout = _layout(log)
    listed = groups(_body(log), _begins)
    if not listed:
        raise log.missing(TOOL, FIRST)
    if not listed[-1].closed and len(listed[-1].rows) == 1:
        raise log.missing(TOOL, SECOND, listed[-1].line)
    return CardList(
        tool=TOOL, version=version and version[1], driver=driver and driver[1],
        said=(*rest_of_head(log, _VERSION, _KNOWN_OF_HEAD), *layout.unknown()),
        cards=told_apart([_card(found, layout) for found in listed]),
    )  # fmt: skip


def _layout(log: Log) -> _Layout:
    headings = [row for _, row in rows(log, (3, 4)) if any(_headed(cell) for cell in row)]
    if len(headings) < 2:
        raise log.missing(TOOL, SECOND if headings else FIRST)
    first, second = (tuple(_COLUMN.findall(row[-1])) for row in headings[:2])
    return _Layout(first=first, second=second, chips=tuple(headings[1][0].split()))


def _headed(cell: str) -> bool:
    return cell in ("Health", "Bus-Id")


def _body(log: Log) -> Iterator[tuple[Line, list[str]]]:
    """The rows below the heading and above the processes, as three cells; Ascend 950 has the name apart."""
    below = False
    for line, row in rows(log, (3, 4)):
        if _PROCESSES.search(line.text):
            return
        if any(_headed(cell) for cell in row):
            below = True
        elif below:
            yield line, row if len(row) != 4 else [f"{row[0]} {row[1]}".strip(), *row[2:]]


def _begins(row: list[str], before: list[list[str]]) -> bool:
    """Whether a row is a chip's first: the two of one chip stand between the lines of the box."""
    if re.search(BUS, row[1]):
        return not before
    return len(before) != 1 or row[1] in _HEALTHS


def _card(found: Rows, layout: _Layout) -> Card:
    facts = Facts()
    top, *others = found.rows
    if re.search(BUS, top[1]):  # its first row is not there
        top, others = ["", "", ""], found.rows
    named = _FIRST.fullmatch(top[0])
    index, name = (named[1], named[2]) if named else (None, top[0])
    if index is None or name is None:  # a number alone may be an Ascend 310's name
        facts.unread["index"] = top[0]
    facts.word("name", name or "")
    facts.word("health", top[1])
    _values(facts, top[2], layout.first)
    chip, bus, values = others[0] if others else ("", "", "")
    facts.word("bus_id", bus, BUS)
    _device(facts, chip, layout.chips)
    _values(facts, values, layout.second)
    for row in others[1:]:
        facts.unread["another row"] = " | ".join(row)
    return facts.card(None if "index" in facts.unread else int(index or ""))


def _device(facts: Facts, chip: str, headed: Sequence[str]) -> None:
    """The number by which the runtime knows a chip, where the heading has one beside that on its card."""
    said = _CHIP.fullmatch(chip)
    beside = said[1] if said else chip
    if len(headed) > 1 and is_index(beside or ""):
        facts.told["device"] = int(beside or "")
    elif len(headed) > 1 or beside:
        facts.unread["device" if len(headed) > 1 else "chip"] = chip


def _values(facts: Facts, text: str, columns: Sequence[str]) -> None:
    """A cell's values by its heading; where one is missing nobody knows which, and none is told."""
    tokens = _TOKEN.findall(text)
    pairs = [name for name in columns if name in _PAIRS]
    fits = len(tokens) == len(columns) and all(
        ("/" in token) == (name in pairs) or name not in (*_VALUES, *_PAIRS) or NOTHING.fullmatch(token)
        for name, token in zip(columns, tokens, strict=True)
    )
    if not fits:
        tokens = [text] * len(columns)
    for name, token in zip(columns, tokens, strict=True):
        if name in _VALUES:
            facts.number(_VALUES[name], token)
    _memory(facts, dict(zip(columns, tokens, strict=True)), fits=fits)


def _memory(facts: Facts, said: dict[str, str], *, fits: bool) -> None:
    """Used and all of the chip's memory: its HBM's where it has one, else what is not 0 / 0."""
    usages = [said[name] for name in ("HBM-Usage(MB)", "Memory-Usage(MB)") if name in said]
    if not usages:
        return
    for usage in usages if fits else usages[:1]:
        used, _, total = usage.partition("/")
        if fits and re.fullmatch(r"0+", total.strip()):
            continue
        facts.number("memory_used_mib", used.strip() if fits else usage)
        facts.number("memory_total_mib", total.strip() if fits else usage)
        return
    facts.unread |= dict.fromkeys(("memory_used_mib", "memory_total_mib"), usages[0])
