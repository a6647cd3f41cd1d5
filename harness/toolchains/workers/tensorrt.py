"""Runs a TensorRT engine, or its graph through onnxruntime's TensorRT provider: whichever is installed.

    python tensorrt.py JOB       does a job (`loop.py`), which names besides:
                                 shapes (of each input, by name, for an engine that leaves one open), and
                                 onnx (the graph), fp16 (true or false) and workspace_mib for onnxruntime
    python tensorrt.py --which   prints ``runtime: tensorrt 10.16.1``, or onnxruntime's, or why there is none

Needs numpy and one of the two; device memory is the driver's own (libcuda.so.1), so that neither cuda-python
nor torch has to be there. Names are those of NVIDIA's Python API: by tensor from TensorRT 8.5 on (its guide
for migrating from 8.x to 10.x), by binding before.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Any, Callable, Sequence

import numpy as np
from loop import Call, main

os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"  # cards as nvidia-smi numbers them
HERE = Path(__file__).resolve().parent
sys.path[:] = [item for item in sys.path if Path(item or ".").resolve() != HERE]  # `tensorrt` is the SDK


def runtime() -> tuple[str, Callable[[dict[str, Any]], tuple[Call, Any]]]:
    """The name and version of what runs here, and what opens a model with it."""
    problems = []
    try:
        import tensorrt

        return f"tensorrt {tensorrt.__version__}", open_engine
    except (ImportError, OSError) as problem:  # OSError: one of its libraries is missing
        problems.append(f"tensorrt: {problem}")
    try:
        import onnxruntime

        if "TensorrtExecutionProvider" in onnxruntime.get_available_providers():
            return f"onnxruntime {onnxruntime.__version__} (TensorrtExecutionProvider)", open_graph
        problems.append("onnxruntime: it has no TensorrtExecutionProvider")
    except ImportError as problem:
        problems.append(f"onnxruntime: {problem}")
    raise SystemExit(f"{sys.executable} can run no engine: {'; '.join(problems)}")


class Driver:
    """The few calls of the CUDA driver API that move a batch; each raises on any result but 0."""

    def __init__(self, device: int) -> None:
        self.library = ctypes.CDLL("libcuda.so.1")
        number, self.context, self.stream = ctypes.c_int(), ctypes.c_void_p(), ctypes.c_void_p()
        self("cuInit", ctypes.c_uint(0))
        self("cuDeviceGet", ctypes.byref(number), ctypes.c_int(device))
        # The primary context is the one that the CUDA runtime, and TensorRT with it, works in.
        self("cuDevicePrimaryCtxRetain", ctypes.byref(self.context), number)
        self("cuCtxSetCurrent", self.context)
        self("cuStreamCreate", ctypes.byref(self.stream), ctypes.c_uint(0))

    def __call__(self, name: str, *arguments: Any) -> None:
        """The function `name` of the driver."""
        result = getattr(self.library, name)(*arguments)
        if result != 0:
            said = ctypes.c_char_p()
            self.library.cuGetErrorString(ctypes.c_int(result), ctypes.byref(said))
            raise SystemExit(f"{name}: CUDA error {result}: {(said.value or b'unknown').decode()}")

    def allocate(self, size: int) -> int:
        """Device memory of `size` bytes: its address."""
        address = ctypes.c_uint64()
        self("cuMemAlloc_v2", ctypes.byref(address), ctypes.c_size_t(size))
        return int(address.value)

    def write(self, address: int, array: Any) -> None:
        """A contiguous host array to the device."""
        source = ctypes.c_void_p(array.ctypes.data)
        self("cuMemcpyHtoD_v2", ctypes.c_uint64(address), source, ctypes.c_size_t(array.nbytes))

    def read(self, array: Any, address: int) -> None:
        """Device memory into a contiguous host array."""
        target = ctypes.c_void_p(array.ctypes.data)
        self("cuMemcpyDtoH_v2", target, ctypes.c_uint64(address), ctypes.c_size_t(array.nbytes))


def open_engine(job: dict[str, Any]) -> tuple[Call, Any]:
    """A serialized engine on card ``job["device"]``, with memory for one batch."""
    import tensorrt

    driver = Driver(job["device"])
    logger = tensorrt.Logger(tensorrt.Logger.WARNING)
    engine = tensorrt.Runtime(logger).deserialize_cuda_engine(Path(job["model"]).read_bytes())
    if engine is None:
        raise SystemExit(f"{job['model']}: TensorRT {tensorrt.__version__} cannot read this engine")
    context = engine.create_execution_context()
    if context is None:
        raise SystemExit(
            f"{job['model']}: TensorRT made no execution context; the device may have too little free memory"
        )
    tensors = sized(described(engine, tensorrt), context, job["shapes"])
    memory = {name: np.empty(shape, dtype) for name, _, dtype, shape in tensors}
    address = {name: driver.allocate(array.nbytes) for name, array in memory.items()}
    execute = bound(
        context, [address[name] for name, _, _, _ in tensors], [item[0] for item in tensors], driver
    )
    wanted = [item["name"] for item in job["inputs"]]
    require_names(wanted, [name for name, is_input, _, _ in tensors if is_input], "inputs")
    require_names(job["output_names"], [name for name, is_input, _, _ in tensors if not is_input], "outputs")

    def call(inputs: Sequence[Any]) -> list[Any]:
        for name, array in zip(wanted, inputs):
            if array.shape != memory[name].shape:
                found, expected = list(array.shape), list(memory[name].shape)
                raise SystemExit(f"{name}: a batch of shape {found}, the engine takes {expected}")
            memory[name][...] = array
            driver.write(address[name], memory[name])
        if not execute():
            raise SystemExit("TensorRT could not run the engine; its reason stands above")
        for name in job["output_names"]:
            driver.read(memory[name], address[name])
        return [memory[name].copy() for name in job["output_names"]]

    by_name = {name: [name, np.dtype(dtype).name, list(shape)] for name, _, dtype, shape in tensors}
    job["told"] = {"runtime": f"tensorrt {tensorrt.__version__}", "ran": "the engine that trtexec built"}
    return call, [[by_name[name] for name in wanted], [by_name[name] for name in job["output_names"]]]


def described(engine: Any, tensorrt: Any) -> list[tuple[str, bool, Any, tuple[int, ...]]]:
    """(name, whether an input, numpy dtype, shape) of each tensor, in the engine's order."""
    if hasattr(engine, "num_io_tensors"):  # TensorRT 8.5 and later
        names = [engine.get_tensor_name(at) for at in range(engine.num_io_tensors)]
        return [
            (
                name,
                engine.get_tensor_mode(name) == tensorrt.TensorIOMode.INPUT,
                numpy_dtype(engine.get_tensor_dtype(name), tensorrt),
                tuple(engine.get_tensor_shape(name)),
            )
            for name in names
        ]
    return [
        (
            engine.get_binding_name(at),
            engine.binding_is_input(at),
            numpy_dtype(engine.get_binding_dtype(at), tensorrt),
            tuple(engine.get_binding_shape(at)),
        )
        for at in range(engine.num_bindings)
    ]


def sized(
    tensors: Sequence[tuple[str, bool, Any, tuple[int, ...]]], context: Any, shapes: dict[str, Any]
) -> Sequence[tuple[str, bool, Any, tuple[int, ...]]]:
    """The same with a size for every axis: the context of an engine of open sizes is told its inputs'."""
    opened = [name for name, is_input, _, shape in tensors if is_input and min(shape, default=1) < 0]
    for name in opened:
        if not hasattr(context, "set_input_shape"):
            raise SystemExit(f"{name}: its shape is open, which is read from TensorRT 8.5 on")
        if not context.set_input_shape(name, tuple(shapes[name])):
            raise SystemExit(f"{name}: the engine does not take the shape {shapes[name]}")
    if opened:
        tensors = [(n, i, dtype, tuple(context.get_tensor_shape(n))) for n, i, dtype, _ in tensors]
    for name, _, _, shape in tensors:
        if min(shape, default=1) < 0:
            raise SystemExit(
                f"{name}: its shape {list(shape)} is known when the values are, which is not read"
            )
    return tensors


def numpy_dtype(dtype: Any, tensorrt: Any) -> Any:
    """numpy's for TensorRT's, without `tensorrt.nptype`, which before 8.6 asks for a name that numpy dropped
    (NVIDIA/TensorRT issue 2557).
    """
    known = {
        "FLOAT": np.float32, "HALF": np.float16, "INT8": np.int8, "UINT8": np.uint8, "INT32": np.int32,
        "INT64": np.int64, "BOOL": np.bool_,
    }  # fmt: skip
    for name, found in known.items():
        if getattr(tensorrt.DataType, name, None) == dtype:  # INT64 and UINT8 are younger
            return found
    raise SystemExit(f"a tensor of {dtype}, expected one of {', '.join(known)}")


def bound(context: Any, addresses: Sequence[int], names: Sequence[str], driver: Driver) -> Callable[[], bool]:
    """One execution over the bound memory, awaited; true where it went well."""
    if not hasattr(context, "execute_async_v3"):  # before TensorRT 8.5
        return lambda: bool(context.execute_v2(list(addresses)))
    for name, address in zip(names, addresses):
        if not context.set_tensor_address(name, address):
            raise SystemExit(f"{name}: TensorRT does not take its memory")

    def execute() -> bool:
        went_well = context.execute_async_v3(driver.stream.value)
        driver("cuStreamSynchronize", driver.stream)
        return bool(went_well)

    return execute


def open_graph(job: dict[str, Any]) -> tuple[Call, Any]:
    """The graph that the engine was built of, built anew by onnxruntime's provider; never by another one."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    provider = {
        "device_id": job["device"],
        "trt_fp16_enable": job["fp16"],
        "trt_max_workspace_size": job["workspace_mib"] * 2**20,
    }
    session = onnxruntime.InferenceSession(
        job["onnx"], options, providers=[("TensorrtExecutionProvider", provider)]
    )
    found = session.get_providers()  # its CPU stands behind whatever it is given, and takes no operator here
    if found not in (["TensorrtExecutionProvider"], ["TensorrtExecutionProvider", "CPUExecutionProvider"]):
        raise SystemExit(f"onnxruntime took {found} instead of TensorrtExecutionProvider")
    wanted = [item["name"] for item in job["inputs"]]
    require_names(wanted, [item.name for item in session.get_inputs()], "inputs")
    require_names(job["output_names"], [item.name for item in session.get_outputs()], "outputs")

    def call(inputs: Sequence[Any]) -> list[Any]:
        return list(session.run(job["output_names"], dict(zip(wanted, inputs))))

    def dtype(kind: str) -> str:
        name = kind.replace("tensor(", "").replace(")", "")
        return {"float": "float32", "double": "float64"}.get(name, name)

    contract = [
        [[item.name, dtype(item.type), list(item.shape)] for item in items]
        for items in (session.get_inputs(), session.get_outputs())
    ]
    job["told"] = {
        "runtime": f"onnxruntime {onnxruntime.__version__} (TensorrtExecutionProvider)",
        "ran": "an engine that onnxruntime built of the same graph",
    }
    return call, contract


def require_names(wanted: Sequence[str], found: Sequence[str], what: str) -> None:
    """The same names, in whatever order."""
    if sorted(wanted) != sorted(found):
        raise SystemExit(f"the model's {what} are {list(found)}, expected {list(wanted)}")


if __name__ == "__main__":
    which, open_model = runtime()
    if sys.argv[1:] == ["--which"]:
        sys.stdout.write(f"runtime: {which}\n")
    else:
        main(open_model)
