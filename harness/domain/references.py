"""Documented values with their place in a document, digits as printed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from harness.domain.metrics import Metric, Unit
from harness.domain.precisions import Precision
from harness.domain.settings import Settings
from harness.domain.strict import STRICT

# A number as documents print it, its thousands parted by commas or not. What has more digits is no measured
# value, and would read as infinity.
PRINTED = r"-?(?:(?:\d{1,3}(?:,\d{3}){1,4}|\d{1,15})(?:\.\d{1,20})?|\.\d{1,20})(?:[eE][+-]?\d{1,2}(?![\w.]))?"

# Full-width digits, and the point and the minus among them, as the ASCII ones that they stand for.
NARROW = {0xFF10 + digit: str(digit) for digit in range(10)} | {0xFF0E: ".", 0xFF0D: "-"}


def exact(printed: str) -> Decimal:
    """What a number's printed digits come to."""
    return Decimal(printed.replace(",", ""))


def digits_behind(printed: str) -> int:
    """How many digits a printed number has behind the point; of ``1.5e3`` -2: it is told to the hundred."""
    exponent = exact(printed).as_tuple().exponent
    assert isinstance(exponent, int), "no infinity is printed"
    return -exponent


class Rounding(StrEnum):
    """How a printed number was made from the measured one."""

    ROUNDED = "rounded"
    TRUNCATED = "truncated"


class Role(StrEnum):
    """What a documented value is about.

    ``measured``: a chip's own case. ``baseline``: what the zoo holds the chip against and did not
    measure itself (published or open-source accuracy). ``ratio``: one chip's value over another's.
    ``fact``: a count, a threshold or a repeated figure that no measurement is judged by.
    """

    MEASURED = "measured"
    BASELINE = "baseline"
    RATIO = "ratio"
    FACT = "fact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where in a document a value stands."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    document: str
    table: str
    row: str
    column: str

    def __str__(self) -> str:
        return f"{self.document} § {self.table}, row {self.row!r}, column {self.column!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference(Settings):
    """One documented value, digits as printed. ``value is None`` is documented as absent (``无``)."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    source: Source
    printed: str  # the digits alone: "93.95", where the cell is "f1:93.95%"
    value: float | None
    digits: int  # behind the point, as printed
    metric: Metric
    unit: Unit
    role: Role
    rounding: Rounding
    model: str
    called: str | None = None  # the metric's own words, where they say more than its name
    chip: str | None = None  # a chip, or a device that nothing here drives
    precision: Precision | None = None
    batch_size: int | None = None  # None: the document gives it for all batch sizes
    best: bool = False  # of the best-batch row
    ratio: tuple[str, str] | None = None  # (numerator chip, denominator chip)
    tolerance: float | None = None  # percentage points of a score, per cent of a throughput
    baseline: bool = False  # other chips or precisions are held against it
    form: str = "{}"  # what stands around the digits in the cell, other numbers of it included

    @property
    def cell(self) -> str:
        """The cell as the document prints it."""
        return self.printed if self.value is None else self.form.replace("{}", self.printed)

    @property
    def fraction(self) -> float | None:
        """A score as a fraction of one, whatever unit it is printed in."""
        if self.value is None:
            return None
        return self.value / 100 if self.unit is Unit.PERCENT else self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """How far the documents let a score drop: from a baseline to a chip's, both as printed."""

    fraction: float  # 0.0028 is 0.28 percentage points
    baseline: Reference
    measured: Reference

    def __str__(self) -> str:
        both = " - ".join(f"{item.printed} [{item.source}]" for item in (self.baseline, self.measured))
        return f"documented drop {self.fraction * 100:.2f} points: {both}"
