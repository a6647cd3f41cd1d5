"""bert-chinese-ner's features, and its scoring that stops at the first true I-ORG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from seqeval.metrics import accuracy_score, f1_score
from synthetic import word_logits

from harness.domain.metrics import Metric
from harness.domain.models import Protocol
from harness.errors import NoSamples, ZoocheckError
from harness.tasks.datasets.tagged import TaggedSentence
from harness.tasks.text import load_task, ner_characters
from harness.tasks.text.ner_characters import LABELS, STOP, prepare, score
from harness.tasks.text.wordpiece import Vocabulary, WordPieceTokenizer

unhurried = settings(deadline=None)
DOCUMENTED, STANDARD = Protocol.DOCUMENTED, Protocol.STANDARD
NUMBERS = st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=9), min_size=1, max_size=6)


def sentence(text: str, labels: str | None = None) -> TaggedSentence:
    """A sentence from its characters and the numbers of their labels."""
    tags = tuple(LABELS[int(digit)] for digit in labels or "0" * len(text))
    return TaggedSentence(words=tuple(text), tags=tags, line=3)


def one_hot(features, wanted) -> np.ndarray:
    logits = np.zeros((*features.ids.shape, len(LABELS)), np.float32)
    logits[features.rows, features.positions, np.array(wanted, np.int64)] = 1
    return logits


def people_daily_eval(rows: list[list[int]], predicted: list[list[int]]) -> tuple[list, list]:
    """The scoring loop of people_daily_eval.py over label rows, position 0 for ``[CLS]`` included, in the
    words of protocols: it stops a sentence at the first label 6, and never scores one without."""
    truth, predictions = [], []
    for row, guesses in zip(rows, predicted, strict=True):
        if 6 in row[1:]:
            stop = row.index(6, 1)
            truth.append([LABELS[label] for label in row[1:stop]])
            predictions.append([LABELS[label] for label in guesses[1:stop]])
    return truth, predictions


def test_the_tables_name_this_module(catalog):
    model = catalog.models["bert-chinese-ner"]
    assert load_task(model) is ner_characters
    assert len(LABELS) == model.architecture.labels
    assert LABELS[STOP] == "I-ORG"


@pytest.mark.parametrize("protocol", Protocol)
class TestFeatures:
    def test_each_character_has_a_place_between_the_marks(self, uncased, protocol):
        made = prepare([sentence("中!É", "105")], uncased, length=7, protocol=protocol)
        index = uncased.vocabulary.index
        pieces = ("[CLS]", "中", "!", "e", "[SEP]")  # lower case, and without its accent
        assert made.ids.tolist() == [[*(index[piece] for piece in pieces), 0, 0]]
        assert made.mask.tolist() == [[1] * 5 + [0, 0]]
        assert made.segments.tolist() == [[0] * 7]
        assert made.positions.tolist() == [1, 2, 3]
        assert made.labels.tolist() == [1, 0, 5]

    def test_a_long_sentence_is_cut_and_reported(self, uncased, protocol):
        made = prepare(
            [sentence("中中"), sentence("中ae中a"), sentence("中ae")], uncased, length=5, protocol=protocol
        )
        assert made.truncated.tolist() == [1]
        assert made.facts == {
            "sentences": 3, "characters": 10, "unknown_characters": 0,
            "truncated_sentences": 1, "truncated_characters": 2,
        }  # fmt: skip
        assert made.bounds.tolist() == [0, 2, 5, 8]
        assert made.ids[1, 4] == uncased.vocabulary.index["[SEP]"]

    def test_a_character_that_the_vocabulary_lacks_is_unknown(self, uncased, protocol):
        made = prepare([sentence("中国")], uncased, length=5, protocol=protocol)
        assert made.ids[0, 2] == uncased.vocabulary.index["[UNK]"]
        assert made.facts["unknown_characters"] == 1

    def test_a_character_that_no_piece_is_made_of_is_unknown(self, uncased, protocol):
        made = prepare([sentence("a\u200bb"), sentence("\x00")], uncased, length=6, protocol=protocol)
        assert made.ids[0, 2] == made.ids[1, 1] == uncased.vocabulary.index["[UNK]"]

    @pytest.mark.parametrize("length", [0, 2])
    def test_a_length_without_room_is_an_error(self, uncased, protocol, length):
        with pytest.raises(ZoocheckError, match=f"length {length} has no room for a word, expected 3"):
            prepare([sentence("中")], uncased, length=length, protocol=protocol)

    def test_no_sentences_is_an_error(self, uncased, protocol):
        with pytest.raises(NoSamples, match="no sentences"):
            prepare([], uncased, length=8, protocol=protocol)


def test_a_character_of_several_pieces_has_one_place():
    """A Hangul syllable decomposes to letters: documented it is one id, standard one place of its pieces."""
    pieces = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "\u1100", "##\u1161", "##\u11a8")
    vocabulary = Vocabulary(path=Path("none"), sha256="", pieces=pieces)
    tokenizer = WordPieceTokenizer(vocabulary, do_lower_case=True)
    documented, standard = (
        prepare([sentence("a\uac01a")], tokenizer, length=9, protocol=protocol) for protocol in Protocol
    )
    assert documented.ids.tolist() == [[2, 4, 1, 4, 3, 0, 0, 0, 0]]
    assert documented.positions.tolist() == [1, 2, 3]
    assert standard.ids.tolist() == [[2, 4, 5, 6, 7, 4, 3, 0, 0]]
    assert standard.positions.tolist() == [1, 2, 5]
    assert (documented.facts["unknown_characters"], standard.facts["unknown_characters"]) == (1, 0)


class TestScores:
    def test_documented_reads_up_to_the_first_true_organisation(self, uncased):
        """Of the first sentence two characters count, the second is never scored, the third counts none."""
        examples = [sentence("aaaa", "1060"), sentence("aaa", "120"), sentence("aa", "66")]
        made = prepare(examples, uncased, length=8, protocol=DOCUMENTED)
        scored = score([one_hot(made, [1, 2, 0, 0, 0, 0, 0, 0, 0])], made, protocol=DOCUMENTED)
        assert scored.metrics[Metric.ACCURACY] == 1 / 2
        assert scored.metrics[Metric.F1] == 0.0
        assert scored.samples == 2
        assert scored.predictions.tolist() == ["12", ""]
        assert scored.correct == {}
        facts = ("scored_sentences", "scored_characters", "never_scored_sentences", "never_scored_characters")
        assert [scored.facts[name] for name in facts] == [2, 2, 1, 7]
        assert scored.facts["correct_characters"] == 1

    def test_standard_reads_everything(self, uncased):
        examples = [sentence("aaaa", "1060"), sentence("aaa", "120")]
        made = prepare(examples, uncased, length=8, protocol=STANDARD)
        scored = score([one_hot(made, [1, 2, 0, 0, 1, 2, 0])], made, protocol=STANDARD)
        assert scored.metrics[Metric.ACCURACY] == 5 / 7
        # Right of the true LOC, ORG, LOC is the last; the first was found one character too long.
        assert scored.metrics[Metric.PRECISION] == 1 / 2
        assert scored.metrics[Metric.RECALL] == 1 / 3
        assert scored.samples == 2
        assert scored.predictions.tolist() == ["1200", "120"]
        assert scored.facts["never_scored_sentences"] == scored.facts["never_scored_characters"] == 0

    def test_characters_behind_the_cut_are_never_scored(self, uncased):
        made = prepare([sentence("aaaaa", "10000")], uncased, length=5, protocol=STANDARD)
        scored = score([one_hot(made, [1, 0, 0])], made, protocol=STANDARD)
        assert (scored.facts["scored_characters"], scored.facts["never_scored_characters"]) == (3, 2)

    @pytest.mark.parametrize("labels", [["120", "000"], ["66", "61"]])
    def test_nothing_to_score_is_an_error_with_the_way_out(self, uncased, labels):
        made = prepare(
            [sentence("a" * len(item), item) for item in labels], uncased, length=8, protocol=DOCUMENTED
        )
        with pytest.raises(NoSamples, match=r"none of 2 sentences is scored.* I-ORG, .*--protocol standard"):
            score([one_hot(made, made.labels)], made, protocol=DOCUMENTED)

    def test_no_entity_before_any_stop_is_an_error(self, uncased):
        made = prepare([sentence("aaa", "006")], uncased, length=8, protocol=DOCUMENTED)
        with pytest.raises(NoSamples, match="no entity in the true tags of 1 sentences, 2 words"):
            score([one_hot(made, made.labels)], made, protocol=DOCUMENTED)

    @unhurried
    @given(NUMBERS, st.integers(1, 2**16), st.integers(3, 12))
    def test_documented_scores_are_those_of_the_scripts_loop(self, uncased, numbers, seed, length):
        """On any labels, against the loop itself over a label file's rows, to the last digit."""
        examples = [sentence("a" * len(row), "".join(map(str, row))) for row in numbers]
        made = prepare(examples, uncased, length=length, protocol=DOCUMENTED)
        logits = word_logits(made, len(LABELS), seed)
        rows = [[0, *row[: length - 2], *[0] * (length - 1 - len(row[: length - 2]))] for row in numbers]
        truth, predictions = people_daily_eval(rows, logits.argmax(axis=2).tolist())
        assume(any(tag != "O" for tags in truth for tag in tags))
        assume(any(tag != "O" for tags in predictions for tag in tags))
        scored = score([logits], made, protocol=DOCUMENTED)
        assert scored.metrics[Metric.F1] == f1_score(truth, predictions, average="micro", zero_division=0)
        assert scored.metrics[Metric.ACCURACY] == accuracy_score(truth, predictions)
        assert scored.samples == len(truth)
        assert scored.predictions.tolist() == [
            "".join(str(LABELS.index(tag)) for tag in tags) for tags in predictions
        ]
