"""The keys of a weights file under the network's own names: what wrappers and older libraries call them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from harness.decoding import short
from harness.domain.families import FAMILIES, Family
from harness.errors import CheckpointError
from harness.models.checkpoints.layouts import LAYOUTS, WITHIN

# LayerNorm's parameters as checkpoints converted from TensorFlow spell them.
_OLD_NAMES = {".gamma": ".weight", ".beta": ".bias"}

_ADAPTERS = (".lora_", ".base_layer.", ".modules_to_save.")


def ours(path: Path, keys: Iterable[str], family: Family) -> Mapping[str, str]:
    """Each key of the weights at `path` as the family's network calls it.

    What the network does not have is only unwrapped.

    Raises `CheckpointError`, in one line, for keys without word embeddings, with those of several networks or
    of another family's, and for an adapter's.
    """
    try:
        return _ours(keys, family)
    except _Foreign as problem:
        raise CheckpointError(
            f"{path}: not the weights of this network: {problem}",
            remedy="get the published file, or save the network's own state dict",
        ) from problem


class _Foreign(Exception):
    """Keys that are not those of one network of the family, in one line."""


def _ours(keys: Iterable[str], family: Family) -> Mapping[str, str]:
    layout = LAYOUTS[family]
    own = f"{layout.encoder}."
    names = {key: _modern(_unwrapped(key, layout.wrappers)) for key in keys}
    if adapters := [key for key in names if any(part in key for part in _ADAPTERS)]:
        raise _Foreign(
            f"holds an adapter, {len(adapters)} keys such as {short(adapters[0])}: merge it into its model "
            "(merge_and_unload of peft) and save that"
        )
    before = _encoder(names, family)
    if before == own:
        return names
    if before == "":
        return {key: own + name if name.startswith(layout.parts) else name for key, name in names.items()}
    around = before.removesuffix(".").rpartition(".")[0]
    wrapper = f"{around}." if around else ""
    return {
        key: own + name.removeprefix(before) if name.startswith(before) else name.removeprefix(wrapper)
        for key, name in names.items()
    }


def _encoder(names: Mapping[str, str], family: Family) -> str:
    """What stands before the names of the one encoder's parameters: its own or another name, or nothing."""
    layout, words = LAYOUTS[family], LAYOUTS[family].words
    found = sorted({name.removesuffix(words) for name in names.values() if f".{name}".endswith(f".{words}")})
    if not found:
        some = ", ".join(map(short, list(names)[:3])) or "none"
        raise _Foreign(
            f"no {FAMILIES[family].title}: none of its {len(names)} keys ends with {words}; they are {some} "
            "and so on"
        )
    if len(found) > 1:
        listed = ", ".join(repr(before) for before in found[:5])
        raise _Foreign(
            f"holds {len(found)} encoders, under {listed}: save the network that is meant by itself"
        )
    name = found[0].removesuffix(".").rpartition(".")[2]
    if found[0] and name not in (layout.encoder, *layout.other_names):
        raise _Foreign(
            f"its encoder is called {short(name)}, expected {layout.encoder!r} or one of "
            f"{', '.join(layout.other_names)}"
        )
    return found[0]


def _unwrapped(key: str, wrappers: Sequence[str]) -> str:
    first, _, rest = key.partition(".")
    while first in wrappers and rest:
        key = rest
        first, _, rest = key.partition(".")
    return ".".join(part for part in key.split(".") if part not in WITHIN)


def _modern(name: str) -> str:
    for old, new in _OLD_NAMES.items():
        if name.endswith(old):
            return name.removesuffix(old) + new
    return name
