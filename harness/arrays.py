"""Arrays from files, npy, npz or raw: read one way, and what else a file is, told in a few words.

Files come from vendors' tools, from worker processes and from other machines. Nothing is ever unpickled.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

import numpy as np
import numpy.typing as npt

from harness.errors import BadInput

Array = npt.NDArray[Any]

_NPY, _ZIP = b"\x93NUMPY", b"PK"  # what the two formats begin with
_NO_NPY, _NO_NPZ = "truncated, or no npy file", "truncated, or no npz file"


class BadArray(BadInput):
    """A file that does not hold the array it has to; `kind` says in which way, without the file's name."""

    def __init__(self, kind: str, *, path: Path | str) -> None:
        super().__init__(kind, path=path)
        self.kind = kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """An npz file: the names in it, its arrays of the names that were wanted, and what the others lack."""

    path: Path
    names: tuple[str, ...]
    arrays: Mapping[str, Array]
    faults: Mapping[str, str]

    def __getitem__(self, name: str) -> Array:
        """An array that was wanted; raises `BadArray` where it is missing or damaged."""
        if name in self.faults:
            raise BadArray(self.faults[name], path=f"{self.path}: {name}")
        return self.arrays[name]


def npy(path: Path, *, dtype: str | None = None) -> Array:
    """The one array in an npy file, of `dtype` where that is said.

    Raises `BadArray` for a file that is missing, empty, cut short, longer than its array, an archive, of
    Python objects, of another dtype, or anything else.
    """
    with _opened(path, _NO_NPY) as stream:
        if _begins(stream, _ZIP):
            raise BadArray("an npz archive instead of one npy array", path=path)
        array = _array(stream, path)
        if stream.read(1):
            raise BadArray("longer than the array in it", path=path)
    if dtype is not None and array.dtype != np.dtype(dtype):
        raise BadArray(f"{array.dtype} instead of {dtype}", path=path)
    return array


def npz(path: Path, wanted: Collection[str]) -> Archive:
    """An npz file with its arrays called as `wanted`; others are named, not read.

    Raises `BadArray` for a file that is missing, empty, cut short, a single array, or anything else. What
    is missing, damaged or of Python objects in it is among the `Archive`'s faults.
    """
    arrays, faults = {}, {}
    with _opened(path, _NO_NPZ) as stream:
        if _begins(stream, _NPY):
            raise BadArray("one npy array instead of an npz archive", path=path)
        with ZipFile(stream) as members:
            files = {name.removesuffix(".npy"): name for name in members.namelist()}
            for name in wanted:
                try:
                    arrays[name] = _member(members, files.get(name), path)
                except BadArray as problem:
                    faults[name] = problem.kind
    return Archive(path=path, names=tuple(files), arrays=arrays, faults=faults)


def raw(path: Path, dtype: str, count: int) -> Array:
    """`count` numbers of `dtype`, little-endian, from a file of nothing else.

    Raises `BadArray` for a file that is missing, empty, shorter or longer.
    """
    with _opened(path, "no file of numbers") as stream:
        found, wanted = path.stat().st_size, count * np.dtype(dtype).itemsize
        if found != wanted:
            what = "truncated" if found < wanted else "too long"
            kind = f"{what}: {found} bytes instead of {wanted}, {count} numbers of {dtype}"
            raise BadArray(kind, path=path)
        return np.fromfile(stream, np.dtype(dtype).newbyteorder("<"))


@contextmanager
def _opened(path: Path, otherwise: str) -> Iterator[IO[bytes]]:
    """`path` to read from. What its reader raises but a `BadArray` becomes one that says `otherwise`."""
    try:
        stream = path.open("rb")
    except FileNotFoundError as problem:
        raise BadArray("missing", path=path) from problem
    except OSError as problem:
        raise BadArray(f"cannot be read ({problem.strerror})", path=path) from problem
    with stream:
        try:
            if _begins(stream, b""):
                raise BadArray("empty", path=path)
            yield stream
        except BadArray:
            raise
        except Exception as problem:  # of bytes that are not its format's a reader raises anything
            raise BadArray(otherwise, path=path) from problem


def _begins(stream: IO[bytes], with_bytes: bytes) -> bool:
    """Whether a file begins so, or, of no bytes, whether it is empty; it is read from the beginning again."""
    begin = stream.read(max(len(with_bytes), 1))
    stream.seek(0)
    return begin == with_bytes


def _member(members: ZipFile, name: str | None, path: Path) -> Array:
    """One array of an archive; raises `BadArray`."""
    if name is None:
        raise BadArray("missing", path=path)
    try:
        with members.open(name) as stream:
            array = _array(stream, path)
            if stream.read(1):
                raise BadArray("longer than the array in it", path=path)
            return array  # read to the end, where its checksum is held against it
    except BadArray:
        raise
    except Exception as problem:
        raise BadArray("truncated or damaged", path=path) from problem


def _array(stream: IO[bytes], path: Path) -> Array:
    """The array that `stream` goes on with; raises `BadArray` for Python objects, anything for no array."""
    try:
        array: Array = np.lib.format.read_array(stream, allow_pickle=False)
    except ValueError as problem:
        if "Object arrays" in str(problem):
            raise BadArray("with Python objects in it, which are not loaded", path=path) from problem
        raise
    return array
