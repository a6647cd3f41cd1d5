"""Windows and answers of the two SQuAD systems, on any text: what no chip's result depends on.

The properties, with how they are drawn, are in `fixtures/properties/qa.py`. Ten times as many examples:
``--hypothesis-profile nightly``.
"""

from __future__ import annotations

from types import ModuleType

import pytest

pytestmark = pytest.mark.preprocessing


@pytest.fixture(
    params=[
        pytest.param("spanbert", marks=pytest.mark.spanbert),
        pytest.param("bert-squad", marks=pytest.mark.bert_squad),
    ]
)
def system(request: pytest.FixtureRequest, properties: ModuleType) -> object:
    """Each of the two."""
    return properties.SYSTEMS[request.param]


def test_shapes_dtypes_and_ranges(properties: ModuleType, system: object) -> None:
    """Three int64 arrays of one row a window; ids are in the vocabulary; every window is a question's."""
    properties.shapes_dtypes_and_ranges(system=system)


def test_mask_is_a_prefix_of_ones_and_segments_are_the_second_text(
    properties: ModuleType, system: object
) -> None:
    """``[CLS] question [SEP]`` has segment 0, context and last ``[SEP]`` 1, and all is 0 behind."""
    properties.mask_is_a_prefix_of_ones_and_segments_are_the_second_text(system=system)


def test_padding_never_changes_the_valid_part(properties: ModuleType, system: object) -> None:
    """Where a context fits into one window, a longer one shows the same and zeros behind."""
    properties.padding_never_changes_the_valid_part(system=system)


def test_windows_cover_every_token_and_overlap_as_documented(properties: ModuleType, system: object) -> None:
    """They begin every 128 tokens and stop at the first that reaches the end; each token is best in one."""
    properties.windows_cover_every_token_and_overlap_as_documented(system=system)


def test_tokens_map_back_to_the_words_they_are_pieces_of(properties: ModuleType, system: object) -> None:
    """The columns of each word, over all windows, hold that word's own pieces in order."""
    properties.tokens_map_back_to_the_words_they_are_pieces_of(system=system)


def test_a_question_is_its_first_64_pieces(properties: ModuleType, system: object) -> None:
    """Longer ones are cut, and reported."""
    properties.a_question_is_its_first_64_pieces(system=system)


def test_every_answer_is_empty_or_made_of_words_of_its_context(
    properties: ModuleType, system: object
) -> None:
    """A part of the words joined by spaces; each text once, probabilities falling and summing to 1."""
    properties.every_answer_is_empty_or_made_of_words_of_its_context(system=system)


def test_the_batch_size_changes_nothing(properties: ModuleType, system: object) -> None:
    """A last partial batch is padded, and its padding dropped."""
    properties.the_batch_size_changes_nothing(system=system)


def test_the_order_of_questions_changes_rounding_alone(properties: ModuleType, system: object) -> None:
    """Each question keeps its answer; the sum of F1 is taken in another order."""
    properties.the_order_of_questions_changes_rounding_alone(system=system)


def test_gold_logits_score_100_where_the_answer_is_whole_words(
    properties: ModuleType, system: object
) -> None:
    """Of 30 pieces at most, its end shown by the window that shows its start best."""
    properties.gold_logits_score_100_where_the_answer_is_whole_words(system=system)


def test_inputs_and_results_round_trip_through_the_files(properties: ModuleType, system: object) -> None:
    """What is read back is what was written, and a tool's results are read as it computed them."""
    properties.inputs_and_results_round_trip_through_the_files(system=system)
