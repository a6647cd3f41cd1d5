"""The chip that a conversion is for, by --soc_version and the names that the document gives."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from harness.documents.audit.findings import Found, Severity
from harness.documents.readme.commands import Command
from harness.documents.readme.reading import Reading
from harness.domain.references import Role
from harness.domain.words import WordKind

_STATED = re.compile(r"(?:芯片名为|chip_name\s*[=为:：]|chip name is)\s*[\"']?(Ascend\w+|\d+\w*)")
_ASSIGNED = re.compile(r"\s*(?:export\s+)?(\w{1,60})=[\"']?(\w{1,60})[\"']?\s*(?:#.*)?")
_VARIABLE = re.compile(r"\$\\?\{?(\w+(?:\\_\w+)*)\\?\}?")
_TWICE = re.compile(r"(Ascend)\1+|Ascend(\d{3})\2", re.IGNORECASE)  # AscendAscend310P3, Ascend310310P3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Name:
    """A chip's name that the document gives: where, and whether a command of it sets it."""

    line: int
    text: str
    assigned: bool


def chip_name(reading: Reading) -> Iterator[Found]:
    """A --soc_version whose variable has its prefix already, once for all commands that have it; a chip that
    no table is of.
    """
    stated, measured, told = _stated(reading), _measured(reading), dict[str, _Name]()
    doubled: dict[tuple[str, _Name | None], list[Command]] = {}
    assigned = deque(_assigned(reading))
    for command in reading.commands:
        while assigned and assigned[0][1].line < command.line:
            called, name = assigned.popleft()
            told[called] = name
        value = command.option("soc_version")
        if value is None:
            continue
        variable = _VARIABLE.search(value)
        of = None if variable is None else told.get(variable[1].replace("\\", ""), stated)
        becomes = value if of is None else _VARIABLE.sub(of.text, value, count=1)
        if _TWICE.match(becomes):
            doubled.setdefault((value, of), []).append(command)
        elif not _VARIABLE.search(becomes):
            yield from _other_chip(reading, command, value, becomes, measured)
    for (value, of), commands in doubled.items():
        yield _twice(reading, commands, value, of)


def _assigned(reading: Reading) -> Iterator[tuple[str, _Name]]:
    """What the lines of blocks set variables to."""
    for fence in reading.readme.fences:
        for line in fence.lines:
            if match := _ASSIGNED.fullmatch(line.text):
                yield match[1], _Name(line=line.number, text=match[2], assigned=True)


def _stated(reading: Reading) -> _Name | None:
    """The name that the text says a chip has."""
    match = _STATED.search(reading.readme.text)
    if match is None:
        return None
    line = reading.readme.text.count("\n", 0, match.start()) + 1
    return _Name(line=line, text=match[1], assigned=False)


def _measured(reading: Reading) -> set[str]:
    """The chips that the document's values are of."""
    chips = (item.get("chip") for item in reading.values if item.get("role") is Role.MEASURED)
    return {name for name in chips if name in reading.catalog.chips}


def _twice(reading: Reading, commands: Sequence[Command], value: str, name: _Name | None) -> Found:
    """A prefix twice: a note where the document shows the name without it, as npu-smi prints it."""
    again = "" if len(commands) == 1 else f" ({len(commands)} commands)"
    if name is None:
        return Found(
            line=commands[0].line,
            sentence=f"--soc_version={value} has its prefix twice{again}",
            numbers={"value": value, "commands": len(commands)},
        )
    bare = re.sub(r"^Ascend", "", name.text)
    shown = None if name.assigned or bare == name.text else _shown(reading, bare)
    beside = "" if shown is None else f"; with {bare}, as line {shown} prints it, the command is right"
    prefix, becomes = value[: value.index("$")], _VARIABLE.sub(name.text, value, count=1)
    return Found(
        line=commands[0].line,
        sentence=f"--soc_version={value}{again} puts {prefix} before a name that line {name.line} gives as "
        f"{name.text}: {becomes}{beside}",
        numbers={"stated_line": name.line, "commands": len(commands)},
        severity=None if shown is None else Severity.NOTE,
    )


def _shown(reading: Reading, bare: str) -> int | None:
    """The first line of a block that has the name by itself, as a program prints it."""
    alone = re.compile(rf"(?<![\w-]){re.escape(bare)}(?![\w-])")
    typed = {command.line for command in reading.commands}
    lines = (line for fence in reading.readme.fences for line in fence.lines if line.number not in typed)
    return next((line.number for line in lines if alone.search(line.text)), None)


def _other_chip(
    reading: Reading, command: Command, value: str, becomes: str, measured: Collection[str]
) -> Iterator[Found]:
    """A conversion for a chip beside measurements of others of its maker."""
    chips = reading.catalog.chips
    named = next(iter(reading.context.words.values(becomes, WordKind.CHIP)), "")
    sisters = {name for name in measured if named in chips and chips[name].backend == chips[named].backend}
    if sisters and named not in sisters:
        yield Found(
            line=command.line,
            sentence=f"--soc_version={value} converts for {named}, the tables are of "
            f"{', '.join(sorted(sisters))}",
            numbers={"chips": len(sisters)},
            severity=Severity.WARNING,
        )
