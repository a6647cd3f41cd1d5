"""A MagicMind case for a machine that has the SDK, mm_run and cnmon alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from harness.domain.cases import Case
from harness.tasks.layouts import general
from harness.toolchains.base import Contract
from harness.toolchains.bundling import (
    LaidOut,
    Monitor,
    Request,
    laid_out_for_worker,
    read_arrays,
    told_by_worker,
    worker_job,
    write_arrays,
    write_job,
)
from harness.toolchains.magicmind import backend, commands
from harness.toolchains.worker_session import declared_by, widened
from harness.tools.parsers import cnmon

TAKES_SOC_VERSION = False
READS = general.BATCHES
MONITOR = Monitor(read=cnmon.parse, is_chip=backend.is_chip)
CHECKS: Mapping[
    str, Callable[[Case, Path], None]
] = {}  # the builder and mm_run say by their status how it went
write_inputs = write_arrays
read = read_arrays


def lay_out(request: Request) -> LaidOut:
    """The module, the builder's job and the worker's."""
    case = request.case
    script = commands.script(case, device=request.device)
    facts = backend.lay_out(case, request.source, request.folder)
    write_job(request, worker_job(request, commands.MODEL, {}))
    difference = facts.get("trace_max_abs_difference", facts.get("export_max_abs_difference"))
    return laid_out_for_worker(case, script, commands.module_of(case), float(difference))


def declared(case: Case, folder: Path) -> tuple[Contract, Contract] | None:
    """What the worker was told by the model."""
    told = declared_by(told_by_worker(folder))
    return None if told is None else widened(case, told)
