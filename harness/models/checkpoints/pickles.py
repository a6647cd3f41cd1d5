"""Pickled weights: only tensors are read of them, and no damaged one holds the reader up."""

from __future__ import annotations

import pickletools
import re
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from harness.errors import CheckpointError

REMEDY = "get the published file again, or save its state dict as model.safetensors where you trust it"
_LONGEST = 500  # characters of the name of a class or function, with its module
# The packages of which torch unpickles anything at all, in this release of it or in another.
MAY_STAND_THERE = ("torch", "collections", "builtins", "__builtin__", "_codecs", "numpy")
_ZIP = b"PK\x03\x04"
_ESCAPES = re.compile(r"\x1b\[[\d;]*[A-Za-z]")  # a terminal's, for bold and colours
_SENTENCES = re.compile(r"(?<=[.!])\s+(?=[A-Z(])")
_ADVICE = re.compile(
    r"weights_only|safe_globals|torch\.serialization|torch\.load|documentation|allowlist|trust"
)
_BEFORE = 3  # pickles before the state itself in a file of 2019: a number, a version, the machine


def unpickled(path: Path) -> Any:
    """What the file at `path` holds, on the CPU; raises `CheckpointError` for more than tensors and values.

    The names in it are read first (`require_plain`): torch searches its own refusal of a name in time that
    grows with the square of the name's length, and in a damaged file of 2019 a name goes on to the next end
    of a line.
    """
    import torch

    require_plain(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of a newer pickle protocol: it fails anyway
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as problem:  # a damaged pickle raises whatever its bytes make the reader do
        raise _refused(path, problem) from problem


def require_plain(path: Path) -> None:
    """Raise `CheckpointError` where the names in the pickle at `path` show that it is not unpickled.

    For a class or function of a package that no tensor is of, a name of more than `_LONGEST` characters, and
    a damaged pickle. No tensor is read and torch is not imported, so a folder is looked at within
    milliseconds; what it lets through may still be refused by `unpickled`.
    """
    try:
        _require_names(path)
    except Exception as problem:  # as above
        raise _refused(path, problem) from problem


def _refused(path: Path, problem: Exception) -> CheckpointError:
    return CheckpointError(
        f"{path}: refused: not a plain state dict. Only tensors are unpickled, because a pickle that "
        f"holds anything else can run any code when it is read. {_reason(problem)}",
        remedy=REMEDY,
    )


def _require_names(path: Path) -> None:
    """Raise `ValueError` for a name that cannot stand in a state dict, and for a damaged pickle."""
    with path.open("rb") as stream:
        if stream.read(len(_ZIP)) == _ZIP:
            with zipfile.ZipFile(stream) as archive:
                for name in archive.namelist():
                    if name.endswith("/data.pkl"):
                        with archive.open(name) as member:
                            _require_known(_names(member))
            return
        stream.seek(0)
        for _ in range(_BEFORE + 1):
            _require_known(_names(stream))


def _names(stream: IO[bytes]) -> Iterator[str]:
    """The modules and names in the next pickle of `stream`, which is read, not run."""
    for opcode, argument, _ in pickletools.genops(stream):
        if opcode.name in ("GLOBAL", "INST"):
            yield str(argument)


def _require_known(names: Iterator[str]) -> None:
    for name in names:
        if len(name) > _LONGEST:
            raise ValueError(f"a name of {len(name)} characters, {name[:40]!r} and so on")
        if name.partition(" ")[0].partition(".")[0] not in MAY_STAND_THERE:
            raise ValueError(f"GLOBAL {name.replace(' ', '.')}, which is no tensor's")


def _reason(problem: Exception) -> str:
    """What is wrong, without torch's advice to switch the protection off, and its colours."""
    lines = [line.strip() for line in _ESCAPES.sub("", str(problem)).splitlines()]
    kept = [part for line in lines for part in _SENTENCES.split(line) if not _ADVICE.search(part)]
    said = " ".join(filter(None, kept)).strip() or type(problem).__name__
    return f"It is refused for: {said.encode('utf-8', 'backslashreplace').decode()}"
