"""Networks of the documented heads, built from an architecture and the inputs' order alone."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from harness.domain.catalog import Catalog
from harness.domain.models import Architecture, Head
from harness.models.graphs.export import example_inputs, run_torch
from harness.models.networks import build_network, encoder_config, parameter_shapes


def test_inputs_are_taken_in_the_documented_order(catalog: Catalog, small: Architecture, network: object):
    """The same weights give the same logits, in whatever order a document feeds ids, mask and types."""
    model = catalog.models["tinybert"]
    turned = dataclasses.replace(model, inputs=model.inputs[::-1])
    other = build_network(small, turned.inputs).eval()
    other.load_state_dict(network.state_dict())
    batch = example_inputs(model, vocabulary=small.vocabulary, batch_size=4)
    [one], [two] = run_torch(network, model, batch), run_torch(other, turned, batch)
    assert np.array_equal(one, two)


def test_the_mask_hides_padding(catalog: Catalog, small: Architecture, network: object):
    """Whatever stands behind the mask's ones changes no logit."""
    model = catalog.models["tinybert"]
    batch = example_inputs(model, vocabulary=small.vocabulary, batch_size=4)
    ids, _, mask = (item.name for item in model.inputs)
    [before] = run_torch(network, model, batch)
    changed = {**batch, ids: np.where(batch[mask] == 1, batch[ids], 7)}
    [after] = run_torch(network, model, changed)
    assert np.array_equal(before, after)
    assert not np.array_equal(batch[ids], changed[ids])


@pytest.mark.parametrize("head", Head)
def test_the_shapes_are_known_before_the_network(catalog: Catalog, small: Architecture, head: Head):
    """Every parameter of the built network, no other, and of no two sizes that could be mistaken."""
    architecture = dataclasses.replace(small, head=head, labels=2 if head is Head.QUESTION_ANSWERING else 5)
    network = build_network(architecture, catalog.models["tinybert"].inputs)
    built = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    assert parameter_shapes(architecture) == built
    assert len({architecture.hidden, architecture.intermediate, architecture.vocabulary}) == 3


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (Head.CLASSIFICATION, "BertForSequenceClassification"),
        (Head.TOKEN_CLASSIFICATION, "BertForTokenClassification"),
        (Head.QUESTION_ANSWERING, "BertForQuestionAnswering"),
    ],
)
def test_a_head_is_the_librarys_of_that_name(catalog: Catalog, small: Architecture, head: Head, name: str):
    """The same parameter names, so that published checkpoints load, and the same outputs."""
    import torch
    import transformers

    model = catalog.models["tinybert"]
    architecture = dataclasses.replace(small, head=head)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        ours = build_network(architecture, model.inputs).eval()
    theirs = getattr(transformers, name)(encoder_config(architecture)).eval()
    theirs.load_state_dict(ours.state_dict())
    batch = example_inputs(model, vocabulary=small.vocabulary, batch_size=3)
    ids, segments, mask = (torch.from_numpy(batch[item.name]) for item in model.inputs)
    with torch.inference_mode():
        expected = theirs(input_ids=ids, token_type_ids=segments, attention_mask=mask, return_dict=False)
    for found, wanted in zip(run_torch(ours, model, batch), expected, strict=True):
        np.testing.assert_allclose(found, wanted.numpy(), atol=1e-6)
