"""A session whose calls are made by a worker script (`workers/`) in the vendor's own interpreter."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.decoding import Undecodable, json_object
from harness.domain.cases import Case
from harness.errors import MachineError
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
    model: str,
    device: int,
    inputs: Sequence[str],
    outputs: Sequence[str],
    result: str,
    pace: Mapping[str, Any] | None,
    more: Mapping[str, Any],
) -> dict[str, Any]:
    """A job of `workers/loop.py`, JSON; `inputs` are the files of the model's inputs, in order."""
    described = [
        {"file": path, "name": item.name, "dtype": item.dtype, "role": item.role}
        for item, path in zip(case.model.inputs, inputs, strict=True)
    ]
    return {
        "model": model,
        "device": device,
        "batch_size": case.batch_size,
        "inputs": described,
        "outputs": list(outputs),
        "output_names": [item.name for item in case.model.outputs],
        "pace": pace,
        "result": result,
        **more,
    }


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

    def run_all(self, inputs: Sequence[npt.NDArray[np.integer]]) -> list[npt.NDArray[np.floating]]:
        """All samples ``[samples, length]`` in one process, batch by batch."""
        from harness import arrays

        with self._place.scratch("worker") as folder:
            outputs = [folder / f"output-{at}.npy" for at in range(len(self._case.model.outputs))]
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
        told = None if self._told is None else self._told.get("contract")
        if told is None:
            return None
        inputs, outputs = ([(name, dtype, tuple(shape)) for name, dtype, shape in items] for items in told)
        return inputs, outputs

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
        for item, array in zip(self._case.model.inputs, inputs, strict=True):
            path = folder / f"input-{item.role}.npy"
            np.save(path, array)
            files.append(str(path))
        told_in = folder / "result.json"
        job = make_job(
            self._case, model=str(self._model), device=self._place.device, inputs=files,
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
