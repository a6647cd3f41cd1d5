"""What is measured, and in which unit a README prints it."""

from __future__ import annotations

from enum import StrEnum


class Metric(StrEnum):
    """What is measured. Scores are fractions inside zoocheck, whatever unit a README prints."""

    ACCURACY = "accuracy"
    PRECISION = "precision"
    RECALL = "recall"
    F1 = "f1"
    EXACT = "exact"
    THROUGHPUT = "throughput"

    @property
    def is_score(self) -> bool:
        """Whether this is a fraction of something right, rather than a speed."""
        return self is not Metric.THROUGHPUT


class Unit(StrEnum):
    """The unit a README prints a value in."""

    PERCENT = "percent"
    FRACTION = "fraction"
    SAMPLES_PER_S = "samples/s"
    RATIO = "ratio"
    COUNT = "count"
