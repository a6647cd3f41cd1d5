"""What stands around figures that no table holds: the commands above them, and the chip they are of."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from harness.documents.readme.blocks import GridRow
from harness.documents.readme.cells import whole
from harness.documents.readme.commands import Command
from harness.documents.readme.labels import of_row
from harness.documents.readme.naming import Said
from harness.documents.readme.once import once
from harness.documents.readme.reading import GPU_BACKENDS, Context
from harness.domain.words import WordKind

_PLACE = ("chip", "precision", "batch_size", "shapes", "aoe")
_NAME = re.compile(r"[\w./-]+", re.ASCII)
_BATCH_OPTIONS = ("batch_size", "batchsize", "batch", "b")
_VARIABLE = re.compile(r"[A-Za-z]+310(?=\$)")  # "Ascend310${chip_name}": what follows is the name's end
_GPU_TOOLS = ("trtexec",)  # what it is told holds for no other vendor's chip
# A framework's own model: what runs it runs on no chip of the document.
_FRAMEWORK = re.compile(r"\.(?:onnx|pth|pt|pdparams|caffemodel|pb)(?![\w.])", re.IGNORECASE)


def of_words(context: Context, text: str) -> Said:
    """What the words above or beside figures say of where they were measured, and of whom they are.

    A name in code is of nobody: ``official_net_fp16`` is how a zoo calls its own file.
    """
    said = _of_label(context, text)
    plain = _NAME.sub(lambda match: " " if {"_", "/"} & set(match[0]) else match[0], text)
    whose = _of_label(context, plain).get("role")
    return {key: said[key] for key in _PLACE if key in said} | ({} if whose is None else {"role": whose})


def _of_label(context: Context, text: str) -> Said:
    return of_row(context, ("name",), (True,), GridRow(line=0, cells=(text,)))


def of_commands(context: Context, line: int) -> Said:
    """Batch size and precision of the commands above a line, where the nearest that name one are at one."""
    said: Said = {}
    sizes = _nearest(context, _sized(context), line)
    if sizes is not None and (size := whole(sizes)) is not None:
        said["batch_size"] = size
    precision = _nearest(context, _precise(context), line)
    if precision:
        said["precision"] = precision
    return said


_Saying = Sequence[tuple[int, str]]  # the lines of commands that say something, and what


@once
def _sized(context: Context) -> _Saying:
    return [(command.line, text) for command in _of_chip(context) if (text := _batch(command))]


@once
def _precise(context: Context) -> _Saying:
    return [(command.line, text) for command in _of_chip(context) if (text := _precision(context, command))]


def _of_chip(context: Context) -> Sequence[Command]:
    """The commands without those of a GPU's tool, where the chip that figures are of is another's."""
    chip = context.catalog.chips.get(chip_of(context) or "")
    if chip is None or chip.backend in GPU_BACKENDS:
        return context.commands
    return [command for command in context.commands if command.program not in _GPU_TOOLS]


def _nearest(context: Context, saying: _Saying, line: int) -> str | None:
    """What the last command above `line` says; None where another of its block says otherwise."""
    at = bisect_left(saying, (line,))
    if not at:
        return None
    last, text = saying[at - 1]
    fences = context.readme.fences
    fence = fences[bisect_left(fences, last, key=lambda item: item.line) - 1]
    first = bisect_left(saying, (fence.line + 1,))
    return text if {other for _, other in saying[first:at]} == {text} else None


def _batch(command: Command) -> str | None:
    return command.option(*_BATCH_OPTIONS) or command.usage.get("batch_size")


def _precision(context: Context, command: Command) -> str | None:
    """The precision that a command's words are, else the only one in their names."""
    words = [item for word in command.words if (item := context.words.is_whole(word, WordKind.PRECISION))]
    named = words or context.words.values(" ".join(command.words).replace("_", " "), WordKind.PRECISION)
    return named[0] if len(set(named)) == 1 else None


@once
def chip_of(context: Context) -> str | None:
    """The chip of figures beside which none is named: the only one that the document is about, or names."""
    if context.own_chip is not None:
        return context.own_chip.name
    text = _VARIABLE.sub(" ", context.readme.text)
    names = context.words.values(text, WordKind.CHIP)
    named = [chip for name in names if (chip := context.catalog.chips.get(name)) and not chip.local]
    own = [chip for chip in named if chip.backend not in GPU_BACKENDS] or named
    return own[0].name if len(own) == 1 else None


def runs_framework(said: str) -> bool:
    """Whether what stands above figures runs a framework's own model file."""
    return _FRAMEWORK.search(said) is not None
