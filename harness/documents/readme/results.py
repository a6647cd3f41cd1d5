"""A fenced block of results as a table: ``key: value`` lines, dictionaries, groups under a comment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from harness.documents.readme import columns
from harness.documents.readme.blocks import Fence, GridRow, Line
from harness.documents.readme.cells import number, whole
from harness.documents.readme.commands import Command
from harness.documents.readme.grids import complete, with_baselines
from harness.documents.readme.reading import Context, Note, ReadTable, Value
from harness.domain.metrics import Metric
from harness.domain.references import Role
from harness.domain.words import WordKind

# A decimal number that is no part of a version, an address, a path or a word.
FIGURE = re.compile(r"(?<![\w.:/-])\d+\.\d+(?![\w.])")
_PAIRS = (
    re.compile(r"\('(?P<key>[\w@ -]+)',\s*(?P<value>-?\d+(?:\.\d+)?)\)"),
    re.compile(r"[\"'](?P<key>[\w@ -]+)[\"']:\s*(?P<value>-?\d+(?:\.\d+)?)"),
    re.compile(r"(?<![\w.])(?P<key>[A-Za-z][\w@-]{0,80})\s*[:：=]\s*(?P<value>-?\d+(?:\.\d+)?)(?![\w.])"),
)
_BATCH_OPTIONS = ("batch_size", "batchsize", "batch", "b")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """One row of a block: its label, its lines, and the pairs in them as (line, key, value)."""

    label: str
    lines: tuple[str, ...]
    pairs: tuple[tuple[int, str, str], ...]
    commented: bool
    part: str = ""  # the comment of a higher level above it: of several models, which one


def has_figure(fence: Fence) -> bool:
    """Whether a block has a decimal number that may be a result."""
    return any(FIGURE.search(line.text) for line in fence.lines)


def results_among_commands(context: Context, fence: Fence) -> Iterator[Note]:
    """What a block of commands prints between them: it is told, not read."""
    typed = {command.line for command in context.commands}
    for line in fence.lines:
        text = line.text.strip()
        if line.number in typed or text.startswith(("-", "#")) or not FIGURE.search(text):
            continue
        if any(context.words.has(key, WordKind.METRIC) for _, key, _ in _found(line)):
            yield Note(
                line=line.number, what=text[:60], why="a result among commands; give it a block of its own"
            )


def read_block(context: Context, fence: Fence, name: str) -> ReadTable | None:
    """The results in a fenced block, or None with a note where it cannot be read."""
    groups = _groups(fence)
    keys = [tuple(key for _, key, _ in group.pairs) for group in groups]
    told = any(context.words.has(key, WordKind.METRIC) for row in keys for key in row)
    if not groups or not told or len(set(keys)) != 1 or len(set(keys[0])) != len(keys[0]):
        why = "no key names a metric" if not told else "its groups do not have the same keys once each"
        what = next((line.text.strip() for line in fence.lines if line.text.strip()), "")
        context.notes.append(Note(line=fence.line, what=what[:80], why=f"figures in a block, and {why}"))
        return None
    headers = ("#" if groups[0].commented else "name", *keys[0])
    values = [
        value for at, group in enumerate(groups) for value in _values(context, fence, at, group, headers)
    ]
    if not values:
        return None
    rows = tuple((group.label, *(value for _, _, value in group.pairs)) for group in groups)
    return ReadTable(
        line=fence.line, name=name or groups[0].label, headers=headers,
        labels=(True, *(False for _ in keys[0])), rows=rows, values=with_baselines(values),
        block=_template(groups[0]),
    )  # fmt: skip


def _groups(fence: Fence) -> list[_Group]:
    """The rows of a block: a dictionary, the pairs under a comment, or pairs up to a blank line or a repeat.

    What no comment and no dictionary's name labels is called by its first key.
    """
    groups, gathered = list[_Group](), _Gathered()
    deepest = max((_level(line.text) for line in fence.lines), default=0)
    for line in fence.lines:
        text = line.text.strip()
        found = _found(line)
        named = re.match(r"([A-Za-z][\w ]*?)\s*:\s*\w*[({]", text)
        keys = {key for _, key, _ in gathered.pairs}
        begins = text.startswith("#") or (
            found and not gathered.label and keys & {key for _, key, _ in found}
        )
        if begins or named or (not text and not gathered.label):
            groups += gathered.close()
        if text.startswith("#"):
            gathered.below(text, deepest)
            gathered.label = text.lstrip("# ").strip()
            gathered.lines.append(text)
        elif found and named:
            groups.append(_Group(label=named[1], lines=(text,), pairs=tuple(found), commented=False))
        elif found:
            gathered.lines.append(text)
            gathered.pairs += found
    return [*groups, *gathered.close()]


@dataclass(slots=True)
class _Gathered:
    """The lines of a row so far, and the part that it is of."""

    label: str = ""
    part: str = ""
    lines: list[str] = field(default_factory=list)
    pairs: list[tuple[int, str, str]] = field(default_factory=list)

    def below(self, comment: str, deepest: int) -> None:
        """Take a comment above the others' level as the name of the part that begins there."""
        if _level(comment) < deepest:
            self.part = comment.lstrip("# ").strip()

    def close(self) -> list[_Group]:
        """The row that has been gathered, if it has values; then it begins anew."""
        made = []
        if self.pairs:
            label = self.label or self.pairs[0][1]
            made.append(
                _Group(
                    label=label,
                    lines=tuple(self.lines),
                    pairs=tuple(self.pairs),
                    commented=bool(self.label),
                    part=self.part,
                )
            )
        self.label, self.lines, self.pairs = "", [], []
        return made


def _level(text: str) -> int:
    """How many signs a comment begins with; none of what is no comment."""
    stripped = text.strip()
    return len(stripped) - len(stripped.lstrip("#"))


def _found(line: Line) -> list[tuple[int, str, str]]:
    for pattern in _PAIRS:
        found = [(line.number, match["key"], match["value"]) for match in pattern.finditer(line.text)]
        if found:
            return found
    return []


def _values(context: Context, fence: Fence, at: int, group: _Group, headers: Sequence[str]) -> list[Value]:
    """The values of one group; a metric that a key does not name is the group's first one."""
    row = GridRow(line=group.pairs[0][0], cells=(group.label,))
    said = columns.of_row(context, headers[:1], (True,), row)
    said = {**_of_commands(context, fence), **said}
    if "chip" not in said and context.own_chip is not None:
        said["chip"] = context.own_chip.name
    first: Metric | None = None
    values = []
    for column, (line, key, text) in enumerate(group.pairs, start=1):
        of_key = columns.of_header(context, key)
        if "metric" not in of_key and (pieces := key.replace("_", " ")) != key:
            of_key = {**columns.of_header(context, pieces), **of_key}
        first = first or of_key.get("metric")
        if of_key.get("role") is Role.FACT and first is not None:
            of_key.setdefault("metric", first)
        what = f"row {group.label!r}, key {key!r}"
        merged = columns.merged(context, row, [said, of_key], what)
        done = None if merged is None else complete(context, line, what, number(text), merged)
        if done is not None:
            values.append(
                Value(
                    line=line,
                    row=at,
                    column=column,
                    label=group.label,
                    part=group.part,
                    header=key,
                    text=text,
                    number=done[0],
                    meaning=done[1],
                )
            )
    return values


def _of_commands(context: Context, fence: Fence) -> dict[str, object]:
    """Batch size and precision of the nearest commands above a block that name one."""
    said: dict[str, object] = {}
    for command in reversed([item for item in context.commands if item.line < fence.line]):
        size = _batch(command)
        if size is not None:
            said.setdefault("batch_size", size)
        precisions = [item for word in command.words
                      if (item := context.words.is_whole(word, WordKind.PRECISION))]  # fmt: skip
        if len(precisions) == 1:
            said.setdefault("precision", precisions[0])
    return said


def _batch(command: Command) -> int | None:
    text = command.option(*_BATCH_OPTIONS) or command.usage.get("batch_size")
    return None if text is None else whole(text)


def _template(group: _Group) -> str:
    """The group's lines as a template over its label and values."""
    text = "\n".join(group.lines).replace("{", "{{").replace("}", "}}")
    text = text.replace(group.label, "{0}", 1)
    at, done = 0, ""
    for place, (_, key, value) in enumerate(group.pairs, start=1):
        after = text.find(key, at)
        start = text.index(value, at if after < 0 else after + len(key))
        done += text[at:start] + f"{{{place}}}"
        at = start + len(value)
    return done + text[at:]
