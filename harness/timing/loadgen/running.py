"""A scenario from the parent's side: a child that LoadGen runs in, its logs kept and read."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy.typing as npt

from harness.artifacts.cache import Artifact
from harness.domain.cases import Case
from harness.errors import MachineError, UsageError
from harness.hashing import sha256
from harness.setting.plans import plan_for
from harness.timing import parent
from harness.timing.loadgen.plan import LoadPlan
from harness.toolchains.place import Place
from harness.tools.parsers import loadgen as parser
from harness.tools.parsers.loadgen import LoadgenLog

CHILD = "harness.timing.loadgen.child"
MODULE = "mlperf_loadgen"
SUMMARY, DETAIL = "mlperf_log_summary.txt", "mlperf_log_detail.txt"
_LOADGEN_SLACK_S = 60.0  # to answer what is outstanding when time is up, and to write its logs


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What LoadGen says of a run, and what is known of the process it ran in."""

    log: LoadgenLog
    facts: Mapping[str, Any]  # as `Latencies.facts`
    system: Mapping[str, Any]  # as `System.told`
    hashes: Mapping[str, str]  # name of a log -> SHA-256
    folder: Path


def require() -> None:
    """Raise `UsageError` where LoadGen is not installed."""
    if find_spec(MODULE) is None:
        raise UsageError(
            "--scenario: MLCommons LoadGen is not installed", remedy="run `pip install 'zoocheck[loadgen]'`"
        )


def run(
    case: Case, artifact: Artifact, place: Place, library: Sequence[npt.NDArray[Any]], plan: LoadPlan, *,
    backend: str, card: int | None,
) -> Answered:  # fmt: skip
    """One performance run. Raises as `parent.ask`, and `ParseError` for logs that are not whole."""
    folder, told = start(case, artifact, place, library, plan, backend=backend, card=card)
    try:
        detail, summary = ((folder / name).read_bytes() for name in (DETAIL, SUMMARY))
    except OSError as problem:
        raise MachineError(f"{case.id}: LoadGen left no {problem.filename}: {problem.strerror}") from problem
    return Answered(
        log=parser.parse(detail, summary),
        facts=told["facts"],
        system=told["system"],
        hashes={path.name: sha256(path) for path in sorted(folder.iterdir()) if path.stat().st_size},
        folder=folder,
    )


def start(
    case: Case, artifact: Artifact, place: Place, library: Sequence[npt.NDArray[Any]], plan: LoadPlan, *,
    backend: str, card: int | None,
) -> tuple[Path, dict[str, Any]]:  # fmt: skip
    """Let LoadGen run in a child; returns the folder of its logs, and what the child answered."""
    folder = place.folder / "loadgen"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
    except OSError as problem:
        raise MachineError(f"{folder}: cannot be made: {problem.strerror}") from problem
    warm_up_s = plan_for(place.stamp, case.batch_size).warm_up.longest_s
    told = parent.ask(
        case, artifact, place, library, child=CHILD, backend=backend, card=card,
        timeout_s=place.tool_timeout_s
        or parent.twice_and_load(warm_up_s + plan.longest_s + _LOADGEN_SLACK_S),
        further={"plan": plan.job(), "logs": str(folder)},
    )  # fmt: skip
    return folder, told
