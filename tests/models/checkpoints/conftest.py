"""What the checkpoint tests share: a real, tiny network, its files, and the folders they are laid out in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tiny_model import ARCHITECTURE, VOCABULARY, config_json, home_in, tiny_model

from harness.domain.models import Architecture
from harness.models.networks import build_network
from harness.setting.home import Home

if TYPE_CHECKING:
    import torch


@pytest.fixture(scope="session")
def tiny_network() -> torch.nn.Module:
    """Seeded weights, large enough that a wrong head shows in the logits."""
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(7)
        network = build_network(ARCHITECTURE, tiny_model().inputs).eval()
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(torch.randn_like(parameter) * 0.2)
    return network


@pytest.fixture(scope="session")
def tiny_files(tiny_network: torch.nn.Module, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of its checkpoint, the weights in both formats."""
    import torch
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("tiny")
    save_file(tiny_network.state_dict(), folder / "model.safetensors")
    torch.save(tiny_network.state_dict(), folder / "pytorch_model.bin")
    (folder / "config.json").write_text(config_json(), encoding="utf-8")
    (folder / "vocab.txt").write_text(VOCABULARY, encoding="utf-8")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def tiny_home(tmp_path: Path) -> Home:
    """An empty home."""
    return home_in(tmp_path)


Lay = Callable[..., Path]
LayNetwork = Callable[..., Path]


@pytest.fixture
def lay_network() -> LayNetwork:
    """Lays out a whole checkpoint of other sizes than the tiny one's, whose config.json `changes` change."""

    def lay_out(parent: Path, architecture: Architecture, **changes: object) -> Path:
        from safetensors.torch import save_file

        folder = parent / "tiny-bert"
        folder.mkdir(parents=True)
        save_file(build_network(architecture, tiny_model().inputs).state_dict(), folder / "model.safetensors")
        (folder / "config.json").write_text(config_json(**changes), encoding="utf-8")
        (folder / "vocab.txt").write_text(VOCABULARY, encoding="utf-8")
        return folder

    return lay_out


@pytest.fixture
def lay(tiny_files: dict[str, bytes]) -> Lay:
    """Lays out named files of the tiny checkpoint; a keyword gives a file other bytes, dots as ``__``."""

    def lay_out(parent: Path, *names: str, **others: bytes) -> Path:
        folder = parent / "tiny-bert"
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            (folder / name).write_bytes(tiny_files[name])
        for name, content in others.items():
            (folder / name.replace("__", ".")).write_bytes(content)
        return folder

    return lay_out
