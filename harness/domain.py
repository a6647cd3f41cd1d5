"""The records that everything speaks in: frozen, keyword-only, free of behaviour and of libraries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any


class Precision(StrEnum):
    """The number format of a case's arithmetic."""

    FP32 = "fp32"
    FP16 = "fp16"
    INT8 = "int8"


class Kind(StrEnum):
    """What a test claims; each is a pytest marker."""

    ACCURACY = "accuracy"
    THROUGHPUT = "throughput"
    CONFORMANCE = "conformance"
    PREPROCESSING = "preprocessing"
    AUDIT = "audit"


class Origin(StrEnum):
    """Where a number comes from. Numbers of different origin never share a column (rule 1)."""

    CHIP = "chip"
    STAND_IN = "stand-in"
    IMPORTED = "imported"
    DOCUMENTED = "documented"


class Weights(StrEnum):
    """The three kinds of checkpoint."""

    FULL = "full"
    MINI = "mini"
    RANDOM = "random"


class Corpus(StrEnum):
    """The two kinds of data set: the documented one, and the one written for this project."""

    FULL = "full"
    MINI = "mini"


class Protocol(StrEnum):
    """How raw text becomes inputs and outputs become a score."""

    DOCUMENTED = "documented"
    STANDARD = "standard"


class VerdictKind(StrEnum):
    """What a measurement comes to."""

    REPRODUCED = "reproduced"
    EXCEEDS = "exceeds"
    FALLS_SHORT = "falls-short"
    NO_REFERENCE = "no-reference"
    NOT_COMPARABLE = "not-comparable"
    ERROR = "error"

    @property
    def good(self) -> bool:
        """Whether a run that holds only such verdicts exits with 0."""
        return self not in (VerdictKind.FALLS_SHORT, VerdictKind.ERROR)


class Basis(StrEnum):
    """What a verdict was measured against: the documented value, or the checkpoint's own fp32."""

    DOCUMENTED = "documented"
    DROP = "drop"


class Head(StrEnum):
    """What stands on top of the encoder."""

    CLASSIFICATION = "classification"
    CLASSIFICATION_RELU = "classification-relu"
    TOKEN_CLASSIFICATION = "token-classification"
    QUESTION_ANSWERING = "question-answering"


class InputRole(StrEnum):
    """What an input of the network means, whatever it is called."""

    IDS = "ids"
    SEGMENTS = "segments"
    MASK = "mask"


class Rounding(StrEnum):
    """How a printed number was made from the measured one."""

    ROUNDED = "rounded"
    TRUNCATED = "truncated"


class Unit(StrEnum):
    """The unit a README prints a value in."""

    PERCENT = "percent"
    FRACTION = "fraction"
    SAMPLES_PER_S = "samples/s"
    RATIO = "ratio"
    COUNT = "count"


class Role(StrEnum):
    """What a documented value is about.

    ``measured``: a chip's own case. ``baseline``: what the zoo holds the chip against (published
    or open-source accuracy). ``ratio``: one chip's value over another's. ``fact``: a count or a
    threshold that no measurement is judged by.
    """

    MEASURED = "measured"
    BASELINE = "baseline"
    RATIO = "ratio"
    FACT = "fact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """The size of a BERT encoder and the head on it. Counts, but for `activation` and `head`."""

    layers: int
    hidden: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    head: Head
    labels: int
    types: int = 2
    activation: str = "gelu"
    layer_norm_eps: float = 1e-12
    dropout: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input of the exported graph: its name there, its meaning, its dtype, its files' folder."""

    name: str
    role: InputRole
    dtype: str
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One output of the exported graph; `shape` holds ``batch``, ``length``, ``labels`` or numbers."""

    name: str
    dtype: str
    shape: tuple[str | int, ...]
