"""The process that one throughput is timed in: `python -m harness.isolated JOB`.

The job is a JSON file that `harness.isolation` writes: which case, which artifact of the cache (built
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
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from harness.artifacts import ArtifactCache
from harness.backends import load
from harness.backends.base import Session, Telling
from harness.cases import named
from harness.catalog import load as load_tables
from harness.errors import ArtifactError, MachineError, ZoocheckError
from harness.measuring import measure
from harness.place import Place, Toolchain
from harness.stamps import Stamp
from harness.timing import plan_for
from harness.watching import peak_rss_bytes


def main() -> None:
    """Do the job that the command line names; what fails is told in the answer."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    try:
        answer = timed(job)
    except ZoocheckError as problem:
        answer = {"error": str(problem), "machine": isinstance(problem, MachineError)}
    except MemoryError:
        answer = {"error": "the process ran out of memory", "machine": True}
    except Exception as problem:  # a fault of zoocheck's own, or of a library: its traceback is in the log
        traceback.print_exc()
        answer = {"error": f"{type(problem).__name__}: {problem}", "machine": False}
    Path(job["answer"]).write_text(json.dumps(answer), encoding="utf-8")


def timed(job: Mapping[str, Any]) -> dict[str, Any]:
    """Open the artifact, warm it up, time its calls. Raises `ZoocheckError`s of the backend."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, job["cores"])  # before any library starts a thread
    import numpy as np

    case = named(load_tables(), job["case"])
    artifact = ArtifactCache(Path(job["cache"])).find(job["artifact"])
    if artifact is None:
        raise ArtifactError(f"{case.id}: artifact {job['artifact']} is gone from the cache")
    inputs = [np.load(path, allow_pickle=False) for path in job["inputs"]]
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
    gc.collect()
    gc.freeze()
    gc.disable()  # its pauses would be in some calls and not in others
    call: Callable[[], object] = partial(session.run, inputs)
    plan = plan_for(place.stamp, case.batch_size)
    found = measure(call, plan, batch_size=case.batch_size, card=job["card"])
    told = dict(session.told()) if isinstance(session, Telling) else {}
    memory = {"peak_rss_bytes": peak_rss_bytes(), "of": "its own process"}
    if "peak_device_bytes" in told:
        memory["peak_device_bytes"] = told["peak_device_bytes"]
    facts = {
        **found.facts, "isolated": True, "import_s": imported - start, "load_s": loaded - imported,
        "memory": memory, **({"session": told} if told else {}),
    }  # fmt: skip
    return {
        "latencies_ns": found.latencies_ns, "warm_up_calls": found.warm_up_calls, "clock": found.clock,
        "facts": facts,
    }  # fmt: skip


if __name__ == "__main__":
    main()
