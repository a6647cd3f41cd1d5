"""A model that is an ONNX file: where it lies, what it is fed, and what its seeded samples are drawn from."""

from __future__ import annotations

import re
import sys
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

_DRAWN = float(2**63 - 2**10)  # whole numbers are drawn as int64: the largest double that it holds
# The least and the largest number that may be drawn of each dtype. Of doubles half: `uniform` takes their
# difference.
_HELD: Mapping[str, tuple[float, float]] = {
    "float16": (-65504.0, 65504.0),
    "float32": (-3.4028234663852886e38, 3.4028234663852886e38),
    "float64": (-sys.float_info.max / 2, sys.float_info.max / 2),
    "bool": (0.0, 1.0),
    **{f"int{bits}": (-(2.0 ** (bits - 1)), min(2.0 ** (bits - 1) - 1, _DRAWN)) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": (0.0, min(2.0**bits - 1, _DRAWN)) for bits in (8, 16, 32, 64)},
}


class Draw(StrEnum):
    """How the values of a seeded input are distributed."""

    NORMAL = "normal"  # mean 0, standard deviation 1
    UNIFORM = "uniform"  # from the first number up to the second; of whole numbers both are among them
    INTEGERS = "integers"  # whole numbers from 0, below the number
    CONSTANT = "constant"  # the number itself, everywhere: a sampling rate


_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGES: Mapping[Draw, str] = {
    Draw.NORMAL: r"normal",
    Draw.UNIFORM: rf"uniform\(\s*(?P<low>{_NUMBER})\s*,\s*(?P<high>{_NUMBER})\s*\)",
    Draw.INTEGERS: r"integers\(\s*(?P<below>\d{1,18})\s*\)",
    Draw.CONSTANT: rf"(?P<is>{_NUMBER})",
}
USUAL = "normal"  # the range of an input that states none
RANGES = "normal, uniform(a, b), integers(n) or a number"  # as a table's author writes one


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """What the values of an input are drawn from."""

    draw: Draw
    low: float = 0.0
    high: float = 1.0  # of integers the first that is not drawn; of a constant both are the number

    @classmethod
    def read(cls, text: str) -> Range | None:
        """A range as a table writes it, ``uniform(0, 1)``; None for any other text."""
        for draw, pattern in _RANGES.items():
            found = re.fullmatch(pattern, text.strip())
            if found is None:
                continue
            said = found.groupdict()
            if draw is Draw.CONSTANT:
                return cls(draw=draw, low=float(said["is"]), high=float(said["is"]))
            return cls(
                draw=draw,
                low=float(said.get("low", 0)),
                high=float(said.get("high") or said.get("below") or 1),
            )
        return None

    def unfit(self, dtype: str) -> str:
        """What is expected in its place where it says nothing, or what a dtype does not hold; else empty.

        Values are drawn as doubles or int64, and stored in the dtype: beyond it they would wrap, or be
        infinite.
        """
        if self.draw is Draw.NORMAL:
            whole = f"integers(n), uniform(a, b) or a number: {dtype} holds whole ones"
            return whole if dtype in WHOLE else ""
        if self.draw is Draw.INTEGERS and dtype in FLOATS:
            return f"normal, uniform(a, b) or a number for {dtype}"
        if self.high < self.low:
            return "its smaller number first"
        if self.draw is Draw.INTEGERS and self.high < 1:
            return "a number of at least 1"
        least, most = _HELD[dtype]
        if dtype not in FLOATS and not (self.low.is_integer() and self.high.is_integer()):
            return f"whole numbers for {dtype}"
        if not least <= self.low <= self._last <= most:
            return f"numbers from {least:.17g} to {most:.17g}, which is what {dtype} holds"
        return ""

    @property
    def _last(self) -> float:
        return self.high - 1 if self.draw is Draw.INTEGERS else self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphInput:
    """One input of a graph: what it is called there, its dtype, its shape, and where its samples come from.

    `shape` holds numbers, and ``batch`` at most once; an input without it is the same for every sample of a
    batch, as a sampling rate is. Where no input has it, the graph takes a sample a call.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    name: str
    dtype: str
    shape: tuple[str | int, ...] = ()
    range: str = USUAL  # what samples are drawn from, where there is no `folder`
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

    @property
    def batched(self) -> bool:
        """Whether a call takes several samples: some input has an axis for them."""
        return any(item.batch_axis is not None for item in self.inputs)
