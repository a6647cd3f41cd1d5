"""Texts and pairs to labels and numbers: labels by name, metrics as scikit-learn and scipy have them."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tokenizer_making as making
from scipy import stats
from sklearn import metrics

from harness.domain.catalog import Catalog
from harness.domain.metrics import Metric
from harness.domain.models import Head, InputRole, Protocol
from harness.errors import BadOutput, NoSamples, ZoocheckError
from harness.tasks.datasets.examples import TextExample
from harness.tasks.label_names import UnknownLabels
from harness.tasks.text import sequences

DOCUMENTED = Protocol.DOCUMENTED
MNLI = ("entailment", "neutral", "contradiction")


def examples(*labels: str, second: str | None = None) -> list[TextExample]:
    return [
        TextExample(text="the cat", second=second, label=label, line=line)
        for line, label in enumerate(labels, start=2)
    ]


@pytest.fixture
def features(tmp_path: Path, catalog: Catalog):
    """The features of examples for a checkpoint with these labels."""
    making.word_pieces(tmp_path)

    def features(some: list[TextExample], labels: tuple[str, ...] | None, count: int = 2, **options: Any):
        model = making.a_model(
            catalog, head=Head.CLASSIFICATION, labels=count, metric=Metric.ACCURACY, **options
        )
        reader = sequences.open_tokenizer(making.pieces(tmp_path, model, labels))
        return sequences.prepare(some, reader, length=10, protocol=DOCUMENTED)

    return features


def logits_for(numbers: list[int], count: int) -> np.ndarray:
    return np.eye(count, dtype=np.float32)[numbers]


class TestLabels:
    @pytest.mark.parametrize("order", list(permutations(MNLI)))
    def test_the_labels_of_mnli_mean_the_same_in_any_publishers_order(self, features, order):
        """Its data numbers entailment 0; bart-large-mnli has contradiction first, others neutral."""
        truth = ["entailment", "neutral", "contradiction", "neutral"]
        made = features(examples(*truth, second="a dog"), tuple(name.upper() for name in order), 3)
        logits = logits_for([order.index(name) for name in truth], 3)
        scored = sequences.score([logits], made, protocol=DOCUMENTED)
        assert scored.metrics[Metric.ACCURACY] == 1
        swapped = logits_for([MNLI.index(name) for name in truth], 3)
        assert (sequences.score([swapped], made, protocol=DOCUMENTED).correct[Metric.ACCURACY] == 4) == (
            order == MNLI
        )

    def test_labels_that_the_checkpoint_lacks_are_told_with_both_lists(self, features):
        with pytest.raises(
            UnknownLabels,
            match=r"the data has the labels 0, 1, and the checkpoint negative, positive: 0, 1 are not among "
            r"them; say in its table what the data's labels are called",
        ):
            features(examples("1", "0"), ("negative", "positive"))

    def test_minus_one_is_not_one(self, features):
        with pytest.raises(UnknownLabels, match="-1 is not among them"):
            features(examples("1", "-1"), ("0", "1"))

    def test_two_logits_of_one_meaning(self, features):
        assert features(examples("pos", "POSITIVE"), ("POSITIVE", "pos")).wanted.tolist() == [1, 0]
        with pytest.raises(UnknownLabels, match="Pos may be any of the checkpoint's pos, POSITIVE, which"):
            features(examples("Pos"), ("pos", "POSITIVE"))

    def test_usual_spellings_are_one(self, features):
        assert features(examples("neg", "Positive"), ("NEGATIVE", "POSITIVE")).wanted.tolist() == [0, 1]

    def test_where_nobody_tells_the_labels_nothing_is_scored(self, features):
        made = features(examples("a", "b"), None)
        with pytest.raises(NoSamples, match="nobody tells what the logits mean"):
            sequences.score([np.zeros((2, 2), np.float32)], made, protocol=DOCUMENTED)


class TestFeatures:
    def test_pairs_have_both_texts(self, features):
        made = features(examples("a", second="a dog"), ("a", "b"))
        assert made.inputs[InputRole.IDS][0].tolist() == [2, 5, 6, 3, 10, 11, 3, 0, 0, 0]
        assert made.inputs[InputRole.SEGMENTS][0].tolist() == [0, 0, 0, 0, 1, 1, 1, 0, 0, 0]

    def test_pairs_and_single_texts_are_not_mixed(self, features):
        with pytest.raises(
            ZoocheckError, match="1 of 2 examples have a second text, expected all of them or none"
        ):
            features([*examples("a"), *examples("b", second="x")], ("a", "b"))


class TestScores:
    TRUTH, FOUND = [0, 1, 2, 2, 1, 0, 2, 1, 1], [0, 2, 2, 2, 1, 1, 0, 1, 1]

    def test_metrics_are_scikit_learns(self, features):
        made = features(examples(*(MNLI[n] for n in self.TRUTH)), MNLI, 3, positive="neutral")
        scored = sequences.score([logits_for(self.FOUND, 3)], made, protocol=DOCUMENTED)
        one = [int(n == 1) for n in self.TRUTH], [int(n == 1) for n in self.FOUND]
        assert scored.metrics == {
            Metric.ACCURACY: pytest.approx(6 / 9, abs=1e-15),
            Metric.F1: metrics.f1_score(*one),
            Metric.F1_MACRO: metrics.f1_score(self.TRUTH, self.FOUND, average="macro"),
            Metric.MCC: metrics.matthews_corrcoef(self.TRUTH, self.FOUND),
        }
        assert scored.correct == {Metric.ACCURACY: 6}

    def test_the_binary_f1_by_hand(self, features):
        """Three of four positives found, and one false: precision and recall 3/4."""
        made = features(examples(*"yyyyn"), ("n", "y"), positive="y")
        scored = sequences.score([logits_for([1, 1, 1, 0, 1], 2)], made, protocol=DOCUMENTED)
        assert scored.metrics[Metric.F1] == pytest.approx(0.75, abs=1e-15)

    @pytest.mark.parametrize("names", [("y", "n", "m"), ("n", "y", "m"), ("m", "n", "y")])
    def test_the_positive_label_is_where_the_checkpoint_has_it(self, features, names: tuple[str, ...]):
        """Its logit may be the first. Of two true ones one is found, and two are false: 2/5."""
        made = features(examples(*"yynnm"), names, 3, positive="y")
        found = [names.index(name) for name in "ynyym"]
        scored = sequences.score([logits_for(found, 3)], made, protocol=DOCUMENTED)
        assert scored.metrics[Metric.F1] == pytest.approx(0.4, abs=1e-15)

    def test_without_a_positive_label_there_is_no_binary_f1(self, features):
        made = features(examples("y", "n"), ("n", "y"))
        assert Metric.F1 not in sequences.score([logits_for([1, 0], 2)], made, protocol=DOCUMENTED).metrics

    def test_the_majority_is_the_trivial_answer(self, features):
        made = features(examples("a", "b", "b"), ("a", "b"))
        trivial = sequences.trivial(made, protocol=DOCUMENTED)["majority class"]
        assert trivial.metrics[Metric.ACCURACY] == 2 / 3
        assert trivial.metrics[Metric.MCC] == 0

    def test_other_logits_are_refused(self, features):
        made = features(examples("a", "b"), ("a", "b"))
        with pytest.raises(BadOutput, match=r"found logits of shape \[2, 3\], expected \[samples, 2\]"):
            sequences.score([np.zeros((2, 3), np.float32)], made, protocol=DOCUMENTED)


class TestNumbers:
    NUMBERS = ("0.5", "4", "2.25", "5", "1")

    def test_correlations_are_scipys(self, features):
        made = features(examples(*self.NUMBERS, second="x"), ("LABEL_0",), 1)
        found = np.array([[0.1], [0.9], [0.2], [0.7], [0.3]], np.float32)
        scored = sequences.score([found], made, protocol=DOCUMENTED)
        truth, flat = [float(value) for value in self.NUMBERS], found[:, 0].astype(np.float64)
        assert scored.metrics == {
            Metric.PEARSON: pytest.approx(stats.pearsonr(flat, truth).statistic, abs=1e-12),
            Metric.SPEARMAN: pytest.approx(stats.spearmanr(flat, truth).statistic, abs=1e-12),
        }
        assert not scored.decides
        assert sequences.trivial(made, protocol=DOCUMENTED) == {}

    def test_a_label_that_is_no_number(self, features):
        with pytest.raises(ZoocheckError, match=r"the label on line 3 is 'good', expected a number"):
            features(examples("1", "good"), ("LABEL_0",), 1)

    def test_numbers_that_are_all_one_correlate_with_nothing(self, features):
        made = features(examples(*self.NUMBERS), ("LABEL_0",), 1)
        with pytest.raises(BadOutput, match="every predicted number of 5 is 2"):
            sequences.score([np.full((5, 1), 2, np.float32)], made, protocol=DOCUMENTED)
        made = features(examples("1", "1"), ("LABEL_0",), 1)
        with pytest.raises(NoSamples, match="every true number of 2 is 1"):
            sequences.score([np.array([[1], [2]], np.float32)], made, protocol=DOCUMENTED)

    def test_a_nan_is_named(self, features):
        made = features(examples(*self.NUMBERS), ("LABEL_0",), 1)
        broken = np.array([[1], [np.nan], [2], [3], [4]], np.float32)
        with pytest.raises(BadOutput, match="found nan for sample 1, the first of 1 of 5"):
            sequences.score([broken], made, protocol=DOCUMENTED)
