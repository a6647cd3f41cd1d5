"""How well predicted labels or numbers agree with the true ones, by scikit-learn and scipy."""

from __future__ import annotations

from harness.domain.metrics import Metric
from harness.domain.parts import Pairs
from harness.errors import BadOutput, NoSamples


def of(pairs: Pairs) -> float:
    """The metric of `pairs`: F1 of the label 1, F1 macro, Matthews' correlation, Pearson's or Spearman's.

    As scikit-learn and scipy have them: macro is over the labels that are true or predicted, each as much as
    the others; a label that is never both has an F1 of 0, and MCC is 0 where all true or all predicted labels
    are one. Raises `NoSamples` without samples and for true numbers that are all one, `BadOutput` for
    predicted ones that are: they correlate with nothing.
    """
    # Not above: scikit-learn takes a second that only a score is worth.
    from scipy import stats
    from sklearn import metrics

    if not len(pairs):
        raise NoSamples(f"no {pairs.metric} over 0 samples")
    true, predicted = list(pairs.true), list(pairs.predicted)
    if pairs.metric is Metric.F1:
        return float(metrics.f1_score(true, predicted, pos_label=1, zero_division=0))
    if pairs.metric is Metric.F1_MACRO:
        return float(metrics.f1_score(true, predicted, average="macro", zero_division=0))
    if pairs.metric is Metric.MCC:
        alone = len({*true, *predicted}) < 2  # of which scikit-learn warns before it says 0
        return 0.0 if alone else float(metrics.matthews_corrcoef(true, predicted))
    if len(set(true)) < 2:
        raise NoSamples(f"every true number of {len(true)} is {true[0]:g}: nothing correlates with them")
    if len(set(predicted)) < 2:
        raise BadOutput(
            f"every predicted number of {len(true)} is {predicted[0]:g}: none correlates with them"
        )
    method = stats.pearsonr if pairs.metric is Metric.PEARSON else stats.spearmanr
    return float(method(predicted, true).statistic)
