"""Folders that one command writes and a later one reads under another name."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from harness.documents.audit.findings import Found
from harness.documents.readme.commands import Command
from harness.documents.readme.reading import Reading

_WRITES = re.compile(r"out(?!fmt)|save|dst|dest|dump|store|write|(?<!_)result$|^o$")
_JUDGES = re.compile(r"post|eval|acc|metric|decode")  # programs that read results
_PLACES = re.compile(r"[\w.-]+")
_VARIABLE = re.compile(r"\$\{?\w+\}?|\{\w+\}|<\w+>|\d+")
_SUFFIX = re.compile(r"\.[A-Za-z]\w{0,7}$")
_NO_FOLDERS = ("atc", "git", "wget", "curl", "pip", "pip3", "export", "source", "docker", "mkdir", "rm")
_ALIKE = 0.8  # of two names, by difflib: results and result, out_bs8 and outs_bs8
_NEAREST = 20  # of the folders that no step reads, those that a folder is held against
_LONGEST = 200  # characters of a path


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folder:
    """The first folder of a path that a command writes or reads."""

    command: Command
    path: str
    name: str

    @property
    def shape(self) -> str:
        """Its name, whatever its variables and numbers are."""
        return _shape(self.name)


def renamed(reading: Reading) -> Iterator[Found]:
    """A folder that a command reads, that nothing names before, beside one of a like name that none reads.

    Where a second command reads it, too, the first one may have made it.
    """
    written = [item for command in reading.commands for item in _written(command)]
    if not written:
        return
    named = _named_by(reading.commands)
    read = [item for command in reading.commands for item in _read(command)]
    taken = {item.shape for item in read}
    left = [
        item for item in written if item.shape not in taken and max(named[item.shape]) == item.command.line
    ]
    if not left or not read:
        return
    first = _first_lines(reading.readme.lines)
    together: dict[tuple[int, str], list[_Folder]] = {}
    for item in read:
        together.setdefault((item.command.line, item.shape), []).append(item)
    for (line, shape), paths in together.items():
        if len(named.get(shape, ())) != 1 or first.get(shape, line) < line:
            continue
        end = bisect_left(left, line, key=lambda other: other.command.line)
        near = reversed(left[max(0, end - _NEAREST) : end])
        last = next((other for other in near if _alike(other.shape, shape)), None)
        if last is not None:
            nearest = max((item.path for item in paths), key=lambda path: _likeness(path, last.path))
            yield Found(
                line=line,
                sentence=f"the command reads {nearest}, which no step makes; line {last.command.line} "
                f"writes {last.path}, which no step reads",
                numbers={"written_line": last.command.line},
            )


def _shape(name: str) -> str:
    return _VARIABLE.sub("#", name).lower().strip(".")


def _first_lines(lines: Sequence[str]) -> dict[str, int]:
    """Where each name of a text stands first."""
    first: dict[str, int] = {}
    for number, text in enumerate(lines, start=1):
        for name in _PLACES.findall(_VARIABLE.sub("0", text)):
            first.setdefault(_shape(name), number)
    return first


def _named_by(commands: Sequence[Command]) -> dict[str, set[int]]:
    """The lines of the commands that name something, by its shape."""
    named: dict[str, set[int]] = {}
    for command in commands:
        for name in _PLACES.findall(_VARIABLE.sub("0", command.text)):
            named.setdefault(_shape(name), set()).add(command.line)
    return named


def _written(command: Command) -> Iterator[_Folder]:
    """The folders of the options that name what a command writes."""
    if command.program in _NO_FOLDERS or _JUDGES.search(command.program):
        return
    given = {name: value for name, value in command.options.items() if _WRITES.search(name)}
    if "output_dirname" in given:  # ais_bench: a folder in that of --output
        given = {"output_dirname": f"{given.get('output', '.').rstrip('/')}/{given['output_dirname']}"}
    for value in given.values():
        if "=" not in value and not _SUFFIX.search(value):
            yield from _folder(command, value)


def _read(command: Command) -> Iterator[_Folder]:
    """The folders among a command's other options and its arguments."""
    if command.program in _NO_FOLDERS:
        return
    judges = _JUDGES.search(command.program) is not None
    given = [value for name, value in command.options.items()
             if not _WRITES.search(name) or (judges and "result" in name)]  # fmt: skip
    for value in (*given, *command.arguments):
        for path in re.split(r"[,;\s]", value) if len(value) <= _LONGEST else ():
            path = path.rpartition("=")[2]  # of Global.results=out
            if "/" in path or re.search(r"out|result|dump|pred|bin|data", path):
                yield from _folder(command, path)


def _folder(command: Command, path: str) -> Iterator[_Folder]:
    """The first folder of a path below the working folder, where it has a name."""
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    if len(path) > _LONGEST or not parts or path[:1] in "/~-" or parts[0][0] in "$<{" or "://" in path:
        return
    told = _PLACES.fullmatch(_VARIABLE.sub("0", parts[0])) is not None
    if told and (len(parts) > 1 or not _SUFFIX.search(parts[0])):
        yield _Folder(command=command, path=path, name=parts[0])


def _alike(one: str, other: str) -> bool:
    """Whether two names share a word, or are nearly the same letters."""
    words, others = (set(re.findall(r"[a-z]+#?", name)) for name in (one, other))
    return bool(words & others) or _likeness(one, other) >= _ALIKE


def _likeness(one: str, other: str) -> float:
    """How much of two names or paths is the same: 1 of what is equal."""
    return SequenceMatcher(None, one, other).ratio()
