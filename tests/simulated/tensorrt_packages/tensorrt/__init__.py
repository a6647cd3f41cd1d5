"""An imitation of NVIDIA's Python package, as much as a worker calls: engines of the imitated trtexec.

``ZOOCHECK_SIMULATED_TENSORRT`` is its version. From 8.5 on an engine has tensors by name and is enqueued on a
stream, before it has bindings by index; before 10 its inputs are int32. Device memory is this process's own,
behind the driver's functions: real addresses, sizes that are held, real copies. What a copy or a name gets
wrong is refused or comes out wrong, as on a card.
"""

from __future__ import annotations

import ctypes
import os
import types
from collections.abc import Sequence
from typing import Any

import kit
import networks
import numpy as np

TOOL = "tensorrt"
_NUMBER = os.environ.get("ZOOCHECK_SIMULATED_TENSORRT", "10.16.1")
_RELEASE = tuple(int(part) for part in _NUMBER.split("."))
__version__ = f"{_NUMBER}+{kit.SIMULATED}"
_HEADER = b"an engine of trtexec, zoocheck-simulated\n"
_BY_NAME = _RELEASE >= (8, 5)

TensorIOMode = types.SimpleNamespace(NONE=0, INPUT=1, OUTPUT=2)
DataType = types.SimpleNamespace(FLOAT=0, HALF=1, INT8=2, INT32=3, BOOL=4)
if _RELEASE >= (10,):
    DataType.INT64 = 8
_TYPES = {"float32": 0, "float16": 1, "int8": 2, "int32": 3, "bool": 4, "int64": 8}


def _nptype(dtype: int) -> Any:
    return np.dtype(next(name for name, known in _TYPES.items() if known == dtype))


def _dtype(item: Any) -> int:
    """An engine's for a graph's: before 10 its whole numbers have 32 bits."""
    name = str(networks.dtype(item))
    return _TYPES["int32" if name == "int64" and _RELEASE < (10,) else name]


def _shape(item: Any) -> tuple[int, ...]:
    """-1 where the graph leaves a size open."""
    return tuple(size if isinstance(size, int) else -1 for size in item.shape)


class Logger:
    WARNING = 2

    def __init__(self, severity: int = WARNING) -> None:
        self.severity = severity


class Runtime:
    def __init__(self, logger: Logger) -> None:
        self.logger = logger

    def deserialize_cuda_engine(self, serialized: bytes) -> Any:
        if not serialized.startswith(_HEADER):
            print(
                "[TRT] [E] 1: [stdArchiveReader.cpp] Serialization assertion magicTagRead failed", flush=True
            )
            return None
        return (_Engine if _BY_NAME else _OldEngine)(serialized.removeprefix(_HEADER))


class _Tensors:
    def __init__(self, graph: bytes) -> None:
        import tempfile

        with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
            file.write(graph)
            file.flush()
            self.network = networks.Graph(file.name)
        short = kit.fault(TOOL) == "fewer-outputs"
        self.tensors = [(item.name, True, _dtype(item), _shape(item)) for item in self.network.inputs]
        self.tensors += [
            (item.name, False, _dtype(item), (_shape(item)[0] - short, *_shape(item)[1:]))
            for item in self.network.outputs
        ]

    def run(self, addresses: Sequence[int]) -> bool:
        """Read the inputs where they lie, compute, write the outputs where they are to lie."""
        arrays = []
        for (_, is_input, dtype, shape), address in zip(self.tensors, addresses, strict=True):
            array = np.empty(shape, _nptype(dtype))
            if is_input:
                ctypes.memmove(array.ctypes.data, _held(address, array.nbytes), array.nbytes)
            arrays.append(array)
        count = len(self.network.inputs)
        outputs = kit.changed(TOOL, self.network(arrays[:count]))
        for output, address, (_, _, dtype, shape) in zip(
            outputs, addresses[count:], self.tensors[count:], strict=True
        ):
            array = np.asarray(output, dtype=_nptype(dtype), order="C")
            assert array.shape == shape
            ctypes.memmove(_held(address, array.nbytes), array.ctypes.data, array.nbytes)
        return True


class _Engine(_Tensors):
    """TensorRT 8.5 and later."""

    @property
    def num_io_tensors(self) -> int:
        return len(self.tensors)

    def get_tensor_name(self, index: int) -> str:
        return self.tensors[index][0]

    def _tensor(self, name: str) -> tuple[str, bool, int, tuple[int, ...]]:
        return next(item for item in self.tensors if item[0] == name)

    def get_tensor_mode(self, name: str) -> int:
        return TensorIOMode.INPUT if self._tensor(name)[1] else TensorIOMode.OUTPUT

    def get_tensor_dtype(self, name: str) -> int:
        return self._tensor(name)[2]

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        return self._tensor(name)[3]

    def create_execution_context(self) -> Any:
        return _Context(self)


class _Context:
    def __init__(self, engine: _Engine) -> None:
        self._engine = engine
        self._addresses: dict[str, int] = {}

    def set_input_shape(self, name: str, shape: Sequence[int]) -> bool:
        """Of an engine of open sizes; those of its outputs follow, by a run on zeros."""
        tensors = self._engine.tensors
        at = next(number for number, item in enumerate(tensors) if item[0] == name)
        if any(size not in (-1, asked) for size, asked in zip(tensors[at][3], shape, strict=True)):
            return False
        tensors[at] = (*tensors[at][:3], tuple(shape))
        inputs = [item for item in tensors if item[1]]
        if all(size >= 0 for item in inputs for size in item[3]):
            outputs = self._engine.network([np.zeros(item[3], _nptype(item[2])) for item in inputs])
            tensors[len(inputs) :] = [
                (*item[:3], array.shape) for item, array in zip(tensors[len(inputs) :], outputs, strict=True)
            ]
        return True

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        return self._engine.get_tensor_shape(name)

    def set_tensor_address(self, name: str, address: int) -> bool:
        self._addresses[name] = address
        return name in {item[0] for item in self._engine.tensors}

    def execute_async_v3(self, stream_handle: int) -> bool:
        assert stream_handle == _STREAM, "enqueued on a stream that nobody made"
        kit.misbehave(TOOL)
        return self._engine.run([self._addresses[item[0]] for item in self._engine.tensors])


class _OldEngine(_Tensors):
    """Before 8.5."""

    @property
    def num_bindings(self) -> int:
        return len(self.tensors)

    def get_binding_name(self, index: int) -> str:
        return self.tensors[index][0]

    def binding_is_input(self, index: int) -> bool:
        return self.tensors[index][1]

    def get_binding_dtype(self, index: int) -> int:
        return self.tensors[index][2]

    def get_binding_shape(self, index: int) -> tuple[int, ...]:
        return self.tensors[index][3]

    def create_execution_context(self) -> Any:
        return _OldContext(self)


class _OldContext:
    def __init__(self, engine: _OldEngine) -> None:
        self._engine = engine

    def execute_v2(self, bindings: Sequence[int]) -> bool:
        kit.misbehave(TOOL)
        return self._engine.run(bindings)


# ------------------------------------------------------------------ libcuda.so.1

_CONTEXT, _STREAM = 0xC0, 0x57
_MEMORY: dict[int, Any] = {}
_INVALID_VALUE, _INVALID_CONTEXT, _INVALID_DEVICE = 1, 201, 101


def _held(address: int, size: int) -> int:
    block = _MEMORY.get(address)
    assert block is not None, f"nothing was allocated at {address}"
    assert len(block) == size, f"{size} bytes at {address}, where there are {len(block)}"
    return address


class _Driver:
    """The driver's functions, each with a result; arguments are ctypes' as they are given."""

    current: int | None = None

    def cuInit(self, flags: Any) -> int:
        return 0 if flags.value == 0 else _INVALID_VALUE

    def cuDeviceGet(self, device: Any, ordinal: Any) -> int:
        device._obj.value = ordinal.value
        return 0 if ordinal.value == 0 else _INVALID_DEVICE

    def cuDevicePrimaryCtxRetain(self, context: Any, device: Any) -> int:
        context._obj.value = _CONTEXT
        return 0

    def cuCtxSetCurrent(self, context: Any) -> int:
        self.current = context.value
        return 0

    def cuStreamCreate(self, stream: Any, flags: Any) -> int:
        stream._obj.value = _STREAM
        return self._in_context()

    def cuStreamSynchronize(self, stream: Any) -> int:
        return 0 if stream.value == _STREAM else _INVALID_VALUE

    def cuMemAlloc_v2(self, pointer: Any, size: Any) -> int:
        block = (ctypes.c_char * size.value)()
        _MEMORY[ctypes.addressof(block)] = block
        pointer._obj.value = ctypes.addressof(block)
        return self._in_context()

    def cuMemcpyHtoD_v2(self, target: Any, source: Any, size: Any) -> int:
        return self._copy(target.value, target.value, source.value, size.value)

    def cuMemcpyDtoH_v2(self, target: Any, source: Any, size: Any) -> int:
        return self._copy(source.value, target.value, source.value, size.value)

    def cuGetErrorString(self, result: Any, text: Any) -> int:
        text._obj.value = {101: b"invalid device ordinal", 201: b"invalid device context"}.get(
            result.value, b"invalid argument"
        )
        return 0

    def _copy(self, device: int, target: int, source: int, size: int) -> int:
        block = _MEMORY.get(device)
        if block is None or size > len(block):
            return _INVALID_VALUE
        ctypes.memmove(target, source, size)
        return self._in_context()

    def _in_context(self) -> int:
        return 0 if self.current == _CONTEXT else _INVALID_CONTEXT


_CDLL = ctypes.CDLL


def _library(name: Any, *arguments: Any, **more: Any) -> Any:
    return _Driver() if name == "libcuda.so.1" else _CDLL(name, *arguments, **more)


ctypes.CDLL = _library  # type: ignore[assignment,misc]
