"""How READMEs spell models, chips, metrics and units."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from harness.domain.strict import STRICT


class WordKind(StrEnum):
    """What a word of a README tells: see fixtures/tables/readme_words.toml."""

    MODEL = "model"
    DATASET = "dataset"
    CHIP = "chip"
    METRIC = "metric"
    UNIT = "unit"
    PRECISION = "precision"
    BATCH_SIZE = "batch_size"
    BEST = "best"
    BASELINE = "baseline"
    DIFFERENCE = "difference"
    FACT = "fact"
    LABEL = "label"
    ABSENT = "absent"
    OTHER = "other"
    FOREIGN = "foreign"
    SHAPES = "shapes"
    AOE = "aoe"
    FILLER = "filler"
    TASK = "task"
    PART = "part"
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """How READMEs spell one thing. Longer spellings win over shorter ones; case and width do not count."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    means: WordKind
    spelled: tuple[str, ...]
    value: str = ""  # the name of the model, data set, chip, metric, unit, precision; what a label tells
    own: bool = False  # of a metric: it says more than the metric's name, and is kept as printed
