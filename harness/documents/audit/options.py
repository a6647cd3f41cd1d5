"""Commands whose options a shell would not see: run into one word, cut off at a line's end, not replaced."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from harness.documents.audit.findings import Found
from harness.documents.readme.blocks import Fence, Line
from harness.documents.readme.commands import Command
from harness.documents.readme.reading import Reading

_OPTION = re.compile(r"--?[A-Za-z]\w*(?:-\w+)*(?=[\s=]|$)")
_INSIDE = re.compile(r"(?<=[^\s=,;:-])--(?P<name>[A-Za-z][\w-]{0,60})(?P<equals>=?)")
_GOES_ON = ("\\", "|", "&&", "||", "(", "{", ",")  # what a shell, or a reader, takes for an unfinished line
_FOREIGN = re.compile(r"[^\x00-\x7f]|\.\.\.|#|\s-?-\w+[:：]")  # a line that explains an option
_DASH = re.compile(r"[\u2010-\u2015\u2212]+[A-Za-z]")
_BARE = re.compile(r"(?<![$%\\])\{([A-Za-z_]\w{0,60})\}")
_SHELL = re.compile(r"\$\\?\{([A-Za-z_]\w{0,60})\\?\}")
_LOOP = re.compile(
    r"for\s{1,9}([A-Za-z_]\w{0,60})\s{1,9}in\b[^:;]{0,400}(?:;\s{0,9}do\b|$)"
)  # Python's ends in :


def glued(reading: Reading) -> Iterator[Found]:
    """Two options without a blank between them: the second is part of the first one's value."""
    known = {name for command in reading.commands for name in command.options}
    for command in reading.commands:
        for word in command.words[1:]:
            for match in _INSIDE.finditer(word) if len(word) < _LONGEST and " " not in word else ():
                if match["equals"] or match["name"].replace("-", "_") in known:
                    yield Found(
                        line=command.line,
                        sentence=f"no blank stands before --{match['name']}: a shell reads one word, "
                        f"{_short(word)}, and no option {match['name']}; put a blank between them",
                        numbers={"option": match["name"]},
                    )
    for begun in _typed(reading):
        for line, after in begun.joined:
            yield Found(
                line=line.number,
                sentence=f"line {line.number} ends in a backslash with no blank before it, and line "
                f"{after.number} begins with {_short(after.text)}: a shell joins them to one word; put a "
                "blank before the backslash",
                numbers={"line": line.number, "next": after.number},
            )


_LONGEST = 2000  # characters of a word that may be options run together


def _short(text: str) -> str:
    """The first characters of a long text."""
    return text if len(text) <= 60 else f"{text[:60]}..."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Typed:
    """One command as it stands on lines of a block, and where a shell would end it."""

    command: Command
    cut: list[tuple[Line, Line]] = field(default_factory=list)  # no backslash, and options follow
    blank: list[Line] = field(default_factory=list)  # a backslash, and a blank behind it
    joined: list[tuple[Line, Line]] = field(default_factory=list)  # a backslash that glues two words


def _typed(reading: Reading) -> list[_Typed]:
    """Every command of a block with what its line ends do."""
    starts = {command.line: command for command in reading.commands}
    return [item for fence in reading.readme.fences for item in _of(fence, starts, reading.readme.raw)]


def _of(fence: Fence, starts: Mapping[int, Command], raw: Sequence[str]) -> Iterator[_Typed]:
    begun: _Typed | None = None
    for line, after in zip(fence.lines, fence.lines[1:], strict=False):
        if line.number in starts:
            begun = _Typed(command=starts[line.number])
            yield begun
        if begun is None:
            continue
        if line.text.endswith("\\"):
            if raw[line.number - 1].rstrip("\r\n").endswith((" ", "\t")) and after.text:
                begun.blank.append(line)
            elif _glues(line, after, fence, raw):
                begun.joined.append((line, after))
        elif _is_cut(line, after) and after.number not in starts:
            begun.cut.append((line, after))
        elif not line.text.endswith(_GOES_ON):
            begun = None


def _glues(line: Line, after: Line, fence: Fence, raw: Sequence[str]) -> bool:
    """Whether a shell that takes backslash and line end away leaves no blank between two words."""
    deep, inside = (_indented(raw[at - 1]) for at in (fence.line, after.number))
    before = line.text[:-1]
    return bool(before) and not before[-1:].isspace() and inside <= deep and bool(_OPTION.match(after.text))


def _indented(text: str) -> int:
    wide = text.expandtabs(4)
    return len(wide) - len(wide.lstrip(" "))


def _is_cut(line: Line, after: Line) -> bool:
    """Whether a line ends though the next one goes on with its options."""
    if not _OPTION.match(after.text) or _FOREIGN.search(after.text) or line.text.endswith(_GOES_ON):
        return False
    return not line.text.startswith("#") and line.text.count('"') % 2 == 0 and line.text.count("'") % 2 == 0


def continued(reading: Reading) -> Iterator[Found]:
    """A command that line ends cut off from its options: no backslash, or one with a blank behind it."""
    for item in _typed(reading):
        if item.cut:
            (first, after), ends = item.cut[0], [line.number for line, _ in item.cut]
            yield Found(
                line=first.number,
                sentence=f"{_lines(ends)} without a backslash, and the command goes on with "
                f"{_short(after.text)}: a shell runs it without what follows; end "
                f"{'the line' if len(ends) == 1 else 'each of them'} in \\",
                numbers={"line": first.number, "cut_off": len(ends)},
            )
        if item.blank:
            where = ", ".join(str(line.number) for line in item.blank)
            yield Found(
                line=item.blank[0].number,
                sentence=f"a blank stands behind the backslash that ends line {where}: a shell ends the "
                "command there, and takes what follows for another; take the blank away",
                numbers={"lines": len(item.blank)},
            )


def _lines(numbers: Sequence[int]) -> str:
    """Line ends as the subject of a sentence: ``line 4 ends``, ``lines 4, 5 and 7 end``."""
    if len(numbers) == 1:
        return f"line {numbers[0]} ends"
    return f"lines {', '.join(map(str, numbers[:-1]))} and {numbers[-1]} end"


def unreplaced(reading: Reading) -> Iterator[Found]:
    """``{x}`` in a command of a document whose shell knows ``x``: a shell leaves the braces there."""
    known = _known_to_shells(reading)
    for line, text in _with_braces(reading):
        for name in dict.fromkeys(_BARE.findall(text)):
            if name in known:
                there, said = known[name]
                yield Found(
                    line=line,
                    sentence=f"{{{name}}} stands without the $ that line {there} {said}: a "
                    f"shell leaves it as it is; write ${{{name}}}",
                    numbers={"name": name, "other_line": there},
                )


def _known_to_shells(reading: Reading) -> dict[str, tuple[int, str]]:
    """The names that a document replaces, or that a loop of a block sets: where first, and how.

    ``x=1`` alone makes none: the zoos list so what ``{x}`` in the steps below is a place for.
    """
    known: dict[str, tuple[int, str]] = {}
    for number, text in enumerate(reading.readme.lines, start=1):
        for name in _SHELL.findall(text.replace("\\_", "_")):
            known.setdefault(name, (number, "has before it"))
    for number, loop in _loops(reading):
        known.setdefault(loop[1], (number, "lets a loop set"))
    return known


def _with_braces(reading: Reading) -> Iterator[tuple[int, str]]:
    """The commands, and what a loop of one line runs: each with its line."""
    yield from ((command.line, command.text) for command in reading.commands)
    yield from ((number, loop.string[loop.end() :]) for number, loop in _loops(reading))


def _loops(reading: Reading) -> Iterator[tuple[int, re.Match[str]]]:
    """The loops of the blocks, each with its line and what begins it."""
    for fence in reading.readme.fences:
        for line in fence.lines:
            if match := _LOOP.match(line.text):
                yield line.number, match


def dashes(reading: Reading) -> Iterator[Found]:
    """An option that begins with a typesetter's dash, which no program takes for one."""
    for command in reading.commands:
        for word in command.words[1:]:
            if _DASH.match(word):
                yield Found(
                    line=command.line,
                    sentence=f"{_short(word)} begins with {word[0]!r} (U+{ord(word[0]):04X}), which no "
                    "program takes for an option; write it with -",
                    numbers={"word": word[:60]},
                )
