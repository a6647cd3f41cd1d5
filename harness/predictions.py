"""Outputs of an accuracy run on disk, batch by batch, so that a killed run goes on where it stopped."""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from harness.errors import ZoocheckError

Array = npt.NDArray[Any]
_HEADER = struct.Struct("<II")  # bytes of a block, CRC-32 of the block


class OutputLog:
    """An append-only file: a line of JSON that says what run it is of, then one block a batch.

    Every block carries its length and checksum. On opening, blocks are read up to the first that is
    cut short or damaged, and the file is truncated there: a run killed in the middle of a write goes
    on from its last whole batch. A file of another run (another identity) is begun anew.
    Outputs are float32, ``[batch, ...]``, one array an output of the graph.
    """

    def __init__(self, path: Path, identity: Mapping[str, Any]) -> None:
        self.path = path
        self._identity = (json.dumps(identity, sort_keys=True) + "\n").encode()
        self.batches: list[list[Array]] = []
        path.parent.mkdir(parents=True, exist_ok=True)
        end = self._replay()
        self._file = path.open("r+b" if end else "wb")
        self._file.seek(end)
        self._file.truncate()
        if not end:
            self._write(self._identity)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def append(self, outputs: list[Array]) -> None:
        """Write one batch's outputs, whole, to the disk."""
        block = _encode(outputs)
        self._write(_HEADER.pack(len(block), zlib.crc32(block)) + block)
        self.batches.append(outputs)

    def discard(self) -> None:
        """Remove the file: its run is in the results store."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def _write(self, content: bytes) -> None:
        self._file.write(content)
        self._file.flush()
        os.fsync(self._file.fileno())

    def _replay(self) -> int:
        """Read the whole blocks; returns the offset behind the last one, 0 for a file to begin anew."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return 0
        if not content.startswith(self._identity):
            return 0
        end = len(self._identity)
        while end + _HEADER.size <= len(content):
            length, checksum = _HEADER.unpack_from(content, end)
            block = content[end + _HEADER.size : end + _HEADER.size + length]
            if len(block) < length or zlib.crc32(block) != checksum:
                break
            self.batches.append(_decode(block))
            end += _HEADER.size + length
        return end


def _encode(outputs: list[Array]) -> bytes:
    shapes = json.dumps([list(array.shape) for array in outputs]).encode()
    if any(array.dtype != np.float32 for array in outputs):
        raise ZoocheckError(f"outputs of {[str(array.dtype) for array in outputs]}, expected float32")
    return struct.pack("<I", len(shapes)) + shapes + b"".join(array.tobytes() for array in outputs)


def _decode(block: bytes) -> list[Array]:
    (length,) = struct.unpack_from("<I", block)
    shapes = json.loads(block[4 : 4 + length])
    values = np.frombuffer(block, np.float32, offset=4 + length)
    outputs, at = [], 0
    for shape in shapes:
        size = int(np.prod(shape))
        outputs.append(values[at : at + size].reshape(shape))
        at += size
    return outputs
