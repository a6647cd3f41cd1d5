"""The text of a sample as people read it."""

from __future__ import annotations

from types import SimpleNamespace as Made

import numpy as np

from harness.tasks.text.shown import LONGEST, flipped_texts, text_of


def test_each_kind_of_example_has_its_text():
    assert text_of(Made(text=" a fine film ", label=1)) == "a fine film"
    assert text_of(Made(words=("EU", "rejects"), tags=("B-ORG", "O"))) == "EU rejects"
    assert text_of(Made(words=("中", "国"), tags=("B-LOC", "I-LOC"))) == "中国"
    assert text_of(Made(question="Who?", context="They did.")) == "Who? | They did."
    assert text_of(object()) == ""


def test_a_long_text_is_cut():
    assert len(text_of(Made(text="x" * 1000))) == LONGEST
    assert text_of(Made(text="x" * 1000)).endswith("x…")


def test_flips_carry_both_predictions_and_no_more_than_asked_for():
    examples = [Made(text=f"sentence {number}") for number in range(50)]
    told = flipped_texts(list(range(30)), examples, object(), [0] * 50, [1] * 50)
    assert len(told) == 20
    assert told[3] == {"sample": 3, "text": "sentence 3", "fp32": "0", "here": "1"}


def test_the_prediction_of_a_word_leads_to_its_sentence():
    examples = [Made(words=("a", "bc")), Made(words=("de",))]
    features = Made(rows=np.array([0, 0, 1]))
    [told] = flipped_texts([2], examples, features, np.array([1, 2, 3]), np.array([1, 2, 4]))
    assert told["text"] == "de"


def test_where_no_number_tells_the_text_none_is_told():
    assert flipped_texts([0], [Made(text="a")], object(), [1, 2], [1, 2]) == []
