"""Words to tags: labels of any kind by name, entities as seqeval counts them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tokenizer_making as making
from seqeval.metrics import f1_score

from harness.domain.catalog import Catalog
from harness.domain.metrics import Metric
from harness.domain.models import Head, Protocol
from harness.errors import BadOutput, NoSamples, ZoocheckError
from harness.tasks.datasets.tagged import TaggedSentence
from harness.tasks.label_names import UnknownLabels
from harness.tasks.tags import Scheme
from harness.tasks.text import tokens

DOCUMENTED = Protocol.DOCUMENTED
IOB2 = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
LENGTH = 8


def sentence(words: str, tags: str) -> TaggedSentence:
    return TaggedSentence(words=tuple(words.split()), tags=tuple(tags.split()), line=1)


SENTENCES = [sentence("ann ran", "B-PER O"), sentence("new york is big", "B-LOC I-LOC O O")]


@pytest.fixture
def features(tmp_path: Path, catalog: Catalog):
    """The features of sentences for a checkpoint with these labels."""
    making.word_pieces(tmp_path)

    def features(sentences, labels, *, length=LENGTH, metric=Metric.F1, **options):
        model = making.a_model(
            catalog, head=Head.TOKEN_CLASSIFICATION, labels=len(labels or ()), metric=metric, **options
        )
        reader = tokens.open_tokenizer(making.pieces(tmp_path, model, labels))
        return tokens.prepare(sentences, reader, length=length, protocol=DOCUMENTED)

    return features


def logits(made: tokens.Features, numbers: list[int], count: int) -> np.ndarray:
    """Logits that make the words these labels, and every other place the last one."""
    found = np.zeros((*made.encoded.ids.shape, count), np.float32)
    found[..., -1] = 1
    found[made.rows, made.encoded.positions] = np.eye(count, dtype=np.float32)[numbers] * 2
    return found


class TestLabels:
    def test_labels_in_any_order_and_spelling(self, features):
        made = features(SENTENCES, ("b_location", "I-LOC", "outside", "PER-B", "i_person"))
        assert made.wanted.tolist() == [3, 2, 0, 1, 2, 2]

    def test_a_checkpoint_of_bioes_is_held_to_bioes(self, features):
        labels = ("O", "S-PER", "B-LOC", "E-LOC", "B-PER", "I-PER", "E-PER", "I-LOC", "S-LOC")
        made = features(SENTENCES, labels)
        assert made.reader.own.scheme is Scheme.BIOES
        assert [labels[n] for n in made.wanted] == ["S-PER", "O", "B-LOC", "E-LOC", "O", "O"]
        scored = tokens.score([logits(made, made.wanted.tolist(), 9)], made, protocol=DOCUMENTED)
        assert scored.metrics[Metric.F1] == 1

    def test_a_checkpoint_of_iob1_is_held_to_iob1_where_its_table_says_so(self, features):
        made = features(SENTENCES, ("O", "I-PER", "I-LOC", "B-LOC"), scheme="iob1")
        assert made.wanted.tolist() == [1, 0, 2, 2, 0, 0]

    def test_data_of_bioes_for_a_checkpoint_of_iob2(self, features):
        made = features([sentence("new york", "B-LOC E-LOC"), sentence("ann", "S-PER")], IOB2)
        assert [IOB2[n] for n in made.wanted] == ["B-LOC", "I-LOC", "B-PER"]

    def test_tags_that_the_checkpoint_lacks_are_told_with_both_lists(self, features):
        with pytest.raises(
            UnknownLabels,
            match=r"the data has the tags B-GPE, O, and the checkpoint O, B-PER, I-PER, B-LOC, I-LOC: B-GPE",
        ):
            features([sentence("new york", "B-GPE O")], IOB2)

    def test_entities_of_one_type_without_a_name(self, features):
        for labels in (("O", "B", "I"), ("I", "O", "B"), ("O", "B", "I", "E", "S")):
            made = features([sentence("new york is big", "B I O B")], labels)
            count = len(labels)
            scored = tokens.score([logits(made, made.wanted.tolist(), count)], made, protocol=DOCUMENTED)
            assert scored.metrics[Metric.F1] == 1
            nothing = [labels.index("O")] * 3 + [made.wanted[3]]
            half = tokens.score([logits(made, nothing, count)], made, protocol=DOCUMENTED)
            assert half.metrics[Metric.RECALL] == 0.5

    def test_tags_that_are_marks_or_differ_in_spelling_alone(self, features):
        """The Penn Treebank's, and two that would be spelt alike as tags of entities."""
        labels = ("A_B", ".", "b-a", ":", "NN")
        made = features([sentence("ann . ran", "NN . b-a"), sentence("is : big", "A_B : NN")], labels,
                        metric=Metric.ACCURACY)  # fmt: skip
        assert [labels[number] for number in made.wanted] == ["NN", ".", "b-a", "A_B", ":", "NN"]

    def test_plain_tags_have_an_accuracy_alone(self, features):
        made = features(
            [sentence("the cat sat", "DET NOUN VERB")], ("NOUN", "VERB", "DET"), metric=Metric.ACCURACY
        )
        scored = tokens.score([logits(made, [2, 0, 0], 3)], made, protocol=DOCUMENTED)
        assert scored.metrics == {Metric.ACCURACY: 2 / 3}
        with pytest.raises(
            ZoocheckError, match=r"its labels NOUN, VERB, DET are of words .* they have no f1"
        ):
            features([sentence("the", "DET")], ("NOUN", "VERB", "DET"))


class TestScores:
    def test_entities_are_seqevals(self, features):
        made = features(SENTENCES, IOB2)
        found = [1, 3, 3, 4, 0, 0]
        scored = tokens.score([logits(made, found, 5)], made, protocol=DOCUMENTED)
        named = [[IOB2[n] for n in part] for part in (found[:2], found[2:])]
        assert scored.metrics[Metric.F1] == f1_score([list(item.tags) for item in SENTENCES], named)
        assert scored.metrics[Metric.ACCURACY] == 5 / 6
        assert scored.parts[Metric.F1].value == pytest.approx(scored.metrics[Metric.F1], abs=1e-15)

    def test_no_entity_found_is_an_f1_of_nothing(self, features):
        """Recall is 0 of 2; precision is 0 as conlleval prints it."""
        made = features(SENTENCES, IOB2)
        scored = tokens.score([logits(made, [0] * 6, 5)], made, protocol=DOCUMENTED)
        assert (scored.metrics[Metric.F1], scored.metrics[Metric.RECALL]) == (0, 0)

    def test_data_without_an_entity_cannot_be_scored(self, features):
        made = features([sentence("the cat", "O O")], IOB2)
        with pytest.raises(NoSamples, match="found no entity in the true tags"):
            tokens.score([logits(made, [0, 0], 5)], made, protocol=DOCUMENTED)

    def test_words_that_do_not_fit_are_counted_and_not_scored(self, features):
        made = features(SENTENCES, IOB2, length=5)
        assert made.facts == {
            "sentences": 2, "words": 6, "truncated_sentences": 1, "unplaced_words": 1, "scored_words": 5,
        }  # fmt: skip
        assert len(tokens.score([logits(made, [0] * 5, 5)], made, protocol=DOCUMENTED).predictions) == 5

    def test_what_stands_in_padding_is_not_read(self, features):
        made = features(SENTENCES, IOB2)
        right = logits(made, made.wanted.tolist(), 5)
        other = right.copy()
        other[0, 4:] = 7
        first, second = (tokens.score([item], made, protocol=DOCUMENTED) for item in (right, other))
        assert first.metrics == second.metrics == dict.fromkeys(first.metrics, 1.0)

    def test_other_outputs_are_refused(self, features):
        made = features(SENTENCES, IOB2)
        with pytest.raises(BadOutput, match=r"found logits float32 \[2, 8, 4\], expected floats \[2, 8, 5\]"):
            tokens.score([np.zeros((2, 8, 4), np.float32)], made, protocol=DOCUMENTED)
        broken = logits(made, [0] * 6, 5)
        broken[1, 2, 3] = np.inf
        with pytest.raises(BadOutput, match="in the logits of sample 1"):
            tokens.score([broken], made, protocol=DOCUMENTED)


def test_a_model_of_its_own_labels_scores_conll_as_the_documented_reader_reads_it(
    data_folder: Path, features
):
    """CoNLL-2003's test set, every tag as a prediction of itself: 5648 entities, all found."""
    from harness.tasks.datasets import conll

    examples = conll.read(data_folder / "conll2003" / "test.txt", expected=3453).examples[:400]
    labels = ("O", "B-MISC", "I-MISC", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")
    made = features(examples, labels, length=128)
    scored = tokens.score([logits(made, made.wanted.tolist(), 9)], made, protocol=DOCUMENTED)
    assert scored.metrics[Metric.F1] == 1
    assert made.facts["words"] == sum(len(item.words) for item in examples)
