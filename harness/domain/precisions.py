"""Number formats and a chip's numerics, and by how much their rounding may move outputs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from harness.domain.strict import STRICT


class Precision(StrEnum):
    """The number format of a case's arithmetic, widest first."""

    FP32 = "fp32"
    TF32 = "tf32"  # fp32, but the operands of products are cut to 10 bits behind the point: a GPU's choice
    FP16 = "fp16"
    BF16 = "bf16"
    INT8 = "int8"


class Gelu(StrEnum):
    """The form of GELU a chip computes: exact, or the tanh approximation of "high performance"."""

    ERF = "erf"
    TANH = "tanh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The most that something may come to, and why it is that."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    most: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecisionSpec:
    """What a precision's rounding explains: by how much outputs may differ, and from what.

    A *spread* is the standard deviation of the outputs that count (of no padding's), so that a bound in
    spreads means the same for a small and a large network.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    name: Precision
    unit_roundoff: float  # of one rounding to nearest, relative; of int8, to the range of a tensor
    largest: Bound  # of all differences from torch's fp32, in spreads
    rms: Bound  # root mean square of those differences, in spreads
    tanh_gelu: Bound  # added to both where the document's build computes GELU's tanh form, in spreads
    typical: Bound  # mean difference from torch's fp32 of the median sample, in spreads
    invariance: Bound  # of differences between two calls of one artifact, in spreads
    real_length: Bound  # of differences between padded input and the samples' real length, in logits
    sharing: Bound  # of differences between two batch sizes' artifacts, in logits


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelParity:
    """Bounds of one model at one precision, in place of the precision's own where they are smaller.

    They are of a network of `layers`, the documented one's without; a checkpoint of others is held to its
    share of them (`running.bounds.parity_bounds`).
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    precision: Precision
    largest: Bound
    rms: Bound
    layers: int | None = None
