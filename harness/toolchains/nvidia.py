"""What `nvidia-smi` says of a card: shared by the backends that run on NVIDIA's GPUs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import ParseError
from harness.toolchains import monitors
from harness.toolchains.asking import asked
from harness.toolchains.base import Unavailable
from harness.toolchains.monitors import NOT_TOLD, Listing
from harness.toolchains.place import Toolchain
from harness.toolchains.tensorrt import commands
from harness.tools import parsers
from harness.tools.parsers import nvidia_smi
from harness.tools.parsers.tables import NOTHING
from harness.tools.process import ToolFailed

_REFUSED = re.compile(r'Field "([\w.]+)" is not a valid field to query')


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One card, under the index that nvidia-smi gives it; `facts` are what it tells, as printed."""

    name: str
    facts: Mapping[str, str]
    simulated: bool


def said(toolchain: Toolchain, argv: Sequence[str]) -> parsers.Log:
    """What a tool prints when it is asked what is here. Raises as `process.run`."""
    answer = asked(toolchain, argv)
    if answer.failure is not None:
        raise answer.failure
    return parsers.read(answer.output, Path(argv[0]).name)


def card(toolchain: Toolchain, device: int) -> Found | Unavailable:
    """Card number `device`. Raises as `monitors.listed`: for an answer that lists no card `ParseError`."""
    listing = _listing(toolchain)
    chosen = monitors.chosen(listing, device)
    if isinstance(chosen, Unavailable):
        return chosen
    table = _table(toolchain)
    if table is not None and (whole := table.cards.of(device)) is not None and whole.share is not None:
        return monitors.chosen(table, device)  # type: ignore[return-value] # a share is never chosen
    facts = _facts(listing, device, table)
    assert chosen.name is not None  # `chosen` refuses one without
    simulated = listing.simulated or (table is not None and table.simulated)
    return Found(name=chosen.name, facts=facts, simulated=simulated)


def _listing(toolchain: Toolchain) -> Listing:
    """The cards; a field that this driver does not have, or has no more, is left out: it is not told."""
    fields = list(commands.QUERIED)
    while True:
        try:
            return monitors.listed(toolchain, commands.cards(fields), nvidia_smi.parse)
        except ToolFailed as failure:
            refused = _REFUSED.search(failure.tail)
            if refused is None or refused[1] not in fields or refused[1] in ("index", "name"):
                raise
            fields.remove(refused[1])


def _table(toolchain: Toolchain) -> Listing | None:
    """The table, whose head names the driver and the CUDA that it runs; None where it cannot be read."""
    try:
        return monitors.listed(toolchain, commands.monitor(), nvidia_smi.parse)
    except (ParseError, ToolFailed):
        return None


def _facts(listing: Listing, device: int, table: Listing | None) -> dict[str, str]:
    """What is told of the card, its driver and the newest CUDA that this runs; what is not, by its name."""
    row = _row(listing.log, device)
    facts = {name: NOT_TOLD for name in commands.QUERIED if name not in row}
    for name, value in row.items():
        word = value if value.startswith("[") else ""
        untold = bool(word) or NOTHING.fullmatch(value) is not None
        facts[name] = f"{NOT_TOLD} ({value or 'nothing stands there'})" if untold else value
    head = None if table is None else table.cards
    others = "; ".join(head.said) if head is not None else "its table cannot be read"
    unknown = f"{NOT_TOLD} ({others})" if others else NOT_TOLD
    driver = facts.pop("driver_version")
    if driver.startswith(NOT_TOLD):
        driver = (head and head.driver) or unknown
    facts |= {"driver": driver, "cuda": (head and head.cuda) or unknown}
    if listing.trouble:
        facts["monitor"] = listing.trouble
    return facts


def _row(log: parsers.Log, device: int) -> dict[str, str]:
    """The card's line of the CSV by its header, where ``power.limit [W]`` stands for ``70.00 W``."""
    rows = [[value.strip() for value in line.text.split(",")] for line in log.lines]
    names = next(row for row in rows if "index" in row)
    at = names.index("index")
    found = next(row for row in rows if len(row) > at and row[at] == str(device))
    return {name.partition(" [")[0]: value for name, value in zip(names, found, strict=False)}
