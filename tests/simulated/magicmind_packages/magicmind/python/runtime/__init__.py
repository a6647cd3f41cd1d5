"""Building and running: a model's file is a line of JSON and the traced module, or the graph, as it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Any

import kit
import networks
import numpy as np
from traced import Queue as Outputs
from traced import Traced

BUILDER = "magicmind-build"  # faults of the builder; those of the runtime are TOOL's
TOOL = "magicmind"
DEVICES = 2
PRECISIONS = ("force_float32", "force_float16")


class Status:
    def __init__(self, problem: str = "") -> None:
        self.problem = problem

    def ok(self) -> bool:
        return not self.problem

    def __str__(self) -> str:
        return self.problem or "OK"


class DataType(Enum):
    INT8 = 4
    INT32 = 6
    FLOAT16 = 8
    FLOAT32 = 9


class ModelKind(Enum):
    kPytorch = 1
    kOnnx = 2


NUMPY = {"INT8": np.int8, "INT32": np.int32, "FLOAT16": np.float16, "FLOAT32": np.float32}


class Dims:
    def __init__(self, dims: Sequence[int]) -> None:
        self.dims = list(dims)

    def GetDims(self) -> list[int]:
        return self.dims


class ITensor:
    def __init__(self) -> None:
        self.dims: list[int] = []
        self.dtype: DataType | None = None

    def set_dimension(self, dims: Dims) -> Status:
        self.dims = dims.GetDims()
        return Status()

    def set_data_type(self, dtype: DataType) -> Status:
        self.dtype = dtype
        return Status()


class Network:
    def __init__(self) -> None:
        self.inputs: list[ITensor] = []
        self.module: Traced | networks.Graph | None = None
        self.taken: list[str] = []  # of a graph: what its inputs have to be told as

    def get_input_count(self) -> int:
        return len(self.inputs)

    def get_input(self, number: int) -> ITensor:
        return self.inputs[number]


class BuilderConfig:
    def __init__(self) -> None:
        self.mlu_archs: list[str] = []
        self.told: dict[str, Any] = {}

    def parse_from_string(self, text: str) -> Status:
        [(key, value)] = json.loads(text).items()
        taken = {
            "precision_config": lambda: value["precision_mode"] in PRECISIONS and len(value) == 1,
            "archs": lambda: value == [{"mtp_372": [6, 8]}],
            "graph_shape_mutable": lambda: isinstance(value, bool),
            "dim_range": lambda: all(set(range_) == {"min", "max"} for range_ in value.values()),
            "computation_preference": lambda: value in ("auto", "fast", "high_precision"),
            "opt_config": lambda: set(value) <= {"type64to32_conversion", "conv_scale_fold"},
        }
        if key not in taken or not taken[key]():
            return Status(f"InvalidArgument: {text}")
        self.told[key] = {**self.told.get(key, {}), **value} if key == "opt_config" else value
        return Status()


class Builder:
    def build_model(self, name: str, network: Network, config: BuilderConfig) -> Model | None:
        kit.misbehave(BUILDER)
        told = config.told
        if not told.get("opt_config", {}).get("type64to32_conversion"):
            print("[ERROR] 64-bit data is not supported; enable opt_config.type64to32_conversion")
            return None
        dtypes = [tensor.dtype.name for tensor in network.inputs if tensor.dtype is not None]
        if config.mlu_archs != ["mtp_372"] or dtypes != network.taken:
            print("[ERROR] architecture or input data type is not supported")
            return None
        fixed = [{"min": tensor.dims, "max": tensor.dims} for tensor in network.inputs]
        mutable = told["graph_shape_mutable"]
        ranges = [told["dim_range"][str(at)] for at in range(len(fixed))] if mutable else fixed
        for tensor, span in zip(network.inputs, ranges, strict=True):
            if not all(a <= b <= c for a, b, c in zip(span["min"], tensor.dims, span["max"], strict=True)):
                print(f"[ERROR] shape {tensor.dims} is outside {span}")
                return None
        dims = [
            [low if low == high else -1 for low, high in zip(span["min"], span["max"], strict=True)]
            for span in ranges
        ]
        outputs = network.module([np.ones(tensor.dims, np.int64) for tensor in network.inputs])
        model = Model()
        model.about = {
            "simulated": kit.SIMULATED, "inputs": dims, "dtypes": dtypes, "ranges": ranges,
            "outputs": [[-1, *o.shape[1:]] if mutable else list(o.shape) for o in outputs],
            "output_dtypes": [{"float32": "FLOAT32"}.get(str(o.dtype), "INT32") for o in outputs],
            "precision": told["precision_config"]["precision_mode"],
            "graph": isinstance(network.module, networks.Graph),
        }  # fmt: skip
        model.content = network.module.content
        kit.say(BUILDER, ["[INFO] parse", "[INFO] optimise", "[INFO] build", "[INFO] done"])
        return model


class Model:
    class EngineConfig:
        device_type = ""

    def __init__(self) -> None:
        self.about: dict[str, Any] = {}
        self.content = b""

    def serialize_to_file(self, path: str) -> Status:
        whole = json.dumps(self.about).encode() + b"\n" + self.content
        Path(path).write_bytes(b"" if kit.fault(BUILDER) == "fewer-outputs" else whole)
        return Status()

    def deserialize_from_file(self, path: str) -> Status:
        about, _, self.content = Path(path).read_bytes().partition(b"\n")
        self.about = json.loads(about)
        return Status()

    def create_i_engine(self, config: EngineConfig) -> Engine:
        assert config.device_type == "MLU"
        return Engine(self)

    def get_input_names(self) -> list[str]:
        return [f"main/arg-{number}" for number in range(len(self.about["inputs"]))]

    def get_output_names(self) -> list[str]:
        return [f"main/mm.squeeze-{number}:0" for number in range(len(self.about["outputs"]))]

    def get_input_dimensions(self) -> list[Dims]:
        return [Dims(dims) for dims in self.about["inputs"]]

    def get_output_dimensions(self) -> list[Dims]:
        return [Dims(dims) for dims in self.about["outputs"]]

    def get_input_data_types(self) -> list[DataType]:
        return [DataType[name] for name in self.about["dtypes"]]

    def get_output_data_types(self) -> list[DataType]:
        return [DataType[name] for name in self.about["output_dtypes"]]


class System:
    def __enter__(self) -> System:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def device_count(self) -> int:
        return DEVICES


class Queue:
    def sync(self) -> Status:
        return Status()


class Device:
    id = 0

    def active(self) -> Status:
        return Status()

    def create_queue(self) -> Queue:
        return Queue()


class Tensor:
    def __init__(self, array: np.ndarray | None = None) -> None:
        self.array = array
        self.device: Device | None = None

    def from_numpy(self, array: np.ndarray) -> None:
        self.array = array

    def to(self, device: Device) -> None:
        self.device = device

    def asnumpy(self) -> np.ndarray:
        return self.array


class Engine:
    def __init__(self, model: Model) -> None:
        self.model = model

    def create_i_context(self) -> Context:
        kit.misbehave(TOOL)
        return Context(self.model)


class Context:
    def __init__(self, model: Model) -> None:
        self.about = model.about
        self.module = (networks.Graph if model.about["graph"] else Traced)(model.content)
        self.outputs = Outputs(TOOL)

    def create_inputs(self) -> list[Tensor]:
        return [Tensor() for _ in self.about["inputs"]]

    def enqueue(self, inputs: list[Tensor], outputs: list[Tensor], queue: Queue) -> Status:
        arrays = [tensor.array for tensor in inputs]
        for array, span, dtype in zip(arrays, self.about["ranges"], self.about["dtypes"], strict=True):
            fits = all(a <= b <= c for a, b, c in zip(span["min"], array.shape, span["max"], strict=True))
            if not fits or array.dtype != NUMPY[dtype] or any(tensor.device is None for tensor in inputs):
                return Status(f"InvalidArgument: {array.dtype} {array.shape}")
        whole = [array.astype(np.int64) if array.dtype == np.int32 else array for array in arrays]
        found = self.module(whole)
        if self.about["precision"] == "force_float16":
            found = [
                array.astype(np.float16).astype(np.float32) if array.dtype.kind == "f" else array
                for array in found
            ]
        outputs.extend(Tensor(array) for array in self.outputs.through(found))
        return Status()
