"""A throughput timed in a process of its own: what the parent does, which is to write, to sleep and to read.

The child is a tool like any other (`harness.process`): its output is a log, it is ended with all that it
started when it takes too long or this process goes. The parent wakes once a second, for some microseconds, to
look at the clock.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.artifacts import Artifact
from harness.backends.base import Latencies
from harness.domain import Case
from harness.errors import MachineError, ZoocheckError
from harness.machine import usable_cores
from harness.place import Place
from harness.process import Command, Stage, ToolFailed
from harness.timing import Plan

CHILD = "harness.isolated"
CODE = Path(__file__).resolve().parents[1]
# To import the libraries and to load the largest model from a slow disk.
LOAD_S = 600.0
# A runtime that ends itself so has met a graph that it cannot run: the model's fault, not the machine's.
_CRASHES = frozenset({signal.SIGSEGV, signal.SIGABRT, signal.SIGFPE, signal.SIGILL})
_OUT_OF_MEMORY = ("bad_alloc", "out of memory", "Cannot allocate memory")


class Crashed(ZoocheckError):
    """The process that timed a case crashed, or said what is wrong with it."""


def limit_s(plan: Plan, place: Place) -> float:
    """How long the child may take, in seconds: what was asked for, else twice what it plans, and the load."""
    planned = 2 * (plan.warm_up.longest_s + plan.longest_s) + LOAD_S
    return place.tool_timeout_s or planned


def time_in_child(
    case: Case,
    artifact: Artifact,
    place: Place,
    inputs: Sequence[npt.NDArray[Any]],
    *,
    backend: str,
    plan: Plan,
    card: int | None,
) -> Latencies:
    """Calls of one batch of `inputs` through a built artifact, timed in a new process.

    Raises `MachineError` where the child takes too long, is killed, or runs out of memory, and `Crashed`
    where it crashes or tells of an error that is the case's.
    """
    cores = usable_cores()[: place.threads]
    threads = place.threads or len(cores)
    with place.scratch("isolated") as folder:
        files = []
        for at, array in enumerate(inputs):
            files.append(str(folder / f"input-{at}.npy"))
            np.save(files[-1], array)
        answer = folder / "answer.json"
        job = {
            "case": case.id, "cache": str(artifact.folder.parent), "artifact": artifact.key,
            "backend": backend, "toolchain": dataclasses.asdict(place.toolchain), "device": place.device,
            "facts": dict(place.facts), "folder": str(place.folder), "inputs": files,
            "cores": cores, "threads": threads, "stamp": str(place.stamp), "card": card,
            "answer": str(answer),
        }  # fmt: skip
        (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        command = Command(
            argv=(sys.executable, "-m", CHILD, str(folder / "job.json")),
            cwd=folder,
            stage=Stage.PROFILE,
            env=_environment(threads),
            timeout_s=limit_s(plan, place),
        )
        try:
            place.run(command)
        except ToolFailed as failure:
            raise _crash(case, failure) or failure from None
        return read(case, answer)


def _environment(threads: int) -> dict[str, str]:
    """Where the child finds this code, and how many threads its libraries take that are told by variables."""
    path = [str(CODE), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(path), "OMP_NUM_THREADS": str(threads), "PYTHONHASHSEED": "0"}


def _crash(case: Case, failure: ToolFailed) -> Crashed | None:
    """A death that is the case's; None where it is the machine's."""
    if failure.finished.signal not in _CRASHES or any(said in failure.tail for said in _OUT_OF_MEMORY):
        return None
    return Crashed(f"{case.id}: {failure}")


def read(case: Case, answer: Path) -> Latencies:
    """What the child answered. Raises as `time_in_child`."""
    try:
        told = json.loads(answer.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise MachineError(f"{case.id}: {CHILD} left no answer: {problem}") from problem
    if "error" in told:
        kind = MachineError if told["machine"] else Crashed
        raise kind(told["error"])
    return Latencies(
        latencies_ns=[int(value) for value in told["latencies_ns"]],
        warm_up_calls=told["warm_up_calls"],
        clock=f"{told['clock']}, in a process of its own",
        facts=told["facts"],
    )
