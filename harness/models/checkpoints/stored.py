"""Weights files as names and tensors: safetensors, or pickles of which only tensors are read.

torch and safetensors are imported inside functions, so that collecting tests needs neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from harness.decoding import Undecodable, json_object, short
from harness.errors import CheckpointError
from harness.models.checkpoints import files, pickles, shards
from harness.models.checkpoints.layouts import LAYOUTS

_LONGEST_HEADER = 100_000_000  # bytes, as the library has it
_DEEPEST = 5  # dictionaries around a state dict; a pickle may hold one that holds itself
_WORDS = tuple({f".{layout.words}" for layout in LAYOUTS.values()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What weights files hold: tensors by the key that they have there, and what stood around them."""

    tensors: Mapping[str, Any]
    around: tuple[str, ...] = ()  # keys of a training checkpoint beside the state dict: epoch, optimizer


def shapes(folder: Path, names: Sequence[str], source: str) -> Mapping[str, tuple[int, ...]] | None:
    """The shapes that safetensors files state, by key, from their headers alone; None for pickles.

    `source` is the weights file, or the index whose shards `names` are. Raises `CheckpointError` for a
    damaged header, for one that does not describe its file's bytes, and for shards that are not as their
    index says.
    """
    if not all(name.endswith(".safetensors") for name in names):
        return None
    found: dict[str, tuple[int, ...]] = {}
    places: list[tuple[str, str]] = []
    for name in names:
        header = _header(folder / name)
        places += [(key, name) for key in header]
        found |= header
    _require_once(folder / source, places)
    return found


def read(folder: Path, names: Sequence[str], source: str) -> Stored:
    """What the weights files hold, on the CPU; `names` and `source` as in `shapes`.

    Raises `CheckpointError` for a file that is damaged or holds anything but tensors, and for shards that are
    not as their index says.
    """
    if len(names) == 1 and names[0] == source:
        return _state(folder / source)
    tensors: dict[str, Any] = {}
    places: list[tuple[str, str]] = []
    for name in names:
        part = _state(folder / name).tensors
        places += [(key, name) for key in part]
        tensors |= part
    _require_once(folder / source, places)
    return Stored(tensors=tensors)


def _require_once(source: Path, places: Sequence[tuple[str, str]]) -> None:
    """Raise `CheckpointError` for a tensor in two shards, or elsewhere than the index at `source` says."""
    held: dict[str, str] = {}
    for key, name in places:
        if held.setdefault(key, name) != name:
            raise CheckpointError(
                f"{source}: found {short(key)} in {held[key]} and {name}, expected it once",
                remedy="put the shards there as they were saved",
            )
    if source.name.endswith(files.INDEX):
        shards.require_as_indexed(source, held)


def _header(path: Path) -> dict[str, tuple[int, ...]]:
    """The shapes in a safetensors file's header: its length in 8 bytes, then JSON, then the tensors' bytes.

    Read here, because looking at a checkpoint imports no library of its weights (`zoocheck doctor`). What
    dtypes make of the bytes is left to whoever reads those.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if size < 8 or length > min(size - 8, _LONGEST_HEADER):
                raise Undecodable(f"a header of {length} bytes in a file of {size}")
            content = json_object(stream.read(length).decode())
        return {
            key: _shape(key, entry, size - 8 - length)
            for key, entry in content.items()
            if key != "__metadata__"
        }
    except (OSError, UnicodeDecodeError, Undecodable) as problem:
        raise _unsound(path, problem) from problem


def _shape(key: str, entry: Any, most: int) -> tuple[int, ...]:
    """The shape of one entry of a header, which may take up the first `most` bytes behind it."""
    shape, places = (
        entry.get(part) if isinstance(entry, dict) else None for part in ("shape", "data_offsets")
    )
    if not _are_counts(shape) or not _are_counts(places) or len(places) != 2:
        raise Undecodable(f"{short(key)}: found {short(entry)}, expected a dtype, a shape and two places")
    if not places[0] <= places[1] <= most:
        raise Undecodable(f"{short(key)}: found it at {places}, expected it within {most} bytes")
    return tuple(shape)


def _are_counts(value: Any) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(isinstance(item, int) and item >= 0 for item in value)


def _unsound(path: Path, problem: Exception) -> CheckpointError:
    return CheckpointError(f"{path}: not a sound safetensors file: {_shown(problem)}", remedy=pickles.REMEDY)


def _shown(problem: Exception) -> str:
    """What safetensors says, which may repeat a damaged key, in characters that a terminal takes."""
    return str(problem).encode("utf-8", "backslashreplace").decode()


def _state(path: Path) -> Stored:
    """One file's names and tensors."""
    from safetensors.torch import load_file

    if path.suffix == ".safetensors":
        try:
            return Stored(tensors=load_file(path))
        except Exception as problem:  # what a damaged file makes the reader do
            raise _unsound(path, problem) from problem
    content = pickles.unpickled(path)
    if not isinstance(content, dict):
        found = type(content).__name__
        raise CheckpointError(f"{path}: found a {found}, expected names and tensors", remedy=pickles.REMEDY)
    return _inner(path, content)


def _inner(path: Path, content: Mapping[Any, Any]) -> Stored:
    """The state dict that `content` is or holds: the one with an encoder, else the only one."""
    states = list(_states(content))
    found = [item for item in states if _has_encoder(item[1])] or states
    if len(found) > 1:
        listed = ", ".join(short(".".join(map(str, where))) for where, _ in found[:5])
        raise CheckpointError(
            f"{path}: holds {len(found)} state dicts, under {listed}, expected one",
            remedy="save the one that is meant by itself, as model.safetensors",
        )
    if not found:
        listed = ", ".join(map(short, list(content)[:5])) or "none"
        raise CheckpointError(f"{path}: holds no tensors; its keys are {listed}", remedy=pickles.REMEDY)
    [(where, state)] = found
    return Stored(tensors=_texts(path, state), around=tuple(_beside(content, where)))


def _states(
    content: Mapping[Any, Any], where: tuple[Any, ...] = ()
) -> Iterator[tuple[tuple[Any, ...], Mapping[Any, Any]]]:
    """Every dictionary with tensors in `content`, itself included, and the keys that lead to it."""
    if any(_is_tensor(value) for value in content.values()):
        yield where, content
    for key, value in content.items():
        if isinstance(value, dict) and len(where) < _DEEPEST:
            yield from _states(value, (*where, key))


def _has_encoder(state: Mapping[Any, Any]) -> bool:
    """Whether the table of token embeddings of some family's encoder is in there."""
    return any(isinstance(key, str) and f".{key}".endswith(_WORDS) for key in state)


def _beside(content: Mapping[Any, Any], where: tuple[Any, ...]) -> Iterator[str]:
    """The keys beside a state dict, those of the dictionaries around it included."""
    for at, step in enumerate(where):
        before = "".join(f"{key}." for key in where[:at])
        yield from (f"{before}{key}" for key in content if key != step)
        content = content[step]


def _texts(path: Path, state: Mapping[Any, Any]) -> Mapping[str, Any]:
    """A state dict by its keys as text."""
    wrong = next((key for key in state if not isinstance(key, str)), None)
    if wrong is not None:
        raise CheckpointError(f"{path}: found the key {short(wrong)}, expected names", remedy=pickles.REMEDY)
    return state


def _is_tensor(value: Any) -> bool:
    import torch

    return isinstance(value, torch.Tensor)
