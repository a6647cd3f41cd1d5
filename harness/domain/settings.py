"""What tells two documented values of one model, chip, precision and batch size apart."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum


class Shapes(StrEnum):
    """Whether an artifact takes inputs of one shape or of several."""

    STATIC = "static"
    DYNAMIC = "dynamic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a document measured, where its rows, columns or sections tell it."""

    length: int | None = None  # tokens of a sample
    input: str | None = None  # the size of an image, a clip or a tensor, as printed: "224x224"
    shapes: Shapes | None = None
    aoe: bool | None = None  # tuned by the Ascend optimization engine
    streams: int | None = None  # calls at once
    dataset: str | None = None  # in the document's own words
    variant: str | None = None  # which of several models or parts, in the document's own words

    @property
    def told(self) -> dict[str, object]:
        """The settings that are told, by name."""
        return {name: value for name in SETTINGS if (value := getattr(self, name)) is not None}


SETTINGS = tuple(item.name for item in fields(Settings))
