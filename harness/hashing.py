"""The SHA-256 of a file, each file read once a process."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

# Hashes by (device, inode, size, mtime, ctime): gigabytes are read once per process, see `sha256`.
_HASHES: dict[tuple[int, ...], str] = {}
# A file changed twice within one tick of the kernel's clock (10 ms at the coarsest) shows one time.
_TICK_NS = 50_000_000


def sha256(file: Path, *, fresh: bool = False) -> str:
    """The SHA-256 of a file as hexadecimal digits.

    A file is read once per process: while its device, inode, size and times of modification and change
    stay what they were, the hash is taken from memory, unless `fresh`. Hashing the same gigabytes at
    every take would cost more than the inference they are for. What this cannot see is a disk that
    returns other bytes later. A file changed in the last 50 ms is read but not remembered.
    """
    stat = file.stat()
    known = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
    if not fresh and known in _HASHES:
        return _HASHES[known]
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if time.time_ns() - max(stat.st_mtime_ns, stat.st_ctime_ns) > _TICK_NS:
        _HASHES[known] = digest
    return digest
