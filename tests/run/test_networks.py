"""Networks of the documented heads, built from an architecture and the inputs' order alone."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from harness.domain import Architecture, Catalog, Head
from harness.errors import NotYet
from harness.graphs.export import example_inputs, run_torch
from harness.networks import build_network


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


@pytest.mark.parametrize("head", [Head.TOKEN_CLASSIFICATION, Head.QUESTION_ANSWERING])
def test_a_head_that_is_not_there_is_never_another_one(catalog: Catalog, small: Architecture, head: Head):
    """A token classifier without its head would be a sentence classifier that nobody asked for."""
    with pytest.raises(NotYet, match=f"networks with a {head} head"):
        build_network(dataclasses.replace(small, head=head), catalog.models["tinybert"].inputs)
