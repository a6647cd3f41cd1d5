"""Reading a traced module."""

from __future__ import annotations

from typing import Any

from traced import Traced

from magicmind.python.runtime import DataType, ITensor, ModelKind, Network, Status


class Parser:
    def __init__(self, kind: ModelKind) -> None:
        assert kind is ModelKind.kPytorch
        self.dtypes: list[DataType] = []

    def set_model_param(self, name: str, value: Any) -> Status:
        if name != "pytorch-input-dtypes":
            return Status(f"InvalidArgument: {name}")
        self.dtypes = value
        return Status()

    def parse(self, network: Network, path: str) -> Status:
        network.module = Traced(path)
        network.inputs = [ITensor() for _ in self.dtypes]
        return Status()
