"""What models are called that nobody has named."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.drafting import names
from harness.tables.consistency import _NAME


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("./my-checkpoint", "my-checkpoint"),
        ("/models/Bert_Base (v2)/", "bert-base-v2"),
        ("dslim/bert-base-NER", "bert-base-ner"),
        ("runs/sst2/checkpoint-500", "sst2-checkpoint-500"),
        ("runs/sst2/best", "sst2-best"),
        ("checkpoint-500", "checkpoint-500"),
        ("graphs/Det.v4.onnx", "det-v4"),
        ("/m/über-模型", "uber"),
        ("/m/模型", "model"),
    ],
)
def test_a_model_is_called_as_its_folder_or_file(path: str, name: str):
    """What a trainer calls every run's folder gets the folder above in front."""
    assert names.model_name(path) == name


@given(st.text(max_size=40))
def test_any_text_makes_a_name_of_the_tables(text: str):
    made = names.slug(text)
    assert re.fullmatch(_NAME, made)
    assert names.slug(made) == made


def test_a_taken_name_gets_a_word_in_front():
    assert names.free("tinybert", {"tinybert"}) == "own-tinybert"
    assert names.free("own-x", {"own_x"}) == "own-own-x"
    assert names.free("mine", {"tinybert"}) == "mine"
