"""What stands around figures that no table holds: the commands above them, and the chip they are of."""

from __future__ import annotations

import re

from harness.documents.readme.blocks import GridRow
from harness.documents.readme.cells import whole
from harness.documents.readme.commands import Command
from harness.documents.readme.labels import of_row
from harness.documents.readme.naming import Said
from harness.documents.readme.reading import GPU_BACKENDS, Context
from harness.domain.words import WordKind

_PLACE = ("chip", "precision", "batch_size", "shapes", "aoe")
_NAME = re.compile(r"[\w./-]+", re.ASCII)
_BATCH_OPTIONS = ("batch_size", "batchsize", "batch", "b")
_VARIABLE = re.compile(r"[A-Za-z]+310(?=\$)")  # "Ascend310${chip_name}": what follows is the name's end
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
    before = [command for command in context.commands if command.line < line]
    sizes = _nearest(context, [(command, _batch(command)) for command in before])
    if sizes is not None and (size := whole(sizes)) is not None:
        said["batch_size"] = size
    precision = _nearest(context, [(command, _precision(context, command)) for command in before])
    if precision:
        said["precision"] = precision
    return said


def _nearest(context: Context, found: list[tuple[Command, str | None]]) -> str | None:
    """What the last command that says something says; None where another of its block says otherwise."""
    saying = [(command, text) for command, text in found if text]
    if not saying:
        return None
    last, text = saying[-1]
    fence = next(item for item in reversed(context.readme.fences) if item.line < last.line)
    beside = {other for command, other in saying if command.line > fence.line}
    return text if beside == {text} else None


def _batch(command: Command) -> str | None:
    return command.option(*_BATCH_OPTIONS) or command.usage.get("batch_size")


def _precision(context: Context, command: Command) -> str | None:
    """The precision that a command's words are, else the only one in their names."""
    words = [item for word in command.words if (item := context.words.is_whole(word, WordKind.PRECISION))]
    named = words or context.words.values(" ".join(command.words).replace("_", " "), WordKind.PRECISION)
    return named[0] if len(set(named)) == 1 else None


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
