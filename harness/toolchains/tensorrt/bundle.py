"""A TensorRT case for a machine that has trtexec, and the SDK or onnxruntime in the vendor's Python."""

from __future__ import annotations

from pathlib import Path

from harness.domain.cases import Case
from harness.tasks.layouts import general
from harness.toolchains import compiled
from harness.toolchains.base import Contract
from harness.toolchains.bundling import (
    LaidOut,
    Request,
    laid_out_for_worker,
    read_arrays,
    told_by_worker,
    worker_job,
    write_arrays,
    write_job,
)
from harness.toolchains.script import BUILD, PROFILE
from harness.toolchains.tensorrt import backend, commands
from harness.toolchains.worker_session import declared_by

TAKES_SOC_VERSION = False
READS = general.BATCHES
MONITOR = None  # trtexec's own log names the card that it ran on: `require_whole`
CHECKS = {BUILD: backend.require_whole, PROFILE: backend.require_whole}
write_inputs = write_arrays
read = read_arrays


def lay_out(request: Request) -> LaidOut:
    """The graph that trtexec is given, and the worker's job. Raises as `commands.require_precision`."""
    case = request.case
    commands.require_precision(case, None)
    given = backend.lay_out(case, request.source, request.folder)
    script = commands.script(case, device=request.device, shaped=compiled.open_inputs(given.graph))
    facts = backend.job_facts(case, backend.GRAPH)
    write_job(request, worker_job(request, backend.ENGINE, facts))
    return laid_out_for_worker(case, script, backend.GRAPH, given.difference)


def declared(case: Case, folder: Path) -> tuple[Contract, Contract] | None:
    """What the worker was told by the engine."""
    told = told_by_worker(folder)
    return backend.held(case, declared_by(told), told)
