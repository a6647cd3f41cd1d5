"""Weights in shards with their index, as transformers saves what is large, and the small when asked."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from laying import index_of, lay_shards, name_of, write_index
from safetensors.torch import save_file
from tiny_model import ARCHITECTURE, tiny_model

from harness.domain.models import Head
from harness.errors import CheckpointError
from harness.models.checkpoints import files, load, locate
from harness.models.networks import encoder_config
from harness.setting.home import Home

Lay = Callable[..., Path]
State = dict[str, torch.Tensor]


@pytest.fixture
def state(tiny_network: torch.nn.Module) -> State:
    return {name: tensor.clone() for name, tensor in tiny_network.state_dict().items()}


@pytest.fixture
def folder(tiny_home: Home, lay: Lay) -> Path:
    return lay(tiny_home.models, "config.json", "vocab.txt")


@pytest.mark.parametrize("ending", ["safetensors", "bin"])
def test_shards_give_the_network_that_was_saved(tiny_home: Home, folder: Path, state: State, ending: str):
    lay_shards(folder, state, ending)
    found = locate(tiny_model(), "full", tiny_home)
    assert found.weights_files == tuple(name_of(shard, ending) for shard in (1, 2, 3))
    assert set(found.files) == {"config.json", "vocab.txt", index_of(ending), *found.weights_files}
    loaded = load(found).network.state_dict()
    assert all(torch.equal(loaded[name], state[name]) for name in state)


def test_the_weights_hash_is_of_every_shard(tiny_home: Home, folder: Path, state: State):
    lay_shards(folder, state)
    before = locate(tiny_model(), "full", tiny_home)
    state["classifier.bias"] += 1
    lay_shards(folder, state)
    after = locate(tiny_model(), "full", tiny_home)
    changed = [name for name in before.files if before.files[name] != after.files[name]]
    assert len(changed) == 1
    assert before.weights_sha256 != after.weights_sha256
    with pytest.raises(CheckpointError, match=f"{changed[0]}: changed since it was located"):
        load(before)


def test_what_transformers_writes_is_read(tiny_home: Home):
    """`save_pretrained` of today, with its tokenizer.json and no vocab.txt, in shards and in one file."""
    from transformers import AutoTokenizer, BertForTokenClassification

    theirs = BertForTokenClassification(encoder_config(ARCHITECTURE))
    architecture = dataclasses.replace(ARCHITECTURE, head=Head.TOKEN_CLASSIFICATION)
    model = dataclasses.replace(tiny_model(config_decides=True), architecture=architecture)
    source = tiny_home.root / "source"
    source.mkdir(parents=True)
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"piece{n}" for n in range(35))]
    (source / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    (source / "config.json").write_text('{"model_type": "bert"}', encoding="utf-8")
    folder = tiny_home.models / "tiny-bert"
    theirs.save_pretrained(folder, max_shard_size="10KB")
    AutoTokenizer.from_pretrained(str(source)).save_pretrained(folder)
    assert not (folder / "vocab.txt").exists()
    assert (folder / "model.safetensors.index.json").is_file()
    found = locate(model, "full", tiny_home)
    assert found.vocabulary == folder / "tokenizer.json"
    loaded = load(found).network.state_dict()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in theirs.state_dict().items())


class TestDamage:
    def refused(self, tiny_home: Home) -> str:
        with pytest.raises(CheckpointError) as caught:
            load(locate(tiny_model(), "full", tiny_home))
        return str(caught.value)

    def test_a_shard_that_is_not_there_is_named(self, tiny_home: Home, folder: Path, state: State):
        lay_shards(folder, state)
        (folder / name_of(2, "safetensors")).unlink()
        assert f"1 of 3 shards are not there: '{name_of(2, 'safetensors')}'" in self.refused(tiny_home)

    @pytest.mark.parametrize(
        "shard", ["../other/model.safetensors", "/etc/passwd", "shard.bin", "", f"{'a' * 300}.safetensors"]
    )
    def test_a_shard_elsewhere_is_refused(self, tiny_home: Home, folder: Path, state: State, shard: str):
        held = lay_shards(folder, state)
        write_index(folder, {**held, "classifier.bias": shard})
        assert "expected a file beside it, *.safetensors" in self.refused(tiny_home)

    @pytest.mark.parametrize("ending", ["safetensors", "bin"])
    def test_a_tensor_elsewhere_than_the_index_says_is_named(
        self, tiny_home: Home, folder: Path, state: State, ending: str
    ):
        held = lay_shards(folder, state, ending)
        other = next(name for name in set(held.values()) if name != held["classifier.bias"])
        write_index(folder, {**held, "classifier.bias": other}, ending)
        said = self.refused(tiny_home)
        assert (
            f"1 tensors stand elsewhere than it says: 'classifier.bias' in {held['classifier.bias']}" in said
        )

    def test_a_tensor_in_two_shards_is_named(self, tiny_home: Home, folder: Path, state: State):
        held = lay_shards(folder, state)
        first = name_of(1, "safetensors")
        part = {key: state[key] for key in held if held[key] == first or key == "classifier.weight"}
        assert held["classifier.weight"] != first
        save_file(part, folder / first)
        assert "found 'classifier.weight' in" in self.refused(tiny_home)

    @pytest.mark.parametrize(
        "content", ["", "[]", "{}", '{"weight_map": {}}', '{"weight_map": {"a": 1}}', "\xff"]
    )
    def test_an_index_that_is_none_is_refused(
        self, tiny_home: Home, folder: Path, state: State, content: str
    ):
        lay_shards(folder, state)
        (folder / index_of("safetensors")).write_text(content, encoding="latin-1")
        assert index_of("safetensors") in self.refused(tiny_home)

    def test_a_pointer_in_a_shards_place_is_named(self, tiny_home: Home, folder: Path, state: State):
        lay_shards(folder, state)
        (folder / name_of(3, "safetensors")).write_text("version https://git-lfs.github.com/spec/v1\n")
        assert "git lfs pull" in self.refused(tiny_home)


def test_one_file_comes_before_shards_and_safetensors_before_pickles(
    tiny_home: Home, folder: Path, state: State, lay: Lay
):
    lay_shards(folder, state, "bin")
    assert files.weights_in(folder) == "pytorch_model.bin.index.json"
    lay_shards(folder, state)
    assert files.weights_in(folder) == "model.safetensors.index.json"
    lay(tiny_home.models, "pytorch_model.bin")
    assert files.weights_in(folder) == "model.safetensors.index.json"
    lay(tiny_home.models, "model.safetensors")
    assert files.weights_in(folder) == "model.safetensors"
