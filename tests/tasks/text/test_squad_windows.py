"""Windows over contexts: what is in them, where they begin, which shows a token best."""

from __future__ import annotations

import numpy as np
import pytest
from squad_making import letters_tokenizer, pieces_of, question, questions

from harness.domain.models import InputRole
from harness.errors import NoSamples, ZoocheckError
from harness.tasks.text.squad_rules import ORIGINAL, STANDARD, TRANSFORMERS
from harness.tasks.text.squad_windows import features, max_context
from harness.tasks.text.squad_words import context_words, ranges


def test_a_window_is_question_and_context_between_marks():
    made = features([question("the unaffable film", "who?")], letters_tokenizer(), 12, rules=ORIGINAL)
    pieces = ["[CLS]", "who", "?", "[SEP]", "the", "un", "##aff", "##able", "film", "[SEP]"]
    assert pieces_of(made, 0) == pieces
    assert made.mask.tolist() == [[1] * 10 + [0, 0]]
    assert made.segments.tolist() == [[0] * 4 + [1] * 6 + [0, 0]]
    assert made.max_context.tolist() == [[False] * 4 + [True] * 5 + [False] * 3]
    assert (made.offset.tolist(), made.count.tolist(), made.start.tolist()) == ([4], [5], [0])


def test_inputs_are_the_three_arrays_by_role():
    made = features(questions("a"), letters_tokenizer(), 8, rules=ORIGINAL)
    assert made.inputs[InputRole.IDS] is made.ids
    assert made.inputs[InputRole.SEGMENTS] is made.segments
    assert made.inputs[InputRole.MASK] is made.mask
    assert all(array.dtype == np.int64 for array in made.inputs.values())


@pytest.mark.parametrize(
    ("tokens", "starts"),
    [
        pytest.param(6, [0], id="fits"),
        pytest.param(7, [0, 4], id="one-more"),
        pytest.param(10, [0, 4], id="the-second-reaches-the-end"),
        pytest.param(11, [0, 4, 8], id="one-more-than-two"),
    ],
)
def test_windows_stop_at_the_first_that_reaches_the_end(tokens, starts):
    """Room for 6 tokens, a stride of 4."""
    made = features([question(" ".join("a" * tokens))], letters_tokenizer(), 11, rules=ORIGINAL, stride=4)
    assert made.start.tolist() == starts
    assert (made.start + made.count).tolist()[-1] == tokens


def shown_best(tokens: str, stride: int) -> list[list[int]]:
    """The columns of the context with max context, window by window; room for 6 tokens."""
    made = features([question(tokens)], letters_tokenizer(), 11, rules=ORIGINAL, stride=stride)
    rows = zip(made.max_context, made.offset.tolist(), strict=True)
    return [np.flatnonzero(row[offset:]).tolist() for row, offset in rows]


def test_a_token_is_best_in_the_window_with_more_on_its_poorer_side():
    """Windows of tokens 0 to 5 and 4 to 9: token 4 has 1 against 0, token 5 has 0 against 1."""
    assert shown_best("a b c d e f g h i j", 4) == [[0, 1, 2, 3, 4], [1, 2, 3, 4, 5]]


def test_of_equally_good_windows_the_first_is_best():
    """Windows of tokens 0 to 5 and 3 to 8: token 4 has 1 in both."""
    assert shown_best("a b c d e f g h i", 3) == [[0, 1, 2, 3, 4], [2, 3, 4, 5]]


def test_a_longer_window_is_better_by_a_hundredth_of_a_token_for_each():
    """Token 3 stands 1 from the end of a window of 5, and 1 from the start of one of 4 and of one of 6."""
    nth, of = np.array([0, 1]), np.array([2, 2])
    for counts, expected in (([5, 4], [True, False]), ([5, 6], [False, True]), ([5, 5], [True, False])):
        count, start, offset = np.array(counts), np.array([0, 2]), np.array([0, 0])
        context = np.arange(8) < count[:, None]
        found = max_context(context, nth, of, start, count, offset)
        assert [bool(found[0, 3]), bool(found[1, 1])] == expected


def test_a_long_question_is_cut_and_reported():
    made = features(
        [question("a", "x y z"), question("a", "x")],
        letters_tokenizer(),
        16,
        rules=ORIGINAL,
        longest_question=2,
    )
    assert pieces_of(made, 0) == ["[CLS]", "x", "y", "[SEP]", "a", "[SEP]"]
    assert made.truncated.tolist() == [0]
    assert made.facts["questions_cut"] == 1


def test_the_documented_limit_of_a_question_is_64_pieces():
    made = features([question("a", "x " * 65)], letters_tokenizer(), 128, rules=ORIGINAL)
    assert made.offset.tolist() == [66]


def test_questions_about_one_context_share_its_words_and_pieces():
    made = features([*questions("a b", "c", "a b")], letters_tokenizer(), 16, rules=ORIGINAL)
    assert made.document.tolist() == [0, 1, 0]
    assert len(made.documents) == 2


@pytest.mark.parametrize("rules", [ORIGINAL, TRANSFORMERS, STANDARD])
def test_a_context_without_a_token_has_no_window(rules):
    made = features(questions("a", "\u200b", "", " \n", "b"), letters_tokenizer(), 16, rules=rules)
    assert made.asked.tolist() == [0, 4]
    assert made.facts["questions_without_window"] == 3


def test_no_examples_and_no_windows_are_errors():
    with pytest.raises(NoSamples, match="no examples"):
        features([], letters_tokenizer(), 16, rules=ORIGINAL)
    with pytest.raises(NoSamples, match="no context of 2 questions has a token"):
        features(questions("", "\u200b"), letters_tokenizer(), 16, rules=ORIGINAL)


def test_a_length_without_room_for_a_token_of_context_is_an_error():
    with pytest.raises(ZoocheckError, match=r"length 5 has no room .* expected 6 or more: .* takes 2"):
        features([question("a", "x y")], letters_tokenizer(), 5, rules=ORIGINAL)
    assert len(features([question("a", "x y")], letters_tokenizer(), 6, rules=ORIGINAL)) == 1


@pytest.mark.parametrize("sizes", [{"stride": 0}, {"longest_question": 0}], ids=str)
def test_sizes_below_one_are_errors(sizes):
    with pytest.raises(ZoocheckError, match="expected 1 or more"):
        features(questions("a"), letters_tokenizer(), 16, rules=ORIGINAL, **sizes)


def test_words_of_a_context():
    assert context_words(" a  b\u202f\tc\r\nd\xa0e ") == ["a", "b", "c", "d\xa0e"]
    assert context_words(" \n") == context_words("") == []


def test_ranges_one_behind_the_other():
    assert ranges(np.array([5, 0, 7]), np.array([2, 0, 3])).tolist() == [5, 6, 7, 8, 9]
    assert ranges(np.array([], np.int64), np.array([], np.int64)).tolist() == []
