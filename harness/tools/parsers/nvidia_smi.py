"""nvidia-smi in three forms: its table, ``-q``, and ``--query-gpu=... --format=csv`` with its header.

From driver 610 on ``Driver Version`` is called ``KMD Version``, ``CUDA Version`` ``CUDA UMD Version``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from harness.tools.parsers.records import Card, CardList
from harness.tools.parsers.tables import BUS, Facts, Rows, groups, is_index, quantity, rows, told_apart
from harness.tools.parsers.text import Line, Log, shown

TOOL = "nvidia_smi"
SECOND = "| Fan Temp Perf Pwr:Usage/Cap | Memory-Usage | GPU-Util |"

_TABLE = re.compile(r"\| *NVIDIA-SMI +(\S+)")
_QUERY = re.compile(r"=+NVSMI LOG=+")
_PROCESSES = re.compile(r"^(?=.*\bpid\b)(?=.*\bused_gpu_memory\b).*,")
# The head's own words, by what they tell: older drivers' and those of 610 on.
_DRIVER, _CUDA = ("KMD Version", "Driver Version"), ("CUDA UMD Version", "CUDA Version")
_KNOWN = (*_DRIVER, *_CUDA, "NVIDIA-SMI version", "NVML version")
_HEADING = re.compile(r"([A-Za-z][A-Za-z-]*(?: [A-Za-z-]+)* [Vv]ersion) *: *(.*?)(?: {2,}|\s*\|?$)")
# Of the head alone, where everything is told: ``name: value``, whatever it is called.
_ENTRY_OF_HEAD = re.compile(r"([A-Za-z][\w ./-]*?) *: *(.*?)(?: {2,}|\s*\|?$)")
_OTHERS_OF_HEAD = ("Timestamp", "Attached GPUs")
_VERSION = re.compile(r"\d[\w.]*", re.ASCII)

_FIELD = re.compile(r"([A-Za-z][\w.]*)(?: \[([^]]+)\])?", re.ASCII)
# The columns that are read, the fact of each, and the unit that its heading and its values have.
_COLUMNS = {
    "memory.total": ("memory_total_mib", "MiB"), "memory.used": ("memory_used_mib", "MiB"),
    "temperature.gpu": ("temperature_c", ""), "power.draw": ("power_w", "W"),
    "utilization.gpu": ("utilisation_percent", "%"),
}  # fmt: skip

_NAMED = ("index", "name", "pci.bus_id", "driver_version")

_ATTACHED = re.compile(r"^Attached GPUs *: *(.*)$")
_GPU = re.compile(r"^GPU(?: +(\S+))?$")
_ENTRY = re.compile(r"^( +)(\S.*?) *(?: : (.*))?$")
_SECTIONS = ("GPU Power Readings", "Power Readings")
_DRAWS = ("Power Draw", "Average Power Draw", "Instantaneous Power Draw")
_ENTRIES = {
    "memory_total_mib": (["FB Memory Usage/Total"], "MiB"),
    "memory_used_mib": (["FB Memory Usage/Used"], "MiB"),
    "temperature_c": (["Temperature/GPU Current Temp"], "C"),
    "power_w": ([f"{section}/{draw}" for section in _SECTIONS for draw in _DRAWS], "W"),
    "utilisation_percent": (["Utilization/GPU", "Utilization/Gpu"], "%"),
}

_FIRST = re.compile(
    r"(?:(\d{1,9})(?= |$)|N/A|-+)? *(.*?)(?: *(?<!\S)(On|Off|N/A|ERR!|Enabled|Disabled))?", re.ASCII
)
_HEADED = ("GPU", "Fan")
_SWITCH = r"On|Off|Enabled|Disabled|ERR!"
_FAN_TO_POWER = r"(?P<fan>\S+) +(?P<temperature_c>\S+) +P?\S+ +(?P<power_w>\S+) */ *\S+"
_MEMORY = r"(?P<memory_used_mib>\S+?) */ *(?P<memory_total_mib>\S+)"
_BUSY = re.compile(r"(\d+ ?%|N/A|ERR!|\[[^]]+\])?(?: *(\S.*))?", re.ASCII)
_MODES = r"Default|E\. ?Process|E\. ?Thread|Exclusive_?Process|Exclusive_?Thread|Prohibited"


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
    """The first line that names columns, a card's name or number among them, and these."""
    for line in log.lines:
        names = [name.strip() for name in line.text.split(",")]
        fields = [_FIELD.fullmatch(name) for name in names]
        known = {field[1] for field in fields if field} & {*_NAMED, *_COLUMNS}
        if all(fields) and len(known) > 1 and {"name", "index"} & known:
            return line.number, names
    return None


def _apps(log: Log) -> bool:
    return log.has(_PROCESSES)


def versions(log: Log) -> tuple[str | None, str | None, tuple[str, ...]]:
    """The driver, the newest CUDA that it runs, and the headings of other versions, as printed.

    Of the head alone: of the table's its line, of ``-q`` what stands before the first card.
    """
    told: dict[str, str] = {}
    queried = False  # within the head of ``-q``
    for line in log.lines:
        if _GPU.match(line.text):
            break
        queried = queried or _QUERY.search(line.text) is not None
        head = _TABLE.search(line.text)
        text = line.text if head is None else line.text[head.end() :]
        form = _ENTRY_OF_HEAD if head or queried else _HEADING
        told |= {name: value for name, value in form.findall(text) if name not in told}
    found: list[str | None] = []
    others = [f"{name}: {value}" for name, value in told.items() if name not in (*_KNOWN, *_OTHERS_OF_HEAD)]
    for names in (_DRIVER, _CUDA):
        values = {name: told[name] for name in names if name in told}
        found.append(next((value for value in values.values() if _VERSION.fullmatch(value)), None))
        if found[-1] is None:  # not in a form that is known: told as it stands
            others += [f"{name}: {value}" for name, value in values.items()]
    driver, cuda = found
    return driver, cuda, tuple(others)


def _csv(log: Log, at: int, names: list[str]) -> CardList:
    cards: list[Card] = []
    driver: str | None = None
    said: list[str] = []
    for line in log.lines:
        values = [value.strip() for value in line.text.split(",")]
        if line.number <= at or not line.text.strip() or values == names:
            continue
        row = _row(names, values)
        if row is None:
            said.append(shown(line.text))
            continue
        cards.append(_of_columns(names, row, len(cards)))
        if "driver" not in cards[-1].unread:
            driver = row.get("driver_version", driver)
    if not cards:
        raise log.missing(TOOL, "a line of values", at)
    return CardList(tool=TOOL, version=None, driver=driver, cards=told_apart(cards), said=tuple(said))


def _row(names: Sequence[str], values: Sequence[str]) -> dict[str, str] | None:
    """A line's values by the names of the header, None for a sentence among them.

    A line of too few values is still of the card that it begins with; what is beyond was not told.
    """
    whole = len(values) == len(names)
    numbered = "index" in names and len(values) > (at := names.index("index")) and is_index(values[at])
    if not numbered and not (whole and not any(value.endswith(".") for value in values)):
        return None
    missing = f"[its line has {len(values)} values, its header {len(names)}]"
    if len(values) > len(names):
        return {**dict.fromkeys(names, missing), "index": values[names.index("index")]}
    return dict(zip(names, [*values, *[missing] * (len(names) - len(values))], strict=True))


def _of_columns(names: Sequence[str], row: Mapping[str, str], place: int) -> Card:
    """A card by its columns; one without a column of numbers is numbered by its place."""
    facts = Facts()
    index = place if "index" not in row else int(row["index"]) if is_index(row["index"]) else None
    if index is None:
        facts.unread["index"] = row["index"]
    facts.word("name", row.get("name", ""))
    facts.word("bus_id", row.get("pci.bus_id"), BUS)
    driver = row.get("driver_version")
    if driver is not None and not _VERSION.fullmatch(driver):
        facts.unread["driver"] = driver
    for name in names:
        field = _FIELD.fullmatch(name)
        fact, unit = _COLUMNS.get(field[1] if field else "", ("", ""))
        if field is not None and fact:
            headed = field[2] in (None, unit)
            facts.number(fact, row[name] if headed else f"{row[name]} [{field[2]}]", unit)
    return facts.card(index)


def _query(log: Log) -> CardList:
    """``-q``: indented ``key : value`` below headings, a section a card."""
    sections = _sections(log)
    if not sections:
        raise log.missing(TOOL, "GPU 00000000:83:00.0")
    if not sections[-1][2]:
        raise log.missing(TOOL, "Product Name", sections[-1][0])
    cards = []
    for number, (_, bus, found) in enumerate(sections):
        facts = Facts()
        facts.word("name", found.get("Product Name", ""))
        facts.word("bus_id", bus, BUS)
        for fact, (keys, unit) in _ENTRIES.items():
            values = [found[key] for key in keys if key in found]
            told = [value for value in values if quantity(value, unit) is not None]
            facts.number(fact, next(iter(told or values), None), unit)
            if not values:
                facts.elsewhere(fact, keys, found)
        mode = found.get("MIG Mode/Current")
        facts.known("MIG mode", mode, "Enabled|Disabled")
        facts.told |= {"share": "MIG"} if mode == "Enabled" else {}
        cards.append(facts.card(number))
    driver, cuda, said = versions(log)
    attached = log.first(_ATTACHED)
    if attached is not None and attached[1] != str(len(cards)):
        said = (*said, f"Attached GPUs: {attached[1]}, and {len(cards)} are listed")
    return CardList(tool=TOOL, version=None, driver=driver, cards=told_apart(cards), cuda=cuda, said=said)


def _sections(log: Log) -> list[tuple[int, str, dict[str, str]]]:
    """The line, the bus and the entries of each card; an entry's key is its path."""
    sections: list[tuple[int, str, dict[str, str]]] = []
    path: list[tuple[int, str]] = []
    for line in log.lines:
        gpu, entry = _GPU.match(line.text), _ENTRY.match(line.text)
        if gpu:
            sections.append((line.number, gpu[1] or "", {}))
            path = []
        elif entry and sections:
            path = [item for item in path if item[0] < len(entry[1])]
            key = "/".join([name for _, name in path] + [entry[2]])
            if entry[3] is None:
                path.append((len(entry[1]), entry[2]))
            else:
                sections[-1][2].setdefault(key, entry[3].strip())
    return sections


def _table(log: Log) -> CardList:
    listed = groups(_body(log), _begins)
    if listed and not listed[-1].closed and len(listed[-1].rows) == 1:
        raise log.missing(TOOL, SECOND, listed[-1].line)
    if not listed:
        raise log.missing(TOOL, "| GPU Name Persistence-M | Bus-Id | ... |")
    version = log.first(_TABLE)
    driver, cuda, said = versions(log)
    return CardList(
        tool=TOOL, version=version and version[1], driver=driver, cuda=cuda, said=said,
        cards=told_apart([_of_rows(found) for found in listed]),
    )  # fmt: skip


def _begins(row: list[str], before: list[list[str]]) -> bool:
    """Whether a row is a card's first: the one below a line of the box, or one with a bus of its own."""
    return bool(row[0] and not before) or re.search(BUS, row[1]) is not None


def _body(log: Log) -> Iterator[tuple[Line, list[str]]]:
    """The rows of cards: those below are of MIG's instances and of processes."""
    for line, row in rows(log, (1, 3)):
        if len(row) == 1 and row[0].startswith(("MIG devices", "Processes")):
            return
        if len(row) != 1 and not (row and (row[0].startswith(_HEADED) or row[2] == "MIG M.")):
            yield line, row


def _of_rows(found: Rows) -> Card:
    facts = Facts()
    first, *others = found.rows
    named = _FIRST.fullmatch(first[0])
    index, name = (named[1], named[2]) if named else (None, first[0])
    if index is None:
        facts.unread["index"] = first[0]
    facts.word("name", name)
    bus = re.fullmatch(rf"({BUS})(?: +(?:{_SWITCH}|N/A))?", first[1], re.ASCII)
    facts.word("bus_id", bus[1] if bus else first[1], BUS)
    facts.known("ECC errors", first[2], r"\d+|Off")
    facts.known("persistence", named[3] if named else None, "On|Off|Enabled|Disabled")
    second = others[0] if others else ["", "", ""]
    facts.cell(second[0], _FAN_TO_POWER, {"temperature_c": "C", "power_w": "W"})
    facts.cell(second[1], _MEMORY, {"memory_used_mib": "MiB", "memory_total_mib": "MiB"})
    busy = _BUSY.fullmatch(second[2])
    facts.number("utilisation_percent", second[2] if busy is None else busy[1] or "", "%")
    facts.known("compute mode", busy[2] if busy else None, _MODES)
    for row in others[1:]:
        facts.known("MIG mode", row[2], r"(?:Enabled|Disabled)\*?")
        facts.told |= {"share": "MIG"} if row[2].startswith("Enabled") else {}
    return facts.card(None if index is None else int(index))
