"""What one core of this machine gives at most, and how near to it the work of a run comes.

    python benchmarks/limits.py [--only product|memory|network|start] [--layers 4] [--rounds 7]

product     floating-point operations a second of float32 products: numpy's of square matrices, as a record's
            gauge is (`harness.machine.matmul`), and onnxruntime's of 1024 positions with a layer of
            bert-large, 1024 to 4096.
memory      bytes a second of arrays that no cache holds: read (a dot product of one with itself), copied,
            and added up (a + b to c, of which each byte read or written counts once).
network     bert-large-ner with random weights and so many layers as its stand-in runs in fp32, batch 2 of 512
            positions and one sample of 8: the operations of its matrix products a second of the call, beside
            onnxruntime's own product, and the bytes of its weights a second, beside what can be read.
start       Python, and what it imports.

All of it on one core: threads that wait for each other spin. Seconds are those of the processor; the most is
the best of the rounds, and a share is the median of ratios to the product, or the reading, just before.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")

import numpy as np  # noqa: E402 - its threads come first
import onnx  # noqa: E402
import onnxruntime  # noqa: E402

from harness.domain.flops import encoder_flops  # noqa: E402
from harness.domain.models import InputRole, Model, Weights  # noqa: E402
from harness.domain.precisions import Precision  # noqa: E402
from harness.models import checkpoints  # noqa: E402
from harness.models.graphs.export import export_any_shape  # noqa: E402
from harness.setting.home import Home  # noqa: E402
from harness.tables import catalog  # noqa: E402
from harness.toolchains.onnxruntime.backend import load_graph  # noqa: E402

SQUARES = (512, 1024, 2048)
POSITIONS, HIDDEN, INTERMEDIATE = 1024, 1024, 4096
LARGE = 2**27  # numbers of an array: 512 MiB, twice the last cache of a large server
SHAPES = ((2, 512), (1, 8))  # of calls
STARTS = (
    ("python -c pass", "pass"),
    ("import numpy", "import numpy"),
    ("import onnxruntime", "import onnxruntime"),
    ("import torch", "import torch"),
    ("zoocheck --help", "from harness.cli import main; main()"),
)
LEAST_S = 0.05  # what is quicker is called again, so that the processor's clock tells it

Call = Callable[[], Any]


def seconds(call: Call, repeats: int = 1) -> float:
    """Of the processor, a call."""
    start = time.process_time()
    for _ in range(repeats):
        call()
    return (time.process_time() - start) / repeats


def repeats_of(call: Call) -> int:
    """How many calls are long enough."""
    call()
    return max(1, round(LEAST_S / max(seconds(call), 1e-6)))


def best(call: Call, rounds: int) -> float:
    """The least seconds of a call."""
    repeats = repeats_of(call)
    return min(seconds(call, repeats) for _ in range(rounds))


def square(size: int) -> Call:
    """numpy's product of square matrices."""
    left, right = np.random.default_rng(0).random((2, size, size), dtype=np.float32)
    out = np.empty_like(left)
    return lambda: np.matmul(left, right, out=out)


def layer() -> Call:
    """onnxruntime's product of positions with weights."""
    draw = np.random.default_rng(0)
    weights = draw.random((HIDDEN, INTERMEDIATE), dtype=np.float32)
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", ["x", "w"], ["y"])], "product",
        [value("x", onnx.TensorProto.FLOAT, [POSITIONS, HIDDEN])],
        [value("y", onnx.TensorProto.FLOAT, [POSITIONS, INTERMEDIATE])],
        [onnx.numpy_helper.from_array(weights, "w")],
    )  # fmt: skip
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    session = load_graph(model.SerializeToString(), Precision.FP32, 1)
    fed = {"x": draw.random((POSITIONS, HIDDEN), dtype=np.float32)}
    return lambda: session.run(None, fed)


LAYER_FLOPS = 2 * POSITIONS * HIDDEN * INTERMEDIATE


def products(rounds: int) -> None:
    """Print what products come to."""
    for size in SQUARES:
        print(f"numpy, {size} x {size:<24} {2 * size**3 / best(square(size), rounds) / 1e9:8.1f} GFLOP/s")
    most = LAYER_FLOPS / best(layer(), rounds) / 1e9
    print(f"onnxruntime, {f'{POSITIONS} x {HIDDEN} x {INTERMEDIATE}':<25} {most:8.1f} GFLOP/s", flush=True)


def memory(rounds: int) -> None:
    """Print what reading, copying and adding come to."""
    a, b = (np.full(LARGE, value, dtype=np.float32) for value in (1.0, 2.0))
    c = np.zeros_like(a)
    for name, call, arrays in (
        ("read", lambda: np.dot(a, a), 1),
        ("copy", lambda: np.copyto(c, a), 2),
        ("add", lambda: np.add(a, b, out=c), 3),
    ):
        print(f"{name:<38} {arrays * a.nbytes / best(call, rounds) / 1e9:8.1f} GB/s", flush=True)


def network(layers: int) -> tuple[Model, onnxruntime.InferenceSession, int]:
    """bert-large-ner with so many layers, its session, and the bytes of its layers' weights."""
    model = catalog.load((catalog.BUILT_IN,)).models["bert-large-ner"]
    found = checkpoints.locate(model, Weights.RANDOM, Home.locate())
    architecture = replace(found.encoder, layers=layers)
    model = replace(model, architecture=architecture)
    loaded = checkpoints.load(replace(found, model=model, architecture=architecture)).network
    graph = export_any_shape(loaded, model, architecture, opset=17).graph
    each = 4 * architecture.hidden**2 + 2 * architecture.hidden * architecture.intermediate
    session = load_graph(graph.SerializeToString(), Precision.FP32, 1)
    return model, session, 4 * layers * each


def shares(layers: int, rounds: int) -> None:
    """Print what calls come to beside the product and the reading, in turns."""
    model, session, weights = network(layers)
    product, read = layer(), np.full(LARGE, 1.0, dtype=np.float32)
    for batch, length in SHAPES:
        ids = np.random.default_rng(0).integers(1, model.encoder.vocabulary, (batch, length))
        fed = {
            item.name: (ids if item.role is InputRole.IDS else np.full_like(ids, item.role is InputRole.MASK))
            .astype(item.dtype)
            for item in model.inputs
        }  # fmt: skip

        def call(fed: dict[str, Any] = fed) -> Any:
            return session.run(None, fed)

        flops = batch * encoder_flops(model.encoder, length)
        calls, multiplies = repeats_of(call), repeats_of(product)
        computed, fetched, took = [], [], []
        for _ in range(rounds):
            most = LAYER_FLOPS / seconds(product, multiplies)
            bytes_s = read.nbytes / seconds(lambda: np.dot(read, read))
            took.append(seconds(call, calls))
            computed.append(flops / took[-1] / most)
            fetched.append(weights / took[-1] / bytes_s)
        median = statistics.median(took)
        print(
            f"{layers} layers of bert-large, batch {batch} of {length}: {median * 1e3:.1f} ms, "
            f"{flops / median / 1e9:.1f} GFLOP/s, {statistics.median(computed):.0%} of the product; weights "
            f"{weights / median / 1e9:.1f} GB/s, {statistics.median(fetched):.0%} of reading",
            flush=True,
        )


def starts(rounds: int) -> None:
    """Print what it takes before anything is done."""
    for name, code in STARTS:
        took, line = [], [sys.executable, "-c", code, "--help"]
        for _ in range(rounds + 1):
            process = subprocess.Popen(line, stdout=subprocess.DEVNULL, cwd=ROOT)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                sys.exit(f"{name}: status {process.returncode}")
            took.append(used.ru_utime + used.ru_stime)
        print(f"{name:<38} {statistics.median(took[1:]):8.2f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", choices=("product", "memory", "network", "start"))
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    works = {
        "product": lambda: products(asked.rounds),
        "memory": lambda: memory(asked.rounds),
        "network": lambda: shares(asked.layers, asked.rounds),
        "start": lambda: starts(asked.rounds),
    }
    for name, work in works.items():
        if asked.only in (None, name):
            work()


if __name__ == "__main__":
    main()
