"""The keys of a weights file under the network's own names: what wrappers and older libraries call them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.decoding import short
from harness.errors import CheckpointError

# What stands before every key because something was around the network when it was saved: a data-parallel
# wrapper, torch.compile's, a trainer. Any other prefix is taken off where the encoder and its head have it.
_WRAPPERS = ("module", "_orig_mod", "model")

# LayerNorm's parameters as checkpoints converted from TensorFlow spell them.
_OLD_NAMES = {".gamma": ".weight", ".beta": ".bias"}

# Every encoder has it once: what stands before it is what the encoder is called.
_ANCHOR = "embeddings.word_embeddings.weight"
_ENCODERS = ("bert", "bert_model", "encoder", "backbone", "base_model", "text_encoder", "transformer", "plm")
_PARTS = ("embeddings.", "encoder.", "pooler.")  # of an encoder
_ADAPTERS = (".lora_", ".base_layer.", ".modules_to_save.")


def ours(path: Path, keys: Iterable[str]) -> Mapping[str, str]:
    """Each key of the weights at `path` as the network calls it; what it does not have is only unwrapped.

    Raises `CheckpointError`, in one line, for keys without word embeddings, with those of several networks or
    of another family's, and for an adapter's.
    """
    try:
        return _ours(keys)
    except _Foreign as problem:
        raise CheckpointError(
            f"{path}: not the weights of this network: {problem}",
            remedy="get the published file, or save the network's own state dict",
        ) from problem


class _Foreign(Exception):
    """Keys that are not one BERT's, in one line."""


def _ours(keys: Iterable[str]) -> Mapping[str, str]:
    names = {key: _modern(_unwrapped(key)) for key in keys}
    if adapters := [key for key in names if any(part in key for part in _ADAPTERS)]:
        raise _Foreign(
            f"holds an adapter, {len(adapters)} keys such as {short(adapters[0])}: merge it into its model "
            "(merge_and_unload of peft) and save that"
        )
    before = _encoder(names)
    if before == "bert.":
        return names
    if before == "":
        return {key: f"bert.{name}" if name.startswith(_PARTS) else name for key, name in names.items()}
    around = before.removesuffix(".").rpartition(".")[0]
    wrapper = f"{around}." if around else ""
    return {
        key: f"bert.{name.removeprefix(before)}" if name.startswith(before) else name.removeprefix(wrapper)
        for key, name in names.items()
    }


def _encoder(names: Mapping[str, str]) -> str:
    """What stands before the names of the one encoder's parameters: ``bert.`` or another name, or nothing."""
    found = sorted(
        {name.removesuffix(_ANCHOR) for name in names.values() if f".{name}".endswith(f".{_ANCHOR}")}
    )
    if not found:
        some = ", ".join(map(short, list(names)[:3])) or "none"
        raise _Foreign(
            f"no BERT: none of its {len(names)} keys ends with {_ANCHOR}; they are {some} and so on"
        )
    if len(found) > 1:
        listed = ", ".join(repr(before) for before in found[:5])
        raise _Foreign(
            f"holds {len(found)} encoders, under {listed}: save the network that is meant by itself"
        )
    name = found[0].removesuffix(".").rpartition(".")[2]
    if found[0] and name not in _ENCODERS:
        raise _Foreign(
            f"its encoder is called {short(name)}, expected 'bert' or one of {', '.join(_ENCODERS[1:])}"
        )
    return found[0]


def _unwrapped(key: str) -> str:
    first, _, rest = key.partition(".")
    while first in _WRAPPERS and rest:
        key = rest
        first, _, rest = key.partition(".")
    return key


def _modern(name: str) -> str:
    for old, new in _OLD_NAMES.items():
        if name.endswith(old):
            return name.removesuffix(old) + new
    return name
