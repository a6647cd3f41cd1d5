"""`mm_run`: the documented benchmark. It times a few batches and prints as if it had run all iterations."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import kit
import networks
import numpy as np
from traced import Traced

TOOL = "mm_run"
FLAGS = ("--magicmind_model", "--devices", "--threads", "--iterations", "--batch_size")


def options() -> dict[str, list[str]]:
    """Every documented flag with its values; refuses every other command line."""
    found: dict[str, list[str]] = {}
    flag = ""
    for argument in sys.argv[1:]:
        if argument.startswith("--"):
            flag = argument
            if flag not in FLAGS or flag in found:
                kit.refuse(f"[MMERROR]  Unknown or repeated argument: {flag}")
            found[flag] = []
        elif not flag:
            kit.refuse(f"[MMERROR]  Unknown argument: {argument}")
        else:
            found[flag].append(argument)
    missing = [name for name in FLAGS if not found.get(name) and name != "--batch_size"]
    if missing:
        kit.refuse(f"[MMERROR]  {missing[0]} is needed")
    return found


def shapes_of(said: dict, sizes: list[str]) -> list[list[int]]:
    """The inputs of a call: a model of one shape is told no batch size, a mutable one one an input."""
    mutable = any(size < 0 for dims in said["inputs"] for size in dims)
    wanted = len(said["inputs"]) if mutable else 0
    if len(sizes) != wanted:
        kit.refuse(f"[MMERROR]  {wanted} batch sizes expected, found {len(sizes)}")
    return [[int(sizes[at]) if size < 0 else size for size in dims] for at, dims in enumerate(said["inputs"])]


def percentiles(value: float) -> str:
    """A stage's line behind its name, every statistic the same."""
    parts = ["min", "max", "mean", "median"]
    return "  ".join(f"{name}: {value:.6g}" for name in parts) + (
        f"  percentile: (90%) {value:.6g}  (95%) {value:.6g}  (99%) {value:.6g}"
    )


def main() -> None:
    told = options()
    kit.misbehave(TOOL)
    [path] = told["--magicmind_model"]
    about, _, content = Path(path).read_bytes().partition(b"\n")
    said = json.loads(about)
    shapes, iterations = shapes_of(said, told.get("--batch_size", [])), int(told["--iterations"][0])
    module = networks.Graph(content) if said["graph"] else Traced(content)
    second = module.seconds([np.ones(shape, np.int64) for shape in shapes])
    size = shapes[0][0] if shapes[0] else 1  # the first axis of the first input, as the real one counts
    wall = second * iterations
    kit.say(
        TOOL,
        [
            "==================== Parameter Information",
            f"magicmind model file: {path}",
            "input dims type: 0",
            "input 0:",
            *[f"  input[{at}] dim: {shape}" for at, shape in enumerate(shapes)],
            f"iterations: {iterations}",
            "duration: 0",
            "warm_up: 200",
            f"thread_num: {told['--threads'][0]}",
            f"devices: {told['--devices'][0]} ",
            f"[MMINFO]  CreateModel time is 24 ms ({kit.SIMULATED})",
            "==================== Device Utilization Summary",
            f"dev{told['--devices'][0]}_chip_util(%):            min: 52  max: 85  mean: 82.55  median: 84",
            "==================== Performance Summary",
            f"Iterations:                   {iterations}",
            f"Host Wall Time (s):           {wall:.6g}",
            f"MLU Compute Time (s):         {wall:.6g}",
            f"Throughput (qps):             {iterations * size / wall:.6g}",
            f"H2D Latency (ms):             {percentiles(0.06)}",
            f"MLU Compute Latency (ms):     {percentiles(second * 1e3)}",
            f"D2H Latency (ms):             {percentiles(0.04)}",
        ],
    )


main()
