"""Commands against the prose and against each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from harness.documents.audit.findings import Found, Severity
from harness.documents.audit.interfaces import is_ours, ports, shaped_graphs
from harness.documents.readme.cells import whole
from harness.documents.readme.commands import MODEL_FILE, Command
from harness.documents.readme.reading import GPU_BACKENDS, Reading
from harness.domain.precisions import Precision
from harness.domain.references import Role

_BATCH = ("batchsize", "batch_size", "batch", "bs", "b")
_IN_NAME = re.compile(r"(?<![a-z])bs[_-]?(\d{1,15})(?!\d)|(?<!\d)(\d{1,15})bs(?![a-z])", re.IGNORECASE)
_GRAPH = r"\.(?:om|engine|plan|trt|onnx|mm)"  # how files of graphs and artifacts end
_B = re.compile(rf"(?P<stem>[a-z\d]+)[_-]b(?P<size>[1-9]\d{{0,14}}){_GRAPH}", re.IGNORECASE)
_TRAINED = re.compile(
    r"\.(?:pth?|pkl|ckpt|tar|pdparams|pdiparams|h5|npz|safetensors)\b"
)  # by a batch of its own
_REDUCED = ("fp16", "int8", "best", "half", "useFP16")


def batch_names(reading: Reading) -> Iterator[Found]:
    """A command that names one batch size and a file or folder of another."""
    for command in reading.commands:
        given = command.option(*_BATCH)
        size = None if given is None else whole(given)
        if size is None:
            continue
        named = [(name, value, found) for name, value in command.options.items()
                 if not _TRAINED.search(value)
                 for found in _sizes(reading, value) if found != size]  # fmt: skip
        for name, value, found in named:
            yield Found(
                line=command.line,
                sentence=f"the command sets batch {size} and --{name} {value}, which is called after batch "
                f"{found}",
                numbers={"batch": size, "named": found},
            )


def _sizes(reading: Reading, text: str) -> list[int]:
    """The batch sizes that a name has: ``net_bs8``, ``net_8bs``, of a model's file ``net_b8.om``, too.

    Where the text or a checkpoint has a ``net-b4`` of any number, that is what the model is called.
    """
    found = [int(match[1] or match[2]) for match in _IN_NAME.finditer(text)]
    last = None if found else _B.search(text)
    if last is None:
        return found
    called = re.compile(rf"{last['stem']}[-_ ]?b[-_/ ]?\d+(?![\w.]*{_GRAPH}\b)", re.IGNORECASE)
    return [] if called.search(reading.readme.text) else [int(last["size"])]


def shape_names(reading: Reading) -> Iterator[Found]:
    """Two commands of one graph that name other inputs, or inputs that the exported model does not have."""
    by_graph = shaped_graphs(reading)
    known = [item.name for item in reading.model.inputs] if reading.model is not None else []
    own = [
        set(known),
        {port.name for port in ports(reading, "in")},
    ]  # a table of its own says what it exports
    if (
        len(by_graph) == 1 and known and set(by_graph[0][0][1]) not in own
    ):  # of several parts none is the model
        command, given = by_graph[0][0]
        yield Found(
            line=command.line,
            sentence=f"the command names the inputs {', '.join(given)}; the exported model has "
            f"{', '.join(known)}",
            numbers={"command": len(given), "model": len(known)},
            severity=Severity.ERROR if is_ours(reading) else Severity.WARNING,
        )
    pairs = [pair for named in by_graph for pair in pairwise(named)]
    for (first, given), (second, other) in pairs:
        if set(given) != set(other):
            yield Found(
                line=second.line,
                sentence=f"the command names the inputs {', '.join(other)}, that of line {first.line} "
                f"{', '.join(given)}",
                numbers={"first": len(given), "second": len(other)},
                severity=Severity.ERROR if _share_a_file(first, second) else Severity.WARNING,
            )


def _share_a_file(first: Command, second: Command) -> bool:
    """Whether two commands name one model file, or none: files of like names may be of two parts."""
    one, other = ({file.rpartition("/")[2] for word in command.words for file in MODEL_FILE.findall(word)}
                  for command in (first, second))  # fmt: skip
    return bool(one & other) or not (one and other)


def usage(reading: Reading) -> Iterator[Found]:
    """A command with fewer or more arguments than the usage comment above it."""
    for command in reading.commands:
        given = [item for item in command.arguments if not item.endswith(".sh")]
        if command.expected and len(given) != len(command.expected):
            yield Found(
                line=command.line,
                sentence=f"the comment above asks for <{'> <'.join(command.expected)}>, the command gives "
                f"{len(given)} of {len(command.expected)}: {command.text}",
                numbers={"given": len(given), "expected": len(command.expected)},
            )


def precision_flags(reading: Reading) -> Iterator[Found]:
    """Compared columns of which one was measured with the chip's reduced precision and one without a flag."""
    catalog = reading.catalog
    measured = {value.get("chip") for value in reading.values if value.get("role") is Role.MEASURED}
    ratios = [value for value in reading.values if value.get("role") is Role.RATIO]
    reduced = [name for name in measured
               if name in catalog.chips
               and catalog.chips[name].default_precision is not Precision.FP32]  # fmt: skip
    full = [
        name for name in measured if name in catalog.chips and catalog.chips[name].backend in GPU_BACKENDS
    ]
    for command in reading.commands:
        if command.program != "trtexec" or not reduced or not full:
            continue
        if not any(flag in command.options for flag in (*_REDUCED, "loadEngine")):
            beside = f"; ratios of the two stand from line {ratios[0].line} on" if ratios else ""
            yield Found(
                line=command.line,
                sentence=f"{' and '.join(full)} is measured by trtexec without --fp16, so in fp32, beside "
                f"{', '.join(sorted(reduced))} in "
                f"{catalog.chips[sorted(reduced)[0]].default_precision}{beside}",
                numbers={"ratios": len(ratios)},
            )
