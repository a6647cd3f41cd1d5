"""Checkpoints of every family as transformers saves them: read by what they are, loaded to its outputs."""

from __future__ import annotations

import encoders
import numpy as np
import pytest
from encoders import HEADS, NAMES

from harness.domain.models import Head, Weights
from harness.models.checkpoints import load
from harness.models.checkpoints.folders import from_folder
from harness.models.graphs.export import example_inputs, run_torch


def theirs(network, model, batch):
    """What transformers' own network gives when it is called as its documentation has it."""
    import torch

    arguments = {item.name: torch.from_numpy(batch[item.name]) for item in model.inputs}
    with torch.inference_mode():
        outputs = network(**arguments).to_tuple()
    return [output.numpy() for output in outputs]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, one_thread: None):
    """A saved checkpoint of a family and a head, made once, and the network that was saved."""
    made = {}

    def get(name: str, head: Head = Head.CLASSIFICATION):
        if (name, head) not in made:
            folder = tmp_path_factory.mktemp("families") / f"{name}-{head}"
            made[name, head] = folder, encoders.saved(folder, name, head)
        return made[name, head]

    return get


@pytest.mark.parametrize("head", HEADS, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_a_saved_checkpoint_gives_what_transformers_gives(folders, name: str, head: Head):
    """Every value of it is used, and its config.json is read to the network that it was saved of."""
    folder, network = folders(name, head)
    model = encoders.model(name, head)
    checkpoint = from_folder(model, Weights.FULL, folder)
    epsilon = checkpoint.architecture.layer_norm_eps
    assert checkpoint.architecture == encoders.architecture(name, head, layer_norm_eps=epsilon)
    loaded = load(checkpoint)
    assert loaded.ignored == ()
    batch = example_inputs(model, vocabulary=encoders.VOCABULARY, batch_size=4)
    expected = theirs(network, model, batch)
    for ours, wanted in zip(run_torch(loaded.network, model, batch), expected, strict=True):
        assert np.ptp(wanted) > 0.01
        np.testing.assert_allclose(ours, wanted, atol=2e-6)
