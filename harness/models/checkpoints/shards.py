"""The weights files of a checkpoint: one, or the shards that an index names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from harness.decoding import Undecodable, json_object, short
from harness.errors import CheckpointError
from harness.models.checkpoints import files

_LONGEST = 255  # bytes of a file's name
_REMEDY = "put the shards and their index there as they were saved"


def names(folder: Path, name: str) -> tuple[str, ...]:
    """The weights files of `folder`: `name` itself, or the shards of the index that `name` is.

    Raises `CheckpointError` as `listed`, and for shards that are not there.
    """
    if not name.endswith(files.INDEX):
        return (name,)
    path = folder / name
    shards = listed(path)
    absent = [short(shard) for shard in shards if not (folder / shard).is_file()]
    if absent:
        said = f"{len(absent)} of {len(shards)} shards are not there: {', '.join(absent[:5])}"
        raise CheckpointError(f"{path}: {said}", remedy=_REMEDY)
    return shards


def listed(path: Path, title: str = "") -> tuple[str, ...]:
    """The shards that the index at `path`, which messages call `title`, names, there or not.

    Raises `CheckpointError` for an index that is none, and for one that names a file elsewhere or of another
    format.
    """
    shards = sorted(set(index(path, title).values()))
    ending = "." + path.name.removesuffix(files.INDEX).rpartition(".")[2]
    wrong = [shard for shard in shards if not _is_beside(shard, ending)]
    if wrong:
        raise CheckpointError(
            f"{title or path}: found the shard {short(wrong[0])}, expected a file beside it, *{ending}",
            remedy=_REMEDY,
        )
    return tuple(shards)


def _is_beside(shard: str, ending: str) -> bool:
    """Whether `shard` can be the name of a file in the index's own folder."""
    return files.is_plain(shard) and shard.endswith(ending) and len(shard.encode()) <= _LONGEST


def index(path: Path, title: str = "") -> Mapping[str, str]:
    """Which shard holds which tensor, as the index at `path` says; raises `CheckpointError` for no index."""
    said = title or str(path)
    try:
        content = json_object(path.read_bytes())
    except OSError as problem:
        raise CheckpointError(f"{said}: cannot be read ({problem.strerror})", remedy=_REMEDY) from problem
    except Undecodable as problem:
        raise CheckpointError(f"{said}: no index of shards: {problem}", remedy=_REMEDY) from problem
    found = content.get("weight_map")
    if not isinstance(found, dict) or not found or not all(isinstance(name, str) for name in found.values()):
        raise CheckpointError(
            f"{said}: weight_map: found {short(found)}, expected the file of each tensor", remedy=_REMEDY
        )
    return found


def require_as_indexed(path: Path, held: Mapping[str, str]) -> None:
    """Raise `CheckpointError` where shards hold other tensors, by name and file, than the index at `path`."""
    named = index(path)
    wrong = sorted(key for key in {*named, *held} if named.get(key) != held.get(key))
    if wrong:
        key = wrong[0]
        raise CheckpointError(
            f"{path}: {len(wrong)} tensors stand elsewhere than it says: {short(key)} in "
            f"{held.get(key, 'none')}, expected in {named.get(key, 'none')}",
            remedy=_REMEDY,
        )


def sha256(hashes: Mapping[str, str]) -> str:
    """The SHA-256 of weights from each file's: one file's own, else of a line ``sha256  name`` a shard."""
    if len(hashes) == 1:
        return next(iter(hashes.values()))
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(hashes.items()))
    return hashlib.sha256(lines.encode()).hexdigest()
