"""Features of sentences and predictions from logits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from harness.domain.models import InputRole
from harness.errors import BadOutput, NoSamples, ZoocheckError
from harness.tasks.datasets.sst2 import SentenceExample
from harness.tasks.text.classify import features, predict

unhurried = settings(deadline=None)
SENTENCES = st.lists(
    st.one_of(st.text(), st.sampled_from(["", "the film", "a unaffable film !", "a a a a a a a a . [UNK]"])),
    min_size=1,
    max_size=6,
)
LENGTHS = st.integers(min_value=2, max_value=24)


def examples(*texts: str, label: int = 1) -> list[SentenceExample]:
    """Sentences as a reader returns them."""
    return [SentenceExample(text=text, label=label, line=line) for line, text in enumerate(texts, start=2)]


def test_a_sentence_stands_between_its_marks_padded_with_zero(uncased):
    made = features(examples("The unaffable film!"), uncased, 10)
    index = uncased.vocabulary.index
    pieces = ["[CLS]", "the", "un", "##aff", "##able", "film", "!", "[SEP]"]
    assert made.ids.tolist() == [[index[piece] for piece in pieces] + [0, 0]]
    assert made.mask.tolist() == [[1] * 8 + [0, 0]]
    assert made.segments.tolist() == [[0] * 10]
    assert made.truncated.tolist() == []


def test_an_empty_sentence_is_two_marks(uncased):
    made = features(examples(""), uncased, 4)
    assert made.ids.tolist() == [[uncased.vocabulary.index["[CLS]"], uncased.vocabulary.index["[SEP]"], 0, 0]]
    assert made.mask.tolist() == [[1, 1, 0, 0]]


def test_a_sentence_that_just_fits_is_not_cut_and_the_next_longer_is(uncased):
    made = features(examples("a a a", "a a a a", "", "a a a a a"), uncased, 5)
    separate = uncased.vocabulary.index["[SEP]"]
    assert made.truncated.tolist() == [1, 3]
    assert made.ids[:, -1].tolist() == [separate, separate, 0, separate]
    assert made.ids[0].tolist() == made.ids[1].tolist() == made.ids[3].tolist()


def test_labels_keep_the_order_of_the_examples(uncased):
    made = features([*examples("a", label=1), *examples("b", label=0), *examples("c", label=1)], uncased, 4)
    assert made.labels.tolist() == [1, 0, 1]
    assert len(made) == 3


def test_inputs_are_the_three_arrays_by_role(uncased):
    made = features(examples("the film"), uncased, 8)
    assert made.inputs[InputRole.IDS] is made.ids
    assert made.inputs[InputRole.SEGMENTS] is made.segments
    assert made.inputs[InputRole.MASK] is made.mask
    assert set(made.inputs) == set(InputRole)


def test_no_examples_is_an_error(uncased):
    with pytest.raises(NoSamples, match="no examples"):
        features([], uncased, 64)


@pytest.mark.parametrize("length", [-1, 0, 1])
def test_a_length_without_room_for_the_marks_is_an_error(uncased, length):
    with pytest.raises(ZoocheckError, match=f"length {length} has no room"):
        features(examples("a"), uncased, length)


@unhurried
@given(texts=SENTENCES, length=LENGTHS)
def test_shapes_dtypes_and_ranges(uncased, texts, length):
    made = features(examples(*texts), uncased, length)
    for array in made.inputs.values():
        assert array.shape == (len(texts), length)
        assert array.dtype == np.int64
    assert made.labels.shape == (len(texts),)
    assert made.labels.dtype == made.truncated.dtype == np.int64
    assert made.ids.min() >= 0
    assert made.ids.max() < len(uncased.vocabulary)
    assert not made.segments.any()


@unhurried
@given(texts=SENTENCES, length=LENGTHS)
def test_mask_is_a_prefix_of_ones_over_marks_and_pieces(uncased, texts, length):
    made = features(examples(*texts), uncased, length)
    used = [min(len(uncased.ids(text)), length - 2) + 2 for text in texts]
    assert made.mask.tolist() == [[1] * count + [0] * (length - count) for count in used]
    assert not made.ids[made.mask == 0].any()
    for row, count in zip(made.ids, used, strict=True):
        assert row[0] == uncased.vocabulary.index["[CLS]"]
        assert row[count - 1] == uncased.vocabulary.index["[SEP]"]


@unhurried
@given(texts=SENTENCES, length=LENGTHS)
def test_truncated_are_the_sentences_with_more_pieces_than_room(uncased, texts, length):
    made = features(examples(*texts), uncased, length)
    assert made.truncated.tolist() == [
        row for row, text in enumerate(texts) if len(uncased.ids(text)) > length - 2
    ]


@unhurried
@given(texts=SENTENCES, length=LENGTHS, more=st.integers(min_value=1, max_value=40))
def test_padding_never_changes_the_valid_part(uncased, texts, length, more):
    short = features(examples(*texts), uncased, length)
    long = features(examples(*texts), uncased, length + more)
    whole = np.setdiff1d(np.arange(len(texts)), short.truncated)
    for role in InputRole:
        assert np.array_equal(short.inputs[role][whole], long.inputs[role][whole, :length])
        assert not long.inputs[role][whole, length:].any()


@unhurried
@given(texts=SENTENCES, length=LENGTHS)
def test_features_of_a_sentence_do_not_depend_on_its_neighbours(uncased, texts, length):
    together = features(examples(*texts), uncased, length)
    for row, example in enumerate(examples(*texts)):
        assert np.array_equal(features([example], uncased, length).ids[0], together.ids[row])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_larger_logit_wins_and_of_equal_ones_the_first(dtype):
    """``np.argmax``, as in TinyBERT_postprocess_data.py of Ascend/ModelZoo-PyTorch."""
    predictions = predict(np.array([[1, 2], [2, 1], [-1, -2], [3, 3]], dtype))
    assert predictions.tolist() == [1, 0, 0, 0]
    assert predictions.dtype == np.int64


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf], ids=["nan", "inf", "-inf"])
def test_a_value_that_is_no_number_is_an_error_naming_the_first_sample(value):
    logits = np.zeros((9, 2), np.float32)
    logits[3, 1] = logits[7, 0] = value
    with pytest.raises(BadOutput, match=r"for sample 3, the first of 2 samples of 9"):
        predict(logits)


@pytest.mark.parametrize("shape", [(2,), (4, 3), (4, 1), (4, 2, 1), (2, 4), ()], ids=str)
def test_logits_of_another_shape_are_an_error(shape):
    with pytest.raises(BadOutput, match=r"expected \[samples, 2\]"):
        predict(np.zeros(shape, np.float32))


def test_logits_that_are_no_floats_are_an_error():
    with pytest.raises(BadOutput, match="dtype int64, expected floats"):
        predict(np.zeros((4, 2), np.int64))


def test_no_logits_is_an_error():
    with pytest.raises(NoSamples, match="no logits"):
        predict(np.zeros((0, 2), np.float32))


def test_more_labels_on_request():
    assert predict(np.eye(3, dtype=np.float32), labels=3).tolist() == [0, 1, 2]


@unhurried
@given(
    logits=arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 20), st.just(2)),
        elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
    ),
    cut=st.integers(1, 19),
)
def test_predictions_do_not_depend_on_the_batch(logits, cut):
    whole = predict(logits)
    parts = [predict(part) for part in (logits[:cut], logits[cut:]) if len(part)]
    assert np.array_equal(whole, np.concatenate(parts))
    assert np.array_equal(whole == 1, logits[:, 1] > logits[:, 0])
