"""What every worker does with a model that its SDK has opened: run all samples, or time one batch.

A job is a JSON file:

    model          the artifact's file, or the prefix of its files
    device         the card's number
    batch_size     samples of a call
    inputs         [{"file": "0.npy", "name": ..., "dtype": ..., "axis": 0}, ...], samples [n, ...] in each;
                   `axis` is where the model has them, null where all samples of a call share the input
    outputs        where to write each output, [n, ...] as float32
    output_axes    where the model has the samples of each output; null: an output is of a whole call
    pace           null to run all samples, else how long the first batch is timed (see `timed`)
    result         where to write what the worker has to tell, as JSON

Python 3.7, numpy and the standard library: see the package.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any, Callable, Sequence

import numpy as np

Call = Callable[[Sequence[Any]], Sequence[Any]]


def main(open_model: Callable[[dict[str, Any]], tuple[Call, Any]]) -> None:
    """Do the job that the command line names; `open_model(job)` gives a call and the model's contract.

    The call takes a batch as the model lays it out, a list of arrays, and returns such a list. The contract
    is a pair of lists of ``[name, dtype, shape]``, or None where the SDK does not tell.
    """
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    inputs = [read(item["file"]).astype(item["dtype"]) for item in job["inputs"]]
    start = time.perf_counter()
    call, contract = open_model(job)
    told = {"load_s": time.perf_counter() - start, "contract": contract, "python": sys.version.split()[0]}
    told.update(job.get("told", {}))  # what `open_model` wrote there
    size, axes = job["batch_size"], [item["axis"] for item in job["inputs"]]
    if job["pace"] is None:
        outputs = all_samples(call, inputs, size, axes, job["output_axes"])
        for array, path in zip(outputs, job["outputs"]):
            np.save(path, np.ascontiguousarray(array, dtype=np.float32))
    else:
        batch = laid_out([array[:size] for array in inputs], axes)
        told.update(timed(lambda: call(batch), job["pace"]))
    Path(job["result"]).write_text(json.dumps(told), encoding="utf-8")


def read(path: str) -> Any:
    """The samples in one of the job's files; what else it is ends the worker with a sentence."""
    try:
        with Path(path).open("rb") as stream:
            return np.lib.format.read_array(stream, allow_pickle=False)
    except Exception as problem:  # an archive, a cut file, no file: numpy raises anything
        raise SystemExit(f"{path}: cannot be read as an npy file: {problem!r}") from problem


def all_samples(
    call: Call, inputs: Sequence[Any], size: int, axes: Sequence[Any], output_axes: Sequence[Any]
) -> list[Any]:
    """Outputs ``[n, ...]`` of every sample; a last partial batch is filled up with its first sample."""
    parts = []
    for at in range(0, len(inputs[0]), size):
        batch = [array[at : at + size] for array in inputs]
        count = len(batch[0])
        if count < size:
            batch = [np.concatenate([part, np.repeat(part[:1], size - count, 0)]) for part in batch]
        outputs = call(laid_out(batch, axes))
        if len(outputs) != len(output_axes):
            raise SystemExit(f"the model has {len(outputs)} outputs, expected {len(output_axes)}")
        parts.append([rows(np.asarray(o), axis, size)[:count] for o, axis in zip(outputs, output_axes)])
    return [np.concatenate(columns) for columns in zip(*parts)]


def laid_out(batch: Sequence[Any], axes: Sequence[Any]) -> list[Any]:
    """Arrays ``[batch, ...]`` as the model takes them; of what all samples share, the first one's."""
    moved = [part[0] if axis is None else np.moveaxis(part, 0, axis) for part, axis in zip(batch, axes)]
    return [np.asarray(part, order="C") for part in moved]  # a scalar stays one


def rows(output: Any, axis: Any, size: int) -> Any:
    """A copy of an output with its samples along the first axis."""
    if axis is None and size == 1:
        return output[None].copy()
    if axis is None:
        raise SystemExit(f"an output has no axis of the batch, and the batch is of {size} samples")
    if output.ndim <= axis or output.shape[axis] != size:
        wanted = ", ".join([":"] * axis + [str(size), "..."])
        raise SystemExit(f"an output has shape {list(output.shape)}, expected [{wanted}]")
    return np.moveaxis(output, axis, 0).copy()


def timed(call: Callable[[], object], pace: dict[str, Any]) -> dict[str, Any]:
    """Calls before the clock starts, then calls under it, each in nanoseconds.

    Until `timed_s` have passed and `fewest_calls` are done, but no more than `most_calls` and no longer
    than `longest_s`. The warm-up ends by the rule of `harness.setting.plans.WarmUpRule`, whose
    fields are `warm_up`.
    """
    first, warm_up = warmed_up(call, pace["warm_up"])
    latencies = []
    begin = time.perf_counter_ns()
    while True:
        start = time.perf_counter_ns()
        call()
        end = time.perf_counter_ns()
        latencies.append(end - start)
        passed, done = (end - begin) / 1e9, len(latencies)
        if (passed >= pace["timed_s"] and done >= pace["fewest_calls"]) or done >= pace["most_calls"]:
            break
        if passed >= pace["longest_s"]:
            break
    return {"latencies_ns": latencies, "first_call_ns": first, "warm_up": warm_up}


def warmed_up(call: Callable[[], object], rule: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Call until a window's median is no faster than the last one's; the first call's time, and the rest."""

    def once() -> int:
        start = time.perf_counter_ns()
        call()
        return time.perf_counter_ns() - start

    first = once()
    spent, calls, ended = first, 1, ""
    medians: list[float] = []
    window: list[int] = []
    while not ended:
        if spent >= rule["longest_s"] * 1e9:
            ended = "longest time of a warm-up"
        elif calls >= rule["most_calls"]:
            ended = "most calls of a warm-up"
        else:
            window.append(once())
            spent, calls = spent + window[-1], calls + 1
            if len(window) >= rule["calls"] and sum(window) >= rule["window_s"] * 1e9:
                medians.append(statistics.median(window))
                window = []
                if len(medians) > 1 and medians[-1] >= medians[-2] * (1 - rule["tolerance"]):
                    ended = "settled"
    told = {
        "calls": calls, "seconds": spent / 1e9, "settled": ended == "settled", "ended": ended,
        "window_medians_ns": medians[-20:],
    }  # fmt: skip
    return first, told
