"""config.json's sizes are not believed before the weights show them: nothing is built of another size."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tiny_model import ARCHITECTURE, config_json, tiny_model

from harness.errors import CheckpointError
from harness.models.checkpoints import load, loading, locate
from harness.setting.home import Home

Lay = Callable[..., Path]

# A size in config.json -> the weight that shows it to be another.
SHOWN = {
    "num_hidden_layers": "but there are 2 layers",
    "hidden_size": "but bert.embeddings.word_embeddings.weight is [40, 16]",
    "intermediate_size": "but bert.encoder.layer.0.intermediate.dense.weight is [32, 16]",
    "max_position_embeddings": "but bert.embeddings.position_embeddings.weight is [16, 16]",
    "type_vocab_size": "but bert.embeddings.token_type_embeddings.weight is [2, 16]",
    "vocab_size": "but bert.embeddings.word_embeddings.weight is [40, 16]",
}


@pytest.mark.parametrize("weights", ["model.safetensors", "pytorch_model.bin"])
@pytest.mark.parametrize("key", SHOWN)
def test_a_size_that_the_weights_do_not_have_is_told_and_nothing_is_built(
    tiny_home: Home, lay: Lay, monkeypatch: pytest.MonkeyPatch, key: str, weights: str
):
    """A billion layers would take for ever, and a billion rows gigabytes."""

    def built(*_: object) -> None:
        raise AssertionError("a network was built")

    monkeypatch.setattr(loading, "build_network", built)
    folder = lay(tiny_home.models, "vocab.txt", weights, config__json=config_json(**{key: 10**9}).encode())
    start = time.perf_counter()
    with pytest.raises(CheckpointError) as caught:
        load(locate(tiny_model(config_decides=True), "full", tiny_home))
    assert time.perf_counter() - start < 1
    assert f"{folder / 'config.json'}: not of the weights in {weights}:" in str(caught.value)
    assert f"{key}: 1000000000, {SHOWN[key]}" in str(caught.value)


def test_safetensors_are_held_against_the_config_when_they_are_located(tiny_home: Home, lay: Lay):
    lay(
        tiny_home.models, "vocab.txt", "model.safetensors",
        config__json=config_json(num_hidden_layers=3, intermediate_size=64).encode(),
    )  # fmt: skip
    with pytest.raises(CheckpointError) as caught:
        locate(tiny_model(config_decides=True), "full", tiny_home)
    said = str(caught.value)
    assert "num_hidden_layers: 3, but there are 2 layers" in said
    assert "intermediate_size: 64, but" in said


def test_labels_that_the_head_does_not_have_are_told(tiny_home: Home, lay: Lay):
    model = tiny_model(config_decides=True)
    model = dataclasses.replace(model, architecture=dataclasses.replace(ARCHITECTURE, labels=5))
    lay(tiny_home.models, "vocab.txt", "model.safetensors", config__json=config_json(num_labels=5).encode())
    with pytest.raises(CheckpointError, match=r"num_labels\): 5, but classifier.weight is \[2, 16\]"):
        locate(model, "full", tiny_home)


def test_what_is_there_is_still_loaded(tiny_home: Home, lay: Lay, tiny_files: Mapping[str, bytes]):
    lay(tiny_home.models, "config.json", "vocab.txt", "model.safetensors")
    assert load(locate(tiny_model(config_decides=True), "full", tiny_home)).ignored == ()
