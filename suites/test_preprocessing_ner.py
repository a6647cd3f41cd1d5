"""The features of the two entity recognisers, on any text: what no chip's result depends on.

The properties, with how they are drawn, are in `fixtures/properties/ner.py`. Ten times as many examples:
``--hypothesis-profile nightly``.
"""

from __future__ import annotations

from types import ModuleType

import pytest

pytestmark = pytest.mark.preprocessing


@pytest.fixture(
    params=[
        pytest.param("bert-large-ner", marks=pytest.mark.bert_large_ner),
        pytest.param("bert-chinese-ner", marks=pytest.mark.bert_chinese_ner),
    ]
)
def system(request: pytest.FixtureRequest, properties: ModuleType) -> object:
    """Each of the two."""
    return properties.SYSTEMS[request.param]


def test_shapes_dtypes_and_ranges(properties: ModuleType, system: object) -> None:
    """Three int64 arrays of one row a sentence; ids are in the vocabulary; every place is on its row."""
    properties.shapes_dtypes_and_ranges(system=system)


def test_mask_is_a_prefix_of_ones(properties: ModuleType, system: object) -> None:
    """Behind it ids are 0; segments are 0 everywhere: there is no second text."""
    properties.mask_is_a_prefix_of_ones(system=system)


def test_padding_never_changes_the_valid_part(properties: ModuleType, system: object) -> None:
    """A sentence that fits has the same ids and places at every larger length, and 0 behind them."""
    properties.padding_never_changes_the_valid_part(system=system)


def test_places_lead_back_to_the_words(properties: ModuleType, system: object) -> None:
    """Words keep their order and their labels; each one's first id is at its place; what fits is there."""
    properties.places_lead_back_to_the_words(system=system)


def test_marks_stand_where_the_protocol_has_them(properties: ModuleType, system: object) -> None:
    """``[CLS]`` first and ``[SEP]`` last; neither where documented words are looked up whole."""
    properties.marks_stand_where_the_protocol_has_them(system=system)


def test_counts_add_up(properties: ModuleType, system: object) -> None:
    """Every word of every sentence has a place or is counted as cut; unknown ones are among them."""
    properties.counts_add_up(system=system)


def test_right_logits_score_one(properties: ModuleType, system: object) -> None:
    """By either protocol, on the features of either."""
    properties.right_logits_score_one(system=system)


def test_a_score_does_not_depend_on_the_batch_size(properties: ModuleType, system: object) -> None:
    """Batches are filled up with samples that are not scored: no sample is lost, none counts twice."""
    properties.a_score_does_not_depend_on_the_batch_size(system=system)


def test_a_score_does_not_depend_on_the_order_of_samples(properties: ModuleType, system: object) -> None:
    """Counts are whole numbers, so not even the last digit changes."""
    properties.a_score_does_not_depend_on_the_order_of_samples(system=system)


def test_inputs_and_labels_round_trip_through_the_files(properties: ModuleType, system: object) -> None:
    """What the vendor's scripts read back are the features, and the labels where they look for them."""
    properties.inputs_and_labels_round_trip_through_the_files(system=system)


@pytest.mark.bert_chinese_ner
def test_the_documented_protocol_loses_what_it_says(properties: ModuleType) -> None:
    """Scored and never-scored sentences and characters are all there are, and an I-ORG is never read."""
    properties.the_documented_protocol_loses_what_it_says()
