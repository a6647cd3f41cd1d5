"""A metric by its samples: what each adds above and below the line, or what of it was predicted and true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from harness.domain.metrics import Metric

RAW = "parts"  # the key among a result's raw samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A metric as a sum over samples, divided by another.

    A mean F1 of answers has each question's F1 above and 1 below; F1 of entities has twice the entities of a
    sentence that match above, and below all that the truth and the predictions have.
    """

    above: Sequence[float]
    below: Sequence[float]

    def __len__(self) -> int:
        return len(self.above)

    @property
    def value(self) -> float:
        """The metric, a fraction; it may differ in the last digit from one counted in another order."""
        return sum(self.above) / sum(self.below)

    def as_raw(self) -> dict[str, list[float]]:
        """As a result keeps it; a line that is 1 everywhere is left out."""
        told = {"above": list(self.above)}
        return told if all(value == 1 for value in self.below) else told | {"below": list(self.below)}

    @classmethod
    def of_raw(cls, raw: Mapping[str, Any], metric: str) -> Self | None:
        """What a result kept of a metric; None where it kept nothing of it."""
        told = raw.get(RAW, {}).get(metric)
        if told is None:
            return None
        above = told["above"]
        return cls(above=above, below=told.get("below") or [1] * len(above))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """A metric that is no sum over samples, as MCC and correlations: each sample's prediction and its truth.

    Of labels they are their numbers; of the binary F1 1 is the label that it is of, 0 any other.
    """

    metric: Metric
    predicted: Sequence[float]
    true: Sequence[float]

    def __len__(self) -> int:
        return len(self.true)

    def as_raw(self) -> dict[str, list[float]]:
        """As a result keeps it."""
        return {"predicted": list(self.predicted), "true": list(self.true)}


def kept(raw: Mapping[str, Any], metric: str) -> Parts | Pairs | None:
    """What a result kept of a metric's samples; None where it kept nothing of them."""
    told = raw.get(RAW, {}).get(metric)
    if told is None or "predicted" not in told:
        return Parts.of_raw(raw, metric)
    return Pairs(metric=Metric(metric), predicted=told["predicted"], true=told["true"])
