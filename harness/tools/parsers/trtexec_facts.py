"""What a trtexec log says beside its numbers: version, device, precision, streams, shapes and batch size.

The tool lists its options whether they count or not: precision and the implicit ``Batch: 1`` hold for an
engine that is built in the same call, and say nothing of one that was loaded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.tools.parsers.text import Line
from harness.tools.parsers.trtexec_options import NEUTRAL, OTHER_WORK, PRECISIONS

_COMMAND = re.compile(r"&&&& \w+ TensorRT\.trtexec(?: \[TensorRT v(\d{1,9})\])?[^#]*# *(.*)", re.ASCII)
_VERSION = re.compile(r"TensorRT version: *(\d[\d.]*)", re.ASCII)
_DEVICE = re.compile(r"Selected Device: *(.+)")
_PRECISION = re.compile(r"\[I\] Precision: *(.+)")
_LOADED = re.compile(r"\[I\] (?:Load engine: *\S|Engine loaded in )")
_BUILT = re.compile(r"\[I\] (?:Engine built in |Format: *(?:ONNX|UFF|Caffe)\b)", re.IGNORECASE)
_STREAMS = re.compile(r"\[I\] (?:Inference )?Streams: *(\S.*)$")
_SHAPE = re.compile(r"Input inference shape ?: *(\S+?)=(\S+)")
_OVERRIDDEN = re.compile(
    r"required for input: *(.*?), but no shapes were provided.*overriding shape to: *(\S+)"
)
_BINDING = re.compile(r"(?:Created input|Input) binding for (\S.*?) with dimensions (\S+)")
_BATCH = re.compile(r"\[I\] Batch: *(\S.*)$")
_OPTION = re.compile(r"--(onnx|uff|deploy|loadEngine|batch|shapes|optShapes|streams|infStreams)=(\S+)")
_ANY_OPTION = re.compile(r"(?<=[\s\"'])--([\w-]+)(?:=(\S*))?")
_SPARSITY = re.compile(r"\[I\] (Sparsity: *(?!Disabled)\S.*)$")
_DLA = re.compile(r"\[I\] (DLACore: *\d.*)$", re.ASCII)
_OWN_BATCH = re.compile(r"Explicit batch network detected and batch size specified")
_BUILDS = ("onnx", "uff", "deploy")
_DIMENSIONS = re.compile(r"\d{1,9}(?:x\d{1,9})*", re.ASCII)
_STRONGLY_TYPED_FROM = 11  # the first TensorRT that builds in no other way
_LOADED_ENGINE = "of an engine that was loaded (--loadEngine) the log does not tell the precision"

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """None, or nothing, is what the log does not tell."""

    version: str | None
    device_name: str | None
    precision: str | None  # as printed, or as the command line asks; None for an engine that was loaded
    precision_untold: str  # why it is None
    further: tuple[str, ...]  # what made other work of the graph, as printed or asked for
    model: str | None
    streams: str | None  # as printed
    batch: str | None  # as printed: a number, or ``Explicit``
    shapes: tuple[Shape, ...]  # of the inputs, the batch among their sizes
    bound: Mapping[str, Shape]  # inputs by name, as they were laid out in memory
    asked: Mapping[str, Shape]  # inputs by name, as the command line or the listed options have them
    batch_size: int | None
    implicit: bool  # ``--batch``: the tool's throughput counts samples already


def facts(lines: Sequence[Line]) -> Facts:
    """The facts of one run: from its command line, the options that it lists, the inputs that it laid out."""
    command = _last(_COMMAND, lines)
    options = {} if command is None else dict(_OPTION.findall(command[2]))
    version = _last(_VERSION, lines)
    told = _version(version[1] if version else None) or _version(command[1] if command else None)
    device = _last(_DEVICE, lines)
    loaded = "loadEngine" in options or _last(_LOADED, lines) is not None
    precision, untold = _precision(lines, None if command is None else command[2], told, loaded=loaded)
    asked, bound = _asked(options, lines), _shapes(_BINDING, lines)
    built = any(name in options for name in _BUILDS) or _last(_BUILT, lines) is not None
    implicit = _implicit(options, lines, built=built and not loaded)
    shapes = tuple({**asked, **bound}.values())
    if implicit is not None and bound and not asked:  # what was laid out is a sample's
        shapes = tuple((implicit, *shape) for shape in shapes)
    first = {shape[0] for shape in shapes}
    return Facts(
        version=told,
        device_name=None if device is None else device[1],
        precision=precision,
        precision_untold=untold,
        further=_further(lines, "" if command is None else command[2]),
        model=options.get("onnx") or options.get("loadEngine"),
        streams=_printed(_STREAMS, lines) or options.get("infStreams") or options.get("streams"),
        batch=_printed(_BATCH, lines),
        shapes=shapes,
        bound=bound,
        asked=asked,
        batch_size=implicit or (first.pop() or None if len(first) == 1 else None),
        implicit=implicit is not None,
    )


def _last(pattern: re.Pattern[str], lines: Sequence[Line]) -> re.Match[str] | None:
    return next((found for line in reversed(lines) if (found := pattern.search(line.text))), None)


def _version(digits: str | None) -> str | None:
    """``v8401`` is 8.4.1 and ``v101601`` is 10.16.1: from 10 on the minor version has two digits."""
    if digits is None or not digits.isdigit():
        return digits
    number = int(digits)
    major, scale = (number // 10_000, 10_000) if number >= 100_000 else (number // 1000, 1000)
    return f"{major}.{number % scale // 100}.{number % 100}"


def _precision(
    lines: Sequence[Line], command: str | None, version: str | None, *, loaded: bool
) -> tuple[str | None, str]:
    """The precision that was built, and why it is None where the log does not tell it."""
    listed = _last(_PRECISION, lines)
    if loaded:
        unused = (
            ""
            if listed is None
            else f"; `Precision: {listed[1]}` is a build option that this call did not use"
        )
        return None, _LOADED_ENGINE + unused
    if listed is not None:
        return listed[1].strip(), ""
    if command is None:
        return None, "the log tells no precision: it has neither a line `Precision:` nor the command line"
    words = {name for name, _ in _ANY_OPTION.findall(f" {command}")}
    unknown = sorted(words - NEUTRAL - PRECISIONS - set(OTHER_WORK))
    if unknown:
        said = ", ".join(f"`--{name}`" for name in unknown)
        return None, f"the log has no line `Precision:`, and what {said} makes of it is not known here"
    asked = words & PRECISIONS
    major = (version or "").partition(".")[0]
    if "stronglyTyped" in asked or (major.isdigit() and int(major) >= _STRONGLY_TYPED_FROM):
        return "Strongly Typed", ""
    asked |= {"fp16", "int8"} if "best" in asked else set()
    return "+".join(
        ["FP32", *(name.upper() for name in ("fp16", "bf16", "int8", "fp8", "int4") if name in asked)]
    ), ""


def _further(lines: Sequence[Line], command: str) -> tuple[str, ...]:
    """What made other work of the graph: sparse weights, another core, formats by layer."""
    listed = [found[1].strip() for pattern in (_SPARSITY, _DLA) if (found := _last(pattern, lines))]
    asked = [
        f"--{name}={value}" if value else f"--{name}"
        for name, value in _ANY_OPTION.findall(f" {command}")
        if name in OTHER_WORK and value != OTHER_WORK[name]
    ]
    return tuple(asked or listed)


def _printed(pattern: re.Pattern[str], lines: Sequence[Line]) -> str | None:
    found = _last(pattern, lines)
    return None if found is None else found[1].strip()


def _asked(options: Mapping[str, str], lines: Sequence[Line]) -> dict[str, Shape]:
    """The shapes that were to be run: asked for, listed, made up by the tool, or the optimal ones."""
    asked = _of(options.get("shapes", ""))
    return asked or _shapes(_SHAPE, lines) or _shapes(_OVERRIDDEN, lines) or _of(options.get("optShapes", ""))


def _shapes(pattern: re.Pattern[str], lines: Sequence[Line]) -> dict[str, Shape]:
    """Shapes by name from lines that have one each."""
    found = [match for line in lines if (match := pattern.search(line.text))]
    return _of(
        ",".join(f"{name.replace(',', ' ')}:{shape}" for name, shape in (match.groups() for match in found))
    )


def _of(text: str) -> dict[str, Shape]:
    """``a:8x64,b:8x64`` as shapes; what is no shape is left out."""
    parts = (
        (name.strip("'\""), shape.strip("'\""))
        for name, _, shape in (i.rpartition(":") for i in text.split(","))
    )
    return {
        name: tuple(int(size) for size in shape.split("x"))
        for name, shape in parts
        if _DIMENSIONS.fullmatch(shape)
    }


def _implicit(options: Mapping[str, str], lines: Sequence[Line], *, built: bool) -> int | None:
    """The batch that was run beside the engine's own, as listed, else as asked for.

    A graph of ONNX has its own batch: from TensorRT 7 on trtexec drops ``--batch`` beside ``--onnx`` without
    a word, and lists ``Batch: Explicit``. ``Batch: 1`` is listed by default for every engine that is loaded,
    with a batch of its own or not; a larger one makes the call fail for an engine that has its own.
    """
    listed = _last(_BATCH, lines)
    if (listed is not None and listed[1] == "Explicit") or _last(_OWN_BATCH, lines) is not None:
        return None
    text = options.get("batch", "") if listed is None else listed[1]
    told = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if listed is None and "onnx" in options:
        return None
    if told == 1 and not built:
        return None
    return told or None
