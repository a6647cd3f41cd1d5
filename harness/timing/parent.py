"""A throughput timed in a process of its own: what the parent does, which is to write, to sleep and to read.

The child is a tool like any other (`harness.tools.process`): its output is a log, it is ended with all that
it started when it takes too long or this process goes. The parent wakes once a second, for some microseconds,
to look at the clock.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.artifacts.cache import Artifact
from harness.decoding import Undecodable, json_object
from harness.domain.cases import Case
from harness.errors import MachineError, ZoocheckError
from harness.machine.fingerprint import usable_cores
from harness.setting.home import CODE
from harness.setting.plans import Plan
from harness.toolchains.base import Latencies
from harness.toolchains.place import Place
from harness.tools.process import Command, Stage, ToolFailed

CHILD = "harness.timing.child"
# To import the libraries and to load the largest model from a slow disk.
LOAD_S = 600.0
# A runtime that ends itself so has met a graph that it cannot run: the model's fault, not the machine's.
_CRASHES = frozenset({signal.SIGSEGV, signal.SIGABRT, signal.SIGFPE, signal.SIGILL})
_OUT_OF_MEMORY = ("bad_alloc", "out of memory", "Cannot allocate memory")


class Crashed(ZoocheckError):
    """The process that timed a case crashed, or said what is wrong with it."""


def limit_s(plan: Plan, place: Place) -> float:
    """How long the child may take, in seconds: what was asked for, else twice what it plans, and the load."""
    return place.tool_timeout_s or twice_and_load(plan.warm_up.longest_s + plan.longest_s)


def twice_and_load(planned_s: float) -> float:
    """The seconds that a child gets which plans to call for `planned_s`."""
    return 2 * planned_s + LOAD_S


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
    """Calls of one batch of `inputs` through a built artifact, timed in a new process. Raises as `ask`."""
    told = ask(
        case, artifact, place, inputs, child=CHILD, backend=backend, card=card,
        timeout_s=limit_s(plan, place),
    )  # fmt: skip
    return _latencies(told)


def ask(
    case: Case,
    artifact: Artifact,
    place: Place,
    arrays: Sequence[npt.NDArray[Any]],
    *,
    child: str,
    backend: str,
    card: int | None,
    timeout_s: float,
    further: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """What the module `child` answers in a new process, given the artifact, `arrays` and `further` (JSON).

    Raises `MachineError` where the child takes too long, is killed, or runs out of memory, and `Crashed`
    where it crashes or tells of an error that is the case's.
    """
    cores = usable_cores()[: place.threads]
    threads = place.threads or len(cores)
    with place.scratch("isolated") as folder:
        answer = folder / "answer.json"
        job = {
            "case": case.id, "cache": str(artifact.folder.parent), "artifact": artifact.key,
            "backend": backend, "toolchain": dataclasses.asdict(place.toolchain), "device": place.device,
            "facts": dict(place.facts), "folder": str(place.folder), "inputs": _saved(arrays, folder),
            "cores": cores, "threads": threads, "stamp": str(place.stamp), "card": card,
            "answer": str(answer), **further,
        }  # fmt: skip
        (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        command = Command(
            argv=(sys.executable, "-m", child, str(folder / "job.json")),
            cwd=folder,
            stage=Stage.PROFILE,
            env=_environment(threads),
            timeout_s=timeout_s,
        )
        try:
            place.run(command)
        except ToolFailed as failure:
            raise _crash(case, failure) or failure from None
        return _told(case, answer, child)


def _saved(arrays: Sequence[npt.NDArray[Any]], folder: Path) -> list[str]:
    """Write each array into `folder`; returns the files' paths in order."""
    files = [str(folder / f"input-{at}.npy") for at in range(len(arrays))]
    for file, array in zip(files, arrays, strict=True):
        np.save(file, array)
    return files


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
    """What the child answered. Raises as `ask`."""
    return _latencies(_told(case, answer, CHILD))


def _told(case: Case, answer: Path, child: str) -> dict[str, Any]:
    try:
        told = json_object(answer.read_bytes())
    except (OSError, Undecodable) as problem:
        raise MachineError(f"{case.id}: {child} left no answer: {problem}") from problem
    if "error" in told:
        kind = MachineError if told["machine"] else Crashed
        raise kind(told["error"])
    return told


def _latencies(told: Mapping[str, Any]) -> Latencies:
    return Latencies(
        latencies_ns=[int(value) for value in told["latencies_ns"]],
        warm_up_calls=told["warm_up_calls"],
        clock=f"{told['clock']}, in a process of its own",
        facts=told["facts"],
    )
