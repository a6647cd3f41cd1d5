"""What is measured, and in which unit a README prints it."""

from __future__ import annotations

from enum import StrEnum


class Metric(StrEnum):
    """What is measured. Scores are fractions inside zoocheck, whatever unit a README prints.

    ``f1`` is of entities, of answers, or of the label that a table calls positive: the task says which.
    ``mcc`` is Matthews' correlation of labels, ``pearson`` and ``spearman`` are correlations of numbers.
    """

    ACCURACY = "accuracy"
    PRECISION = "precision"
    RECALL = "recall"
    F1 = "f1"
    F1_MACRO = "f1-macro"
    EXACT = "exact"
    MCC = "mcc"
    PEARSON = "pearson"
    SPEARMAN = "spearman"
    THROUGHPUT = "throughput"

    @property
    def is_score(self) -> bool:
        """Whether this says how good predictions are, rather than how fast they are made."""
        return self is not Metric.THROUGHPUT

    @property
    def least(self) -> float:
        """The lowest value that a score can have; the highest is 1."""
        return -1.0 if self in (Metric.MCC, Metric.PEARSON, Metric.SPEARMAN) else 0.0


class Unit(StrEnum):
    """The unit a README prints a value in."""

    PERCENT = "percent"
    FRACTION = "fraction"
    SAMPLES_PER_S = "samples/s"
    RATIO = "ratio"
    COUNT = "count"
