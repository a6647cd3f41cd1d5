"""`vamp`: the documented benchmark of a three-file set; times a few batches, prints as if it ran all."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import kit
import numpy as np
from traced import Traced

TOOL = "vamp"
FLAGS = ("-m", "--shape", "--vdsp_params", "--batch_size", "--instance", "--processes", "--device_id")
SAMPLES = 1024  # its default


def options() -> dict[str, str]:
    """Every documented flag with its value; refuses every other command line."""
    arguments = sys.argv[1:]
    pairs = dict(zip(arguments[::2], arguments[1::2], strict=False))
    unknown = [flag for flag in pairs if flag not in FLAGS]
    if len(arguments) % 2 or unknown or len(pairs) * 2 != len(arguments):
        kit.refuse(f"undefined option: {' '.join(unknown or arguments)}\nusage: vamp [options] ...")
    missing = [flag for flag in FLAGS if flag not in pairs]
    if missing:
        kit.refuse(f"need option: {' '.join(missing)}\nusage: vamp [options] ...")
    if (pairs["--instance"], pairs["--processes"]) != ("1", "1"):
        kit.refuse("this imitation has one instance in one process")
    return pairs


def main() -> None:
    if sys.argv[1:] == ["--version"]:
        print(f"vamp 2.5.2 ({kit.SIMULATED})")
        return
    told = options()
    kit.misbehave(TOOL)
    about = json.loads(Path(f"{told['-m']}.json").read_text(encoding="utf-8"))
    if json.loads(Path(told["--vdsp_params"]).read_text(encoding="utf-8")) != {"OpType": "BERT_EMBEDDING_OP"}:
        kit.refuse("vdsp_params: unsupported operator")
    shapes = json.loads(told["--shape"])
    if shapes != [[1, about["length"]]] * about["input_count"]:
        kit.refuse(
            f"shape: the model has {about['input_count']} inputs [1,{about['length']}], given {shapes}"
        )
    size = int(told["--batch_size"])
    module = Traced(f"{told['-m']}.so")
    arrays = [np.ones((1, about["length"]), np.int64)] * len(about["names"])
    second = module.seconds(arrays)
    total = second * SAMPLES
    micro = round(second * 1e6 * size)
    kit.say(TOOL, lines(about, told, size, total, micro))


def lines(about: dict, told: dict[str, str], size: int, total: float, micro: int) -> list[str]:
    """The summary, as version 2 prints it."""
    count = about["input_count"]
    return [
        f"[max_batch_size_]: {max(size, 8)}",
        f"[input_count]: {count}",
        *[f"input[{number}]: [1,{about['length']}], dtype:i4" for number in range(count)],
        "[output_count]: 1",
        "",
        "*** number of instances in each device:1 ****",
        f"number of samples in each process: {SAMPLES}",
        "number of process:1",
        "",
        "- number of instances in each device: 1",
        f"devices: [{told['--device_id']}]",
        f"batch size: {size}",
        f"samples: {SAMPLES}",
        f"forwad time (s): {total:.6g}",
        f"throughput (qps): {SAMPLES / total:.6g}",
        "ai utilize (%): 94.7627",
        "die memory used (MB): 1356.75",
        "e2e latency (us):",
        *[f"    {name} latency: {micro}" for name in ("avg", "min", "max", "p50", "p90", "p95", "p99")],
        "model latency (us):",
        *[f"    {name} latency: {micro}" for name in ("avg", "min", "max")],
    ]


main()
