"""Two thousand seeded damages of each file of a checkpoint: an error of ours or a right value in a second."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from mutating import COUNT, held, mutations
from safetensors.torch import save
from tiny_model import ARCHITECTURE, config_json, tiny_model

from harness.domain.metrics import Metric
from harness.domain.models import Protocol
from harness.models.checkpoints import card, files, in_order, load, locate
from harness.setting.home import Home

Lay = Callable[..., Path]
LABELS = ("negative", "positive")
CONFIG = config_json(
    model_type="bert", layer_norm_eps=1e-12, id2label={"0": "NEG", "1": "POS"}, label2id={"NEG": 0, "POS": 1}
)


@pytest.fixture
def read(tiny_home: Home) -> Callable[[], torch.nn.Module]:
    """Locates and loads the full checkpoint, whose sizes its config.json decides."""
    model = tiny_model(config_decides=True)

    def once() -> torch.nn.Module:
        return load(in_order(locate(model, "full", tiny_home), LABELS)).network

    return once


def damage(path: Path, content: bytes, read: Callable[[], object], check: Callable[[object], None]) -> int:
    """Put every damaged copy of `content` at `path` and read it; returns how many were read."""
    good = 0
    for number, damaged in enumerate(mutations(content, COUNT)):
        path.unlink(missing_ok=True)
        path.write_bytes(damaged)
        found = held(read, f"{path.name}, mutation {number}")
        if found is not None:
            check(found)
            good += 1
    return good


def sound(network: object) -> None:
    """A network of the architecture that was saved, every value finite."""
    assert isinstance(network, torch.nn.Module)
    assert network.get_parameter("bert.embeddings.word_embeddings.weight").shape == (40, 16)
    assert len(network.get_submodule("bert.encoder.layer")) == ARCHITECTURE.layers
    assert all(torch.isfinite(parameter).all() for parameter in network.parameters())


def same(tiny_network: torch.nn.Module) -> Callable[[object], None]:
    """A check that a network has the very weights that were saved, its labels in either order."""
    state = tiny_network.state_dict()

    def check(network: object) -> None:
        sound(network)
        for name, tensor in network.state_dict().items():
            turned = name.startswith("classifier.") and torch.equal(tensor.flip(0), state[name])
            assert turned or torch.equal(tensor, state[name]), name

    return check


def test_config_json(tiny_home: Home, lay: Lay, tiny_network: torch.nn.Module, read: Callable[[], object]):
    """Where a damaged one is read, the weights are those that were saved."""
    folder = lay(tiny_home.models, "vocab.txt", "model.safetensors")
    good = damage(folder / "config.json", CONFIG.encode(), read, same(tiny_network))
    assert 0 < good < COUNT


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_weights(
    tiny_home: Home, lay: Lay, tiny_files: Mapping[str, bytes], read: Callable[[], object], name: str
):
    """Nothing tells a flipped bit of a float: what is read has every shape, and no NaN."""
    folder = lay(tiny_home.models, "vocab.txt", config__json=CONFIG.encode())
    good = damage(folder / name, tiny_files[name], read, sound)
    assert 0 < good < COUNT


def test_weights_header(
    tiny_home: Home, lay: Lay, tiny_files: Mapping[str, bytes], read: Callable[[], object]
):
    """The header alone: most of a file is floats, whose damage is not to be seen."""
    folder = lay(tiny_home.models, "vocab.txt", config__json=CONFIG.encode())
    content = tiny_files["model.safetensors"]
    length = int.from_bytes(content[:8], "little")
    header, floats = content[8 : 8 + length], content[8 + length :]

    def whole(damaged: bytes) -> bytes:
        return len(damaged).to_bytes(8, "little") + damaged + floats

    for number, damaged in enumerate(mutations(header, COUNT)):
        (folder / "model.safetensors").unlink(missing_ok=True)
        (folder / "model.safetensors").write_bytes(whole(damaged))
        network = held(read, f"header, mutation {number}")
        if network is not None:
            sound(network)


def test_pickles_of_2019(
    tiny_home: Home, lay: Lay, tiny_network: torch.nn.Module, read: Callable[[], object]
):
    folder = lay(tiny_home.models, "vocab.txt", config__json=CONFIG.encode())
    stream = io.BytesIO()
    torch.save(tiny_network.state_dict(), stream, _use_new_zipfile_serialization=False)
    assert damage(folder / "pytorch_model.bin", stream.getvalue(), read, sound) > 0


def test_the_index_of_shards(
    tiny_home: Home, lay: Lay, tiny_network: torch.nn.Module, read: Callable[[], object]
):
    folder = lay(tiny_home.models, "vocab.txt", config__json=CONFIG.encode())
    state = tiny_network.state_dict()
    held_in: dict[str, str] = {}
    for shard in (0, 1):
        part = {key: state[key] for key in sorted(state)[shard::2]}
        (folder / f"model-{shard}.safetensors").write_bytes(save(part))
        held_in |= dict.fromkeys(part, f"model-{shard}.safetensors")
    content = json.dumps({"metadata": {}, "weight_map": held_in}).encode()
    assert damage(folder / "model.safetensors.index.json", content, read, same(tiny_network)) > 0


def test_the_record_of_a_fetch(tmp_path: Path):
    record = files.FetchRecord(
        repository="zoo/tiny", revision="main", commit=None, fetched="2026-11-29", files={"a": "0" * 64}
    )
    record.write(tmp_path)
    content = (tmp_path / files.RECORD).read_bytes()

    def check(found: object) -> None:
        assert isinstance(found, files.FetchRecord)
        assert all(isinstance(item, str) for pair in found.files.items() for item in pair)

    assert damage(tmp_path / files.RECORD, content, lambda: files.read_record(tmp_path), check) > 0


def test_a_card(tmp_path: Path):
    content = b"""
seed = 7
[scores.mini]
sha256 = "data"
samples = 130
correct = 120
f1_percent = 91.25
protocols = { documented = { f1 = 0.5, exact = 12 }, standard = { f1 = 0.25 } }
"""

    def stated() -> list[float | None]:
        return [
            card.stated(tmp_path, "data", protocol, metric)
            for protocol in Protocol
            for metric in (Metric.F1, Metric.ACCURACY)
        ]

    def check(found: object) -> None:
        assert isinstance(found, list)
        assert all(score is None or 0 <= score <= 1 for score in found)

    assert damage(tmp_path / card.CARD, content, stated, check) > 0


def test_a_vocabulary_in_either_form(tmp_path: Path):
    """Where a damaged one is read it has every piece once, and ids without a hole."""
    from harness.tasks.text.wordpiece import Vocabulary, load_vocabulary

    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"##a{number}" for number in range(40))]
    listed = json.dumps(
        {
            "version": "1.0",
            "added_tokens": [{"id": number, "content": piece} for number, piece in enumerate(pieces[:5])],
            "normalizer": {"type": "BertNormalizer", "lowercase": False},
            "model": {
                "type": "WordPiece", "continuing_subword_prefix": "##",
                "vocab": {piece: number for number, piece in enumerate(pieces)},
            },
        }
    )  # fmt: skip

    def check(found: object) -> None:
        assert isinstance(found, Vocabulary)
        assert np.array_equal(sorted(found.index.values()), np.arange(len(found)))

    for name, text in (("tokenizer.json", listed), ("vocab.txt", "\n".join(pieces) + "\n")):
        path = tmp_path / name
        assert damage(path, text.encode(), lambda path=path: load_vocabulary(path), check) > 0
