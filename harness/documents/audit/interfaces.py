"""Tables of inputs and outputs against the commands and the words of the same document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.documents.audit.findings import Found
from harness.documents.readme.blocks import Grid
from harness.documents.readme.commands import Command, graphs
from harness.documents.readme.once import once
from harness.documents.readme.reading import Reading
from harness.domain.words import WordKind

_TOKENS = re.compile(r"input_?ids|token_?type|segment_?ids|attention_?mask|input_?mask", re.IGNORECASE)
_IDS = re.compile(r"ids|token|segment|^input[_ ]?\d*$", re.IGNORECASE)
_FLOATING = re.compile(r"(\w+_)?(float|fp|half)\s*(16|32|64)?", re.IGNORECASE)
_IMAGE = re.compile(r"\b(RGB|BGR)|\bN(CHW|HWC)\b", re.IGNORECASE)
_FOLDERS = re.compile("[三两二四]个文件夹")
_NAMES = 200  # characters in front of that, in which the names stand
# The sign between two sizes: a letter x is one behind a number, a blank or a bracket, and no part of a name.
_BY = re.compile(r"[×*,]|(?:(?<=[\d\s})\]])|(?<=bs)|(?<=batch)|(?<=size))x(?=[\s\d${(-])", re.IGNORECASE)
_BATCH = re.compile(r"batch|bs|^-?1$|^[nb]$", re.IGNORECASE)  # what a batch is called in front of sizes
_SHAPES = ("input_shape", "dymShape", "overwrite_input_shape")  # options that name inputs with shapes
_BETWEEN_INPUTS = re.compile(r";|(?<!\s)\s+(?=[\w./]+:)")
_SPANS = ["squad"]  # data sets whose answers have a start and an end


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One row of an I/O table."""

    line: int
    name: str
    dtype: str
    shape: tuple[str, ...]  # batch size left out
    layout: str


def ports(reading: Reading, side: str) -> list[Port]:
    """The rows of the document's table of inputs (``输入``, ``input``) or outputs (``输出``, ``output``)."""
    words = {"in": ("输入数据", "输入", "input"), "out": ("输出数据", "输出", "output")}[side]
    return [
        port
        for grid in reading.readme.grids
        if grid.headers[0].lower() in words and _column(grid, "数据类型", "类型", "dtype", "type") is not None
        for port in _ports(grid)
    ]


def _ports(grid: Grid) -> Iterator[Port]:
    places = [
        _column(grid, *names)
        for names in (
            ("数据类型", "类型", "dtype", "type"),
            ("大小", "形状", "shape", "size"),
            ("数据排布格式", "layout", "format"),
        )
    ]
    for row in grid.rows:
        dtype, shape, layout = (
            row.cells[at] if at is not None and at < len(row.cells) else "" for at in places
        )
        sizes = tuple(part.strip() for part in _BY.split(shape.strip("[]() ")))
        rest = sizes[1:] if _BATCH.search(sizes[0].strip("${} ")) else sizes
        yield Port(line=row.line, name=row.cells[0], dtype=dtype, shape=rest, layout=layout)


def _column(grid: Grid, *names: str) -> int | None:
    heads = [header.lower() for header in grid.headers]
    return next((heads.index(name) for name in names if name in heads), None)


def shapes(command: Command) -> dict[str, tuple[str, ...]]:
    """The inputs that a command names with shapes: ``--input_shape "a:1,2;b:1,2"``, or a word an input."""
    name = next((name for name in _SHAPES if name in command.lists), "")
    parts = [part for word in command.lists.get(name, ()) for part in _BETWEEN_INPUTS.split(word)]
    found = [re.fullmatch(r"([\w./]+):([\w,${}\s-]+)", part.strip()) for part in parts]
    return {match[1]: tuple(size.strip() for size in match[2].split(",")) for match in found if match}


@once
def shaped_graphs(reading: Reading) -> list[list[tuple[Command, dict[str, tuple[str, ...]]]]]:
    """The commands that name shapes, by the graph that they are of."""
    return [[(item, shapes(item)) for item in listed]
            for _, listed in graphs(item for item in reading.commands if shapes(item))]  # fmt: skip


def _named(reading: Reading, names: set[str]) -> tuple[Command, dict[str, tuple[str, ...]]] | None:
    """The first command with shapes; of several graphs, that with most of `names`; and all inputs there are.

    A document of several graphs (an encoder and a decoder) may list the inputs of all of them in one table.
    """
    firsts = [listed[0] for listed in shaped_graphs(reading)]
    if len(firsts) < 2:
        return next(iter(firsts), None)
    command, given = max(firsts, key=lambda item: len(names & item[1].keys()))
    every = {name: shape for _, shapes in firsts for name, shape in shapes.items()}
    return command, given if names <= given.keys() else {**every, **given}


@once
def _takes_tokens(reading: Reading) -> list[str]:
    """The names of token inputs in the document, each once."""
    return list(dict.fromkeys(match[0] for match in _TOKENS.finditer(reading.readme.text)))


def io_names(reading: Reading) -> Iterator[Found]:
    """Inputs that the table calls otherwise than the command that converts the model."""
    table = ports(reading, "in")
    names = [port.name for port in table]
    named = _named(reading, set(names))
    if not table or named is None:
        return
    command, given = named
    if set(names) != set(given):
        yield Found(
            line=table[0].line,
            sentence=f"the table lists the inputs {', '.join(names)}, the command of line {command.line} "
            "names "
            f"{', '.join(given)}",
            numbers={"table": len(names), "command": len(given)},
        )


def io_shapes(reading: Reading) -> Iterator[Found]:
    """Input shapes that the table gives otherwise than the command."""
    table = ports(reading, "in")
    named = _named(reading, {port.name for port in table})
    if named is None:
        return
    command, given = named
    others = list(given.values()) if len(shaped_graphs(reading)) == 1 else []
    for at, port in enumerate(table):
        shape = given.get(port.name) or (others[at] if at < len(others) else None)
        if shape is None:
            continue
        with_batch = len(port.shape) == len(shape) and port.shape[0] == shape[0]
        shape = shape if with_batch else shape[1:]
        both = zip(port.shape, shape, strict=False)
        fixed = [(one, two) for one, two in both if one.isdigit() and two.isdigit() and one != two]
        if len(port.shape) != len(shape) or fixed:
            yield Found(
                line=port.line,
                sentence=f"input {port.name} is {' x '.join(port.shape)} a sample in the table, "
                f"{' x '.join(shape)} in the command of line {command.line}",
                numbers={"table": " x ".join(port.shape), "command": " x ".join(shape)},
            )


def io_dtypes(reading: Reading) -> Iterator[Found]:
    """Floating-point inputs of a document whose inputs are token ids."""
    tokens, table = _takes_tokens(reading), ports(reading, "in")
    wrong = [port for port in table if _FLOATING.fullmatch(port.dtype) and _IDS.search(port.name)]
    wrong = [port for port in wrong if not _IMAGE.search(f"{port.dtype} {port.layout}")]
    if len(tokens) >= 2 and wrong:
        yield Found(
            line=wrong[0].line,
            sentence=f"the table gives {len(wrong)} of {len(table)} inputs as {wrong[0].dtype}; the "
            "document feeds "
            f"{', '.join(tokens[:3])}, which are whole numbers",
            numbers={"inputs": len(wrong)},
        )


def io_images(reading: Reading) -> Iterator[Found]:
    """An I/O table of an image model in a document that prepares text."""
    tokens, table = _takes_tokens(reading), ports(reading, "in")
    for port in table if not any(_TOKENS.search(port.name) for port in table) else ():
        if len(tokens) >= 2 and _IMAGE.search(f"{port.dtype} {port.layout}"):
            yield Found(
                line=port.line,
                sentence=f"input {port.name} is {port.dtype}, {' x '.join(port.shape)}, {port.layout}: an "
                "image; the "
                f"document prepares {', '.join(tokens)}",
                numbers={"axes": len(port.shape)},
            )


def io_counts(reading: Reading) -> Iterator[Found]:
    """More or fewer inputs than folders of them, and outputs than the task has."""
    table, folders = ports(reading, "in"), _folders(reading)
    parts = len(shaped_graphs(reading)) > 1  # whose folders they are, nothing tells
    if table and folders is not None and len(folders[1]) != len(table) and not parts:
        yield Found(
            line=table[0].line,
            sentence=f"the table lists {len(table)} input{'s' * (len(table) > 1)}, line {folders[0]} names "
            f"{len(folders[1])}: "
            f"{', '.join(folders[1])}",
            numbers={"table": len(table), "named": len(folders[1])},
        )
    out = ports(reading, "out")
    expected = len(reading.model.outputs) if reading.model is not None else 0
    words = reading.context.words
    if not expected and words.values(reading.readme.text, WordKind.DATASET) == _SPANS:
        expected = 2
    if out and expected and len(out) != expected:
        what = "the start and the end of an answer" if expected == 2 else f"{expected} by our tables"
        yield Found(
            line=out[0].line,
            sentence=f"the table lists {len(out)} output{'s' * (len(out) > 1)} "
            f"({', '.join(p.name for p in out)}); "
            f"the model has {expected}: {what}",
            numbers={"table": len(out), "expected": expected},
        )


def _folders(reading: Reading) -> tuple[int, list[str]] | None:
    """The inputs as folders: of a command's ``--input a,b,c``, else as the text counts them."""
    for command in reading.commands:
        parts = (command.option("input") or "").split(",")
        if len(parts) > 1:
            return command.line, [part.rstrip("/").rpartition("/")[2] for part in parts]
    for line in reading.readme.prose:
        for counted in _FOLDERS.finditer(line.text):
            before = line.text[max(0, counted.start() - _NAMES) : counted.start()].rstrip()
            match = re.search(r"(?:\w+[,，、]\s*)+\w+$", before, re.ASCII)
            if match:
                return line.number, re.split(r"[,，、]\s*", match[0])
    return None


def output_shapes(reading: Reading) -> Iterator[Found]:
    """Outputs with another number of axes than the model's."""
    if reading.model is None:
        return
    known = {item.name: item for item in reading.model.outputs}
    for at, port in enumerate(ports(reading, "out")):
        output = known.get(port.name) or (
            reading.model.outputs[at] if at < len(reading.model.outputs) else None
        )
        if output is None or len(port.shape) == len(output.shape) - 1:
            continue
        shape = " x ".join(str(size) for size in output.shape[1:])
        yield Found(
            line=port.line,
            sentence=f"output {port.name} is {' x '.join(port.shape)} a sample in the table; the model's "
            f"is {shape}",
            numbers={"table": len(port.shape), "model": len(output.shape) - 1},
        )
