"""Outputs of every sample, batch by batch and kept on disk, so that a killed run goes on where it stopped."""

from __future__ import annotations

import json
import os
import struct
import warnings
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from harness.decoding import json_value
from harness.errors import BadOutput, NoSamples, writing
from harness.models.batched import Batch
from harness.records import canonical
from harness.running.kept_outputs import lock_of
from harness.running.progress import Progress
from harness.running.valid import require_numbers

Array = npt.NDArray[Any]

_HEADER = struct.Struct("<II")  # bytes of a block, CRC-32 of the block


class OutputsDamaged(UserWarning):
    """Kept outputs that are not what was written. They are cut off and computed again."""


class OutputLog:
    """An append-only file: a line of JSON that says what run it is of, then one block a batch.

    Every block carries its length and checksum. When it is entered, blocks are read up to the first that
    is cut short or damaged, and the file is truncated there: a run killed in the middle of a write goes
    on from its last whole batch. Damage, which no kill leaves, is an `OutputsDamaged` warning as well. A
    file of another run (another identity) is begun anew. One process at a time is inside; others wait.
    Outputs are float32, ``[batch, ...]``, one array an output of the graph.
    """

    def __init__(self, path: Path, identity: Mapping[str, Any]) -> None:
        self.path = path
        self.batches: list[list[Array]] = []
        self._identity = canonical(identity, "identity") + b"\n"
        self._lock = lock_of(path)

    def __enter__(self) -> Self:
        Path(self._lock.lock_file).parent.mkdir(parents=True, exist_ok=True)
        self._lock.acquire()
        with ExitStack() as undo:
            undo.callback(self._lock.release)
            end, damaged = self._replay()
            self._file = undo.enter_context(self.path.open("r+b" if end else "wb"))
            self._file.seek(end)
            self._file.truncate()
            os.utime(self.path)  # used now: what `zoocheck cache prune` goes by
            if not end:
                self._write(self._identity)
            if damaged:  # may be an error: the file is right by now
                message = f"kept outputs {self.path}: damaged behind batch {len(self.batches)}"
                warnings.warn(f"{message}; computing the rest again", OutputsDamaged, stacklevel=2)
            undo.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        self._lock.release()

    def append(self, outputs: list[Array]) -> None:
        """Hand one batch's outputs, whole, to the operating system: a kill does not take them back.

        Raises `BadOutput` for another dtype than float32.
        """
        block = _encode(outputs)
        self._write(_HEADER.pack(len(block), zlib.crc32(block)) + block)
        self.batches.append(outputs)

    def drop(self) -> bool:
        """Keep nothing of this run; whether there was a batch to drop. Nothing is appended after that."""
        found = bool(self.batches)
        self.batches.clear()
        self.path.unlink(missing_ok=True)
        return found

    def _write(self, content: bytes) -> None:
        with writing(self.path):
            self._file.write(content)
            self._file.flush()

    def _replay(self) -> tuple[int, bool]:
        """Read the whole blocks; where the last one ends (0: begin anew), and whether damage follows."""
        self.batches.clear()
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return 0, False
        if not content.startswith(self._identity):
            return 0, False
        end = len(self._identity)
        while end + _HEADER.size <= len(content):
            length, checksum = _HEADER.unpack_from(content, end)
            block = content[end + _HEADER.size : end + _HEADER.size + length]
            if len(block) < length:
                break
            if not block or zlib.crc32(block) != checksum:  # a hole of zeros has a matching checksum
                return end, True
            self.batches.append(_decode(block))
            end += _HEADER.size + length
        return end, False


def _encode(outputs: list[Array]) -> bytes:
    shapes = json.dumps([list(array.shape) for array in outputs]).encode()
    if any(array.dtype != np.float32 for array in outputs):
        raise BadOutput(f"outputs of {[str(array.dtype) for array in outputs]}, expected float32")
    return struct.pack("<I", len(shapes)) + shapes + b"".join(array.tobytes() for array in outputs)


def _decode(block: bytes) -> list[Array]:
    (length,) = struct.unpack_from("<I", block)
    shapes = json_value(block[4 : 4 + length])
    values = np.frombuffer(block, np.float32, offset=4 + length)
    outputs, at = [], 0
    for shape in shapes:
        size = int(np.prod(shape))
        outputs.append(values[at : at + size].reshape(shape))
        at += size
    return outputs


def run_all(
    log: OutputLog,
    batches: Sequence[Batch],
    run: Callable[[Sequence[Array], int], list[Array]],
    progress: Progress,
    label: str,
) -> tuple[list[Array], int]:
    """Outputs ``[samples, ...]`` of all batches, and how many samples `log` had already.

    `run` gives a batch's outputs without those of the padding. Each batch is in `log` before the next
    one is run. Raises `NoSamples` for no batches, and `BadOutput` as `require_numbers` does.
    """
    if not batches:
        raise NoSamples(f"{label}: no samples to run")
    ends = np.cumsum([count for _, count in batches])
    rows = np.split(np.arange(ends[-1]), ends[:-1])
    done, resumed = run_each(log, batches, run, progress, label, rows)
    return [np.concatenate(parts) for parts in zip(*done, strict=True)], resumed


def run_each(
    log: OutputLog,
    batches: Sequence[Batch],
    run: Callable[[Sequence[Array], int], list[Array]],
    progress: Progress,
    label: str,
    rows: Sequence[npt.NDArray[np.integer]],
) -> tuple[list[list[Array]], int]:
    """The outputs of each batch as they are in `log`, and how many samples it had already.

    Where a batch cannot be scored nothing is kept: what gave it gave those before it as well.
    As `run_all`, for batches whose outputs may have different shapes. ``rows[i]`` are the numbers of the
    samples in ``batches[i]``, for messages. `log` may hold more batches of the same run than these.
    """
    with log, progress.stage(label, sum(count for _, count in batches)) as advance:
        resumed = sum(count for _, count in batches[: len(log.batches)])
        advance(resumed)
        for at in range(len(log.batches), len(batches)):
            inputs, count = batches[at]
            try:
                outputs = run(inputs, count)
                require_numbers(outputs, label, rows=rows[at])
            except BadOutput as problem:
                if log.drop():
                    before = sum(count for _, count in batches[:at])
                    problem.add(f"the outputs of the {before} samples before are dropped too")
                raise
            log.append(outputs)
            advance(count)
    return log.batches, resumed
