"""Answers to questions, some of which have none: spans over windows, and the official scripts' scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tokenizer_making as making
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.domain.catalog import Catalog
from harness.domain.metrics import Metric
from harness.domain.models import Head, Protocol
from harness.errors import BadOutput
from harness.tasks.datasets.squad import Answer, QuestionExample
from harness.tasks.text import questions

DOCUMENTED = Protocol.DOCUMENTED
CONTEXT = "the cat sat on the mat a dog is big"


def asked(name: str, *answers: str, may_lack: bool = True) -> QuestionExample:
    return QuestionExample(
        id=name, question="who ran ?", context=CONTEXT, where="$", may_lack_answers=may_lack,
        answers=tuple(Answer(text=text, start=CONTEXT.index(text)) for text in answers),
    )  # fmt: skip


@pytest.fixture
def features(tmp_path: Path, catalog: Catalog):
    """The features of questions."""
    making.word_pieces(tmp_path)

    def features(examples, *, length=14, **options):
        wanted = {"stride": 2, "longest_question": 4} | options
        model = making.a_model(catalog, head=Head.QUESTION_ANSWERING, **wanted)
        reader = questions.open_tokenizer(making.pieces(tmp_path, model, None))
        return questions.prepare(examples, reader, length=length, protocol=DOCUMENTED)

    return features


def logits(made: questions.Features, spans: dict[int, tuple[str, str, float]], null: float = 0.0):
    """Start and end logits: of each question the words that its answer begins and ends with, and of none."""
    start, end = (np.full(made.encoded.ids.shape, -5, np.float32) for _ in range(2))
    start[:, 0] = end[:, 0] = null / 2
    words = {
        (row, column): CONTEXT[made.encoded.starts[row, column] : made.encoded.ends[row, column]]
        for row, column in zip(*np.nonzero(made.encoded.starts >= 0), strict=True)
    }
    for (row, column), word in words.items():
        first, last, value = spans.get(int(made.encoded.asked[row]), ("", "", 0.0))
        if word == first:
            start[row, column] = value / 2
        if word == last:
            end[row, column] = value / 2
    return [start, end]


class TestAnswers:
    def test_the_best_span_of_all_windows_is_the_answer(self, features):
        made = features([asked("q", "a dog")])
        assert len(made) == 2
        scored = questions.score(logits(made, {0: ("a", "dog", 6)}), made, protocol=DOCUMENTED)
        assert scored.predictions.tolist() == ["a dog"]
        assert scored.metrics == {Metric.EXACT: 1, Metric.F1: 1}

    def test_a_span_is_no_longer_than_the_longest_answer(self, features):
        made = features([asked("q", "cat sat on")], longest_answer=2)
        start, end = logits(made, {0: ("cat", "on", 6)})
        assert questions.score([start, end], made, protocol=DOCUMENTED).predictions[0] != "cat sat on"
        made = features([asked("q", "cat sat on")], longest_answer=3)
        assert questions.score([start, end], made, protocol=DOCUMENTED).predictions[0] == "cat sat on"

    def test_no_answer_wins_by_more_than_the_threshold(self, features):
        """Null score minus the best span's: 4 - 6 = -2, and 4 - 2 = 2."""
        for value, threshold, answer in (
            (6, 0.0, "dog"),
            (2, 0.0, ""),
            (2, 2.0, "dog"),
            (2, 1.9, ""),
            (6, -2.5, ""),
        ):
            made = features([asked("q")], null_threshold=threshold)
            scored = questions.score(
                logits(made, {0: ("dog", "dog", value)}, null=4), made, protocol=DOCUMENTED
            )
            assert scored.predictions.tolist() == [answer]

    def test_the_null_score_is_the_least_of_all_windows(self, features):
        made = features([asked("q", "dog")])
        start, end = logits(made, {0: ("dog", "dog", 2)}, null=4)
        start[0, 0] = end[0, 0] = 0.5  # one window of two sees an answer
        assert questions.score([start, end], made, protocol=DOCUMENTED).predictions.tolist() == ["dog"]

    def test_questions_of_1_1_are_always_answered(self, features):
        made = features([asked("q", "dog", may_lack=False)])
        scored = questions.score(logits(made, {0: ("dog", "dog", 1)}, null=100), made, protocol=DOCUMENTED)
        assert scored.predictions.tolist() == ["dog"]
        assert "has_answer_questions" not in scored.facts

    @given(st.integers(0, 2**32 - 1), st.integers(1, 8))
    @settings(max_examples=30, deadline=None)
    def test_no_span_is_better_than_the_one_that_is_taken(self, seed: int, longest: int):
        random = np.random.default_rng(seed)
        start, end = random.normal(size=(2, 3, 9)).round(1)
        value, begin, length = questions._best_of(start, end, longest)
        for row in range(3):
            every = {
                (a, b): start[row, a] + end[row, b] for a in range(9) for b in range(a, min(9, a + longest))
            }
            assert value[row] == max(every.values())
            assert every[int(begin[row]), int(begin[row] + length[row])] == value[row]


class TestScores:
    def test_the_rules_of_squad_2(self, features):
        """evaluate-v2.0.py by hand: none for none is 1, a text for none 0, one word of two an F1 of 2/3."""
        made = features([asked("q0"), asked("q1"), asked("q2", "cat sat"), asked("q3", "big")], length=20)
        spans = {1: ("dog", "dog", 6), 2: ("sat", "sat", 6), 3: ("big", "big", 6)}
        start, end = logits(made, spans, null=4)
        scored = questions.score([start, end], made, protocol=DOCUMENTED)
        assert scored.predictions.tolist() == ["", "dog", "sat", "big"]
        assert scored.metrics[Metric.EXACT] == 0.5
        assert scored.metrics[Metric.F1] == pytest.approx((1 + 0 + 2 / 3 + 1) / 4, abs=1e-15)
        assert scored.facts | {"has_answer_f1": pytest.approx(5 / 6)} == {
            "windows": 4, "without_answer": 1, "has_answer_questions": 2, "no_answer_questions": 2,
            "has_answer_exact": 0.5, "has_answer_f1": pytest.approx(5 / 6), "no_answer_exact": 0.5,
            "no_answer_f1": 0.5,
        }  # fmt: skip

    def test_an_article_alone_is_nothing_by_the_rules_of_2_0_only(self, features):
        """`the` normalises to nothing: 1.1 counts nothing in common, 2.0 two equal nothings."""
        for may_lack, f1 in ((False, 0.0), (True, 1.0)):
            made = features([asked("q", "the", may_lack=may_lack)], length=20)
            scored = questions.score(logits(made, {0: ("the", "the", 6)}), made, protocol=DOCUMENTED)
            assert scored.metrics[Metric.F1] == f1

    def test_trivial_answers(self, features):
        made = features([asked("q0"), asked("q1", "dog")], length=20)
        assert questions.trivial(made, protocol=DOCUMENTED)["no answer"].metrics[Metric.EXACT] == 0.5

    def test_other_outputs_are_refused(self, features):
        made = features([asked("q", "dog")])
        start, end = logits(made, {})
        with pytest.raises(BadOutput, match="found 1 outputs, expected two"):
            questions.score([start], made, protocol=DOCUMENTED)
        with pytest.raises(BadOutput, match=r"found logits float32 \[2, 13\], expected floats \[2, 14\]"):
            questions.score([start[:, 1:], end[:, 1:]], made, protocol=DOCUMENTED)
        end[1, 3] = np.nan
        with pytest.raises(BadOutput, match="in window 1, of question q, the first of 1 of 2"):
            questions.score([start, end], made, protocol=DOCUMENTED)


def test_a_leading_blank_of_bytes_is_no_part_of_an_answer(tmp_path: Path, catalog: Catalog):
    """Pieces of bytes carry the blank before a word; the offsets of some files, too."""
    import json

    path = making.byte_pairs(tmp_path)
    content = json.loads(path.read_text())
    content["post_processor"]["trim_offsets"] = False
    path.write_text(json.dumps(content))
    model = making.a_model(catalog, head=Head.QUESTION_ANSWERING, stride=2, longest_question=12)
    reader = questions.open_tokenizer(making.pieces(tmp_path, model, None))
    made = questions.prepare([asked("q", "cat")], reader, length=60, protocol=DOCUMENTED)
    at = [int(column) for column in np.flatnonzero(made.encoded.starts[0] == 3)]
    assert at, "an offset that begins with the blank before cat"
    start = np.zeros(made.encoded.ids.shape, np.float32)
    start[0, at[0]] = 9
    end = np.zeros_like(start)
    end[0, np.flatnonzero(made.encoded.ends[0] == 7)[-1]] = 9
    assert questions.score([start, end], made, protocol=DOCUMENTED).predictions.tolist() == ["cat"]
