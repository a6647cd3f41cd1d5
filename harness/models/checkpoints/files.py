"""The files of a checkpoint folder: their names, their SHA-256, and the record that a fetch leaves there."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from harness import hashing
from harness.decoding import Undecodable, json_object, short
from harness.domain.models import Model
from harness.errors import CheckpointError
from harness.tasks.text import tokenizer_files

CONFIG = "config.json"
VOCABULARY = "vocab.txt"
VOCABULARIES = (VOCABULARY, "tokenizer.json")  # the first that is there is used
SAFETENSORS = "model.safetensors"
PICKLE = "pytorch_model.bin"
WEIGHTS = (SAFETENSORS, PICKLE)
INDEX = ".index.json"  # behind the name of a weights file: which shard of it holds which tensor
FORMS = (SAFETENSORS, SAFETENSORS + INDEX, PICKLE, PICKLE + INDEX)  # the first that is there is used
RECORD = "zoocheck.json"

# Other forms of weights by what their names look like, and what has to be done with them.
_OTHERS = (
    (r"-\d+-of-\d+\.(safetensors|bin)$", "shards whose index is missing: get it, or join them"),
    (r"^adapter_model\.", "an adapter: merge it into its model and save that"),
    (r"\.(h5|ckpt\.(index|meta|data.*)|pb)$", "TensorFlow's: save the weights from torch"),
    (r"\.gguf$", "GGUF, quantised for llama.cpp: take the checkpoint that it was made of"),
    (r"\.msgpack$", "Flax's: save the weights from torch"),
    (r"\.(onnx|om|engine|plan)$", "a graph or an engine, no checkpoint"),
    (r"\.safetensors$", f"weights by another name: call them {SAFETENSORS} where they are all of it"),
    (r"\.(bin|pt|pth|ckpt)$", f"weights by another name: call them {PICKLE} where they are all of it"),
)

# What stands in a clone made without git-lfs where the weights should be.
_POINTER = b"version https://git-lfs.github.com/spec/"


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, 64 hexadecimal digits; raises `CheckpointError` where it cannot be read.

    Read once in a process while it stays the same: bert-large's weights are 1.3 GB, and every case asks.
    """
    try:
        return hashing.sha256(path)
    except OSError as problem:
        raise _unreadable(path, problem) from problem


def git_blob(path: Path) -> str:
    """The id that git gives a file's bytes, 40 hexadecimal digits: the hub's ETag of a file outside LFS."""
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def weights_in(folder: Path, names: tuple[str, ...] = FORMS) -> str | None:
    """The name of the weights file in `folder`, or of the index of its shards, or None."""
    return next((name for name in names if (folder / name).is_file()), None)


def is_plain(name: str) -> bool:
    """Whether `name`, which others wrote, is a file's own name: no folder in it, no control character."""
    return name not in ("", "..") and Path(name).name == name and name.isprintable()


def vocabulary_in(folder: Path, names: tuple[str, ...] = VOCABULARIES) -> str | None:
    """The name of the file in `folder` that lists the word pieces, or None."""
    return next((name for name in names if (folder / name).is_file()), None)


def tokenizer_in(folder: Path, model: Model) -> str | None:
    """The name of the file in `folder` that says how the model's texts are cut, or None.

    Of a task that cuts texts itself it lists the word pieces; else it is the checkpoint's own tokenizer.
    """
    return vocabulary_in(folder) if model.tokenizer is not None else tokenizer_files.form_in(folder)


def tokenizer_names(model: Model) -> tuple[str, ...]:
    """The files of which one has to be there for the model's texts."""
    return VOCABULARIES if model.tokenizer is not None else tokenizer_files.FORMS


def missing(
    folder: Path, names: tuple[str, ...] = FORMS, vocabularies: tuple[str, ...] = VOCABULARIES
) -> tuple[str, ...]:
    """What `folder` lacks to be a checkpoint, in words; empty when it is complete."""
    lacking = [] if (folder / CONFIG).is_file() else [CONFIG]
    if vocabulary_in(folder, vocabularies) is None:
        lacking.append(" or ".join(vocabularies))
    if weights_in(folder, names) is None:
        lacking.append(" or ".join(name for name in names if name in WEIGHTS))
    return tuple(lacking)


def instead(folder: Path) -> str:
    """The weights in `folder` that cannot be read as they are, in words; empty where there are none."""
    try:
        names = sorted(path.name for path in folder.iterdir() if path.is_file())
    except OSError:
        return ""
    told: dict[str, list[str]] = {}
    for name in names:
        what = next((words for pattern, words in _OTHERS if re.search(pattern, name)), None)
        if what is not None and name not in FORMS:
            told.setdefault(what, []).append(name)
    return "; ".join(f"{', '.join(found)} ({what})" for what, found in told.items())


def refuse_pointer(path: Path) -> None:
    """Raise `CheckpointError` where `path` is git-lfs's pointer to a file instead of the file."""
    try:
        with path.open("rb") as stream:
            found = stream.read(len(_POINTER))
    except OSError as problem:
        raise _unreadable(path, problem) from problem
    if found == _POINTER:
        raise CheckpointError(
            f"{path}: a git-lfs pointer of {path.stat().st_size} bytes, not the file itself",
            remedy="install git-lfs and run `git lfs pull` in the clone it came from",
        )


def _unreadable(path: Path, problem: OSError) -> CheckpointError:
    return CheckpointError(
        f"{path}: cannot be read ({problem.strerror})", remedy="check that it is there and readable"
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


def _require_words(record: FetchRecord) -> None:
    """Raise where a value of a record is no text (`TypeError`), or a file lies elsewhere (`ValueError`)."""
    texts = (record.repository, record.revision, record.fetched, *dict(record.files).values())
    if not all(isinstance(text, str) for text in texts) or not isinstance(record.commit, str | None):
        raise TypeError("a value that is no text")
    elsewhere = next((name for name in record.files if not is_plain(name)), None)
    if elsewhere is not None:
        raise ValueError(f"found the file {short(elsewhere)}, expected one beside it")


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
        _require_words(record)
    except (Undecodable, OSError, ValueError, KeyError, TypeError) as problem:
        raise CheckpointError(
            f"{path}: not the record of a fetch ({problem})", remedy="delete it, or fetch the model again"
        ) from problem
    return record
