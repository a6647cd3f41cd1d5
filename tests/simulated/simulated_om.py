"""The imitations' .om: a line that says so, a line of JSON, and the ONNX file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import kit
import networks
import numpy as np

MAGIC = f"{kit.SIMULATED} om\n".encode()


def write(path: Path, model: Any, soc_version: str, shapes: dict[str, list[int]]) -> None:
    """`model` with the shapes that it was compiled for."""
    head = {"soc_version": soc_version, "shapes": shapes}
    path.write_bytes(MAGIC + json.dumps(head).encode() + b"\n" + model.SerializeToString())


class Om:
    """A loaded .om: its network, its fixed input shapes in order, and the chip it is for."""

    def __init__(self, path: str) -> None:
        data = Path(path).read_bytes()
        if not data.startswith(MAGIC):
            raise ValueError(f"{path}: no simulated om")
        head, _, graph = data.removeprefix(MAGIC).partition(b"\n")
        told = json.loads(head)
        self.soc_version: str = told["soc_version"]
        self.shapes: dict[str, list[int]] = told["shapes"]
        self.network = networks.Graph(graph)

        self.dtypes = [networks.dtype(item) for item in self.network.inputs]

    def zeros(self) -> list[np.ndarray]:
        return [
            np.zeros(shape, dtype) for shape, dtype in zip(self.shapes.values(), self.dtypes, strict=True)
        ]

    def sizes(self) -> list[int]:
        """The bytes of each input."""
        return [array.nbytes for array in self.zeros()]
