"""A VACC case for a machine that has vamc, vamp and vaststreamx alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from harness.domain.cases import Case
from harness.tasks.layouts import general
from harness.toolchains.bundling import (
    LaidOut,
    Request,
    laid_out_for_worker,
    read_arrays,
    worker_job,
    write_arrays,
    write_job,
)
from harness.toolchains.script import JOB
from harness.toolchains.vastai import backend, commands

TAKES_SOC_VERSION = False
READS = general.ARCHIVES
MONITOR = None  # what vasmi prints is not public: see `UNVERIFIED`
CHECKS: Mapping[
    str, Callable[[Case, Path], None]
] = {}  # the finder holds vamc to the set that it has to leave
write_inputs = write_arrays
read = read_arrays


def lay_out(request: Request) -> LaidOut:
    """The module, its calibration and the YAML, and what the finder completes to the worker's job."""
    case = request.case
    script = commands.script(case, device=request.device)
    difference, _ = backend.lay_out(case, request.source, request.folder)
    find = {
        "workspace": commands.WORKSPACE,
        "name": commands.PREFIX,
        "suffixes": list(commands.SUFFIXES),
        "device": request.device,
        "shapes": {str(count): commands.shape(case, count) for count in commands.INPUTS},
        "prefix_file": commands.FOUND_PREFIX,
        "shape_file": commands.FOUND_SHAPE,
        "job": worker_job(request, "", backend.job_facts(case)),
        "job_file": JOB,
    }
    write_job(request, find, commands.FIND)
    return laid_out_for_worker(case, script, commands.MODULE, difference)


def declared(case: Case, folder: Path) -> None:
    """Nothing: the SDK tells neither names nor dtypes."""
