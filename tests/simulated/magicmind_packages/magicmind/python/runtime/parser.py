"""Reading a traced module, or an ONNX graph."""

from __future__ import annotations

from typing import Any

import networks
from traced import Traced

from magicmind.python.runtime import DataType, ITensor, ModelKind, Network, Status


class Parser:
    def __init__(self, kind: ModelKind) -> None:
        self.kind = kind
        self.dtypes: list[DataType] = []

    def set_model_param(self, name: str, value: Any) -> Status:
        if name != "pytorch-input-dtypes":
            return Status(f"InvalidArgument: {name}")
        self.dtypes = value
        return Status()

    def parse(self, network: Network, path: str) -> Status:
        if self.kind is ModelKind.kOnnx:
            network.module = networks.Graph(path)
            network.inputs = [ITensor() for _ in network.module.inputs]
            names = [str(networks.dtype(item)).upper() for item in network.module.inputs]
            network.taken = [{"INT64": "INT32"}.get(name, name) for name in names]
            return Status()
        network.module = Traced(path)
        network.inputs = [ITensor() for _ in self.dtypes]
        network.taken = ["INT32"] * len(self.dtypes)
        return Status()
