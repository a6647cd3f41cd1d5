"""What bert-chinese-ner's baseline script changes by feeding mask and token types swapped."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from harness.datasets.tagged import TaggedSentence
from harness.domain import InputRole
from harness.text.ner_baseline import as_the_baseline_feeds, what_the_swap_changes
from harness.text.ner_characters import LABELS, prepare


@pytest.fixture
def features(uncased):
    """Three sentences with all that both protocols need."""
    texts = ("aba中ab", "中ba", "bbab"), ("120560", "034", "1256")
    examples = [
        TaggedSentence(words=tuple(text), tags=tuple(LABELS[int(d)] for d in digits), line=1)
        for text, digits in zip(*texts, strict=True)
    ]
    return prepare(examples, uncased, length=10, protocol="documented")


def test_mask_and_types_change_places_and_nothing_else(features):
    fed = as_the_baseline_feeds(features)
    assert not fed.mask.any()
    assert np.array_equal(fed.segments, features.mask)
    assert fed.inputs[InputRole.MASK] is features.segments
    for field in ("ids", "labels", "rows", "positions", "truncated"):
        assert getattr(fed, field) is getattr(features, field)


def test_a_network_that_reads_neither_is_not_changed(features):
    def run(inputs):
        right = np.eye(len(LABELS), dtype=np.float32)[features.labels]
        logits = np.zeros((*inputs[InputRole.IDS].shape, len(LABELS)), np.float32)
        logits[features.rows, features.positions] = right
        return [logits]

    changes = what_the_swap_changes(features, run)
    assert changes["max_abs_difference"] == 0
    for protocol, sentences in (("documented", 2), ("standard", 3)):
        assert changes[protocol]["flips"] == 0
        assert changes[protocol]["sentences"] == sentences
        assert changes[protocol]["right"] == changes[protocol]["swapped"]
        assert set(changes[protocol]["difference"].values()) == {0.0}


def test_a_bert_is_changed(features, uncased):
    """A small one with seeded weights: logits move, whole sentences change, the difference is stated."""
    import torch
    from transformers import BertConfig, BertForTokenClassification

    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = BertConfig(
            vocab_size=len(uncased.vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=64, num_labels=len(LABELS), initializer_range=1.0,
        )  # fmt: skip
        network = BertForTokenClassification(config).eval()

    def run(inputs):
        with torch.no_grad():
            given = {
                "input_ids": inputs[InputRole.IDS],
                "attention_mask": inputs[InputRole.MASK],
                "token_type_ids": inputs[InputRole.SEGMENTS],
            }
            return [
                network(**{name: torch.from_numpy(array) for name, array in given.items()}).logits.numpy()
            ]

    changes = what_the_swap_changes(features, run)
    assert changes["max_abs_difference"] > 0.1
    for protocol in ("documented", "standard"):
        part = changes[protocol]
        assert 0 < part["flips"] <= part["sentences"]
        for name, difference in part["difference"].items():
            assert difference == part["swapped"][name] - part["right"][name]
    longer = dataclasses.replace(features, mask=np.ones_like(features.mask))
    assert not np.array_equal(run(longer.inputs)[0], run(features.inputs)[0])  # it does read the mask
