"""A checkpoint's weights into its network: every key accounted for, every value finite.

torch is imported inside functions, so that collecting tests does not need it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.decoding import short
from harness.domain.models import Architecture, Model
from harness.errors import CheckpointError
from harness.models.checkpoints import files, names, sizes, stored
from harness.models.checkpoints.folders import Checkpoint
from harness.models.checkpoints.layouts import LAYOUTS
from harness.models.networks import build_network, classifier, parameter_prefix, parameter_shapes

if TYPE_CHECKING:
    import torch

_LISTED = 8  # keys of one kind of misfit that a message names


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

    Weights stored in another floating-point type become float32; labels that the checkpoint has in another
    order are put in the order in which they are scored. Raises `CheckpointError` for a file that is
    damaged, that changed since it was located or that holds anything but tensors, for sizes that are not
    config.json's, and one error for every missing or unknown key, wrong shape or type, NaN and infinity
    together: all of it before a network is built.
    """
    folder, architecture = checkpoint.folder, checkpoint.encoder
    if folder is None:
        network = _build(checkpoint.model, architecture, checkpoint.seed or 0)
        return Loaded(network=network.eval(), ignored=())
    for name in checkpoint.weights_files:
        if files.sha256(folder / name) != checkpoint.files[name]:
            raise CheckpointError(f"{folder / name}: changed since it was located", remedy="run again")
    held = stored.read(folder, checkpoint.weights_files, checkpoint.weights_source)
    path = folder / checkpoint.weights_source
    known = names.ours(path, held.tensors, architecture.family)
    shapes = {known[key]: tuple(getattr(value, "shape", ())) for key, value in held.tensors.items()}
    sizes.require_agreeing(folder, architecture, shapes, path.name)
    unused = LAYOUTS[architecture.family].left_aside
    state, ignored = _match(held.tensors, known, parameter_shapes(architecture), path, unused)
    _reorder(state, classifier(architecture, state), checkpoint.label_rows)
    network = _build(checkpoint.model, architecture, 0)
    prefix = parameter_prefix(architecture)
    network.load_state_dict({prefix + name: value for name, value in state.items()}, strict=True)
    return Loaded(network=network.eval(), ignored=(*held.around, *ignored))


def _build(model: Model, architecture: Architecture, seed: int) -> torch.nn.Module:
    """A network as `seed` initialises it. Only the CPU's generator is seeded, and put back."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return build_network(architecture, model.inputs)


def _reorder(state: dict[str, torch.Tensor], layer: str, rows: Sequence[int]) -> None:
    """Put the rows of the last `layer`, one a label, in the order of `rows`; nothing without any."""
    for name in (f"{layer}.weight", f"{layer}.bias"):
        if rows and name in state:
            state[name] = state[name][list(rows)].contiguous()


def _match(
    held: Mapping[str, Any],
    known: Mapping[str, str],
    expected: Mapping[str, Sequence[int]],
    path: Path,
    unused: tuple[str, ...],
) -> tuple[dict[str, torch.Tensor], tuple[str, ...]]:
    """The stored tensors under the network's names, and the keys left out; every misfit in one error.

    What begins with one of `unused` and is not in the network is left out.
    """
    state: dict[str, torch.Tensor] = {}
    seen: set[str] = set()
    ignored: list[str] = []
    unknown: list[str] = []
    problems: list[str] = []
    for key, value in held.items():
        name = known[key]
        if name not in expected:
            (ignored if name.startswith(unused) else unknown).append(key)
        elif name in seen:
            problems.append(f"{key}: found, expected {name} only once")
        else:
            seen.add(name)
            problem, tensor = _as_float32(value, tuple(expected[name]))
            if tensor is None:
                problems.append(f"{key}: {problem}")
            else:
                state[name] = tensor
    lines = [
        *_some([f"{short(key)[1:-1]}: found, expected no such key" for key in unknown]),
        *_some(problems),
        *_some([f"{name}: missing" for name in expected if name not in seen]),
    ]
    if lines:
        said = "".join(f"\n  {line}" for line in lines)
        raise CheckpointError(
            f"{path}: not the weights of this network:{said}", remedy="get the published file again"
        )
    return state, tuple(ignored)


def _some(lines: list[str]) -> list[str]:
    """The first lines of one kind, and how many more there are."""
    more = len(lines) - _LISTED
    return lines if more <= 0 else [*lines[:_LISTED], f"and {more} more like {lines[-1]}"]


def _as_float32(value: Any, expected: tuple[int, ...]) -> tuple[str, torch.Tensor | None]:
    """A stored value as float32, or None and what is wrong with it."""
    import torch

    if not isinstance(value, torch.Tensor):
        return f"found a {type(value).__name__}, expected a tensor", None
    if tuple(value.shape) != expected:
        return f"found shape {list(value.shape)}, expected {list(expected)}", None
    if value.layout is not torch.strided:
        return f"found {value.layout}, expected every value to be stored", None
    if not value.is_floating_point():
        return f"found {value.dtype}, expected floating point", None
    if value.untyped_storage().nbytes() < value.numel() * value.element_size():
        return f"found {value.numel()} values of which only some are stored, expected each", None
    wide = value.to(torch.float32)
    bad = int((~torch.isfinite(wide)).sum())
    if bad:
        return f"found {bad} NaN or infinite of {wide.numel()} values, expected finite ones", None
    return "", wide
