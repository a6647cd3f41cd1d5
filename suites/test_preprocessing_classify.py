"""TinyBERT's features, on any text: what no chip's result depends on.

The properties, with how they are drawn, are in `fixtures/properties/classify.py`. Ten times as many examples:
``--hypothesis-profile nightly``.
"""

from __future__ import annotations

from types import ModuleType

import pytest

pytestmark = [pytest.mark.preprocessing, pytest.mark.tinybert]


def test_shapes_dtypes_and_ranges(properties: ModuleType) -> None:
    """Three int64 arrays of one row a sentence, ids in the vocabulary; there is no second text."""
    properties.shapes_dtypes_and_ranges()


def test_mask_is_a_prefix_of_ones_between_the_marks(properties: ModuleType) -> None:
    """``[CLS]`` first, ``[SEP]`` last, pieces between; ids are 0 behind the mask."""
    properties.mask_is_a_prefix_of_ones_between_the_marks()


def test_padding_never_changes_the_valid_part(properties: ModuleType) -> None:
    """A sentence that fits has the same ids at every larger length, and 0 behind them."""
    properties.padding_never_changes_the_valid_part()


def test_pieces_lead_back_to_the_words(properties: ModuleType) -> None:
    """The pieces of a word, put together, are the word, or ``[UNK]`` stands for all of it."""
    properties.pieces_lead_back_to_the_words()


def test_a_score_does_not_depend_on_the_batch_size(properties: ModuleType) -> None:
    """872 is no multiple of 16, 32 or 64: a last partial batch is filled up, and the filling dropped."""
    properties.a_score_does_not_depend_on_the_batch_size()


def test_a_score_does_not_depend_on_the_order_of_samples(properties: ModuleType) -> None:
    """Right samples are counted, so not even the last digit changes."""
    properties.a_score_does_not_depend_on_the_order_of_samples()


def test_right_logits_score_one(properties: ModuleType) -> None:
    """And wrong ones nothing."""
    properties.right_logits_score_one()


def test_inputs_round_trip_through_the_files(properties: ModuleType) -> None:
    """What the vendor's tool reads from the three folders are the features."""
    properties.inputs_round_trip_through_the_files()
