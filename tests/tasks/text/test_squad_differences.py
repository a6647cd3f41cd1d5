"""Where SpanBERT's script and transformers differ, one test a difference; protocols.md lists them as traps.

That either is as zoocheck has it is what test_squad_golden.py holds against the originals.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from squad_making import letters_tokenizer, peaked, pieces_of, question, questions

from fixtures import squad_samples as samples
from harness.tasks.datasets import squad
from harness.tasks.text.squad_answers import predict
from harness.tasks.text.squad_candidates import answerable
from harness.tasks.text.squad_rules import ORIGINAL, STANDARD, TRANSFORMERS, Rules
from harness.tasks.text.squad_windows import Features, features

BOTH = pytest.mark.parametrize("rules", [ORIGINAL, TRANSFORMERS], ids=["original", "transformers"])

Dev = Callable[..., Features]


def made(rules: Rules, *contexts: str, length: int = 64) -> Features:
    return features(questions(*contexts), letters_tokenizer(), length, rules=rules)


def answer(rules: Rules, context: str, start: int, end: int) -> str | None:
    """The answer from token `start` to token `end` of the context."""
    windows = made(rules, context)
    offset = int(windows.offset[0])
    return predict(*peaked(windows, (0, offset + start, offset + end)), windows, rules)[0]


@pytest.fixture(scope="module")
def dev(data_folder, public_vocabulary) -> Dev:
    """Windows of SQuAD's dev set."""
    path = data_folder / "squad" / "dev-v1.1.json"
    if not path.is_file():
        pytest.skip(f"{path} is absent: put SQuAD's dev-v1.1.json there")
    from harness.tasks.text.wordpiece import WordPieceTokenizer

    examples = squad.read(path, expected=10570).examples
    tokenizer = WordPieceTokenizer(public_vocabulary("bert-base-cased"), do_lower_case=False)
    return lambda rules, length, most=None: features(examples[:most], tokenizer, length, rules=rules)


def test_an_answer_that_begins_inside_a_word_is_cut_there_or_becomes_the_whole_word():
    """unaffable is un ##aff ##able. transformers looks for ``##aff ##able``, finds it nowhere and returns
    whole words; SpanBERT's script drops the marks first."""
    assert answer(ORIGINAL, "an unaffable film", 3, 4) == "affable"
    assert answer(TRANSFORMERS, "an unaffable film", 3, 4) == "unaffable"
    assert answer(STANDARD, "an unaffable film", 3, 4) == "unaffable"


@BOTH
def test_an_answer_that_ends_inside_a_word_is_cut_there_by_both(rules):
    assert answer(rules, "an unaffable film", 2, 3) == "unaff"


def test_only_transformers_makes_nfc_of_the_text():
    """``é`` in two characters is two pieces here; in one it is one."""
    decomposed = "e\u0301 b"
    assert pieces_of(made(ORIGINAL, decomposed), 0)[4:-1] == ["e", "##\u0301", "b"]
    assert pieces_of(made(TRANSFORMERS, decomposed), 0)[4:-1] == ["é", "b"]


def test_only_transformers_cuts_special_tokens_out_of_words():
    assert pieces_of(made(ORIGINAL, "a[SEP]b"), 0)[4:-1] == ["a", "[", "S", "##E", "##P", "]", "b"]
    assert pieces_of(made(TRANSFORMERS, "a[SEP]b"), 0)[4:-1] == ["a", "[SEP]", "b"]


def test_where_the_stride_does_not_fit_transformers_skips_tokens():
    """Length 12, question of 3 pieces: room for 6; a stride of 8 leaves 2 tokens out of every window."""
    example, tokenizer = question("a b c d e f g h i j k l m n"), letters_tokenizer()
    whole = features([example], tokenizer, 11, rules=ORIGINAL, stride=8)
    assert whole.start.tolist() == [0, 6, 12]
    assert whole.unseen.tolist() == [0]
    holes = features([example], tokenizer, 11, rules=TRANSFORMERS, stride=8)
    assert holes.start.tolist() == [0, 8]
    assert holes.count.tolist() == [6, 6]
    assert holes.unseen.tolist() == [2]
    assert holes.facts["context_tokens_in_no_window"] == 2


def test_a_context_without_a_token_shifts_transformers_later_questions():
    """It numbers only the questions that have a window, and pairs by number: q1 is answered from q2's window
    with q1's own words, of which there is none; q2 from nothing."""
    contexts = ("a b", "\u200b", "c d")
    for rules in (ORIGINAL, STANDARD):
        windows = made(rules, *contexts)
        assert answerable(windows, rules).question.tolist() == [0, 2]
        assert predict(*peaked(windows, (0, 4, 4), (1, 4, 5)), windows, rules) == ["a", None, "c d"]
    windows = made(TRANSFORMERS, *contexts)
    assert answerable(windows, TRANSFORMERS).question.tolist() == [0, 1]
    assert predict(*peaked(windows, (0, 4, 4), (1, 4, 5)), windows, TRANSFORMERS) == ["a", "\u200b", None]


def test_behind_a_literal_padding_token_transformers_finds_no_answer():
    windows = made(ORIGINAL, "a [PAD] b")
    assert predict(*peaked(windows, (0, 6, 6)), windows, ORIGINAL) == ["b"]
    windows = made(TRANSFORMERS, "a [PAD] b")
    assert predict(*peaked(windows, (0, 6, 6)), windows, TRANSFORMERS) == ["a"]


def test_transformers_maps_back_by_words_that_know_no_special_token():
    """``[SEP] (`` of ``[SEP] (b`` is not found among the words ``[``, ``SEP``, ``]``, ``(``, ``b``."""
    assert answer(ORIGINAL, "a [SEP] (b", 1, 2) == "[SEP] ("
    assert answer(TRANSFORMERS, "a [SEP] (b", 1, 2) == "[SEP] (b"


@BOTH
@pytest.mark.parametrize("separator", [" ", "\t", "\r", "\n", "\u202f", " \u202f\n"], ids=ascii)
def test_these_characters_part_words(rules, separator):
    assert made(rules, f"a{separator}b").documents.words == (["a", "b"],)


@BOTH
@pytest.mark.parametrize(
    "character", ["\u00a0", "\u2003", "\u2028", "\x0b", "\x0c", "\x85", "\u3000"], ids=ascii
)
def test_these_do_not_whatever_str_split_says(rules, character):
    assert made(rules, f"a{character}b").documents.words == ([f"a{character}b"],)


@BOTH
def test_a_span_with_an_unknown_piece_is_answered_with_all_of_its_words(rules):
    assert answer(rules, "x (☃) y", 2, 2) == "(☃)"
    assert answer(rules, "x (z) y", 2, 2) == "z"


@BOTH
def test_a_span_whose_lengths_differ_is_answered_with_all_of_its_words(rules):
    """A zero-width space is no part of any piece, so the characters cannot be matched."""
    assert answer(rules, "x (z\u200b) y", 2, 2) == "(z\u200b)"


@BOTH
def test_the_first_place_where_the_answer_stands_in_its_words_counts(rules):
    """The answer is the second ``1`` and the ``-`` behind it; ``1 -`` stands first at the beginning."""
    assert answer(rules, "1-1 - x", 2, 3) == "1-"


def test_windows_of_the_dev_set(dev):
    """10664 windows at length 512 and 10881 at 384, whichever the implementation; at 128, of the first 134
    questions, SpanBERT's script makes 189 and transformers 164."""
    assert len(dev(ORIGINAL, 512)) == 10664
    assert len(dev(TRANSFORMERS, 384)) == 10881
    assert [len(dev(rules, 128, 134)) for rules in (ORIGINAL, TRANSFORMERS)] == [189, 164]


def test_predictions_on_the_dev_set_differ_by_the_marks_alone(dev):
    """The same windows, and of 10570 answers from noise 1093 begin inside a word."""
    original, transformers = dev(ORIGINAL, 384), dev(TRANSFORMERS, 384)
    for name in ("ids", "mask", "segments", "start", "max_context"):
        assert np.array_equal(getattr(original, name), getattr(transformers, name))
    logits = samples.normal(samples.word_columns(original), 51)
    ours, theirs = predict(*logits, original, ORIGINAL), predict(*logits, transformers, TRANSFORMERS)
    assert sum(a != b for a, b in zip(ours, theirs, strict=True)) == 1093
    assert predict(*logits, original, STANDARD) == theirs
