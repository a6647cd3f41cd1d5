"""TinyBERT's features, on any text: invariants that no chip's result depends on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("hypothesis", reason="properties are drawn by hypothesis: pip install 'zoocheck[test]'")

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fixtures.properties import SENTENCES, held, tokenizer
from harness.datasets.sst2 import SentenceExample
from harness.domain import Catalog, Metric, Protocol
from harness.layouts import classify as layout
from harness.predictions import batched
from harness.text import classify
from harness.text.wordpiece import CLASSIFY, SEPARATE, UNKNOWN

pytestmark = [pytest.mark.preprocessing, pytest.mark.tinybert]

EXAMPLES = st.lists(
    st.builds(SentenceExample, text=SENTENCES, label=st.integers(0, 1), line=st.just(2)),
    min_size=1,
    max_size=6,
)
LENGTHS = st.integers(min_value=2, max_value=24)


def prepare(examples: Sequence[SentenceExample], length: int) -> classify.Features:
    """The features of `examples`; both protocols are the same."""
    return classify.prepare(examples, tokenizer(lower_case=True), length=length, protocol=Protocol.DOCUMENTED)


def some(ids: np.ndarray[Any, Any], mask: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Logits that a sample's ids and mask alone decide."""
    weights = np.arange(1, ids.shape[1] + 1)
    total = ((ids + 3 * mask) * weights).sum(axis=1)
    return np.stack([total % 7, total % 5], axis=1).astype(np.float32)


@held
@given(examples=EXAMPLES, length=LENGTHS)
def test_shapes_dtypes_and_ranges(examples: list[SentenceExample], length: int) -> None:
    """Three int64 arrays of one row a sentence, ids in the vocabulary; there is no second text."""
    made = prepare(examples, length)
    for array in made.inputs.values():
        assert array.shape == (len(examples), length)
        assert array.dtype == np.int64
    assert made.ids.min() >= 0
    assert made.ids.max() < len(tokenizer(lower_case=True).vocabulary)
    assert not made.segments.any()
    assert made.labels.tolist() == [example.label for example in examples]


@held
@given(examples=EXAMPLES, length=LENGTHS)
def test_mask_is_a_prefix_of_ones_between_the_marks(examples: list[SentenceExample], length: int) -> None:
    """``[CLS]`` first, ``[SEP]`` last, pieces between; ids are 0 behind the mask."""
    made = prepare(examples, length)
    cut = tokenizer(lower_case=True)
    first, last = (cut.vocabulary.index[mark] for mark in (CLASSIFY, SEPARATE))
    used = made.mask.sum(axis=1)
    assert np.array_equal(made.mask, (np.arange(length) < used[:, None]).astype(np.int64))
    assert not made.ids[made.mask == 0].any()
    for row, example in enumerate(examples):
        pieces = cut.ids(example.text)[: length - 2]
        assert made.ids[row, : used[row]].tolist() == [first, *pieces, last]
        assert (row in made.truncated) == (len(cut.ids(example.text)) > length - 2)


@held
@given(examples=EXAMPLES, length=LENGTHS, more=st.integers(1, 40))
def test_padding_never_changes_the_valid_part(
    examples: list[SentenceExample], length: int, more: int
) -> None:
    """A sentence that fits has the same ids at every larger length, and 0 behind them."""
    short, long = prepare(examples, length), prepare(examples, length + more)
    whole = np.setdiff1d(np.arange(len(examples)), short.truncated)
    for role, array in short.inputs.items():
        assert np.array_equal(array[whole], long.inputs[role][whole, :length])
        assert not long.inputs[role][whole, length:].any()


@held
@given(text=SENTENCES)
def test_pieces_lead_back_to_the_words(text: str) -> None:
    """The pieces of a word, put together, are the word, or ``[UNK]`` stands for all of it."""
    cut = tokenizer(lower_case=True)
    for word in cut.words(text):
        pieces = cut.pieces(word)
        together = pieces[0] + "".join(piece.removeprefix("##") for piece in pieces[1:])
        assert together == word or pieces == (UNKNOWN,)
    assert [piece for word in cut.words(text) for piece in cut.pieces(word)] == cut.tokenize(text)


@held
@given(examples=EXAMPLES, length=LENGTHS, size=st.integers(1, 9))
def test_a_score_does_not_depend_on_the_batch_size(
    examples: list[SentenceExample], length: int, size: int
) -> None:
    """872 is no multiple of 16, 32 or 64: a last partial batch is filled up, and the filling dropped."""
    made = prepare(examples, length)
    outputs = [some(ids, mask)[:count] for (ids, mask), count in batched([made.ids, made.mask], size)]
    whole = classify.score([some(made.ids, made.mask)], made, protocol=Protocol.DOCUMENTED)
    parts = classify.score([np.concatenate(outputs)], made, protocol=Protocol.DOCUMENTED)
    assert parts.metrics == whole.metrics
    assert parts.samples == whole.samples == len(examples)


@held
@given(data=st.data(), examples=EXAMPLES, length=LENGTHS)
def test_a_score_does_not_depend_on_the_order_of_samples(
    data: st.DataObject, examples: list[SentenceExample], length: int
) -> None:
    """Right samples are counted, so not even the last digit changes."""
    mixed = data.draw(st.permutations(examples))
    scores = []
    for order in (examples, mixed):
        made = prepare(order, length)
        scores.append(classify.score([some(made.ids, made.mask)], made, protocol=Protocol.DOCUMENTED))
    assert scores[0].metrics == scores[1].metrics


@held
@given(examples=EXAMPLES, length=LENGTHS)
def test_right_logits_score_one(examples: list[SentenceExample], length: int) -> None:
    """And wrong ones nothing."""
    made = prepare(examples, length)
    right = np.eye(2, dtype=np.float32)[made.labels]
    for logits, accuracy in ((right, 1.0), (1 - right, 0.0)):
        scored = classify.score([logits], made, protocol=Protocol.DOCUMENTED)
        assert scored.metrics == {Metric.ACCURACY: accuracy}


@held
@given(examples=EXAMPLES, length=LENGTHS)
def test_inputs_round_trip_through_the_files(
    models: Catalog, examples: list[SentenceExample], length: int
) -> None:
    """What the vendor's tool reads from the three folders are the features."""
    model = replace(models.models["tinybert"], length=length)
    made = prepare(examples, length)
    files = {
        piece.path: piece.content for piece in layout.files([made], model, form="ais_bench", out=Path("out"))
    }
    assert len(files) == 3 * len(examples)
    for item in model.inputs:
        rows = [np.frombuffer(files[f"{item.folder}/input{at}.bin"], "<i8") for at in range(len(examples))]
        assert np.array_equal(np.stack(rows), made.inputs[item.role])


@pytest.fixture(scope="module")
def models() -> Catalog:
    """The tables."""
    from harness import catalog

    return catalog.load()
