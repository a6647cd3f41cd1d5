"""The process that LoadGen runs in: `python -m harness.timing.loadgen.child JOB`, as `harness.timing.child`.

The job's arrays are all samples of the data set. LoadGen's library is C++ that ends its process on a setting
it does not like; here that ends nothing else.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from harness.errors import BadOutput
from harness.machine.fingerprint import affinity
from harness.machine.watch import Watch
from harness.setting.plans import plan_for
from harness.setting.scenarios import Scenario
from harness.timing import calls, child
from harness.timing.loadgen.plan import LoadPlan, Mode, apply, loadgen_name
from harness.timing.loadgen.system import BatchingSystem, System

Array = npt.NDArray[Any]


def main() -> None:
    """Run the job's scenario."""
    child.answer(ran)


def ran(job: Mapping[str, Any]) -> dict[str, Any]:
    """Open the artifact, warm it up, let LoadGen ask. Raises as `child.opened`, and `UsageError`."""
    import mlperf_loadgen

    plan = LoadPlan.from_job(job["plan"])
    ready = child.opened(job)
    child.without_collector()
    size = ready.case.batch_size
    first = [
        np.ascontiguousarray(np.resize(array[:size], (size, *array.shape[1:]))) for array in ready.inputs
    ]
    call: Callable[[], object] = partial(ready.session.run, first)
    warm = calls.warm_up(call, plan_for(ready.stamp, size).warm_up)
    failed = partial(_failed, job)
    with Watch(card=job["card"]) as watch:
        system = test(
            mlperf_loadgen,
            plan,
            ready.session.run,
            ready.inputs,
            Path(job["logs"]),
            warm.pace_ns / 1e9,
            failed,
        )
    if system.issued != system.answered:
        raise BadOutput(
            f"{ready.case.id}: LoadGen issued {system.issued} samples and got {system.answered} answers"
        )
    return {
        "facts": {
            "warm_up": warm.recorded(), "first_call_ns": warm.first_ns, "affinity": affinity(),
            "energy": watch.energy(system.answered), **watch.facts, **ready.facts(ready.told()),
        },
        "system": system.told(),
    }  # fmt: skip


def test(
    loadgen: Any, plan: LoadPlan, run: Callable[[list[Array]], Sequence[Array]], library: Sequence[Array],
    logs: Path, pace_s: float, failed: Callable[[BaseException], NoReturn],
) -> System:  # fmt: skip
    """One run of `loadgen` (its module), whose logs go into `logs`; returns the system that answered."""

    def answer(numbers: Sequence[int], values: Array) -> None:
        loadgen.QuerySamplesComplete(
            [
                loadgen.QuerySampleResponse(number, row.ctypes.data, row.nbytes)
                for number, row in zip(numbers, values, strict=True)
            ]
        )

    settings = loadgen.TestSettings()
    settings.scenario = getattr(loadgen.TestScenario, loadgen_name(plan.ask.scenario))
    accuracy = plan.mode is Mode.ACCURACY
    settings.mode = loadgen.TestMode.AccuracyOnly if accuracy else loadgen.TestMode.PerformanceOnly
    apply(plan, settings, pace_s)
    log_settings = loadgen.LogSettings()
    log_settings.enable_trace = False
    log_settings.log_output.outdir = str(logs)
    samples = len(library[0])
    if plan.ask.scenario is Scenario.SERVER:
        system: System = BatchingSystem(run, library, plan.batch_size, answer, failed, wait_s=plan.wait_s)
    else:
        system = System(run, library, plan.batch_size, answer, failed)
    sut = loadgen.ConstructSUT(
        lambda query: system.issue([(item.id, item.index) for item in query]), system.flush
    )
    # All features are in memory before LoadGen begins: there is nothing to load or to unload.
    qsl = loadgen.ConstructQSL(samples, samples, lambda indices: None, lambda indices: None)
    try:
        loadgen.StartTestWithLogSettings(sut, qsl, settings, log_settings, "")
    finally:
        system.close()
        loadgen.DestroyQSL(qsl)
        loadgen.DestroySUT(sut)
    return system


def _failed(job: Mapping[str, Any], problem: BaseException) -> NoReturn:
    """End this process in the middle of LoadGen's run, the reason in its answer."""
    child.write_answer(job, child.failure(problem))
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
