"""A model that is an ONNX file: where it lies, what it is fed, and what its seeded samples are drawn from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from harness.domain.strict import STRICT

BATCH = "batch"  # the axis of a shape along which samples lie
ANY = "any"  # an axis of an output of any size
LABELS = "labels"  # an output's last axis where each of its values is a class's: the largest is a decision
REST = "..."  # any number of axes

# What an input may be of, and the numbers that a range of that kind is drawn as.
FLOATS = ("float16", "float32", "float64")
WHOLE = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
DTYPES = (*FLOATS, *WHOLE, "bool")


class Draw(StrEnum):
    """How the values of a seeded input are distributed."""

    NORMAL = "normal"  # mean 0, standard deviation 1
    UNIFORM = "uniform"  # from the first number up to the second; of whole numbers both are among them
    INTEGERS = "integers"  # whole numbers from 0, below the number


_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGES: Mapping[Draw, str] = {
    Draw.NORMAL: r"normal",
    Draw.UNIFORM: rf"uniform\(\s*(?P<low>{_NUMBER})\s*,\s*(?P<high>{_NUMBER})\s*\)",
    Draw.INTEGERS: r"integers\(\s*(?P<below>\d{1,18})\s*\)",
}
RANGES = "normal, uniform(a, b) or integers(n)"  # as a table's author writes one


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """What the values of an input are drawn from."""

    draw: Draw
    low: float = 0.0
    high: float = 1.0  # of integers the first that is not drawn

    @classmethod
    def read(cls, text: str) -> Range | None:
        """A range as a table writes it, ``uniform(0, 1)``; None for any other text."""
        for draw, pattern in _RANGES.items():
            found = re.fullmatch(pattern, text.strip())
            if found is None:
                continue
            said = found.groupdict()
            return cls(
                draw=draw,
                low=float(said.get("low", 0)),
                high=float(said.get("high") or said.get("below") or 1),
            )
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphInput:
    """One input of a graph: what it is called there, its dtype, its shape, and where its samples come from.

    `shape` holds numbers, and ``batch`` at most once; an input without it is the same for every sample of a
    batch, as a sampling rate is.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    name: str
    dtype: str
    shape: tuple[str | int, ...] = ()
    range: str = "normal"  # what samples are drawn from, where there is no `folder`
    folder: str = ""  # of .npy files, a sample each: seen from its table's folder, absolute once it is read

    @property
    def key(self) -> str:
        """What features are called by."""
        return self.name

    @property
    def batch_axis(self) -> int | None:
        """The axis along which samples lie; None where all of a batch share it."""
        return self.shape.index(BATCH) if BATCH in self.shape else None

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """The shape of one sample, without the axis of the batch."""
        return tuple(size for size in self.shape if isinstance(size, int))


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphFile:
    """An ONNX graph that is a model as it is: no text goes in, and no score comes out."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    file: str  # seen from its table's folder, absolute once it is read
    inputs: tuple[GraphInput, ...]  # in the graph's order
