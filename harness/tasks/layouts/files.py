"""Input files on disk: each one whole or not there, kept where it lies already, compared byte for byte."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from harness.domain.models import Model
from harness.errors import BadInput, naming
from harness.tasks.layouts import Piece
from harness.tasks.text import Features

_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a writing came to: files in all, how many of them were there already, their bytes."""

    files: int
    kept: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InputsCompared:
    """Files that are what would be written, and when the newest of them was (ns since 1970)."""

    files: int
    newest_ns: int


def listed(names: Iterable[str]) -> str:
    """The first few of `names`, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more


def raw(values: npt.NDArray[Any], dtype: str) -> bytes:
    """`values` as a raw file holds them: row by row, little-endian, nothing before or behind."""
    return values.astype(np.dtype(dtype).newbyteorder("<")).tobytes()


def npz(named: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """An npz file of `named`, byte for byte as `numpy.savez` writes it; no time of writing is in it."""
    stream = io.BytesIO()
    np.savez(stream, **named)  # type: ignore[arg-type] # numpy types its own keyword in the same place
    return stream.getvalue()


def folders(parts: Iterable[Features], model: Model, *, name: str) -> Iterator[Piece]:
    """A folder an input, a sample a file, as `in_folders` has those of one sample."""
    at = 0
    for part in parts:
        for row in range(len(part)):
            yield from in_folders(part, row, model, name=name, at=at)
            at += 1


def in_folders(part: Features, row: int, model: Model, *, name: str, at: int) -> Iterator[Piece]:
    """The inputs of sample `at`, which is a row of `part`: ``[length]`` in the input's dtype each.

    `name` is the file's, with ``{at}`` for the sample's number and ``{folder}`` for the folder.
    """
    for item in model.inputs:
        path = f"{item.folder}/{name.format(at=at, folder=item.folder)}"
        yield Piece(path=path, content=raw(part.inputs[item.role][row], item.dtype))


def write(pieces: Iterable[Piece], out: Path) -> Written:
    """Write `pieces` under `out`; a file that is there already, byte for byte, is kept.

    So a writing that was killed goes on where it stopped. A file appears by renaming, whole. Memory holds
    one piece, and the names. Raises `BadInput` for a file that is there with another content, which is
    never overwritten, and for one of a kind that is written that does not belong: a tool that is given the
    folder would take it for one more input.
    """
    names: set[str] = set()
    kept = size = 0
    with naming(out), ExitStack() as stack:
        growing: dict[str, BinaryIO] = {}
        for piece in pieces:
            target = out / piece.path
            size += len(piece.content)
            if piece.path not in names:
                names.add(piece.path)
                target.parent.mkdir(parents=True, exist_ok=True)
                if piece.grows:
                    growing[piece.path] = stack.enter_context(_unfinished(target).open("wb"))
            if piece.grows:
                growing[piece.path].write(piece.content)
            else:
                kept += _put(target, piece.content)
        for stream in growing.values():
            stream.close()
        kept += sum(_settle(out / path) for path in growing)
    if others := _others(out, names):
        folder = others[0].parent
        here = [path.name for path in others if path.parent == folder]
        raise BadInput(
            f"holds {len(here)} files that are no inputs of this data set: {listed(here)}",
            path=out / folder,
            remedy="remove them, or write into another folder: a tool would take them for inputs",
        )
    return Written(files=len(names), kept=kept, bytes=size)


def compare(pieces: Iterable[Piece], folder: Path) -> InputsCompared:
    """Hold the files in `folder` against what `write` would write there; those with paths are left out.

    Raises `BadInput`, which lists what is missing or differs, and the files of a kind that is written that do
    not belong: a tool that was given the folder took them for inputs.
    """
    names: set[str] = set()
    read: dict[str, int] = {}  # bytes that were compared
    missing: dict[str, None] = {}
    other: dict[str, None] = {}
    for piece in pieces:
        names.add(piece.path)
        if piece.local or piece.path in missing or piece.path in other:
            continue
        path, offset = folder / piece.path, read.setdefault(piece.path, 0)
        if not path.is_file():
            missing[piece.path] = None
        elif not _holds(path, piece.content, offset):
            other[piece.path] = None
        else:
            read[piece.path] += len(piece.content)
    whole = [path for path in read if path not in missing and path not in other]
    status = {path: (folder / path).stat() for path in whole}
    other |= {path: None for path in whole if status[path].st_size != read[path]}
    surplus = dict.fromkeys(map(str, _others(folder, names)))
    faults = {"missing": missing, "not what would be written": other, "of no sample": surplus}
    if found := [f"{len(paths)} {what} ({listed(paths)})" for what, paths in faults.items() if paths]:
        raise BadInput(
            f"not the inputs that these results are scored against: {'; '.join(found)}",
            path=folder,
            remedy="give the folder that `zoocheck prepare` wrote for this model, data set and vocabulary",
        )
    return InputsCompared(files=len(read), newest_ns=max(item.st_mtime_ns for item in status.values()))


def _unfinished(target: Path) -> Path:
    return target.with_name(f".{target.name}.part")


def _put(target: Path, content: bytes) -> bool:
    """Write a whole file; whether it was there already."""
    if target.exists():
        if target.read_bytes() != content:
            raise _taken(target)
        return True
    part = _unfinished(target)
    part.write_bytes(content)
    part.replace(target)
    return False


def _settle(target: Path) -> bool:
    """Give a finished file its name; whether it was there already."""
    part = _unfinished(target)
    if not target.exists():
        part.replace(target)
        return False
    same = target.stat().st_size == part.stat().st_size and _equal(target, part)
    part.unlink()
    if not same:
        raise _taken(target)
    return True


def _equal(one: Path, other: Path) -> bool:
    with one.open("rb") as left, other.open("rb") as right:
        while block := left.read(1 << 20):
            if block != right.read(1 << 20):
                return False
    return True


def _holds(path: Path, content: bytes, offset: int) -> bool:
    with path.open("rb") as stream:
        stream.seek(offset)
        return stream.read(len(content)) == content


def _taken(target: Path) -> BadInput:
    return BadInput(
        "exists already with other content, of another data set, vocabulary or form",
        path=target,
        remedy="remove the folder, or write into another one",
    )


def _others(out: Path, names: set[str]) -> list[PurePosixPath]:
    """The files beside `names` that are of their kind: same folder, same suffix; by folder and name."""
    kinds = {(str(path.parent), path.suffix) for path in map(PurePosixPath, names)}
    folders = [folder for folder in sorted({folder for folder, _ in kinds}) if (out / folder).is_dir()]
    return [
        PurePosixPath(path)
        for folder in folders
        for item in sorted((out / folder).iterdir())
        if (folder, item.suffix) in kinds and (path := item.relative_to(out).as_posix()) not in names
    ]
