"""`vamc`: a traced module and the documented YAML to a three-file set, which holds the module as it is.

``ZOOCHECK_SIMULATED_INPUTS`` (3 or 6) says which compiler this is: before 1.5, or from it on (the default).
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import kit
import numpy as np
import yaml
from traced import Traced

TOOL = "vamc"
VARIABLE = "ZOOCHECK_SIMULATED_INPUTS"
# What the documented YAML holds: a type, or the values that are taken.
DOCUMENTED: dict[str, Any] = {
    "name": str,
    "frontend": {"checkpoint": str, "shape": dict, "type": {"pytorch"}, "dtype": {"int64"}},
    "dataset": {"type": {"tvm"}, "path": str, "sampler": {"suffix": {"NPZ"}, "get_data_num": int}},
    "backend": {
        "type": {"tvm_vacc"},
        "dtype": {"fp16", "int8"},
        "compile": {"cluster_mode": {0}},
        "quantize": {
            "calibrate_mode": {"max"},
            "quantize_per_channel": {False},
            "overflow_adaptive": {1},
            "calibrate_range": {0.99999},
        },
    },
    "workspace": {"path": str},
}


def check(found: Any, wanted: Any, path: str) -> None:
    """Refuse a key that is missing or unknown, and a value that is not documented."""
    if isinstance(wanted, dict):
        if not isinstance(found, dict) or set(found) != set(wanted):
            kit.refuse(f"[ERROR] config: {path or 'file'}: expected the keys {sorted(wanted)}, found {found}")
        for key in wanted:
            check(found[key], wanted[key], f"{path}.{key}".strip("."))
    elif isinstance(wanted, set):
        if found not in wanted:
            kit.refuse(f"[ERROR] config: {path}: {found!r} is not supported: {wanted}")
    elif not isinstance(found, wanted):
        kit.refuse(f"[ERROR] config: {path}: expected {wanted.__name__}, found {found!r}")


def calibration(config: dict[str, Any]) -> list[dict[str, np.ndarray]]:
    """The samples that the YAML names, each with every input in its shape."""
    shape, sampler = config["frontend"]["shape"], config["dataset"]["sampler"]
    files = sorted(Path(config["dataset"]["path"]).glob("*.npz"))[: sampler["get_data_num"]]
    if not files:
        kit.refuse(f"[ERROR] dataset: no npz file in {config['dataset']['path']}")
    samples = [dict(np.load(file)) for file in files]
    for file, sample in zip(files, samples, strict=True):
        if {name: list(array.shape) for name, array in sample.items()} != shape:
            kit.refuse(f"[ERROR] dataset: {file.name} does not hold {shape}")
    return samples


def main() -> None:
    if sys.argv[1:] == ["--version"]:
        print(f"vamc 3.4.3 ({kit.SIMULATED})")
        return
    if len(sys.argv) != 3 or sys.argv[1] != "compile":
        kit.refuse("usage: vamc compile CONFIG\nvamc: error: invalid arguments", 2)
    kit.misbehave(TOOL)
    config = yaml.safe_load(Path(sys.argv[2]).read_text(encoding="utf-8"))
    check(config, DOCUMENTED, "")
    samples = calibration(config)
    module = Traced(config["frontend"]["checkpoint"])
    names = list(config["frontend"]["shape"])
    module([samples[0][name] for name in names])
    prefix = Path(config["workspace"]["path"]) / config["name"] / "mod"
    prefix.parent.mkdir(parents=True)
    about = {
        "simulated": kit.SIMULATED,
        "input_count": int(os.environ.get(VARIABLE, "6")),
        "names": names,
        "length": next(iter(config["frontend"]["shape"].values()))[1],
        "dtype": config["backend"]["dtype"],
        "calibrated_on": len(samples),
    }
    prefix.with_suffix(".json").write_text(json.dumps(about), encoding="utf-8")
    prefix.with_suffix(".so").write_bytes(module.content)
    if kit.fault(TOOL) != "fewer-outputs":
        prefix.with_suffix(".params").write_bytes(kit.SIMULATED.encode())
    kit.say(TOOL, [f"[INFO] {step} done" for step in ("frontend", "quantize", "compile", "save")])


main()
