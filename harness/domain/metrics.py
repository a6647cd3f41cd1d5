"""What documents state: metrics with their direction and range, and the units they are printed in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """The unit a README prints a value in."""

    PERCENT = "percent"
    FRACTION = "fraction"
    SAMPLES_PER_S = "samples/s"
    MS = "ms"
    S = "s"
    US = "us"
    DB = "dB"
    NUMBER = "number"
    RATIO = "ratio"
    COUNT = "count"


class Better(StrEnum):
    """Which of two values of a metric is the better one."""

    HIGHER = "higher"
    LOWER = "lower"
    UNKNOWN = "unknown"


class Sort(StrEnum):
    """What a metric says something about."""

    SCORE = "score"  # how good predictions are, as a share of one
    DISTANCE = "distance"  # how good predictions are, as a number of its own scale
    SPEED = "speed"
    TIME = "time"
    OTHER = "other"  # what nothing but its own words are known of


@dataclass(frozen=True, slots=True)
class _Scale:
    """How a metric's values are read: its sort, its direction, where they lie, as a share or a number."""

    sort: Sort = Sort.SCORE
    better: Better = Better.HIGHER
    least: float = 0.0
    most: float = 1.0
    counted: bool = False  # a whole number out of the samples


class Metric(StrEnum):
    """What is measured. Scores are fractions inside zoocheck, whatever unit a README prints.

    ``accuracy`` is of the first guess (top-1). ``f1`` is of entities, of answers, of text boxes (H-mean),
    or of the label that a table calls positive: the task says which. ``mcc`` is Matthews' correlation of
    labels, ``pearson`` and ``spearman`` are correlations of numbers, ``map`` is the mean average precision
    of detections and ``miou`` the mean intersection over union of segmentations, whatever thresholds they
    are of. ``wer``, ``cer`` and ``eer`` are error rates of words, characters and verification. `OTHER` is
    what a document calls by words of its own.
    """

    ACCURACY = "accuracy"
    TOP5 = "top5"
    PRECISION = "precision"
    RECALL = "recall"
    F1 = "f1"
    F1_MACRO = "f1-macro"
    EXACT = "exact"
    MCC = "mcc"
    PEARSON = "pearson"
    SPEARMAN = "spearman"
    MAP = "map"
    MIOU = "miou"
    IOU = "iou"
    DICE = "dice"
    AUC = "auc"
    BLEU = "bleu"
    ROUGE = "rouge"
    SSIM = "ssim"
    WER = "wer"
    CER = "cer"
    EER = "eer"
    ERROR_RATE = "error-rate"
    PSNR = "psnr"
    PERPLEXITY = "perplexity"
    MAE = "mae"
    RMSE = "rmse"
    FID = "fid"
    THROUGHPUT = "throughput"
    LATENCY = "latency"
    OTHER = "other"

    @property
    def sort(self) -> Sort:
        """What it says something about."""
        return _SCALES.get(self, _SHARE).sort

    @property
    def is_score(self) -> bool:
        """Whether it is a share of one that says how good predictions are."""
        return self.sort is Sort.SCORE

    @property
    def better(self) -> Better:
        """Which of two values is the better one."""
        return _SCALES.get(self, _SHARE).better

    @property
    def least(self) -> float:
        """The lowest value that there can be: of a score as a fraction of one."""
        return _SCALES.get(self, _SHARE).least

    @property
    def most(self) -> float:
        """The highest value that there can be: of a score as a fraction of one; without a limit infinity."""
        return _SCALES.get(self, _SHARE).most

    @property
    def is_counted(self) -> bool:
        """Whether a value is a whole number of samples out of all."""
        return _SCALES.get(self, _SHARE).counted

    @property
    def units(self) -> tuple[Unit, ...]:
        """The units that a value may be printed in."""
        return _UNITS[self.sort]


_SHARE = _Scale()
_COUNTED = _Scale(counted=True)
_CORRELATION = _Scale(least=-1.0)
_RATE = _Scale(better=Better.LOWER)
_DISTANCE = _Scale(Sort.DISTANCE, Better.LOWER, most=math.inf)

# Of what is not here: a share of one, the higher the better.
_SCALES: Mapping[Metric, _Scale] = {
    Metric.ACCURACY: _COUNTED,
    Metric.TOP5: _COUNTED,
    Metric.EXACT: _COUNTED,
    Metric.MCC: _CORRELATION,
    Metric.PEARSON: _CORRELATION,
    Metric.SPEARMAN: _CORRELATION,
    Metric.SSIM: _CORRELATION,
    Metric.EER: _RATE,
    Metric.ERROR_RATE: _RATE,
    Metric.WER: _Scale(better=Better.LOWER, most=math.inf),  # insertions make it more than all words
    Metric.CER: _Scale(better=Better.LOWER, most=math.inf),
    Metric.PSNR: _Scale(Sort.DISTANCE, most=math.inf),
    Metric.PERPLEXITY: _Scale(Sort.DISTANCE, Better.LOWER, least=1.0, most=math.inf),
    Metric.MAE: _DISTANCE,
    Metric.RMSE: _DISTANCE,
    Metric.FID: _DISTANCE,
    Metric.THROUGHPUT: _Scale(Sort.SPEED, most=math.inf),
    Metric.LATENCY: _Scale(Sort.TIME, Better.LOWER, most=math.inf),
    Metric.OTHER: _Scale(Sort.OTHER, Better.UNKNOWN, -math.inf, math.inf),
}

_SHARES = (Unit.PERCENT, Unit.FRACTION)
_UNITS: Mapping[Sort, tuple[Unit, ...]] = {
    Sort.SCORE: _SHARES,
    Sort.DISTANCE: (Unit.NUMBER, Unit.DB, *_SHARES),
    Sort.SPEED: (Unit.SAMPLES_PER_S,),
    Sort.TIME: (Unit.MS, Unit.S, Unit.US),
    Sort.OTHER: tuple(item for item in Unit if item is not Unit.RATIO),
}
