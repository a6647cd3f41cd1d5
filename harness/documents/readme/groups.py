"""The lines of a fenced block as groups of results: under one comment, in one dictionary, up to a blank."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field

from harness.documents.readme.blocks import Fence, Line
from harness.documents.readme.pairs import Pair

_DICTIONARY = re.compile(r"(?P<name>[A-Za-z][\w ]{0,60}?)\s*:\s*\w*[({\[]")
_TITLE = re.compile(r"(?P<name>[^\W\d][^{}\[\]\"'=|]{0,80}?)\s*[:：]")
_RULE = re.compile(r"[-=*_+]{4,}")

Pairs = Callable[[Line], tuple[Pair, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a group is called, and where in which line that stands."""

    text: str
    line: int
    place: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One row of a block: its label, its lines, and the figures in them.

    `said` is what stands above its first figure, label and commands included. `part` is the comment of a
    higher level above it: of several models, which one. `named` tells a label of its own from its first key.
    """

    label: Label
    named: bool
    commented: bool
    part: str
    said: str
    lines: tuple[Line, ...]
    pairs: tuple[Pair, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of its figures, in order."""
        return tuple(pair.key for pair in self.pairs)

    @property
    def template(self) -> str:
        """Its lines as a template over its label and its figures, which are numbered from 1."""
        places: dict[int, list[tuple[tuple[int, int], int]]] = {}
        places.setdefault(self.label.line, []).append((self.label.place, 0))
        for at, pair in enumerate(self.pairs, start=1):
            places.setdefault(pair.line, []).append((pair.placed, at))
        return "\n".join(filled(line.text, sorted(places.get(line.number, ()))) for line in self.lines)


def filled(text: str, places: list[tuple[tuple[int, int], int]]) -> str:
    """A line with a numbered place for each piece of it."""
    done, at = "", 0
    for (start, end), number in places:
        done += f"{_escaped(text[at:start])}{{{number}}}"
        at = end
    return done + _escaped(text[at:])


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def groups(fence: Fence, pairs: Pairs, typed: Container[int]) -> Iterator[Group]:
    """The groups of a block; `typed` are the lines that are commands, which end one and head the next.

    A group has the pairs under a comment or a title, a dictionary's, or those up to a blank line or a key
    that repeats. What none of these labels is called by its first key.
    """
    gathered = _Gathered(deepest=max((_level(line.text) for line in fence.lines), default=0))
    for line in fence.lines:
        text = line.text.strip()
        found = () if line.number in typed else pairs(line)
        named = None if text.startswith("#") else _DICTIONARY.match(text)
        if line.number in typed:
            yield from gathered.close(keep=not gathered.pairs)
            gathered.said.append(text)
        elif not text.strip("# "):
            yield from gathered.blank()
        elif _RULE.fullmatch(text):
            yield from gathered.close()
        elif text.startswith("#"):
            yield from gathered.comment(line)
        elif named and (found or re.fullmatch(r"\s*\[?\(?", text[named.end() :])):
            yield from gathered.close()
            gathered.name(line, named.span("name"))
            gathered.add(line, found)
            if text.rstrip(",")[-1] in ")}]":
                yield from gathered.close()
        elif found:
            if gathered.has(found):
                yield from gathered.close(keep=True)
            gathered.add(line, found)
        elif title := _TITLE.fullmatch(text):
            yield from gathered.close()
            gathered.name(line, title.span("name"))
        elif not gathered.pairs:
            gathered.said.append(text)
    yield from gathered.close()


@dataclass(slots=True)
class _Gathered:
    """The group so far, and the part that it is of."""

    deepest: int
    part: str = ""
    label: Label | None = None
    commented: bool = False
    parted: bool = False  # a blank line stands behind the label
    labelled: list[Line] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)

    def has(self, found: tuple[Pair, ...]) -> bool:
        """Whether a key of these is there already."""
        return bool({pair.key for pair in self.pairs} & {pair.key for pair in found})

    def add(self, line: Line, found: tuple[Pair, ...]) -> None:
        """Take a line's figures."""
        if found:
            self.lines.append(line)
            self.pairs += found

    def name(self, line: Line, place: tuple[int, int], commented: bool = False) -> None:
        """Begin a group with a label."""
        self.label = Label(text=line.text[slice(*place)], line=line.number, place=place)
        self.commented, self.parted, self.labelled = commented, False, [line]
        self.said.append(line.text)

    def comment(self, line: Line) -> Iterator[Group]:
        """Begin a group with a comment, or a part of several groups where another comment follows it."""
        yield from self.close(keep=not self.pairs)
        text = line.text.strip("# ")
        start = line.text.index(text)
        if self.label is not None and self.commented and self.parted:
            self.part, self.said = self.label.text, []
        if _level(line.text) < self.deepest:
            self.part = text
        self.name(line, (start, start + len(text)), commented=True)

    def blank(self) -> Iterator[Group]:
        """End a group that no label holds together."""
        self.parted = True
        if self.label is None:
            yield from self.close()

    def close(self, keep: bool = False) -> Iterator[Group]:
        """The group so far, if it has figures; then begin anew, with its label if `keep`."""
        if self.pairs:
            first = self.pairs[0]
            at = next(line for line in self.lines if line.number == first.line)
            own = Label(text=at.text[slice(*first.named)], line=first.line, place=first.named)
            label = self.label or own
            lines = {line.number: line for line in (*self.labelled, *self.lines)}
            yield Group(
                label=label, named=self.label is not None, commented=self.commented, part=self.part,
                said="\n".join(self.said), lines=tuple(lines.values()), pairs=tuple(self.pairs),
            )  # fmt: skip
        self.lines, self.pairs = [], []
        if not keep:
            self.label, self.commented, self.parted, self.labelled, self.said = None, False, False, [], []


def _level(text: str) -> int:
    """How many signs a comment begins with; none of what is no comment."""
    stripped = text.strip()
    return len(stripped) - len(stripped.lstrip("#"))
