"""A checkpoint's weights into its network: every key accounted for, every value finite.

torch and safetensors are imported inside functions, so that collecting tests needs neither.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.domain.models import Architecture, Model
from harness.errors import CheckpointError
from harness.models.checkpoints import files
from harness.models.checkpoints.resolve import Checkpoint
from harness.models.networks import build_network

if TYPE_CHECKING:
    import torch

# What published checkpoints carry and inference does not use, by the beginning of its name: the layer that
# TinyBERT's distillation fits to its teacher, a buffer that old versions of transformers saved, the heads of
# pre-training, and the pooler where the network on top has none.
_UNUSED = ("fit_dense.", "bert.embeddings.position_ids", "cls.", "bert.pooler.")

# LayerNorm's parameters as checkpoints converted from TensorFlow spell them.
_OLD_NAMES = {".gamma": ".weight", ".beta": ".bias"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A network in eval mode, and the keys of its weights file that inference does not use."""

    network: torch.nn.Module
    ignored: tuple[str, ...]


def load_network(checkpoint: Checkpoint) -> torch.nn.Module:
    """The network of `checkpoint` in eval mode, float32; `load` says also what it ignored."""
    return load(checkpoint).network


def load(checkpoint: Checkpoint) -> Loaded:
    """The network of `checkpoint`; torch's global random state is left as it was.

    Weights stored in another floating-point type become float32. Raises `CheckpointError` for a file
    that is damaged, that changed since it was located or that holds anything but tensors, and one error
    for every missing or unknown key, wrong shape or type, NaN and infinity together.
    """
    network = _build(checkpoint.model, checkpoint.architecture, checkpoint.seed or 0)
    if checkpoint.folder is None:
        return Loaded(network=network.eval(), ignored=())
    name = next(item for item in files.WEIGHTS if item in checkpoint.files)
    path = checkpoint.folder / name
    if files.sha256(path) != checkpoint.weights_sha256:
        raise CheckpointError(f"{path}: changed since it was located", remedy="run again")
    state, ignored = _match(_read(path), network.state_dict(), path)
    network.load_state_dict(state, strict=True)
    return Loaded(network=network.eval(), ignored=ignored)


def _build(model: Model, architecture: Architecture, seed: int) -> torch.nn.Module:
    """A network as `seed` initialises it. Only the CPU's generator is seeded, and put back."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return build_network(architecture, model.inputs)


def _read(path: Path) -> Mapping[Any, Any]:
    """What a weights file holds, on the CPU: names to tensors if the file is what it should be."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    remedy = "get the published file again, or save its state dict as model.safetensors where you trust it"
    if path.name == files.SAFETENSORS:
        try:
            return load_file(path)
        except (SafetensorError, OSError) as problem:
            raise CheckpointError(
                f"{path}: not a sound safetensors file: {problem}", remedy=remedy
            ) from problem
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of a newer pickle protocol: it fails anyway
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as problem:  # a damaged pickle raises whatever its bytes make the reader do
        raise CheckpointError(
            f"{path}: refused: not a plain state dict. Only tensors are unpickled, because a pickle that "
            f"holds anything else can run any code when it is read. torch says: {_reason(problem)}",
            remedy=remedy,
        ) from problem
    if not isinstance(content, dict):
        found = type(content).__name__
        raise CheckpointError(f"{path}: found a {found}, expected names and tensors", remedy=remedy)
    return content


def _reason(problem: Exception) -> str:
    """What torch says is wrong, without its advice to read the file with the protection switched off."""
    lines = [line.strip() for line in str(problem).splitlines() if "weights_only" not in line]
    return " ".join(filter(None, lines)) or type(problem).__name__


def _match(
    stored: Mapping[Any, Any], expected: Mapping[str, torch.Tensor], path: Path
) -> tuple[dict[str, torch.Tensor], tuple[str, ...]]:
    """The stored tensors under the network's names, and the keys left out; every misfit in one error."""
    state: dict[str, torch.Tensor] = {}
    ignored: list[str] = []
    problems: list[str] = []
    for key, value in stored.items():
        name = _modern(str(key))
        if name not in expected:
            if name.startswith(_UNUSED):
                ignored.append(str(key))
            else:
                problems.append(f"{key}: found, expected no such key")
        elif name in state:
            problems.append(f"{key}: found, expected {name} only once")
        else:
            problem, state[name] = _as_float32(value, expected[name])
            problems.extend([f"{key}: {problem}"] if problem else [])
    problems.extend(f"{name}: missing" for name in expected if name not in state)
    if problems:
        lines = "".join(f"\n  {problem}" for problem in problems)
        raise CheckpointError(
            f"{path}: not the weights of this network:{lines}", remedy="get the published file again"
        )
    return state, tuple(ignored)


def _modern(key: str) -> str:
    """A key as the network spells it: no ``module.`` of a data-parallel wrapper, no gamma and beta."""
    name = key.removeprefix("module.")
    for old, new in _OLD_NAMES.items():
        if name.endswith(old):
            return name.removesuffix(old) + new
    return name


def _as_float32(value: Any, expected: torch.Tensor) -> tuple[str | None, torch.Tensor]:
    """What is wrong with a stored value, or None, and the value as float32 (`expected` where it is wrong)."""
    import torch

    if not isinstance(value, torch.Tensor):
        return f"found a {type(value).__name__}, expected a tensor", expected
    if value.shape != expected.shape:
        return f"found shape {list(value.shape)}, expected {list(expected.shape)}", expected
    if not value.is_floating_point():
        return f"found {value.dtype}, expected floating point", expected
    wide = value.to(torch.float32)
    bad = int((~torch.isfinite(wide)).sum())
    if bad:
        return f"found {bad} NaN or infinite of {wide.numel()} values, expected finite ones", expected
    return None, wide
