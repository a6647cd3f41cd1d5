"""A documented value as a claim: what is said of which model, where, and what it lacks to be run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from harness.domain.settings import SETTINGS
from harness.domain.strict import STRICT

# Every setting but the variant, which stands beside the model.
OF_A_ROW = tuple(name for name in SETTINGS if name != "variant")


class Lack(StrEnum):
    """What keeps a claim from being run. The sentences are `harness.documents.lacking`'s."""

    MODEL = "model"  # only a name is known: no graph and no checkpoint
    MEASURED = "measured"  # nothing of its own: a baseline, a ratio, a fact
    METRIC = "metric"
    CHIP = "chip"  # the document names none
    DRIVER = "driver"  # nothing here drives what it was measured on, or not on this machine
    CASE = "case"  # no case has its batch size, precision or settings
    DATA = "data"
    WEIGHTS = "weights"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One thing that a claim lacks, and the sentence that says what would help."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    what: Lack
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a claim stands: a line of a README, or a cell of a table of the catalog."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    document: str  # as the catalog calls it, or would
    file: str = ""  # of a README that was read; empty: the value is of the catalog's tables
    line: int | None = None
    table: str = ""
    row: str = ""
    column: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.file else f"{self.document} § {self.table}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentedClaim:
    """One documented value, digits as printed, whether or not anything here can run its model."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    model: str
    variant: str = ""  # in the document's own words: which of several it is about
    chip: str | None = None
    batch_size: int | None = None  # None: the document tells none
    best: bool = False  # of the best batch size
    precision: str | None = None
    metric: str
    called: str = ""  # the metric's own words, where they say more than its name
    printed: str
    value: float
    unit: str
    cell: str = ""  # as printed, with what stands around the digits
    role: str
    ratio: tuple[str, str] | None = None  # (numerator chip, denominator chip)
    settings: Mapping[str, Any] = field(default_factory=dict)  # of `OF_A_ROW`, those that are told
    place: Place
    runs: str = ""  # the id of the case that measures it; empty where `lacks` says why there is none
    command: str = ""  # the line that runs it
    lacks: tuple[Need, ...] = ()

    @property
    def known_as(self) -> str:
        """The metric in the document's own words, else by its name."""
        return self.called or self.metric

    @property
    def measured_on(self) -> str:
        """The chip, or the two of a ratio; empty where the document names none."""
        return " / ".join(self.ratio) if self.ratio else self.chip or ""

    @property
    def told(self) -> str:
        """Its settings in one text: ``length 384, static``."""
        return settings_told(self.settings)


def settings_told(settings: Mapping[str, Any]) -> str:
    """Settings as people read them: ``length 384, static, AOE, 4 streams``."""
    said = []
    for key in OF_A_ROW:
        value = settings.get(key)
        if value is None:
            continue
        if key == "aoe":
            said.append("AOE" if value else "no AOE")
        elif key == "streams":
            said.append(f"{value} stream{'' if value == 1 else 's'}")
        else:
            said.append(str(value) if key == "shapes" else f"{key} {value}")
    return ", ".join(said)
