"""Tables of inputs and outputs against the commands and the words of the same document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.documents.audit.findings import Found, Severity
from harness.documents.readme.blocks import Grid
from harness.documents.readme.commands import Command, graphs
from harness.documents.readme.once import once
from harness.documents.readme.reading import Reading
from harness.domain.words import WordKind

_TOKENS = re.compile(  # the first letter is said so that a search passes over all others at once
    r"[iI](?i:nput_?(?:ids|mask))|[tT](?i:oken_?type)|[sS](?i:egment_?ids)|[aA](?i:ttention_?mask)"
)
_IDS = re.compile(r"ids|token|segment|^input[_ ]?\d*$", re.IGNORECASE)
_FLOATING = re.compile(r"(\w+_)?(float|fp|half)\s*(16|32|64)?", re.IGNORECASE)
_IMAGE = re.compile(r"\b(RGB|BGR)|\bN(CHW|HWC)\b", re.IGNORECASE)
_FOLDERS = re.compile("[三两二四]个文件夹")
_NAMES = 200  # characters in front of that, in which the names stand
# The sign between two sizes: a letter x is one behind a number, a blank or a bracket, and no part of a name.
# Where several of these stand in a cell the first one is it, and a size may be a product.
_BY = (
    re.compile(r"×|(?:(?<=[\d\s})\]])|(?<=bs)|(?<=batch)|(?<=size))x(?=[\s\d${(-])", re.IGNORECASE),
    re.compile(r","),
    re.compile(r"\*"),
)
_BATCH = re.compile(r"batch|bs|^-?1$|^[nb]$", re.IGNORECASE)  # what a batch is called in front of sizes
_NAMED = re.compile(r"batch|bs|^[nb]$", re.IGNORECASE)  # such a name that can be nothing else
_SIZE = re.compile(r"-?\d{1,9}|[\[<]?\$?\{?[A-Za-z_][\w /+*-]{0,40}\}?[>\]]?")
_SHAPES = ("input_shape", "dymShape", "overwrite_input_shape")  # options that name inputs with shapes
_BETWEEN_INPUTS = re.compile(r";|(?<!\s)\s+(?=[\w./]+:)")
_MOST_INPUTS = 500  # of a model, a key and a value a layer for each of its states included
_FED = ("ais_bench", "msame")  # programs that take a folder an input
_SPANS = ["squad"]  # data sets whose answers have a start and an end


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One row of an I/O table."""

    line: int
    name: str
    dtype: str
    shape: tuple[str, ...]  # batch size left out
    layout: str
    sizes: tuple[str, ...] = ()  # as the table has them
    batched: bool = False  # the first of them is called a batch

    @property
    def is_plain(self) -> bool:
        """Whether its cell is a list of sizes, and nothing beside."""
        told = all(_SIZE.fullmatch(size) for size in self.sizes)
        return told and (len(self.sizes) > 1 or self.sizes[0].isdigit())


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
        text = shape.strip("[]() ")
        sign = next((pattern for pattern in _BY if pattern.search(text)), _BY[-1])
        sizes = tuple(part.strip() for part in sign.split(text))
        first = sizes[0].strip("${} ")
        rest = sizes[1:] if _BATCH.search(first) else sizes
        yield Port(
            line=row.line, name=row.cells[0], dtype=dtype, shape=rest, layout=layout, sizes=sizes,
            batched=_NAMED.search(first) is not None,
        )  # fmt: skip


def _column(grid: Grid, *names: str) -> int | None:
    heads = [header.lower() for header in grid.headers]
    return next((heads.index(name) for name in names if name in heads), None)


def shapes(command: Command) -> dict[str, tuple[str, ...]]:
    """The inputs that a command names with shapes: ``--input_shape "a:1,2;b:1,2"``, or a word an input."""
    name = next((name for name in _SHAPES if name in command.lists), "")
    parts = [part for word in command.lists.get(name, ()) for part in _BETWEEN_INPUTS.split(word)]
    found = [re.fullmatch(r"([\w./]+):\[?([\w,${}\s~.-]+)\]?", part.strip()) for part in parts]
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
    """Inputs that the table calls otherwise than the command that converts the model.

    A note where every graph has one input: whatever it is called, no other one can be meant.
    """
    table = ports(reading, "in")
    names = [port.name for port in table]
    named = _named(reading, set(names)) if table else None
    if named is None:
        return
    command, given = named
    if set(names) != set(given):
        yield Found(
            line=table[0].line,
            sentence=f"the table lists the inputs {', '.join(names)}, the command of line {command.line} "
            "names "
            f"{', '.join(given)}",
            numbers={"table": len(names), "command": len(given)},
            severity=Severity.NOTE if _one_each(reading, len(table)) else Severity.WARNING,
        )


def _one_each(reading: Reading, listed: int) -> bool:
    """Whether every graph has one input, and the table no more inputs than there are graphs."""
    inputs = [given for graph in shaped_graphs(reading) for _, given in graph]
    return listed <= len(shaped_graphs(reading)) and all(len(given) == 1 for given in inputs)


def io_shapes(reading: Reading) -> Iterator[Found]:
    """Input shapes that the table gives otherwise than every command whose input it may be."""
    table = ports(reading, "in")
    graphs = shaped_graphs(reading)
    firsts = [(command, name, shape) for listed in graphs for command, given in listed[:1]
              for name, shape in given.items()]  # fmt: skip
    every = [(command, name, shape) for listed in graphs for command, given in listed
             for name, shape in given.items()]  # fmt: skip
    listed_names = {port.name for port in table}
    whole = len(table) == len(firsts) <= _MOST_INPUTS  # else nothing tells which one of another name is
    others = [item for item in every if whole and item[1] not in listed_names]
    for at, port in enumerate(table):
        own = [item for item in every if item[1] == port.name]
        held = [(command, shape) for command, _, shape in own or others]
        if not held or not port.is_plain or any(_agree(port, shape, command) for command, shape in held):
            continue
        command, shape = held[0] if own else (firsts[at][0], firsts[at][2])
        yield _otherwise(port, shape, command, sure=bool(own) or len(graphs) == 1)


def _otherwise(port: Port, shape: tuple[str, ...], command: Command, sure: bool) -> Found:
    rest = shape[1:]
    same = _equal([size for size in port.shape if size != "1"], [size for size in rest if size != "1"])
    moved = sorted(port.shape) == sorted(rest) and command.option("input_format") not in (None, port.layout)
    return Found(
        line=port.line,
        sentence=f"input {port.name} is {' x '.join(port.shape)} a sample in the table, "
        f"{' x '.join(rest) or 'one number'} in the command of line {command.line}",
        numbers={"table": " x ".join(port.shape), "command": " x ".join(rest)},
        severity=Severity.ERROR if sure and not same and not moved else Severity.WARNING,
    )


def _agree(port: Port, shape: tuple[str, ...], command: Command) -> bool:
    """Whether a row of the table and an input of a command may be one, with the batch in front or without."""
    if "insert_op_conf" in command.options and len(shape) in (3, 4):
        return True  # AIPP crops, and turns the axes
    if port.batched:
        return _equal(port.sizes[1:], shape[1:])
    return any(
        _equal(one, other)
        for one, other in ((port.sizes, shape), (port.sizes[1:], shape[1:]), (port.sizes, shape[1:]))
    )


def _equal(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two lists of sizes have as many axes, and no two numbers at one place that differ."""
    return len(one) == len(other) and not any(
        a.isdigit() and b.isdigit() and a != b for a, b in zip(one, other, strict=True)
    )


def io_dtypes(reading: Reading) -> Iterator[Found]:
    """Floating-point inputs of a document whose inputs are token ids."""
    table = ports(reading, "in")
    wrong = [port for port in table if _FLOATING.fullmatch(port.dtype) and _IDS.search(port.name)]
    wrong = [port for port in wrong if not _IMAGE.search(f"{port.dtype} {port.layout}")]
    named = any(_TOKENS.search(port.name) for port in wrong)
    tokens = _takes_tokens(reading) if wrong else []
    if len(tokens) >= 2:
        yield Found(
            line=wrong[0].line,
            sentence=f"the table gives {len(wrong)} of {len(table)} inputs as {wrong[0].dtype}; the "
            "document feeds "
            f"{', '.join(tokens[:3])}, which are whole numbers",
            numbers={"inputs": len(wrong)},
            severity=Severity.ERROR if named or _feeds_only_tokens(reading) else Severity.WARNING,
        )


def _feeds_only_tokens(reading: Reading) -> bool:
    """Whether all inputs that the commands name, or else the folders of inputs, are token inputs."""
    given = [name for listed in shaped_graphs(reading) for _, shapes in listed for name in shapes]
    folders = _folders(reading)
    fed = given or ([] if folders is None else folders[1])
    return bool(fed) and all(_TOKENS.search(name) for name in fed)


def io_images(reading: Reading) -> Iterator[Found]:
    """An I/O table of an image model in a document that prepares text."""
    table = ports(reading, "in")
    images = [port for port in table if _IMAGE.search(f"{port.dtype} {port.layout}")]
    for port in images if not any(_TOKENS.search(port.name) for port in table) else ():
        tokens = _takes_tokens(reading)
        if len(tokens) >= 2:
            yield Found(
                line=port.line,
                sentence=f"input {port.name} is {port.dtype}, {' x '.join(port.shape)}, {port.layout}: an "
                "image; the "
                f"document prepares {', '.join(tokens)}",
                numbers={"axes": len(port.shape)},
                severity=Severity.ERROR if _feeds_only_tokens(reading) else Severity.WARNING,
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
    spans = reading.context.words.values(reading.readme.text, WordKind.DATASET) == _SPANS
    expected = len(reading.model.outputs) if reading.model is not None else 2 if spans else 0
    both = any("2" in port.shape for port in out)  # start and end in one
    if out and expected and len(out) != expected and not both:
        what = "the start and the end of an answer" if expected == 2 else f"{expected} by our tables"
        yield Found(
            line=out[0].line,
            sentence=f"the table lists {len(out)} output{'s' * (len(out) > 1)} "
            f"({', '.join(p.name for p in out)}); "
            f"the model has {expected}: {what}",
            numbers={"table": len(out), "expected": expected},
            severity=Severity.ERROR if spans or is_ours(reading) else Severity.WARNING,
        )


def _folders(reading: Reading) -> tuple[int, list[str]] | None:
    """The inputs as folders: of a command's ``--input a,b,c``, else as the text counts them."""
    for command in (item for item in reading.commands if item.program in _FED):
        parts = (command.option("input") or "").split(",")
        if len(parts) > 1:
            return command.line, [part.rstrip("/").rpartition("/")[2] for part in parts]
    for line in reading.readme.prose_with(_FOLDERS):
        for counted in _FOLDERS.finditer(line.text):
            before = line.text[max(0, counted.start() - _NAMES) : counted.start()].rstrip()
            match = re.search(r"(?:\w+[,，、]\s*)+\w+$", before, re.ASCII)
            if match:
                return line.number, re.split(r"[,，、]\s*", match[0])
    return None


def is_ours(reading: Reading) -> bool:
    """Whether our tables describe this document's own model, and not one that a word of it names."""
    return reading.document is not None


def output_shapes(reading: Reading) -> Iterator[Found]:
    """Outputs with another number of axes than the model's."""
    if reading.model is None:
        return
    known = {item.name: item for item in reading.model.outputs}
    for at, port in enumerate(ports(reading, "out")):
        output = known.get(port.name) or (
            reading.model.outputs[at] if at < len(reading.model.outputs) else None
        )
        if output is None or not port.is_plain or len(port.shape) == len(output.shape) - 1:
            continue
        shape = " x ".join(str(size) for size in output.shape[1:])
        yield Found(
            line=port.line,
            sentence=f"output {port.name} is {' x '.join(port.shape)} a sample in the table; the model's "
            f"is {shape}",
            numbers={"table": len(port.shape), "model": len(output.shape) - 1},
            severity=Severity.ERROR if is_ours(reading) else Severity.WARNING,
        )
