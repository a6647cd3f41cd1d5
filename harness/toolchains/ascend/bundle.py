"""An Ascend case for a machine that has CANN and ais_bench alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.domain.cases import Case
from harness.errors import UsageError
from harness.tasks.layouts import general
from harness.toolchains.ascend import backend, card, commands, files
from harness.toolchains.base import Contract
from harness.toolchains.bundling import Expected, LaidOut, Monitor, Request
from harness.toolchains.script import BUILD, INFERENCE, RESULTS
from harness.tools.parsers import npu_smi

if TYPE_CHECKING:
    import numpy.typing as npt

TAKES_SOC_VERSION = True
READS = general.FOLDERS
MONITOR = Monitor(read=npu_smi.parse, is_chip=card.is_chip)
CHECKS = {BUILD: backend.require_compiled, INFERENCE: backend.require_summary}


def lay_out(request: Request) -> LaidOut:
    """The graph that atc is given. Raises `UsageError` where nobody says what atc calls the chip."""
    case = request.case
    names = case.chip.device_names
    soc = request.soc_version or (commands.soc_version(names[0]) if names else "")
    if not soc:
        raise UsageError(
            f"{case.id}: the table of {case.chip.title} has no name that atc takes",
            remedy="give it with --soc-version",
        )
    script = commands.script(case, soc_version=soc, inputs=request.inputs, device=request.device)
    given = backend.lay_out(case, request.source, request.folder)
    of_case = files.files_of(case)
    return LaidOut(
        script=script, graph=backend.GRAPH, max_abs_difference=given.difference, form=of_case.form,
        expected=Expected(
            folder=RESULTS, template=of_case.template, count=of_case.count(len(request.features))
        ),
    )  # fmt: skip


def write_inputs(request: Request, folder: Path) -> None:
    """What ais_bench reads: the files of the zoo's own script, or of a graph a file a call."""
    files.files_of(request.case).write(request.features, folder)


def read(case: Case, folder: Path, samples: int) -> list[npt.NDArray[Any]]:
    """The files that ais_bench wrote."""
    return files.files_of(case).read(folder / RESULTS, samples)


def declared(case: Case, folder: Path) -> tuple[None, Contract] | None:
    """What ais_bench wrote of a graph's first call; a layout's files have no shapes."""
    return files.declared(case, folder / RESULTS)
