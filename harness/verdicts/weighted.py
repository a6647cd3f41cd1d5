"""Metrics of samples that count as often as weights say: what resampling draws (`harness.verdicts.paired`).

With weights of 1 each is what `harness.tasks.metrics` counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.domain.metrics import Metric
from harness.domain.parts import Pairs, Parts

FloatArray = npt.NDArray[np.float64]
Columns = npt.NDArray[Any]  # [samples]: predicted, or true


def values(parts: Parts | Pairs, weights: npt.NDArray[Any]) -> FloatArray:
    """The metric for each row of `weights` ``[draws, samples]``; not finite where a draw has none."""
    counted = weights.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        if isinstance(parts, Parts):
            above, below = (np.asarray(line, np.float64) for line in (parts.above, parts.below))
            return np.asarray((counted @ above) / (counted @ below))
        predicted, true = np.asarray(parts.predicted), np.asarray(parts.true)
        return _METRICS[parts.metric](predicted, true, counted)


def samples_of(parts: Parts | Pairs) -> FloatArray:
    """What each sample has to do with the metric, ``[samples, 2]``: two that are equal count alike."""
    lines = (parts.above, parts.below) if isinstance(parts, Parts) else (parts.predicted, parts.true)
    return np.array(lines, np.float64).T


def _f1(predicted: Columns, true: Columns, weights: FloatArray) -> FloatArray:
    hits = weights @ (predicted * true).astype(np.float64)
    return np.asarray(2 * hits / (weights @ (predicted + true).astype(np.float64)))


def _f1_macro(predicted: Columns, true: Columns, weights: FloatArray) -> FloatArray:
    hits, said, there = _by_label(predicted, true, weights)
    counted = said + there > 0  # a label that is nowhere in a draw is no part of its mean
    return np.asarray(
        np.where(counted, 2 * hits / np.where(counted, said + there, 1), 0).sum(axis=1) / counted.sum(axis=1)
    )


def _mcc(predicted: Columns, true: Columns, weights: FloatArray) -> FloatArray:
    """Gorodkin's form for several labels; 0 where all true or all predicted labels are one."""
    hits, said, there = _by_label(predicted, true, weights)
    total = weights.sum(axis=1)
    above = hits.sum(axis=1) * total - (said * there).sum(axis=1)
    below = (total**2 - (said**2).sum(axis=1)) * (total**2 - (there**2).sum(axis=1))
    return np.where(below > 0, above / np.sqrt(np.where(below > 0, below, 1)), 0.0)


def _by_label(
    predicted: Columns, true: Columns, weights: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """How much is right, predicted and true of each label, ``[draws, labels]`` each."""
    labels = np.unique(np.concatenate([predicted, true]))
    said, there = (np.asarray(side[:, None] == labels, np.float64) for side in (predicted, true))
    return weights @ (said * there), weights @ said, weights @ there


def _pearson(predicted: Columns, true: Columns, weights: FloatArray) -> FloatArray:
    first = np.broadcast_to(predicted - predicted.mean(), weights.shape)
    second = np.broadcast_to(true - true.mean(), weights.shape)
    return _correlation(first, second, weights)


def _spearman(predicted: Columns, true: Columns, weights: FloatArray) -> FloatArray:
    return _correlation(_ranks(predicted, weights), _ranks(true, weights), weights)


def _ranks(column: Columns, weights: FloatArray) -> FloatArray:
    """The rank of each sample in each draw, of equal ones the mean, ``[draws, samples]``."""
    distinct, which = np.unique(column, return_inverse=True)
    counted = np.zeros((len(weights), len(distinct)))
    np.add.at(counted.T, which, weights.T)
    middle = np.cumsum(counted, axis=1) - counted / 2
    return np.asarray(middle[:, which])


def _correlation(first: FloatArray, second: FloatArray, weights: FloatArray) -> FloatArray:
    total = weights.sum(axis=1, keepdims=True)
    one = first - (first * weights).sum(axis=1, keepdims=True) / total
    other = second - (second * weights).sum(axis=1, keepdims=True) / total
    both, ones, others = (
        (left * right * weights).sum(axis=1) for left, right in ((one, other), (one, one), (other, other))
    )
    return np.asarray(both / np.sqrt(ones * others))


_METRICS: Mapping[Metric, Callable[[Columns, Columns, FloatArray], FloatArray]] = {
    Metric.F1: _f1,
    Metric.F1_MACRO: _f1_macro,
    Metric.MCC: _mcc,
    Metric.PEARSON: _pearson,
    Metric.SPEARMAN: _spearman,
}
