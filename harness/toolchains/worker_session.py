"""A session whose calls are made by a worker script (`workers/`) in the vendor's own interpreter."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.decoding import Undecodable, json_object
from harness.domain.cases import Case
from harness.domain.graphs import BATCH
from harness.domain.models import Model
from harness.errors import MachineError
from harness.models.graphs.originals import outputs_of
from harness.setting.plans import plan_for
from harness.toolchains.base import Contract, Latencies
from harness.tools.process import Stage

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from harness.toolchains.place import Place

WORKERS = Path(__file__).resolve().parent / "workers"
_OF_THE_JOB = frozenset(
    {"contract", "latencies_ns", "warm_up", "first_call_ns"}
)  # kept elsewhere in a result
CLOCK = "time.perf_counter_ns beside the SDK, in a process of its own"


def make_job(
    case: Case,
    *,
    model_file: str,
    device: int,
    inputs: Sequence[str],
    outputs: Sequence[str],
    result: str,
    pace: Mapping[str, Any] | None,
    more: Mapping[str, Any],
) -> dict[str, Any]:
    """A job of `workers/loop.py`, JSON; `inputs` are the files of the model's inputs, in order."""
    model = case.model
    described = [
        {"file": path, "name": item.name, "dtype": item.dtype, "axis": _axis(item.shape)}
        for item, path in zip(model.fed, inputs, strict=True)
    ]
    given = outputs_of(model)
    return {
        "model": model_file,
        "device": device,
        "batch_size": case.batch_size,
        "inputs": described,
        "outputs": list(outputs),
        "output_names": [item.name for item in given],
        "output_axes": [_axis(item.shape) for item in given],
        "pace": pace,
        "result": result,
        **more,
    }


def _axis(shape: Sequence[str | int]) -> int | None:
    """Where samples lie; None where a call has one for all of them."""
    return list(shape).index(BATCH) if BATCH in shape else None


def input_file(model: Model, at: int) -> str:
    """What the file of input number `at` is called: by its role, and of a graph, whose names may be anything,
    by its number.
    """
    return f"{at if model.graph is not None else model.inputs[at].role}.npy"


def widened(case: Case, declared: tuple[Contract, Contract]) -> tuple[Contract, Contract]:
    """The contract of a runtime that knows no 64-bit integers: its int32 is int64 where the table says so."""
    wide = {item.name for item in (*case.model.fed, *outputs_of(case.model)) if item.dtype == "int64"}
    inputs, outputs = (
        [(n, "int64" if dtype == "int32" and n in wide else dtype, shape) for n, dtype, shape in side]
        for side in declared
    )
    return inputs, outputs


def declared_by(told: Mapping[str, Any]) -> tuple[Contract, Contract] | None:
    """What a worker's result says of its model's inputs and outputs; None where the SDK does not tell."""
    contract = told.get("contract")
    if contract is None:
        return None
    inputs, outputs = ([(name, dtype, tuple(shape)) for name, dtype, shape in items] for items in contract)
    return inputs, outputs


class WorkerSession:
    """An artifact opened anew by `worker` in each process; `more` goes into every job.

    `model` is what the SDK opens. Every call raises as `Place.run`; `MachineError` too for a worker that ends
    well and leaves something else than it has to.
    """

    def __init__(
        self, case: Case, place: Place, worker: str, model: Path, more: Mapping[str, Any] | None = None
    ) -> None:
        self._case = case
        self._place = place
        self._worker = WORKERS / f"{worker}.py"
        self._model = model
        self._more = dict(more or {})
        self._told: Mapping[str, Any] | None = None

    def run(self, inputs: Sequence[npt.NDArray[np.integer]]) -> list[npt.NDArray[np.floating]]:
        """One batch, in a process of its own."""
        return self.run_all(inputs)

    def run_all(self, inputs: Sequence[npt.NDArray[Any]]) -> list[npt.NDArray[np.floating]]:
        """All samples ``[samples, ...]`` in one process, batch by batch."""
        from harness import arrays

        with self._place.scratch("worker") as folder:
            outputs = [folder / f"output-{at}.npy" for at in range(len(outputs_of(self._case.model)))]
            self._work(inputs, folder, outputs, pace=None, stage=Stage.INFERENCE)
            try:
                return [arrays.npy(path, dtype="float32") for path in outputs]
            except arrays.BadArray as problem:
                raise MachineError(
                    f"{self._case.id}: {self._worker.name} ended with status 0, but "
                    f"its outputs cannot be read: {problem}"
                ) from problem

    def time_batch(self, inputs: Sequence[npt.NDArray[np.integer]]) -> Latencies:
        """Calls of one batch, timed beside the SDK."""
        plan = plan_for(self._place.stamp, self._case.batch_size)
        pace = {
            "warm_up": dataclasses.asdict(plan.warm_up),
            "timed_s": plan.timed_s,
            "fewest_calls": plan.calls,
            "most_calls": plan.most_calls,
            "longest_s": plan.longest_s,
        }
        with self._place.scratch("worker") as folder:
            told = self._work(inputs, folder, [], pace=pace, stage=Stage.PROFILE)
        try:
            return Latencies(
                latencies_ns=[int(value) for value in told["latencies_ns"]],
                warm_up_calls=int(told["warm_up"]["calls"]),
                clock=CLOCK,
                facts={"warm_up": told["warm_up"], "first_call_ns": told["first_call_ns"]},
            )
        except (KeyError, TypeError, ValueError) as problem:
            raise MachineError(
                f"{self._case.id}: {self._worker.name} ended with status 0, but "
                f"its result holds no latencies: {problem}"
            ) from problem

    def told(self) -> Mapping[str, Any]:
        """What the worker said of itself when it was last run: its Python, seconds to load, and more."""
        return {name: said for name, said in (self._told or {}).items() if name not in _OF_THE_JOB}

    def contract(self) -> tuple[Contract, Contract] | None:
        """What the SDK said when the model was last opened; None before that, and where it does not tell."""
        return None if self._told is None else declared_by(self._told)

    def _work(
        self,
        inputs: Sequence[npt.NDArray[np.integer]],
        folder: Path,
        outputs: Sequence[Path],
        *,
        pace: Mapping[str, Any] | None,
        stage: Stage,
    ) -> Mapping[str, Any]:
        import numpy as np

        files = []
        for at, array in enumerate(inputs):
            path = folder / f"input-{input_file(self._case.model, at)}"
            np.save(path, array)
            files.append(str(path))
        told_in = folder / "result.json"
        job = make_job(
            self._case, model_file=str(self._model), device=self._place.device, inputs=files,
            outputs=[str(path) for path in outputs], result=str(told_in), pace=pace, more=self._more,
        )  # fmt: skip
        written = folder / "job.json"
        written.write_text(json.dumps(job), encoding="utf-8")
        argv = [self._place.toolchain.python, str(self._worker), str(written)]
        self._place.run(self._place.command(argv, stage=stage, cwd=folder))
        try:
            told = json_object(told_in.read_bytes())
        except (OSError, Undecodable) as problem:
            raise MachineError(
                f"{self._case.id}: {self._worker.name} ended with status 0, but "
                f"its result cannot be read: {problem}"
            ) from problem
        self._told = told
        return told
