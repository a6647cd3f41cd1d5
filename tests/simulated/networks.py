"""Networks that the imitations run: an ONNX file by onnxruntime here, a traced module in `traced`."""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import computing
import kit
import numpy as np

if TYPE_CHECKING:
    import onnxruntime


class Network:
    """A network by its file or its content, whose answers are remembered.

    What it gives for its inputs, and what a call of it took, is computed once by all processes for which
    ``ZOOCHECK_SIMULATED_REMEMBERED`` names one folder, and kept there under a hash of the network's content
    and of the inputs; by the process of `computing`, where that listens. Without such a folder it is
    computed here, each time.
    """

    def __init__(self, content: Path | str | bytes) -> None:
        self.content = content if isinstance(content, bytes) else Path(content).read_bytes()
        self._name = hashlib.sha256(self.content).hexdigest() + type(self).__name__

    def __call__(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """One batch as the network lays it out, by position."""
        return self._remembered("compute", arrays)

    def times(self, arrays: Sequence[np.ndarray], calls: int, longest_s: float = math.inf) -> list[float]:
        """Wall times of calls of one batch, seconds, behind one not timed; no more than take so long."""
        return self._remembered("timed", arrays, calls, longest_s)[0].tolist()

    def seconds(self, arrays: Sequence[np.ndarray]) -> float:
        """Wall time of one batch: the best of two."""
        return min(self.times(arrays, 2))

    @abstractmethod
    def compute(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """One batch, whatever is remembered."""

    def timed(self, arrays: Sequence[np.ndarray], calls: int, longest_s: float) -> list[np.ndarray]:
        """As `times`, whatever is remembered."""
        self.compute(arrays)
        taken: list[float] = []
        while len(taken) < calls and sum(taken) < longest_s:
            start = time.perf_counter()
            self.compute(arrays)
            taken.append(time.perf_counter() - start)
        return [np.array(taken)]

    def _remembered(self, what: str, given: Sequence[np.ndarray], *how: object) -> list[np.ndarray]:
        """What the method `what` gives."""
        if not (folder := os.environ.get(kit.REMEMBERED)):
            return list(getattr(self, what)(given, *how))
        key = hashlib.sha256(f"{self._name} {what} {how}".encode())
        for array in given:
            key.update(f"{array.dtype} {array.shape}".encode() + array.tobytes())
        path = Path(folder, f"{key.hexdigest()}.npz")
        if not path.exists():
            found = computing.asked(Path(folder), self, what, (list(given), *how))
            written = path.with_suffix(f".{os.getpid()}")
            with written.open("wb") as file:
                np.savez(file, *(getattr(self, what)(given, *how) if found is None else found))
            written.replace(path)
        with np.load(path) as kept:
            return [kept[f"arr_{at}"] for at in range(len(kept.files))]


class Graph(Network):
    """An ONNX file run by onnxruntime on one thread."""

    @cached_property
    def inputs(self) -> list[Tensor]:
        """Its inputs, in order."""
        return self._tensors("inputs")

    @cached_property
    def outputs(self) -> list[Tensor]:
        """Its outputs, in order."""
        return self._tensors("outputs")

    @cached_property
    def session(self) -> onnxruntime.InferenceSession:
        """Opened where something is to be computed."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 4
        return onnxruntime.InferenceSession(self.content, options, providers=["CPUExecutionProvider"])

    def compute(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """One batch through the session."""
        feed = {
            item.name: np.asarray(array, dtype=dtype(item))
            for item, array in zip(self.inputs, arrays, strict=True)
        }
        return self.session.run(None, feed)

    def listed(self, _: Sequence[np.ndarray], which: str) -> list[np.ndarray]:
        """Its `inputs` or `outputs`, as text."""
        found = [[item.name, item.type, item.shape] for item in getattr(self.session, f"get_{which}")()]
        return [np.array(json.dumps(found))]

    def _tensors(self, which: str) -> list[Tensor]:
        return [Tensor(*item) for item in json.loads(str(self._remembered("listed", (), which)[0]))]


class Tensor(NamedTuple):
    """An input or output of a graph, as onnxruntime describes it."""

    name: str
    type: str
    shape: list[int | str | None]


def dtype(item: Tensor) -> np.dtype:
    """numpy's for an input or output."""
    name = item.type.removeprefix("tensor(").removesuffix(")")
    return np.dtype({"float": "float32", "double": "float64"}.get(name, name))
