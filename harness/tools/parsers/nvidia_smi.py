"""nvidia-smi in three forms: its table, ``-q``, and ``--query-gpu=... --format=csv`` with its header."""

from __future__ import annotations

import re
from collections.abc import Mapping

from harness.tools.parsers.records import Card, CardList
from harness.tools.parsers.tables import BUS, MEMORY, cells, index, quantity
from harness.tools.parsers.text import Log

TOOL = "nvidia_smi"
SECOND = "| Fan Temp Perf Pwr:Usage/Cap | Memory-Usage | GPU-Util |"

_TABLE = re.compile(r"\| *NVIDIA-SMI +(\S+)")
_DRIVER = re.compile(r"Driver Version *: *([\d.]+)", re.ASCII)
_QUERY = re.compile(r"=+NVSMI LOG=+")
_CSV = re.compile(r"^(?:.*, )?(?:name|memory\.total \[MiB\])(?:,.*)?$")
_PROCESSES = re.compile(r"^(?=.*\bpid\b)(?=.*\bused_gpu_memory\b).*,")
_FIRST = re.compile(r"(\d{1,9}) +(.*?)(?: {2,}\S+)?", re.ASCII)
_POWER = re.compile(r"(\d+)W */", re.ASCII)
_TEMPERATURE = re.compile(r"(\d+)C\b", re.ASCII)
_GPU = re.compile(r"^GPU ([0-9A-Fa-f]{8}:\S+)")
_ENTRY = re.compile(r"^( +)(\S.*?) *(?: : (.*))?$")


def recognises(log: Log) -> bool:
    """Whether this is nvidia-smi's output, a list of processes included."""
    return any(log.has(pattern) for pattern in (_TABLE, _QUERY)) or _header(log) is not None or _apps(log)


def parse(log: Log) -> CardList:
    """Every card. Raises `ParseError` for output without one, a cut one, and a list of processes."""
    if log.has(_QUERY):
        return _query(log)
    if log.has(_TABLE):
        return _table(log)
    header = _header(log)
    if header is None:
        expected = "the table, -q, or --query-gpu=name,memory.total,... --format=csv with its header"
        found = "a list of processes" if _apps(log) else "no card"
        raise log.wrong(log.end or None, found, expected)
    return _csv(log, *header)


def _header(log: Log) -> tuple[int, list[str]] | None:
    """The first line that names columns, and these."""
    for line, found in log.find(_CSV):
        names = [name.strip() for name in found[0].split(",")]
        if {"name", "memory.total [MiB]"} <= set(names):
            return line, names
    return None


def _apps(log: Log) -> bool:
    return log.has(_PROCESSES)


def _csv(log: Log, at: int, names: list[str]) -> CardList:
    cards: list[Card] = []
    driver: str | None = None
    for line in log.lines:
        if line.number <= at or "," not in line.text:
            continue
        values = [value.strip() for value in line.text.split(",")]
        if len(values) != len(names):
            raise log.wrong(
                line.number, f"{len(values)} values", f"{len(names)}, as many as the header names"
            )
        row = dict(zip(names, values, strict=True))
        driver = row.get("driver_version", driver)
        number = row.get("index", str(len(cards)))
        cards.append(
            _card(log, line.number, index(log, line.number, number), row["name"], {
                "bus": row.get("pci.bus_id"), "total": row["memory.total [MiB]"],
                "used": row.get("memory.used [MiB]"), "temperature": row.get("temperature.gpu"),
                "power": row.get("power.draw [W]"), "busy": row.get("utilization.gpu [%]"),
            })
        )  # fmt: skip
    if not cards:
        raise log.missing(TOOL, "a line of values", at)
    return CardList(tool=TOOL, version=None, driver=driver, cards=tuple(cards))


def _card(log: Log, line: int, number: int, name: str, said: Mapping[str, str | None]) -> Card:
    total = quantity(said["total"] or "")
    if not name or total is None:
        raise log.wrong(line, f"card {number} without a name or its memory", "both")
    return Card(
        index=number,
        name=name,
        bus_id=said["bus"],
        memory_used_mib=quantity(said["used"] or ""),
        memory_total_mib=total,
        temperature_c=quantity(said["temperature"] or ""),
        power_w=quantity(said["power"] or ""),
        utilisation_percent=quantity(said["busy"] or ""),
    )


def _query(log: Log) -> CardList:
    """``-q``: indented ``key : value`` below headings, a section a card."""
    sections: list[tuple[int, str, dict[str, str]]] = []
    path: list[tuple[int, str]] = []
    for line in log.lines:
        gpu, entry = _GPU.match(line.text), _ENTRY.match(line.text)
        if gpu:
            sections.append((line.number, gpu[1], {}))
            path = []
        elif entry and sections:
            path = [item for item in path if item[0] < len(entry[1])]
            key = "/".join([name for _, name in path] + [entry[2]])
            if entry[3] is None:
                path.append((len(entry[1]), entry[2]))
            else:
                sections[-1][2].setdefault(key, entry[3].strip())
    if not sections:
        raise log.missing(TOOL, "GPU 00000000:83:00.0")
    cards = []
    for number, (line_number, bus, found) in enumerate(sections):
        for key in ("Product Name", "FB Memory Usage/Total"):
            if key not in found:
                raise log.missing(TOOL, key, line_number)
        power = next((value for key, value in found.items() if key.endswith("Power Draw")), "")
        cards.append(
            _card(log, line_number, number, found["Product Name"], {
                "bus": bus, "total": found["FB Memory Usage/Total"],
                "used": found.get("FB Memory Usage/Used"),
                "temperature": found.get("Temperature/GPU Current Temp"), "power": power,
                "busy": found.get("Utilization/GPU") or found.get("Utilization/Gpu"),
            })
        )  # fmt: skip
    driver = log.first(_DRIVER)
    return CardList(tool=TOOL, version=None, driver=driver and driver[1], cards=tuple(cards))


def _table(log: Log) -> CardList:
    version, driver = log.first(_TABLE), log.first(_DRIVER)
    cards: list[Card] = []
    first: tuple[int, re.Match[str], str] | None = None
    for line in log.lines:
        row = cells(line.text)
        if len(row) != 3:
            continue
        bus, named = BUS.search(row[1]), _FIRST.fullmatch(row[0])
        if bus and named:
            if first is not None:
                raise log.missing(TOOL, SECOND, first[0])
            first = (line.number, named, bus[0])
        elif first is not None:
            memory = MEMORY.search(row[1])
            if memory is None:
                raise log.missing(TOOL, SECOND, first[0])
            power, temperature = _POWER.search(row[0]), _TEMPERATURE.search(row[0])
            cards.append(
                _card(log, line.number, index(log, first[0], first[1][1]), first[1][2].strip(), {
                    "bus": first[2], "total": memory[2], "used": memory[1], "power": power and power[1],
                    "temperature": temperature and temperature[1], "busy": row[2] if "%" in row[2] else "",
                })
            )  # fmt: skip
            first = None
    if first is not None:
        raise log.missing(TOOL, SECOND, first[0])
    if not cards:
        raise log.missing(TOOL, "| GPU Name Persistence-M | Bus-Id | ... |")
    return CardList(
        tool=TOOL, version=version and version[1], driver=driver and driver[1], cards=tuple(cards)
    )
