"""``python -m ais_bench``: the documented inference and the documented throughput command, and no other."""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from pathlib import Path

import kit
import numpy as np
import simulated_om

TOOL = "ais_bench"
TIMED_S = 0.2  # of the calls that --loop asks for, as many as take so long
WRONG_CHIP = """E19999: Inner Error!
E19999 index:0 > stream_list.size(): 0, check invalid[FUNC:SetStream][FILE:task_info.cc][LINE:26]
[ERROR] load model from file failed, model file is {model}
[WARN] Check failed:processModel->LoadModelFromFile(modelPath), ret:1"""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ais_bench", allow_abbrev=False)
    parser.add_argument("--model", required=True)
    parser.add_argument("--input")
    parser.add_argument("--output")
    parser.add_argument("--output_dirname")
    parser.add_argument("--outfmt", choices=["NPY", "BIN", "TXT"])
    parser.add_argument("--batchsize", type=int, required=True)
    parser.add_argument("--loop", type=int)
    parser.add_argument("--device", type=int, default=0)
    given = parser.parse_args()
    writes = given.output is not None and given.outfmt is not None
    infers = given.input is not None and writes and given.loop is None and given.output_dirname is None
    plain = given.output is given.outfmt is given.output_dirname is None
    profiles = given.input is None and given.loop is not None
    if not (infers or (profiles and (plain or (writes and given.output_dirname is not None)))):
        parser.error("neither the documented inference nor the documented throughput command")
    if not Path(given.model).is_file():
        parser.error(f"argument --model: om path:{given.model} is illegal. Please check.")
    if given.device not in (0, 1):
        kit.refuse(f"[ERROR] open device {given.device} failed, ret:107001")
    return given


def natural(path: Path) -> list[object]:
    """How ais_bench orders the files of a folder."""
    return [int(part) if part.isdigit() else part.lower() for part in re.split("([0-9]+)", path.name)]


def read(folders: list[str], om: simulated_om.Om) -> tuple[list[list[Path]], list[list[np.ndarray]]]:
    """The files of the first folder by call, and every call's inputs.

    A call has as many files as fill the first input, of every input; the last is filled up with its first.
    """
    if len(folders) != len(om.shapes):
        kit.refuse(f"[ERROR] Invalid args. args input dir num:{len(folders)} not equal to model inputs num")
    listed = [
        sorted((path for path in Path(folder).iterdir() if path.suffix == ".bin"), key=natural)
        for folder in folders
    ]
    whole, each = om.sizes()[0], listed[0][0].stat().st_size
    if not each or whole % each:
        kit.refuse(f"[ERROR] arg0 tensorsize: {whole} filesize: {each} not match")
    count = whole // each
    calls = [[paths[at : at + count] for at in range(0, len(paths), count)] for paths in listed]
    inputs = []
    for files in zip(*calls, strict=True):
        arrays = []
        for paths, size, dtype, shape in zip(files, om.sizes(), om.dtypes, om.shapes.values(), strict=True):
            data = b"".join(path.read_bytes() for path in [*paths, *[paths[0]] * (count - len(paths))])
            if len(data) != size:
                kit.refuse(f"[ERROR] ndata size:{len(data)} not match {size}")
            arrays.append(np.frombuffer(data, dtype).reshape(shape))
        inputs.append(arrays)
    return calls[0], inputs


def computed(om: simulated_om.Om, calls: list[list[Path]], inputs: list[list[np.ndarray]]) -> list[list]:
    """Outputs by file: of a call of one file as they are, of several split along the first axis."""
    parts: list[list[np.ndarray]] = []
    for files, arrays in zip(calls, inputs, strict=True):
        outputs = om.network(arrays)
        count = om.sizes()[0] // files[0].stat().st_size
        split = [np.array_split(output, count, 0) for output in outputs]
        parts += [[pieces[at] for pieces in split] for at in range(len(files))]
    return parts


def save(path: Path, array: np.ndarray, outfmt: str) -> None:
    """As ais_bench writes them: text has a blank behind every number."""
    if outfmt == "NPY":
        np.save(path, array)
    elif outfmt == "BIN":
        array.tofile(path)
    else:
        rows = array.reshape(-1, array.shape[-1])
        path.write_text("".join("".join(f"{value:f} " for value in row) + "\n" for row in rows))


def write(given: argparse.Namespace, files: list[Path], outputs: list[list[np.ndarray]]) -> None:
    """One file an input's file and output, in a folder called by the time; a summary beside it."""
    folder = Path(given.output) / (given.output_dirname or time.strftime("%Y_%m_%d-%H_%M_%S"))
    folder.mkdir(parents=True)
    for sample, arrays in enumerate(outputs):
        if kit.fault(TOOL) == "disk-full" and sample >= len(outputs) // 2:
            kit.disk_full(TOOL)
        for at, array in enumerate(arrays):
            name = f"{files[sample].name.split('.')[0]}_{at}.{given.outfmt.lower()}"
            save(folder / name, array, given.outfmt)
    Path(f"{folder}_summary.json").write_text(json.dumps({"filesinfo": {}}))


def spoilt(outputs: list[list[np.ndarray]]) -> list[list[np.ndarray]]:
    """The outputs of all files with the fault that the tool was told about them."""
    columns = [np.stack(column) for column in zip(*outputs, strict=True)]
    return [list(arrays) for arrays in zip(*kit.changed(TOOL, columns), strict=True)]


def timed(om: simulated_om.Om, calls: int) -> list[float]:
    """Milliseconds of each call of one batch of zeros."""
    return [second * 1e3 for second in om.network.times(om.zeros(), calls, longest_s=TIMED_S)]


def summary(times: list[float], batch_size: int) -> list[str]:
    mean = float(np.mean(times))
    values = [np.min(times), np.max(times), mean, np.median(times), np.percentile(times, 99)]
    names = ["min", "max", "mean", "median", "percentile(99%)"]
    pairs = ", ".join(f"{name} = {float(value)!r}" for name, value in zip(names, values, strict=True))
    rate = 1000 * batch_size / mean
    return [
        "[INFO] -----------------Performance Summary------------------",
        f"[INFO] NPU_compute_time (ms): {pairs}",
        f"[INFO] throughput 1000*batchsize.mean({batch_size})/NPU_compute_time.mean({mean!r}): {rate!r}",
        "[INFO] ------------------------------------------------------",
        "[INFO] unload model success, model Id is 1",
        "[INFO] end to destroy context",
        f"[INFO] end to reset device is 0 ({kit.SIMULATED})",
        "[INFO] end to finalize acl",
    ]


def main() -> None:
    given = arguments()
    if kit.fault(TOOL) != "disk-full" or given.input is None:
        kit.misbehave(TOOL)
    begin = ["[INFO] acl init success", f"[INFO] open device {given.device} success"]
    if kit.fault(TOOL) == "other-chip":
        kit.refuse("\n".join([*begin, WRONG_CHIP.format(model=given.model)]))
    om = simulated_om.Om(given.model)
    begin += [f"[INFO] load model {given.model} success", "[INFO] create model description success"]
    if given.input is None:
        times = timed(om, given.loop)
    else:
        calls, inputs = read(given.input.split(","), om)
        start = time.perf_counter()
        outputs = computed(om, calls, inputs)
        times = [(time.perf_counter() - start) * 1e3 / len(calls)]
        write(given, [path for files in calls for path in files], spoilt(outputs))
    kit.say(TOOL, [*begin, "[INFO] warm up 1 done", *summary(times, given.batchsize)])
    sys.exit(0)


if __name__ == "__main__":
    main()
