"""An imitation of trtexec 8 and 10: builds an "engine" of the graph, runs it, prints what the real one does.

``ZOOCHECK_SIMULATED_TENSORRT`` is its version. The lines are those of the logs recorded in
tests/tools/parsers/recordings.py; a command line other than the documented one is refused, the flags that the
other version has among them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import kit
import networks
import numpy as np

TOOL = "trtexec"
VERSION = os.environ.get("ZOOCHECK_SIMULATED_TENSORRT", "10.16.1")
HEADER = b"an engine of trtexec, zoocheck-simulated\n"
STAMP = "[11/21/2026-14:00:00]"
DEVICE = "NVIDIA L4" if kit.fault(TOOL) == "other-chip" else "Tesla T4"
KNOWN = {
    "--onnx": True,
    "--saveEngine": True,
    "--shapes": True,
    "--threads": False,
    "--fp16": False,
    "--device": True,
}
CALLS = 10  # the real one: at least as many, for at least 3 s
STAGES = ("Latency", "Enqueue Time", "H2D Latency", "GPU Compute Time", "D2H Latency")
MOVED = ("H2D Latency", "D2H Latency")  # no transfer: a call's latency is its computing


def number() -> str:
    """``101601`` for 10.16.1, ``8403`` for 8.4.3."""
    major, minor, patch = (int(part) for part in VERSION.split("."))
    return f"{major}{minor:02}{patch:02}" if major >= 10 else f"{major}{minor}{patch:02}"


def title(word: str) -> str:
    return f"&&&& {word} TensorRT.trtexec [TensorRT v{number()}] [{kit.SIMULATED}] # trtexec " + " ".join(
        sys.argv[1:]
    )


def info(text: str, level: str = "I") -> str:
    return f"{STAMP} [{level}] {text}"


def fail(*errors: str) -> None:
    kit.refuse("\n".join([*(info(text, "E") for text in errors), title("FAILED")]), status=1)


def options(arguments: Sequence[str]) -> dict[str, str]:
    """What the command line says; what this version does not know is refused as the real one does."""
    workspace = "--memPoolSize" if int(VERSION.partition(".")[0]) >= 10 else "--workspace"
    known = {**KNOWN, workspace: True}
    found = {}
    for argument in arguments:
        name, _, value = argument.partition("=")
        if name not in known or bool(value) != known[name]:
            fail(f"Unknown option: {name} {value}")
        found[name] = value
    if found.get(workspace) != ("workspace:5000" if workspace == "--memPoolSize" else "5000"):
        fail(f"{workspace}={found.get(workspace)}: the imitation takes the documented 5000 alone")
    if "--threads" not in found or "--onnx" not in found:
        fail("the imitation takes --onnx and --threads, as documented")
    return found


def shapes_of(network: networks.Graph, asked: dict[str, str]) -> dict[str, list[int]]:
    """The graph's own; of inputs with open sizes those asked for. As the real one for a static model."""
    given = {}
    for part in filter(None, asked.get("--shapes", "").split(",")):
        name, _, sizes = part.rpartition(":")
        given[name] = [int(size) for size in sizes.split("x")]
    is_open = {item.name for item in network.inputs if any(not isinstance(size, int) for size in item.shape)}
    if given and not is_open:
        fail("Static model does not take explicit shapes since the shape of inference tensors will be")
    if set(given) != is_open:
        fail(f"Missing dynamic batch size in inputs: {sorted(is_open ^ set(given))}")
    return {item.name: given.get(item.name, list(item.shape)) for item in network.inputs}


def times(network: networks.Graph, shapes: Sequence[Sequence[int]]) -> list[float]:
    """Milliseconds of each call on one batch of ones."""
    batch = [np.ones(shape, networks.dtype(item)) for item, shape in zip(network.inputs, shapes, strict=True)]
    return [second * 1e3 for second in network.times(batch, CALLS)]


def statistics(name: str, values: Sequence[float]) -> str:
    described = {"min": min(values), "max": max(values), "mean": np.mean(values), "median": np.median(values)}
    percentiles = {f"percentile({at}%)": np.percentile(values, at) for at in (90, 95, 99)}
    pairs = ", ".join(f"{key} = {value:.6g} ms" for key, value in {**described, **percentiles}.items())
    return info(f"{name}: {pairs}")


def before(asked: dict[str, str]) -> Iterator[str]:
    yield info("TF32 is enabled by default. Add --noTF32 flag to further improve accuracy.")
    yield info("=== Model Options ===")
    yield info("Format: ONNX")
    yield info(f"Model: {asked['--onnx']}")
    yield info("=== Build Options ===")
    yield info(f"Precision: {'FP32+FP16' if '--fp16' in asked else 'FP32'}")
    yield info(f"Save engine: {asked.get('--saveEngine', '')}")
    yield info("=== Inference Options ===")
    yield info("Batch: Explicit")
    yield info("Input inference shapes: model")
    yield info("=== Device Information ===")
    yield info(f"Selected Device: {DEVICE}")
    yield info(f"TensorRT version: {VERSION}")


def bindings(network: networks.Graph, shapes: dict[str, list[int]]) -> Iterator[str]:
    """As trtexec lists its inputs from 8.0 on; the older one lists none."""
    for item in network.inputs:
        listed = "x".join(map(str, shapes[item.name]))
        kind = {"float32": "fp32", "float16": "fp16"}.get(
            str(networks.dtype(item)), str(networks.dtype(item))
        )
        yield info(f"Input binding for {item.name} with dimensions {listed} and type {kind} is created.")


def summary(taken: Sequence[float]) -> Iterator[str]:
    walltime = sum(taken) / 1e3
    yield info("=== Performance summary ===")
    yield info(f"Throughput: {len(taken) / walltime:.6g} qps")
    for name in STAGES:
        yield statistics(name, [0.0] * len(taken) if name in MOVED else taken)
    yield info(f"Total Host Walltime: {walltime:.6g} s")
    yield info(f"Total GPU Compute Time: {walltime:.6g} s")
    yield info("Explanations of the performance metrics are printed in the verbose logs.")
    yield title("PASSED")


def main() -> None:
    """Build, keep the engine where that is asked for, time it."""
    print(title("RUNNING"), flush=True)
    if sys.argv[1:] == ["--help"]:
        kit.misbehave(TOOL)
        print("=== Model Options ===\n  --onnx=<file>               ONNX model")
        return
    asked = options(sys.argv[1:])
    kit.misbehave(TOOL)
    path = Path(asked["--onnx"])
    if not path.is_file():
        fail(f"Could not open file {path}", "Failed to parse onnx file", "Engine set up failed")
    if "--device" in asked and asked["--device"] != "0":
        fail(f"Cannot find device ID {asked['--device']}")
    if "--saveEngine" in asked and kit.fault(TOOL) != "fewer-outputs":  # then: no engine at all
        Path(asked["--saveEngine"]).write_bytes(HEADER + path.read_bytes())
    network = networks.Graph(path)
    shapes = shapes_of(network, asked)
    taken = times(network, list(shapes.values()))
    kit.say(TOOL, [*before(asked), *bindings(network, shapes), *summary(taken)])


if __name__ == "__main__":
    main()
