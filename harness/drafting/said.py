"""What a user says of a graph's inputs: their sizes (`--shape`) and what they are drawn from (`--range`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from harness.domain.graphs import RANGES, Range
from harness.errors import UsageError
from harness.models.graphs.reading import GraphOnDisk

Shape = tuple[int | None, ...]  # None is the axis of the batch, where it is not of a number told
ONLY = ""  # what the one input that is meant is called where no name is given
AXIS = "N"  # the axis of the batch
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said of inputs, each by name, or by `ONLY`."""

    shapes: Mapping[str, Shape] = field(default_factory=dict)
    ranges: Mapping[str, str] = field(default_factory=dict)  # as a table writes them


def read(shapes: Sequence[str], ranges: Sequence[str]) -> Said:
    """What ``--shape`` and ``--range`` say; raises `UsageError` for anything else than the two take."""
    return Said(
        shapes=_once("--shape", shapes, map(_shape, shapes)),
        ranges=_once("--range", ranges, map(_range, ranges)),
    )


def _once(option: str, texts: Sequence[str], pairs: Iterable[tuple[str, _T]]) -> dict[str, _T]:
    """What is said by name; raises `UsageError` where one is said twice."""
    said: dict[str, _T] = {}
    for text, (name, value) in zip(texts, pairs, strict=True):
        if name in said:
            first = next(other for other in texts if other.rpartition("=")[0].strip() == name)
            raise UsageError(
                f"{option} {first} and {option} {text}: found two of {name or 'one input'}, expected one"
            )
        said[name] = value
    return said


def _shape(text: str) -> tuple[str, Shape]:
    """``images=1x3x224x224``, ``state=2xNx128``."""
    name, _, sizes = text.rpartition("=")
    parts = [part.strip() for part in re.split("[x,]", sizes)]
    if parts.count(AXIS) > 1 or not all(
        part == AXIS or re.fullmatch(r"[1-9]\d{0,8}", part, re.ASCII) for part in parts
    ):
        raise UsageError(
            f"--shape {text}: found {sizes!r}, expected the sizes of all axes, as images=1x3x224x224; "
            f"{AXIS} may stand for the axis of the batch, as state=2x{AXIS}x128"
        )
    return name.strip(), tuple(None if part == AXIS else int(part) for part in parts)


def _range(text: str) -> tuple[str, str]:
    """``sr=16000``, ``images=uniform(0, 255)``."""
    name, _, drawn = text.rpartition("=")
    if Range.read(drawn) is None:
        raise UsageError(
            f"--range {text}: found {drawn!r}, expected {RANGES}, as sr=16000 or images=uniform(0,255)"
        )
    return name.strip(), drawn.strip()


def shapes_of(found: GraphOnDisk, said: Said) -> dict[str, Shape]:
    """The shapes by the names of inputs. Raises `UsageError` where one is of none, or does not fit it."""
    given = _by_name(found, said.shapes, "--shape")
    for item in found.inputs:
        shape, declared = given.get(item.name, item.shape), item.shape or ()
        fits = shape is None or (
            len(declared) == len(shape)
            and all(
                size is None or size == wanted or not isinstance(wanted, int)
                for size, wanted in zip(shape, declared, strict=True)
            )
        )
        if not fits:
            sizes = "x".join(AXIS if size is None else str(size) for size in given[item.name])
            raise UsageError(f"--shape {item.name}={sizes}: does not fit the graph's own, {item}")
    return given


def ranges_of(found: GraphOnDisk, said: Said) -> dict[str, str]:
    """The ranges by the names of inputs. Raises `UsageError` where one is of none, or not of its dtype."""
    given = _by_name(found, said.ranges, "--range")
    for item in found.inputs:
        drawn = Range.read(given.get(item.name, ""))
        if drawn is not None and (wrong := drawn.unfit(item.dtype)):
            raise UsageError(
                f"--range {item.name}={given[item.name]}: expected {wrong}; the graph has {item}"
            )
    return given


def _by_name(found: GraphOnDisk, said: Mapping[str, _T], option: str) -> dict[str, _T]:
    names = [item.name for item in found.inputs]
    given = {names[0] if name == ONLY and len(names) == 1 else name: value for name, value in said.items()}
    for name in given:
        if name not in names:
            there = "; ".join(map(str, found.inputs))
            raise UsageError(
                f"{option} {name or 'without a name'}: {found.path} has no such input, but {there}"
            )
    return given
