"""What fp16's numerics cost on the CPU: bert-large-ner's layers, as a share of their matrix products alone.

    python benchmarks/fp16.py [--layers 4] [--shapes 256x16,8x512] [--threads 1] [--rounds 5]

Seeded random weights of the documented size, the graph of any shape, batches as accuracy runs at the real
length make them (4096 positions) and as throughput pads them. In turns, one call each: the products of these
shapes alone, by onnxruntime's MatMul in fp32; the case in fp32; its fp16 stand-in as the artifact has it, and
as `load_graph` runs it (`harness/models/graphs/same_bits.py`). Printed are GFLOP/s of the products by the
seconds that the process computed, which a busy machine leaves nearly alone, and by the wall clock, of the
best call; and the share that each has of the products alone. Several threads that wait for each other spin,
and compute while they do. The exit status is 1 where a bit of an output differs. Target: fp16 at 85 %, as
fp32, at 256x16; 85 % it is with one thread, and 78 % with two.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from harness.domain.models import Architecture, Weights  # noqa: E402 - the path comes first
from harness.domain.precisions import Precision  # noqa: E402
from harness.models import checkpoints  # noqa: E402
from harness.models.graphs import fp16, mask  # noqa: E402
from harness.models.graphs.export import export_any_shape  # noqa: E402
from harness.setting.home import Home  # noqa: E402
from harness.tables import catalog  # noqa: E402
from harness.tables.cases import named  # noqa: E402
from harness.toolchains.onnxruntime.backend import load_graph  # noqa: E402

TARGET_PERCENT = 85
VOCABULARY = 20_000
Call = Callable[[], Any]


def graphs(layers: int) -> tuple[Architecture, onnx.ModelProto]:
    """The case's architecture with `layers` layers, and its graph in fp32."""
    case = named(catalog.load(), "bert-large-ner-cpu-bs1")
    found = checkpoints.locate(case.model, Weights.RANDOM, Home.locate())
    checkpoint = replace(found, architecture=replace(found.architecture, layers=layers))
    network = checkpoints.load(checkpoint).network
    graph = export_any_shape(network, case.model, checkpoint.architecture, opset=17).graph
    return checkpoint.architecture, mask.limit_mask(graph)


def products(architecture: Architecture, batch: int, length: int) -> tuple[onnx.ModelProto, dict[str, Any]]:
    """The products of all layers and what they read; only shapes come out, so that memory is used again."""
    hidden, inner, heads = (
        architecture.hidden, architecture.intermediate, architecture.heads,
    )  # fmt: skip
    rows, size = batch * length, hidden // heads
    random = np.random.default_rng(0)
    feeds = {
        "x": random.standard_normal((rows, hidden), np.float32),
        "wide": random.standard_normal((rows, inner), np.float32),
        "q": random.standard_normal((batch, heads, length, size), np.float32),
        "k": random.standard_normal((batch, heads, size, length), np.float32),
        "p": random.standard_normal((batch, heads, length, length), np.float32),
    }
    dense = [("x", hidden, hidden)] * 4 + [("x", hidden, inner), ("wide", inner, hidden)]
    nodes, weights, outputs = [], [], []
    for layer in range(architecture.layers):
        pairs = [("q", "k"), ("p", "q")]
        for at, (name, rows_of, columns) in enumerate(dense):
            array = random.standard_normal((rows_of, columns), np.float32) / rows_of**0.5
            weights.append(numpy_helper.from_array(array, f"w{layer}_{at}"))
            pairs.append((name, f"w{layer}_{at}"))
        for at, pair in enumerate(pairs):
            made = f"y{layer}_{at}"
            nodes.append(helper.make_node("MatMul", list(pair), [made]))
            nodes.append(helper.make_node("Shape", [made], [f"{made}_shape"]))
            outputs.append(helper.make_tensor_value_info(f"{made}_shape", TensorProto.INT64, None))
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [f"{name}{at}" for at in range(array.ndim)])
        for name, array in feeds.items()
    ]
    graph = helper.make_graph(nodes, "products", inputs, outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), feeds


def gflop(architecture: Architecture, batch: int, length: int) -> float:
    """Of all products of one call, two for each multiplication and addition."""
    hidden, inner = architecture.hidden, architecture.intermediate
    position = 4 * hidden * hidden + 2 * hidden * inner + 2 * length * hidden
    return 2 * batch * length * architecture.layers * position / 1e9


def as_written(path: Path, threads: int) -> onnxruntime.InferenceSession:
    """The fp16 graph at its optimisation level, operator by operator."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def measured(calls: dict[str, Call], rounds: int) -> dict[str, tuple[float, float]]:
    """The fewest seconds, of computing and of the wall clock, in `rounds` turns behind one untimed."""
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    for turn in range(rounds + 1):
        for name, call in calls.items():
            computed, started = time.process_time(), time.perf_counter()
            call()
            if turn:
                spent[name].append((time.process_time() - computed, time.perf_counter() - started))
    return {name: (min(a for a, _ in taken), min(b for _, b in taken)) for name, taken in spent.items()}


def bits_alike(one: list[Any], other: list[Any]) -> bool:
    """Whether two calls gave the very same outputs."""
    return all(a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))


def main() -> int:
    """Measure every shape with every number of threads."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--shapes", default="256x16,8x512", help="batch x length, behind commas")
    parser.add_argument("--threads", default="1", help="numbers behind commas")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    architecture, graph = graphs(asked.layers)
    alike = True
    with tempfile.TemporaryDirectory() as folder:
        wide, narrow = Path(folder) / "fp32.onnx", Path(folder) / "fp16.onnx"
        onnx.save(graph, wide)
        onnx.save(fp16.to_fp16(graph), narrow)
        del graph
        for threads in map(int, asked.threads.split(",")):
            networks = {
                "fp32": load_graph(wide, Precision.FP32, threads),
                "fp16 as written": as_written(narrow, threads),
                "fp16": load_graph(narrow, Precision.FP16, threads),
            }
            for shape in asked.shapes.split(","):
                batch, length = map(int, shape.split("x"))
                alone, feeds = products(architecture, batch, length)
                # The level of fp32, whatever it is for products.
                bare = load_graph(alone.SerializeToString(), Precision.FP32, threads)
                ids = np.random.default_rng(1).integers(0, VOCABULARY, (batch, length))
                given = {
                    "input_ids": ids, "attention_mask": np.ones_like(ids),
                    "token_type_ids": np.zeros_like(ids),
                }  # fmt: skip
                calls: dict[str, Call] = {"products alone": lambda b=bare, f=feeds: b.run(None, f)}
                for name, session in networks.items():
                    calls[name] = lambda s=session, g=given: s.run(None, g)
                same = bits_alike(calls["fp16 as written"](), calls["fp16"]())
                alike = alike and same
                report(measured(calls, asked.rounds), gflop(architecture, batch, length), shape, threads)
                print(f"  outputs of fp16: {'the same bits' if same else 'BITS DIFFER'}", flush=True)
    return 0 if alike else 1


def report(taken: dict[str, tuple[float, float]], work: float, shape: str, threads: int) -> None:
    """A line for each form."""
    print(f"{shape}, {threads} thread(s), {work:.0f} GFLOP a call:")
    computed, clock = taken["products alone"]
    for name, (spent, wall) in taken.items():
        print(
            f"  {name:<16} {work / spent:7.1f} GFLOP/s of computing {100 * computed / spent:6.1f} %   "
            f"{work / wall:7.1f} by the clock {100 * clock / wall:6.1f} %"
        )
    print(f"  target: fp16 at {TARGET_PERCENT} % of the products alone")


if __name__ == "__main__":
    sys.exit(main())
