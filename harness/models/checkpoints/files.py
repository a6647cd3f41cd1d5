"""The files of a checkpoint folder: their names, their SHA-256, and the record that a fetch leaves there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from harness import hashing
from harness.decoding import json_object
from harness.errors import CheckpointError, RecordError

CONFIG = "config.json"
VOCABULARY = "vocab.txt"
SAFETENSORS = "model.safetensors"
PICKLE = "pytorch_model.bin"
WEIGHTS = (SAFETENSORS, PICKLE)  # the first that is there is used
RECORD = "zoocheck.json"

# What stands in a clone made without git-lfs where the weights should be.
_POINTER = b"version https://git-lfs.github.com/spec/"


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, 64 hexadecimal digits; raises `CheckpointError` where it cannot be read.

    Read once in a process while it stays the same: bert-large's weights are 1.3 GB, and every case asks.
    """
    try:
        return hashing.sha256(path)
    except OSError as problem:
        raise CheckpointError(
            f"{path}: cannot be read ({problem.strerror})", remedy="check that it is there and readable"
        ) from problem


def git_blob(path: Path) -> str:
    """The id that git gives a file's bytes, 40 hexadecimal digits: the hub's ETag of a file outside LFS."""
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def weights_in(folder: Path, names: tuple[str, ...] = WEIGHTS) -> str | None:
    """The name of the weights file in `folder`, or None."""
    return next((name for name in names if (folder / name).is_file()), None)


def missing(folder: Path, names: tuple[str, ...] = WEIGHTS) -> tuple[str, ...]:
    """What `folder` lacks to be a checkpoint, in words; empty when it is complete."""
    lacking = [name for name in (CONFIG, VOCABULARY) if not (folder / name).is_file()]
    if weights_in(folder, names) is None:
        lacking.append(" or ".join(names))
    return tuple(lacking)


def refuse_pointer(path: Path) -> None:
    """Raise `CheckpointError` where `path` is git-lfs's pointer to the weights instead of the weights."""
    with path.open("rb") as stream:
        if stream.read(len(_POINTER)) == _POINTER:
            raise CheckpointError(
                f"{path}: a git-lfs pointer of {path.stat().st_size} bytes, not the weights",
                remedy="install git-lfs and run `git lfs pull` in the clone it came from",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRecord:
    """What a fetch wrote down beside the files: where they came from, when, and their SHA-256."""

    repository: str
    revision: str  # what was asked for
    commit: str | None  # what the server said it is
    fetched: str  # ISO 8601, UTC
    files: Mapping[str, str]  # name -> SHA-256

    def write(self, folder: Path) -> None:
        """Write it into `folder`."""
        text = json.dumps({"schema": 1, **asdict(self)}, indent=2, sort_keys=True)
        (folder / RECORD).write_text(text + "\n", encoding="utf-8")


def read_record(folder: Path) -> FetchRecord | None:
    """The record of the fetch that filled `folder`, or None where people did.

    Raises `CheckpointError` for a record that is none.
    """
    path = folder / RECORD
    if not path.is_file():
        return None
    try:
        content = json_object(path.read_bytes())
        if content.pop("schema") != 1:
            raise ValueError("another schema than 1")
        record = FetchRecord(**content)
        dict(record.files).items()
    except (ValueError, KeyError, TypeError, AttributeError, RecordError) as problem:
        raise CheckpointError(
            f"{path}: not the record of a fetch ({problem})", remedy="delete it, or fetch the model again"
        ) from problem
    return record
