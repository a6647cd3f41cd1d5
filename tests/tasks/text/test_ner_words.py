"""bert-large-ner's features and scores, by rule."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic import word_logits

from harness.domain.metrics import Metric
from harness.domain.models import InputRole, Protocol
from harness.errors import BadOutput, NoSamples, ZoocheckError
from harness.tasks.datasets.tagged import TaggedSentence
from harness.tasks.text import load_task, ner_words
from harness.tasks.text.ner_words import LABELS, prepare, score

DOCUMENTED, STANDARD = Protocol.DOCUMENTED, Protocol.STANDARD


def sentence(*pairs: str, closed: bool = True) -> TaggedSentence:
    """A sentence from ``word tag`` pairs."""
    words, tags = zip(*(pair.split(" ") for pair in pairs), strict=True)
    return TaggedSentence(words=words, tags=tags, line=7, closed=closed)


def ids(tokenizer, *pieces: str) -> list[int]:
    return [tokenizer.vocabulary.index[piece] for piece in pieces]


def one_hot(features, wanted) -> np.ndarray:
    """Logits that give each word the label in `wanted`."""
    logits = np.zeros((*features.ids.shape, len(LABELS)), np.float32)
    logits[features.rows, features.positions, wanted] = 1
    return logits


def test_the_tables_name_this_module(catalog):
    assert load_task(catalog.models["bert-large-ner"]) is ner_words
    assert len(LABELS) == catalog.models["bert-large-ner"].architecture.labels


class TestDocumentedFeatures:
    def test_each_word_is_one_id_and_nothing_stands_around(self, cased):
        """``unaffable`` has pieces, and yet is [UNK]: words are looked up whole."""
        made = prepare(
            [sentence("the O", "unaffable B-PER", "film I-PER")], cased, length=5, protocol=DOCUMENTED
        )
        assert made.ids.tolist() == [[*ids(cased, "the", "[UNK]", "film"), 0, 0]]
        assert made.mask.tolist() == [[1, 1, 1, 0, 0]]
        assert made.segments.tolist() == [[0] * 5]
        assert made.positions.tolist() == [0, 1, 2]
        assert made.labels.tolist() == [0, 3, 4]
        assert (made.facts["words"], made.facts["unknown_words"]) == (3, 1)

    @pytest.mark.parametrize(
        ("word", "piece"),
        [
            ("THE", "the"),  # all upper case
            ("The", "[UNK]"),  # not all
            ("A", "a"),
            ("E", "e"),
            ("!", "!"),  # no letter: str.isupper() is false
            ("##a", "##a"),  # the whole word is in the vocabulary
            ("中", "中"),
        ],
    )
    def test_a_word_that_is_all_upper_case_is_lowered(self, cased, word, piece):
        made = prepare([sentence(f"{word} O")], cased, length=2, protocol=DOCUMENTED)
        assert made.ids[0, 0] == ids(cased, piece)[0]

    def test_labels_are_the_tags_of_the_file(self, cased):
        """The script converts no scheme: an IOB1 file gives IOB1 labels."""
        made = prepare([sentence("a I-LOC", "b I-LOC", "a B-LOC")], cased, length=4, protocol=DOCUMENTED)
        assert [LABELS[number] for number in made.labels] == ["I-LOC", "I-LOC", "B-LOC"]

    def test_an_open_last_sentence_is_dropped_and_counted(self, cased):
        examples = [sentence("a O"), sentence("b O", "a O", closed=False)]
        made = prepare(examples, cased, length=4, protocol=DOCUMENTED)
        assert len(made) == 1
        names = ("sentences", "words", "dropped_sentences", "dropped_words")
        assert [made.facts[name] for name in names] == [1, 1, 1, 2]

    def test_nothing_but_an_open_sentence_is_an_error(self, cased):
        with pytest.raises(
            NoSamples, match=r"the sentence on line 7 is the only one, .* no blank line ends it"
        ):
            prepare([sentence("a O", closed=False)], cased, length=4, protocol=DOCUMENTED)

    def test_a_sentence_that_is_too_long_is_cut_and_reported(self, cased):
        """The script ends with a ValueError there: np.pad by less than nothing."""
        made = prepare([sentence("a O"), sentence("a O", "e O", "a O")], cased, length=2, protocol=DOCUMENTED)
        assert made.ids.tolist() == [[*ids(cased, "a"), 0], ids(cased, "a", "e")]
        assert made.truncated.tolist() == [1]
        assert (made.facts["truncated_sentences"], made.facts["truncated_words"]) == (1, 1)
        assert made.rows.tolist() == [0, 1, 1]


class TestStandardFeatures:
    def test_the_first_piece_speaks_for_its_word(self, cased):
        made = prepare([sentence("unaffable B-PER", "film I-PER")], cased, length=8, protocol=STANDARD)
        assert made.ids.tolist() == [[*ids(cased, "[CLS]", "un", "##aff", "##able", "film", "[SEP]"), 0, 0]]
        assert made.mask.tolist() == [[1] * 6 + [0, 0]]
        assert made.positions.tolist() == [1, 4]
        assert made.labels.tolist() == [3, 4]

    def test_tags_are_converted_to_iob2(self, cased):
        made = prepare([sentence("a I-LOC", "b I-LOC", "a B-LOC")], cased, length=8, protocol=STANDARD)
        assert [LABELS[number] for number in made.labels] == ["B-LOC", "I-LOC", "B-LOC"]

    def test_an_open_last_sentence_is_kept(self, cased):
        made = prepare([sentence("a O", closed=False)], cased, length=4, protocol=STANDARD)
        assert len(made) == 1
        assert "dropped_sentences" not in made.facts

    def test_a_word_that_no_piece_is_made_of_is_unknown(self, cased):
        """A zero-width space alone: transformers gives it no place, so that it is never scored."""
        made = prepare([sentence("a O", "\u200b O", "e O")], cased, length=8, protocol=STANDARD)
        assert made.ids.tolist() == [[*ids(cased, "[CLS]", "a", "[UNK]", "e", "[SEP]"), 0, 0, 0]]
        assert made.facts["unknown_words"] == 1

    @pytest.mark.parametrize(
        ("length", "words", "cut"),
        [(8, 3, False), (7, 3, False), (6, 2, True), (5, 2, True), (4, 2, True), (3, 1, True)],
    )
    def test_words_that_begin_behind_the_cut_have_no_place(self, cased, length, words, cut):
        """``the un ##aff ##able a`` are five pieces; a word is kept while its first piece is."""
        made = prepare([sentence("the O", "unaffable O", "a O")], cased, length=length, protocol=STANDARD)
        assert len(made.positions) == words
        assert made.ids[0, length - 1 if cut else 6] == ids(cased, "[SEP]")[0]
        assert made.truncated.tolist() == [0] * cut
        assert made.facts["truncated_words"] == 3 - words


@pytest.mark.parametrize("protocol", Protocol)
class TestBoth:
    def test_inputs_are_the_three_arrays_by_role(self, cased, protocol):
        made = prepare([sentence("a O")], cased, length=4, protocol=protocol)
        assert made.inputs[InputRole.IDS] is made.ids
        assert made.inputs[InputRole.MASK] is made.mask
        assert made.inputs[InputRole.SEGMENTS] is made.segments
        assert {array.dtype for array in made.inputs.values()} == {np.dtype(np.int64)}

    def test_no_sentences_is_an_error(self, cased, protocol):
        with pytest.raises(NoSamples, match="no sentences"):
            prepare([], cased, length=8, protocol=protocol)

    def test_a_length_without_room_is_an_error(self, cased, protocol):
        with pytest.raises(ZoocheckError, match="has no room for a word"):
            prepare([sentence("a O")], cased, length=0, protocol=protocol)

    def test_a_tag_without_a_label_is_an_error(self, cased, protocol):
        with pytest.raises(
            ZoocheckError, match="line 7 has the tag 'B-GPE', expected one of the model's labels: O, "
        ):
            prepare([sentence("a B-GPE")], cased, length=8, protocol=protocol)

    def test_bounds_part_the_words_by_sentence(self, cased, protocol):
        examples = [sentence("a O", "b O"), sentence("a O"), sentence("the O", "film O", "a O")]
        assert prepare(examples, cased, length=8, protocol=protocol).bounds.tolist() == [0, 2, 3, 6]

    def test_right_labels_score_one_and_each_wrong_one_costs_its_share(self, cased, protocol):
        made = prepare([sentence("a B-PER", "b O"), sentence("film O")], cased, length=8, protocol=protocol)
        scored = score([one_hot(made, made.labels)], made, protocol=protocol)
        assert set(scored.metrics.values()) == {1.0}
        assert (scored.samples, scored.correct) == (3, {Metric.ACCURACY: 3})
        assert scored.predictions.tolist() == made.labels.tolist()
        wrong = made.labels.copy()
        wrong[2] = 1
        scored = score([one_hot(made, wrong)], made, protocol=protocol)
        assert scored.metrics[Metric.ACCURACY] == 2 / 3
        assert scored.correct == {Metric.ACCURACY: 2}

    def test_facts_state_the_unknown_share_and_what_was_scored(self, cased, protocol):
        made = prepare([sentence("a B-PER", "qq O"), sentence("film O")], cased, length=8, protocol=protocol)
        facts = score([one_hot(made, made.labels)], made, protocol=protocol).facts
        assert facts["unknown_share"] == 1 / 3
        assert facts["scored_words"] == 3

    def test_logits_of_other_places_do_not_matter(self, cased, protocol):
        made = prepare([sentence("unaffable B-PER", "b O")], cased, length=9, protocol=protocol)
        logits = word_logits(made, len(LABELS), seed=5, lift=2)
        other = logits + np.float32(100) * np.arange(len(LABELS), dtype=np.float32)
        other[made.rows, made.positions] = logits[made.rows, made.positions]
        assert (
            score([other], made, protocol=protocol).metrics
            == score([logits], made, protocol=protocol).metrics
        )

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_a_value_that_is_no_number_is_an_error_naming_the_sample(self, cased, protocol, value):
        made = prepare([sentence("a B-PER")] * 4, cased, length=8, protocol=protocol)
        logits = one_hot(made, made.labels)
        logits[2, 7, 0] = logits[3, 0, 0] = value
        with pytest.raises(BadOutput, match="in the logits of sample 2, the first of 2 of 4"):
            score([logits], made, protocol=protocol)

    def test_outputs_of_another_number_shape_or_dtype_are_an_error(self, cased, protocol):
        made = prepare([sentence("a B-PER")] * 2, cased, length=8, protocol=protocol)
        good = one_hot(made, made.labels)
        for bad in (good[:1], good[:, :7], good[..., :8], good.astype(np.int64)):
            with pytest.raises(BadOutput, match=r"expected floats \[2, 8, 9\]"):
                score([bad], made, protocol=protocol)
        for several in ([], [good, good]):
            with pytest.raises(BadOutput, match=f"found {len(several)} outputs, expected one"):
                score(several, made, protocol=protocol)


def test_of_equal_logits_the_first_label_wins(cased):
    """``argmax``, as in bert_metric.py."""
    made = prepare([sentence("a O", "b B-PER")], cased, length=3, protocol=DOCUMENTED)
    scored = score([np.zeros((1, 3, 9), np.float32)], made, protocol=DOCUMENTED)
    assert scored.predictions.tolist() == [0, 0]


def test_either_protocol_scores_the_features_of_the_other(cased):
    """`zoocheck score` has outputs of the documented inputs only: words are read where those have them."""
    examples = [sentence("a B-PER", "unaffable I-PER"), sentence("film O", "a B-LOC")]
    for made_by in Protocol:
        made = prepare(examples, cased, length=9, protocol=made_by)
        logits = one_hot(made, [3, 0, 0, 7])
        assert score([logits], made, protocol=DOCUMENTED).metrics == {Metric.ACCURACY: 3 / 4}
        assert score([logits], made, protocol=STANDARD).metrics == {
            Metric.ACCURACY: 3 / 4, Metric.PRECISION: 1 / 2, Metric.RECALL: 1 / 2, Metric.F1: 1 / 2,
        }  # fmt: skip


def test_no_entities_are_an_error_by_the_standard_protocol_only(cased):
    made = prepare([sentence("a O")], cased, length=8, protocol=STANDARD)
    with pytest.raises(NoSamples, match="no entity in the true tags"):
        score([one_hot(made, made.labels)], made, protocol=STANDARD)
    assert score([one_hot(made, made.labels)], made, protocol=DOCUMENTED).metrics == {Metric.ACCURACY: 1}
