"""What a README measured on: chips and their published peaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.domain.precisions import Precision
from harness.domain.strict import STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The most that one chip computes a second at a precision, and who says so."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    precision: Precision
    tera_per_s: float  # 10^12 operations a second, a multiplication and an addition counted as two
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardModel:
    """A card that the chip is sold on, and how many of it one card holds."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    name: str
    devices: int  # chips on it, each a device of its own to the vendor's tools


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """What a README measured on, or what is measured here (`local`)."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    name: str
    title: str
    backend: str  # the module in harness/toolchains that drives it
    precisions: tuple[Precision, ...]  # the first is the default, left out of case ids
    local: bool = False  # every model runs on it, documented there or not
    tools: tuple[str, ...] = ()  # what must be on PATH
    remedy: str = ""  # what to do where they are not
    environment: str = ""  # the script that puts them there, where the vendor's installer leaves it
    throughput_tools: tuple[str, ...] = ()  # whose logs its cases take; the first is what the documents use
    device_names: tuple[str, ...] = ()  # words by which such a log, or its monitor, names the device
    peaks: tuple[Peak, ...] = ()  # as published; of a precision without one nothing is concluded
    cards: tuple[CardModel, ...] = ()  # for documents that count samples a second and card; none: not known

    @property
    def per_card(self) -> int:
        """The most chips that a card has; 1 where the tables name none."""
        return max((card.devices for card in self.cards), default=1)

    @property
    def marker(self) -> str:
        """The pytest marker: the name itself."""
        return self.name.replace("-", "_")

    @property
    def default_precision(self) -> Precision:
        """The precision that case ids leave out."""
        return self.precisions[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What documents measured on and nothing here drives: a name for claims."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    name: str
    title: str


def peak_of(chip: Chip, precision: Precision) -> Peak | None:
    """The published peak of a chip, None where the tables have none for the precision."""
    return next((peak for peak in chip.peaks if peak.precision is precision), None)
