"""Answers from logits: the spans that may be one, their order, their texts, their probabilities."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from squad_making import brute_force, letters_tokenizer, peaked, question, questions

from harness.errors import BadOutput
from harness.tasks.text.final_text import final_text, token_text
from harness.tasks.text.squad_answers import NOTHING, best_answers, predict
from harness.tasks.text.squad_rules import ORIGINAL, STANDARD, TRANSFORMERS
from harness.tasks.text.squad_windows import Features, features

unhurried = settings(deadline=None)
TOKENIZER = letters_tokenizer()
PLAIN = ("a", "b", "ab", "aba", "(a)", "a-a-a", "unaffable", "film", "the", "##", "#a", "é", "中a")
ODD = ("☃", "x☃", "a\u200bb", "\u200b", "[SEP]", "a[SEP]", "e\u0301", "(e\u0301)")
WORDS = st.sampled_from(PLAIN + ODD)
CONTEXTS = st.lists(WORDS, min_size=1, max_size=30).map(" ".join)
SIZES = st.fixed_dictionaries({"best": st.integers(1, 6), "longest_answer": st.integers(1, 8)})


def made(*contexts: str, length: int = 64, rules=ORIGINAL, stride: int = 128) -> Features:
    return features(questions(*contexts), TOKENIZER, length, rules=rules, stride=stride)


def texts_of(found, question: int = 0) -> list[str]:
    return found.texts[found.first[question] : found.first[question + 1]]


def test_the_best_span_is_the_answer():
    windows = made("the unaffable film", "a b c")
    assert predict(*peaked(windows, (0, 5, 7), (1, 6, 6)), windows, ORIGINAL) == ["unaffable", "c"]


def test_a_question_without_a_span_is_answered_empty():
    """Peaks in the question alone: with one start tried, none is in the context."""
    windows = made("a b", "c")
    logits = peaked(windows, (0, 1, 1), (1, 4, 4))
    found = best_answers(*logits, windows, ORIGINAL, best=1)
    assert found.texts == [NOTHING, "c"]
    assert found.probabilities.tolist() == [1.0, 1.0]
    assert found.start_logits.tolist() == [0.0, 9.0]


def test_equal_logits_are_tried_from_the_left():
    """``reverse=True`` keeps the order of equals: of 20 equal ones the first 20 columns, mostly question."""
    windows = made("a b c d", length=16)
    start, end = np.zeros((2, *windows.ids.shape), np.float32)
    found = best_answers(start, end, windows, ORIGINAL)
    assert texts_of(found)[:5] == ["a", "a b", "a b c", "a b c d", "b"]
    assert predict(start, end, windows, ORIGINAL) == ["a"]


def test_a_start_needs_max_context_and_an_end_does_not():
    """Windows of tokens 0 to 5 and 4 to 9: f, token 5, has max context in the second."""
    windows = made("a b c d e f g h i j", length=11, stride=4)
    starts_in_first = peaked(windows, (0, 9, 9))  # f to f in the first window
    assert "f" not in texts_of(best_answers(*starts_in_first, windows, ORIGINAL, best=1))
    ends_in_first = peaked(windows, (0, 8, 9))  # e to f
    assert texts_of(best_answers(*ends_in_first, windows, ORIGINAL, best=1)) == ["e f"]


@pytest.mark.parametrize("rules", [ORIGINAL, TRANSFORMERS, STANDARD])
def test_a_start_may_have_max_context_where_its_end_is_not_shown(rules):
    """508 tokens, windows of 507 and of 380: the last token but one is the first window's last. There it has
    none behind it and 507 shown, 5.07 in all; in the second one behind it and 380 shown, 4.8. So an answer of
    the last two tokens cannot be given, whatever the logits: in both originals, too."""
    windows = made("a " * 506 + "b c", length=512, rules=rules)
    assert windows.count.tolist() == [507, 380]
    logits = peaked(windows, (0, 510, 510), (1, 382, 383))
    assert predict(*logits, windows, rules)[0] != "b c"
    assert "b c" not in best_answers(*logits, windows, rules).texts


@pytest.mark.parametrize(("tokens", "answered"), [(30, True), (31, False)])
def test_an_answer_is_of_30_tokens_at_most(tokens, answered):
    windows = made("a " * 40)
    text = predict(*peaked(windows, (0, 4, 4 + tokens - 1)), windows, ORIGINAL)[0]
    assert (text == " ".join("a" * tokens)) is answered


def test_equal_texts_are_kept_once():
    windows = made("a b a b")
    start, end = peaked(windows, (0, 4, 5), (0, 6, 7))
    texts = texts_of(best_answers(start, end, windows, ORIGINAL))
    assert texts.count("a b") == 1
    assert len(set(texts)) == len(texts)


def test_scores_are_summed_in_double_precision():
    """In single precision 1e8 + 1 and 1e8 + 2 are the same, and the first span would win."""
    windows = made("a b")
    start, end = np.full((2, *windows.ids.shape), -1e9, np.float32)
    start[0, 4], end[0, 4], end[0, 5] = 1e8, 1, 2
    assert predict(start, end, windows, ORIGINAL) == ["a b"]


def test_probabilities_are_a_softmax_summed_from_the_left():
    """To the last bit: numpy's exp and sum give some of these another one."""
    windows = made(*(f"{number} " + " ".join("abcdefghijklmnopqrstuvwxyz") for number in range(60)))
    logits = np.random.default_rng(0).standard_normal((2, *windows.ids.shape)).astype(np.float32)
    found = best_answers(*logits, windows, ORIGINAL)
    assert np.diff(found.first).max() == 20
    for number in range(60):
        span = slice(*found.first[number : number + 2])
        both = zip(found.start_logits[span].tolist(), found.end_logits[span].tolist(), strict=True)
        scores = [start + end for start, end in both]
        powers = [math.exp(score - max(scores)) for score in scores]
        total = 0.0
        for power in powers:
            total += power
        assert found.probabilities[span].tolist() == [power / total for power in powers]


@unhurried
@given(
    contexts=st.lists(CONTEXTS, min_size=1, max_size=3),
    rules=st.sampled_from([ORIGINAL, STANDARD, TRANSFORMERS]),
    features_by=st.sampled_from([ORIGINAL, STANDARD]),
    values=st.sampled_from([1, 3, 1000]),
    length=st.integers(16, 40),
    sizes=SIZES,
    seed=st.integers(0, 2**32 - 1),
)
def test_best_answers_are_those_of_the_definition(contexts, rules, features_by, values, length, sizes, seed):
    """Whatever is left out early: Python's sort over all spans gives the same, ties included."""
    contexts[0] = f"a {contexts[0]}"  # there is a window
    if rules is TRANSFORMERS:
        contexts = [f"a {context}" for context in contexts]  # none without a token: those are paired wrongly
        features_by = TRANSFORMERS
        length += 128  # or its windows skip tokens
    windows = made(*contexts, length=length, rules=features_by, stride=7)
    source = np.random.default_rng(seed)
    start, end = source.integers(0, values, (2, *windows.ids.shape)).astype(np.float32)
    found = best_answers(start, end, windows, rules, **sizes)
    expected = brute_force(start, end, windows, rules, sizes["best"], sizes["longest_answer"])
    assert len(expected) == len(contexts)
    for number, answers in enumerate(expected):
        span = slice(*found.first[number : number + 2])
        got = zip(
            found.texts[span], found.start_logits[span].tolist(), found.end_logits[span].tolist(), strict=True
        )
        assert list(got) == (answers or [(NOTHING, 0.0, 0.0)])


def test_more_spans_are_looked_at_where_many_come_to_one_text():
    """The 20 best starts and the 8 best ends are inside one long word: 160 spans, one text. All others come
    behind."""
    windows = made(f"{'a' * 29} b c d e f g h i", rules=STANDARD)
    start, end = np.full((2, *windows.ids.shape), -99.0, np.float32)
    start[0, 5:25], end[0, 24:32] = np.arange(60, 40, -1), np.arange(58, 50, -1)
    end[0, 33:41] = np.arange(8, 0, -1)
    expected = [" ".join(["a" * 29, *"bcdefghi"[:words]]) for words in range(9)]
    assert texts_of(best_answers(start, end, windows, STANDARD)) == expected


@pytest.mark.parametrize("at", [0, 1], ids=["start", "end"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_no_number_is_an_error_naming_window_and_question(at, value):
    windows = made("a", "b", "c")
    logits = np.zeros((2, *windows.ids.shape), np.float32)
    logits[at, 1, 7] = logits[at, 2, 0] = value
    name = ("start", "end")[at]
    with pytest.raises(
        BadOutput, match=rf"{name} logit 7 of window 1, question q1, the first of 2 windows of 3"
    ):
        predict(*logits, windows, ORIGINAL)


@pytest.mark.parametrize("shape", [(1, 64), (3, 64), (2, 63), (2, 64, 1), (128,)], ids=str)
def test_logits_of_another_shape_are_an_error(shape):
    windows = made("a", "b")
    good, bad = np.zeros((2, 64), np.float32), np.zeros(shape, np.float32)
    with pytest.raises(BadOutput, match=r"found end logits of shape .*, expected \[2, 64\]"):
        predict(good, bad, windows, ORIGINAL)


def test_logits_that_are_no_floats_are_an_error():
    windows = made("a")
    logits = np.zeros((1, 64), np.int64)
    with pytest.raises(BadOutput, match="found start logits of dtype int64, expected floats"):
        best_answers(logits, logits, windows, ORIGINAL)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_logits_of_any_precision_give_the_same_answers(dtype):
    windows = made("the unaffable film")
    start, end = peaked(windows, (0, 5, 7))
    assert predict(start.astype(dtype), end.astype(dtype), windows, ORIGINAL) == ["unaffable"]


@pytest.mark.parametrize(
    ("pieces", "original", "transformers"),
    [
        (["un", "##aff", "##able"], "unaffable", "unaffable"),
        (["##aff", "##able", "film"], "affable film", "##affable film"),
        (["##able"], "able", "##able"),
        (["a", "[UNK]"], "a [UNK]", "a [UNK]"),
    ],
    ids=str,
)
def test_pieces_as_text(pieces, original, transformers):
    assert token_text(pieces, marks_stay=False) == original
    assert token_text(pieces, marks_stay=True) == transformers


@pytest.mark.parametrize(
    ("predicted", "original", "expected"),
    [
        pytest.param("Steve Smith", "Steve Smith's", "Steve Smith", id="the-original's-own-example"),
        pytest.param("a - b", "(a-b)", "a-b", id="without-the-spaces-of-the-words"),
        pytest.param("b", "a b b", "b", id="the-first-place"),
        pytest.param("z", "a b", "a b", id="not-there"),
        pytest.param("", "a b", "a b", id="nothing"),
        pytest.param("a", "a\u200b b", "a\u200b b", id="lengths-differ"),
        pytest.param("[UNK]", "☃", "☃", id="unknown"),
        pytest.param("a", "", "", id="no-words"),
    ],
)
def test_final_text(predicted, original, expected):
    assert final_text(predicted, original, TOKENIZER.words) == expected


@unhurried
@given(st.lists(WORDS, min_size=1, max_size=6), st.text(max_size=5))
def test_the_final_text_is_a_part_of_the_original(words, predicted):
    original = " ".join(words)
    assert final_text(predicted, original, TOKENIZER.words) in original


def test_windows_of_one_text_are_answered_in_another():
    """Documented windows of SpanBERT are of the text as it is, standard answers are looked for in its NFC:
    there the two characters of ``é`` are one, and the answer is not found."""
    windows = made("(e\u0301) b", rules=ORIGINAL)
    logits = peaked(windows, (0, 5, 6))
    assert predict(*logits, windows, ORIGINAL) == ["e\u0301"]
    assert predict(*logits, windows, STANDARD) == ["(e\u0301)"]


def test_questions_of_one_context_are_answered_each_from_its_own_window():
    windows = features(
        [question("a b c", f"who {n} ?", name=str(n)) for n in range(3)], TOKENIZER, 32, rules=ORIGINAL
    )
    offset = windows.offset.tolist()
    logits = peaked(windows, *((n, offset[n] + n, offset[n] + n) for n in range(3)))
    assert predict(*logits, windows, ORIGINAL) == ["a", "b", "c"]
