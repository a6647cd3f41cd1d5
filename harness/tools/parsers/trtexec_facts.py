"""What a trtexec log says beside its numbers: version, device, precision, shapes and batch size."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.tools.parsers.text import Line

_COMMAND = re.compile(r"&&&& \w+ TensorRT\.trtexec(?: \[TensorRT v(\d{1,9})\])?[^#]*# *(.*)", re.ASCII)
_VERSION = re.compile(r"TensorRT version: *(\d[\d.]*)", re.ASCII)
_DEVICE = re.compile(r"Selected Device: *(.+)")
_PRECISION = re.compile(r"\[I\] Precision: *(.+)")
_SHAPE = re.compile(r"Input inference shape ?: *\S+?=(\S+)")
_OVERRIDDEN = re.compile(r"no shapes were provided.*overriding shape to: *(\S+)")
_BATCH = re.compile(r"\[I\] Batch: *(\d{1,9}|Explicit)$", re.ASCII)
_OPTION = re.compile(r"--(onnx|loadEngine|batch|shapes|optShapes)=(\S+)")
_DIMENSIONS = re.compile(r"\d{1,9}(?:x\d{1,9})*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """None, or nothing, is what the log does not tell."""

    version: str | None
    device_name: str | None
    precision: str | None
    model: str | None
    shapes: tuple[tuple[int, ...], ...]
    batch_size: int | None
    implicit: bool  # ``--batch``: the tool's throughput counts samples already


def facts(lines: Sequence[Line]) -> Facts:
    """The facts of one run, from its command line and the options that it lists; none can be wrong."""
    command = _last(_COMMAND, lines)
    options = {} if command is None else dict(_OPTION.findall(command[2]))
    printed, device, precision = (_last(item, lines) for item in (_VERSION, _DEVICE, _PRECISION))
    shapes = _shapes(options, lines)
    implicit = _implicit(options, lines)
    first = {shape[0] for shape in shapes}
    version = printed[1] if printed else _version(command[1] if command else None)
    return Facts(
        version=version,
        device_name=None if device is None else device[1],
        precision=None if precision is None else precision[1],
        model=options.get("onnx") or options.get("loadEngine"),
        shapes=shapes,
        batch_size=implicit or (first.pop() or None if len(first) == 1 else None),
        implicit=implicit is not None,
    )


def _last(pattern: re.Pattern[str], lines: Sequence[Line]) -> re.Match[str] | None:
    return next((found for line in reversed(lines) if (found := pattern.search(line.text))), None)


def _version(digits: str | None) -> str | None:
    """``v8401`` is 8.4.1 and ``v101601`` is 10.16.1: from 10 on the minor version has two digits."""
    if digits is None:
        return None
    number = int(digits)
    major, scale = (number // 10_000, 10_000) if number >= 100_000 else (number // 1000, 1000)
    return f"{major}.{number % scale // 100}.{number % 100}"


def _shapes(options: dict[str, str], lines: Sequence[Line]) -> tuple[tuple[int, ...], ...]:
    """The shapes that were run: as asked for, as listed, as made up by the tool, or the optimal ones."""
    asked = _of(options.get("shapes", ""))
    if asked:
        return asked
    for pattern in (_SHAPE, _OVERRIDDEN):
        listed = [found[1] for line in lines if (found := pattern.search(line.text))]
        if listed:
            return _of(",".join(f"input:{shape}" for shape in listed))
    return _of(options.get("optShapes", ""))


def _of(text: str) -> tuple[tuple[int, ...], ...]:
    """``a:8x64,b:8x64`` as shapes; what is no shape is left out."""
    parts = (item.rpartition(":")[2].strip("'\"") for item in text.split(","))
    return tuple(
        tuple(int(size) for size in part.split("x")) for part in parts if _DIMENSIONS.fullmatch(part)
    )


def _implicit(options: dict[str, str], lines: Sequence[Line]) -> int | None:
    """The batch that was run beside the engine's own, as listed, else as asked for.

    A graph of ONNX has its own batch: from TensorRT 7 on trtexec drops ``--batch`` beside ``--onnx`` without
    a word, and lists ``Batch: Explicit``.
    """
    listed = _last(_BATCH, lines)
    if listed is not None:
        return None if listed[1] == "Explicit" else int(listed[1]) or None
    asked = options.get("batch", "")
    told = asked.isascii() and asked.isdigit() and len(asked) < 10 and "onnx" not in options
    return int(asked) or None if told else None
