"""The teacher of the sentence classifier: logistic regression on word pieces and pairs of them.

Features are weighed by naive Bayes log-count ratios first. Source: Wang and Manning, "Baselines and Bigrams:
Simple, Good Sentiment and Topic Classification", ACL 2012.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

SEEN = 2  # how often a feature must occur
SMOOTHING = 1.0  # added to every count
STEPS = 100  # of L-BFGS at most


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Teacher:
    """A feature is a piece, or a piece and its successor; `known` holds their numbers, ascending."""

    vocabulary: int
    known: IntArray = field(repr=False)
    weights: FloatArray = field(repr=False)
    bias: float

    def logits(self, ids: IntArray) -> FloatArray:
        """The log-odds of label 1, ``[n]``, for piece ids ``[n, length]`` padded with 0."""
        rows, columns = _known_features(ids, self.vocabulary, self.known)
        sums: FloatArray = np.bincount(rows, self.weights[columns], len(ids)).astype(np.float64) + self.bias
        return sums


def fit(ids: IntArray, labels: IntArray, *, vocabulary: int, penalty: float) -> Teacher:
    """The teacher that minimises summed log loss plus `penalty` / 2 times its squared weights.

    `ids` are piece ids ``[n, length]`` padded with 0, `labels` 0 or 1 ``[n]``.
    """
    _, features = _features(ids, vocabulary)
    numbers, counts = np.unique(features, return_counts=True)
    known = numbers[counts >= SEEN]
    rows, columns = _known_features(ids, vocabulary, known)
    ratios = _log_count_ratios(labels[rows], columns, len(known))
    weights, bias = _regress(rows, columns, ratios, labels, penalty)
    return Teacher(vocabulary=vocabulary, known=known, weights=weights * ratios, bias=bias)


def _features(ids: IntArray, vocabulary: int) -> tuple[IntArray, IntArray]:
    """Rows and numbers of all features, each once a row."""
    pairs = (ids[:, :-1] + 1) * vocabulary + ids[:, 1:]
    numbers = np.concatenate([ids, np.where(ids[:, 1:] > 0, pairs, 0)], axis=1)
    in_row = np.arange(len(ids))[:, None] * (vocabulary + 1) * vocabulary + numbers
    distinct = np.unique(in_row[numbers > 0])
    return np.divmod(distinct, (vocabulary + 1) * vocabulary)


def _known_features(ids: IntArray, vocabulary: int, known: IntArray) -> tuple[IntArray, IntArray]:
    """Rows of the features in `known`, and their places there."""
    rows, numbers = _features(ids, vocabulary)
    places = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
    found = known[places] == numbers
    return rows[found], places[found]


def _log_count_ratios(labels: IntArray, columns: IntArray, size: int) -> FloatArray:
    """For each feature the log of how much more of label 1's occurrences than of label 0's it makes up."""
    positive, negative = (
        np.bincount(columns[labels == label], minlength=size) + SMOOTHING for label in (1, 0)
    )
    ratios: FloatArray = np.log(positive / positive.sum()) - np.log(negative / negative.sum())
    return ratios


def _regress(
    rows: IntArray, columns: IntArray, values: FloatArray, labels: IntArray, penalty: float
) -> tuple[FloatArray, float]:
    """Weights of features and the bias, for row features of value ``values[column]``."""
    row, column, value = torch.from_numpy(rows), torch.from_numpy(columns), torch.from_numpy(values)
    wanted = torch.from_numpy(labels).double()
    weights = torch.zeros(len(values), dtype=torch.float64, requires_grad=True)
    bias = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, bias], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        logits = torch.zeros(len(wanted), dtype=torch.float64).index_add(0, row, (weights * value)[column])
        missed = torch.nn.functional.binary_cross_entropy_with_logits(logits + bias, wanted, reduction="sum")
        total: torch.Tensor = missed + penalty / 2 * weights.square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return weights.detach().numpy(), float(bias.detach())
