"""vaststreamx: what vsx_ner.py of the zoo calls, on a set that the imitation of `vamc` made.

BERT_EMBEDDING_OP takes ids, token types and mask here, then three more that are copies of the ids.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import Enum
from pathlib import Path

import kit
import numpy as np
from traced import Queue, Traced

TOOL = "vaststreamx"
DEVICES = 2
ORDER = ("input_ids", "token_type_ids", "attention_mask")


class OpType(Enum):
    BERT_EMBEDDING_OP = 2


class StreamBalanceMode(Enum):
    ONCE = 0
    RUN = 1


class Tensor:
    def __init__(self, array: np.ndarray) -> None:
        self.array = array


def set_device(device: int) -> int:
    return 0 if device < DEVICES and kit.fault(TOOL) != "other-chip" else -1


def from_numpy(array: np.ndarray, device: int) -> Tensor:
    return Tensor(array)


def as_numpy(tensor: Tensor) -> np.ndarray:
    return tensor.array


class Model:
    def __init__(self, model_prefix: str, batch_size: int = 1) -> None:
        for suffix in (".json", ".params", ".so"):
            if not Path(model_prefix + suffix).is_file():
                raise RuntimeError(f"Model: cannot open {model_prefix}{suffix}")
        self.about = json.loads(Path(model_prefix + ".json").read_text(encoding="utf-8"))
        self.library = model_prefix + ".so"
        self.batch_size = batch_size
        self.input_count = self.about["input_count"]
        self.output_count = 1
        self.input_shape = [[1, self.about["length"]]] * self.input_count


class Operator:
    def __init__(self, kind: OpType) -> None:
        if kind is not OpType.BERT_EMBEDDING_OP:
            raise RuntimeError("Operator: not in this imitation")


class ModelOperator:
    def __init__(self, model: Model) -> None:
        self.model = model


class Graph:
    def __init__(self) -> None:
        self.operators: tuple = ()

    def add_operators(self, *operators: object) -> None:
        self.operators = operators


class Stream:
    def __init__(self, graph: Graph, mode: StreamBalanceMode) -> None:
        embedding, operator = graph.operators
        assert isinstance(embedding, Operator)
        self.model: Model = operator.model
        self.registered: object = None

    def register_operator_output(self, operator: object) -> None:
        self.registered = operator

    def build(self) -> None:
        kit.misbehave(TOOL)
        if self.registered is None:
            raise RuntimeError("Stream: no operator's output is registered")
        self.module = Traced(self.model.library)
        self.queue = Queue(TOOL)

    def run_sync(self, samples: Sequence[Sequence[Tensor]]) -> list[list[Tensor]]:
        if len(samples) != self.model.batch_size:
            raise RuntimeError(f"Stream: {len(samples)} samples for batch size {self.model.batch_size}")
        outputs = np.concatenate([self.one(sample) for sample in samples])
        [found] = self.queue.through([outputs.astype(np.float16)])
        return [[Tensor(row)] for row in found]

    def one(self, sample: Sequence[Tensor]) -> np.ndarray:
        wanted = ((self.model.about["length"],), np.dtype(np.int32))
        if len(sample) != self.model.input_count:
            raise RuntimeError(f"Stream: {len(sample)} inputs, the model takes {self.model.input_count}")
        if any((tensor.array.shape, tensor.array.dtype) != wanted for tensor in sample):
            raise RuntimeError(f"Stream: an input is not {wanted}")
        if any(not np.array_equal(tensor.array, sample[0].array) for tensor in sample[3:]):
            raise RuntimeError("Stream: inputs 4 to 6 are not copies of the ids")
        given = dict(zip(ORDER, sample, strict=False))
        return self.module([given[name].array[None].astype(np.int64) for name in self.model.about["names"]])[
            0
        ]
