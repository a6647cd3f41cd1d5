"""The process that one throughput is timed in: `python -m harness.timing.child JOB`.

The job is a JSON file that `harness.timing.parent` writes: which case, which artifact of the cache (built
before, by the parent), the batch as numpy's files, cores and threads. The answer is a JSON file too. The
artifact is opened here and nothing else: neither data set, checkpoint nor results store.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from harness.artifacts.cache import ArtifactCache
from harness.decoding import json_object
from harness.domain.cases import Case
from harness.errors import ArtifactError, ZoocheckError, machines_failure
from harness.machine.watch import peak_rss_bytes
from harness.setting.plans import plan_for
from harness.setting.stamps import Stamp
from harness.tables.cases import named
from harness.tables.catalog import load as load_tables
from harness.timing.here import measure
from harness.toolchains.base import Session, Telling
from harness.toolchains.loading import load
from harness.toolchains.place import Place, Toolchain


def main() -> None:
    """Time the job's calls."""
    answer(timed)


def answer(work: Callable[[Mapping[str, Any]], dict[str, Any]]) -> None:
    """Do the job that the command line names by `work`; what fails is told in the answer."""
    job = json_object(Path(sys.argv[1]).read_bytes())
    try:
        told = work(job)
    except Exception as problem:
        told = failure(problem)
    write_answer(job, told)


def write_answer(job: Mapping[str, Any], told: Mapping[str, Any]) -> None:
    """Leave `told` where the parent looks for it."""
    Path(job["answer"]).write_text(json.dumps(told), encoding="utf-8")


def failure(problem: BaseException) -> dict[str, Any]:
    """What an answer says of an exception: a sentence, and whether it is the machine's fault."""
    machines = machines_failure(problem)
    if machines is not None:
        return {"error": str(machines), "machine": True}
    if isinstance(problem, ZoocheckError):
        return {"error": str(problem), "machine": False}
    # A fault of zoocheck's own, or of a library: its traceback is in the log.
    traceback.print_exception(problem)
    return {"error": f"{type(problem).__name__}: {problem}", "machine": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A job's artifact, ready to be called, and what it took."""

    case: Case
    session: Session
    inputs: list[Any]  # the job's arrays, in the documented order
    stamp: Stamp
    import_s: float
    load_s: float

    def told(self) -> dict[str, Any]:
        """What the session says of its calls."""
        return dict(self.session.told()) if isinstance(self.session, Telling) else {}

    def facts(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """What is known of a process of its own, `told` by the session included."""
        memory = {"peak_rss_bytes": peak_rss_bytes(), "of": "its own process"}
        if "peak_device_bytes" in told:
            memory["peak_device_bytes"] = told["peak_device_bytes"]
        return {
            "isolated": True, "import_s": self.import_s, "load_s": self.load_s, "memory": memory,
            **({"session": dict(told)} if told else {}),
        }  # fmt: skip


def opened(job: Mapping[str, Any]) -> Opened:
    """Take the job's cores, import its libraries, open its artifact. Raises what the backend raises."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, job["cores"])  # before any library starts a thread
    from harness import arrays

    case = named(load_tables(), job["case"])
    artifact = ArtifactCache(Path(job["cache"])).find(job["artifact"])
    if artifact is None:
        raise ArtifactError(f"{case.id}: artifact {job['artifact']} is gone from the cache")
    inputs = [arrays.npy(Path(path)) for path in job["inputs"]]
    backend = load(job["backend"])
    place = Place(
        folder=Path(job["folder"]),
        toolchain=Toolchain(**job["toolchain"]),
        device=job["device"],
        threads=job["threads"],
        stamp=Stamp(job["stamp"]),
        facts=job["facts"],
    )
    start = time.perf_counter()
    for library in backend.computes_here:
        import_module(library)
    imported = time.perf_counter()
    session: Session = backend.open(case, artifact, place)
    loaded = time.perf_counter()
    return Opened(
        case=case, session=session, inputs=inputs, stamp=place.stamp, import_s=imported - start,
        load_s=loaded - imported,
    )  # fmt: skip


def without_collector() -> None:
    """Switch Python's garbage collector off: its pauses would be in some calls and not in others."""
    gc.collect()
    gc.freeze()
    gc.disable()


def timed(job: Mapping[str, Any]) -> dict[str, Any]:
    """Open the artifact, warm it up, time its calls. Raises as `opened`."""
    ready = opened(job)
    without_collector()
    call: Callable[[], object] = partial(ready.session.run, ready.inputs)
    plan = plan_for(ready.stamp, ready.case.batch_size)
    found = measure(call, plan, batch_size=ready.case.batch_size, card=job["card"])
    return {
        "latencies_ns": found.latencies_ns, "warm_up_calls": found.warm_up_calls, "clock": found.clock,
        "facts": {**found.facts, **ready.facts(ready.told())},
    }  # fmt: skip


if __name__ == "__main__":
    main()
